"""Scores say how true quotes were, and count who gave up neither for nor against them without reason."""

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.wait_scores import by_queue_and_hour, pinball, score, summarise
from desk.core.waiting import StoredQuote

AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def stored(actual_s: float | None, outcome: str | None = "accepted", *, queue: str = "general", at: datetime = AT,
           high_s: float = 300) -> StoredQuote:
    return StoredQuote(handoff_id=1, conversation_id="c", queue=queue, at=at, place=2, low_s=60, mid_s=180, high_s=high_s,
                       policy_version="v", actual_s=actual_s, outcome=outcome)  # type: ignore[arg-type]


def test_a_wait_within_the_upper_figure_is_covered() -> None:
    """Up to and including it; the error is how much too long the median was."""
    just = score(low_s=60, mid_s=180, high_s=300, actual_s=300)
    assert (True, -120) == (just.covered, just.error_s)
    assert not score(low_s=60, mid_s=180, high_s=300, actual_s=300.1).covered


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=60), st.sampled_from([0.2, 0.5, 0.8]))
def test_pinball_loss_is_least_at_the_percentile(waits: list[float], p: float) -> None:
    """No figure does better than the sample's own percentile."""
    at = sorted(waits)[min(len(waits) - 1, int(p * len(waits)))]
    best = sum(pinball(at, wait, p) for wait in waits)
    assert all(sum(pinball(other, wait, p) for wait in waits) >= best - 1e-6 for other in waits)


def test_without_abandonment_coverage_is_the_plain_share() -> None:
    """Eight of ten, with Wilson's interval; bias and error in seconds."""
    summary = summarise([stored(200)] * 8 + [stored(400)] * 2)
    assert (10, 0, pytest.approx(0.8)) == (summary.n, summary.abandoned, summary.coverage)
    assert (pytest.approx(0.490, abs=0.001), pytest.approx(0.943, abs=0.001)) == (
        summary.coverage_low, summary.coverage_high)
    assert (pytest.approx(-60), pytest.approx(60)) == (summary.bias_s, summary.mae_s)


def test_waits_that_go_on_are_not_counted() -> None:
    """A quote without an outcome is no evidence; with nobody served there is no figure."""
    waiting, gone = summarise([stored(None, None)]), summarise([stored(30, "abandoned")])
    assert (0, 0, None) == (waiting.n, waiting.abandoned, waiting.coverage)
    assert (0, 1, None) == (gone.n, gone.abandoned, gone.coverage)


def test_abandoned_waits_are_censored() -> None:
    """When a third gives up, those who stay are covered too often; the estimate still finds the true four in five."""
    rng = random.Random(7)
    told = []
    for _ in range(4000):
        wait, patience = rng.expovariate(1 / 300), rng.expovariate(1 / 600)
        told.append(stored(min(wait, patience), "accepted" if wait <= patience else "abandoned", high_s=482.8))
    summary = summarise(told)
    served = [quote for quote in told if quote.outcome == "accepted"]
    assert sum((quote.actual_s or 0) <= 482.8 for quote in served) / len(served) > 0.88
    assert summary.coverage == pytest.approx(0.8, abs=0.02)
    assert summary.coverage_low < 0.8 < summary.coverage_high
    assert (len(served), 4000 - len(served)) == (summary.n, summary.abandoned)


def test_rows_are_a_queue_and_then_its_hours_by_the_clock_on_the_wall() -> None:
    """01:30 UTC is half past nine in Shanghai."""
    rows = by_queue_and_hour([stored(200), stored(400, at=AT + timedelta(hours=1)), stored(200, queue="technical")],
                             timezone(timedelta(hours=8)))
    assert [("general", None, 2), ("general", 9, 1), ("general", 10, 1), ("technical", None, 1), ("technical", 9, 1)] == [
        (row.queue, row.hour, row.summary.n) for row in rows]


def test_one_served_and_one_gone_is_no_reproach() -> None:
    """Who gave up within the upper figure says nothing against it; who stayed beyond it does."""
    assert 1.0 == summarise([stored(200), stored(200, "abandoned")]).coverage
    assert 0.5 == summarise([stored(200), stored(301, "abandoned")]).coverage
    assert 0.0 == summarise([stored(1, high_s=0)]).coverage
