"""Quotes are ranges with a basis, or refused."""

import random

import pytest

from desk.core.waiting import Quote, erlang_quantile, quote


def test_nobody_on_duty_means_no_figure() -> None:
    """Without agents any number would be invented."""
    assert "no_agents" == quote(ahead=0, free=0, capacity=0, handling_s=[300] * 50)


def test_too_little_history_means_no_figure() -> None:
    """Four handling times are no basis."""
    assert "no_history" == quote(ahead=3, free=0, capacity=2, handling_s=[300] * 4)


def test_a_free_agent_means_at_once_even_without_history() -> None:
    """Who has a free agent does not wait for the length of talks."""
    given = quote(ahead=0, free=1, capacity=2, handling_s=[])
    assert isinstance(given, Quote)
    assert (0, 1) == (given.low_min, given.high_min)


def test_more_people_ahead_never_shortens_the_wait() -> None:
    """The range grows with the place and shrinks with staff."""
    history = [240.0, 360.0, 300.0, 420.0, 180.0]
    highs = [quote(ahead=n, free=0, capacity=3, handling_s=history).high_min for n in range(8)]  # type: ignore[union-attr]
    assert highs == sorted(highs)
    more_staff = quote(ahead=7, free=0, capacity=6, handling_s=history)
    assert isinstance(more_staff, Quote)
    assert more_staff.high_min < highs[-1]


@pytest.mark.parametrize("shape", [1, 2, 3, 5, 10, 30])
@pytest.mark.parametrize("p", [0.2, 0.8])
def test_quantiles_agree_with_simulated_sums(shape: int, p: float) -> None:
    """The approximation is within 4 % of 40,000 simulated waits."""
    generator = random.Random(shape)
    sums = sorted(sum(generator.expovariate(1) for _ in range(shape)) for _ in range(40_000))
    assert erlang_quantile(shape, p) == pytest.approx(sums[int(p * len(sums))], rel=0.04)
