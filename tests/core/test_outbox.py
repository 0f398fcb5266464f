"""Sending again: later and later, and given up where it can be seen."""

from datetime import UTC, datetime, timedelta

from desk.core.outbox import MAX_ATTEMPTS, Outgoing, failed_attempt

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def a_row() -> Outgoing:
    return Outgoing(channel="sms", address="13800000001", body={"text": "好"}, dedup_key="k", created_at=NOW,
                    next_attempt_at=NOW, claimed_by="host:1", claimed_until=NOW + timedelta(seconds=30))


def test_each_failure_doubles_the_pause() -> None:
    """2, 4, 8 … seconds, then failed instead of for ever."""
    row, pauses = a_row(), []
    for _ in range(MAX_ATTEMPTS):
        failed_attempt(row, error="provider away", now=NOW)
        if row.state == "pending":
            pauses.append((row.next_attempt_at - NOW).total_seconds())
    assert [2**n for n in range(1, MAX_ATTEMPTS)] == pauses
    assert ("failed", MAX_ATTEMPTS, "provider away") == (row.state, row.attempts, row.error)


def test_a_failed_row_is_free_for_whoever_is_next() -> None:
    """The lease ends with the attempt: the pause decides when, not the rest of the lease."""
    row = a_row()
    failed_attempt(row, error="x", now=NOW)
    assert (None, None) == (row.claimed_by, row.claimed_until)


def test_a_long_error_is_cut() -> None:
    """A provider's page of HTML does not fill the table."""
    row = a_row()
    failed_attempt(row, error="x" * 9000, now=NOW)
    assert row.error is not None
    assert 500 == len(row.error)
