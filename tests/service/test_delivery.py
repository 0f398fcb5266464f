"""The outbox: at least once, later and later, given up where people see it, secrets forgotten."""

import pytest

from desk.core.outbox import MAX_ATTEMPTS, Outgoing
from desk.service import delivery, figures
from desk.service.desk import Desk
from tests.service.conftest import SetClock

ME, OTHER = "host:1", "host:2"


@pytest.fixture
def row_id(desk: Desk) -> int:
    """One SMS with a secret in it."""
    now = desk.clock.now()
    with desk.begin() as uow:
        row = Outgoing(channel="sms", address="13800000001", body={"text": "验证码 123456", "secret": True},
                       dedup_key="k", created_at=now, next_attempt_at=now)
        uow.outbox.put(row)
        uow.flush()
    assert row.id is not None
    return row.id


def stored(desk: Desk, row_id: int) -> Outgoing:
    with desk.begin() as uow:
        return uow.outbox.get(row_id)


def claimed(desk: Desk, holder: str = ME) -> list[int | None]:
    return [row.id for row in delivery.claim(desk, holder=holder)]


def test_what_is_sent_is_not_sent_again(desk: Desk, row_id: int, clock: SetClock) -> None:
    """Claimed once, noted once, gone for good."""
    assert [row_id] == claimed(desk)
    delivery.sent(desk, row_id=row_id, holder=ME)
    clock.advance(days=1)
    assert [] == claimed(desk)
    row = stored(desk, row_id)
    assert ("sent", 1) == (row.state, row.attempts)


def test_a_secret_is_forgotten_once_sent(desk: Desk, row_id: int) -> None:
    """What was for the customer's eyes is not kept; other texts are."""
    claimed(desk)
    assert "123456" in stored(desk, row_id).body["text"]
    delivery.sent(desk, row_id=row_id, holder=ME)
    assert "123456" not in str(stored(desk, row_id).body)


def test_a_failed_row_is_tried_again_after_its_pause(desk: Desk, row_id: int, clock: SetClock) -> None:
    """Two seconds after the first failure, by whoever comes first."""
    claimed(desk)
    delivery.failed(desk, row_id=row_id, holder=ME, error="provider away")
    clock.advance(seconds=1.9)
    assert [] == claimed(desk, OTHER)
    clock.advance(seconds=0.1)
    assert [row_id] == claimed(desk, OTHER)


def test_after_the_last_failure_it_is_given_up_visibly(desk: Desk, row_id: int, clock: SetClock) -> None:
    """A state that figures count, a fact with the error, and no secret left behind."""
    for _ in range(MAX_ATTEMPTS):
        assert [row_id] == claimed(desk)
        delivery.failed(desk, row_id=row_id, holder=ME, error="provider away")
        clock.advance(seconds=2**MAX_ATTEMPTS)
    assert [] == claimed(desk)
    with desk.begin() as uow:
        assert ["outbox.failed"] == [fact.name for fact in uow.facts.about(f"outbox:{row_id}")]
    assert {"failed": 1} == figures.count(desk).outbox
    row = stored(desk, row_id)
    assert "provider away" == row.error
    assert "123456" not in str(row.body)


def test_a_dead_process_s_rows_go_to_another_after_the_lease(desk: Desk, row_id: int, clock: SetClock) -> None:
    """At least once: never silently not."""
    assert [row_id] == claimed(desk)
    clock.advance(seconds=29)
    assert [] == claimed(desk, OTHER)
    clock.advance(seconds=1)
    assert [row_id] == claimed(desk, OTHER)


def test_who_lost_the_lease_cannot_note_anything(desk: Desk, row_id: int, clock: SetClock) -> None:
    """A process that slept too long neither marks as sent nor as failed what another one is sending."""
    claimed(desk)
    clock.advance(seconds=30)
    claimed(desk, OTHER)
    delivery.failed(desk, row_id=row_id, holder=ME, error="late")
    delivery.sent(desk, row_id=row_id, holder=ME)
    row = stored(desk, row_id)
    assert ("pending", 0, None, OTHER) == (row.state, row.attempts, row.error, row.claimed_by)
