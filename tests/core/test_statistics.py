"""Intervals of shares and percentiles of durations: exact where known, sane everywhere."""

import math
import statistics

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest

from desk.core.statistics import Durations, Share, difference, needed, wilson

counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("successes", "n", "low", "high"), [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)])
def test_the_published_examples_come_out(successes: int, n: int, low: float, high: float) -> None:
    """The four examples of Newcombe (1998, Table I, method 3: Wilson's score interval) to four places."""
    assert wilson(successes, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_another_implementation_agrees(count: tuple[int, int], confidence: float) -> None:
    """Any share at any confidence gives scipy's Wilson interval."""
    theirs = binomtest(*count).proportion_ci(confidence, method="wilson")
    assert wilson(*count, confidence) == (pytest.approx(theirs.low, abs=1e-9), pytest.approx(theirs.high, abs=1e-9))


@given(counts)
def test_the_interval_holds_the_share_and_stays_a_share(count: tuple[int, int]) -> None:
    """0 ≤ low ≤ share ≤ high ≤ 1, without a hair of rounding."""
    seen = Share.of(*count)
    assert seen.share is not None
    assert 0 <= seen.low <= seen.share <= seen.high <= 1


@given(counts, st.integers(2, 50))
def test_more_of_the_same_narrows_the_interval(count: tuple[int, int], times: int) -> None:
    """The same share seen more often lies strictly inside the wider interval."""
    few, many = Share.of(*count), Share.of(count[0] * times, count[1] * times)
    assert many.high - many.low < few.high - few.low


def test_nothing_observed_says_nothing() -> None:
    """With n = 0 the interval is everything and there is no share."""
    assert wilson(0, 0) == (0, 1)
    assert Share.of(0, 0).share is None


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (1, 0)])
def test_what_is_no_share_is_refused(successes: int, n: int) -> None:
    """A count outside 0..n is a mistake of the caller and not rounded away."""
    with pytest.raises(ValueError, match="is not a share"):
        wilson(successes, n)


def test_marks_are_counted() -> None:
    """Share.counted is Share.of the true ones among all."""
    assert Share.counted([True, False, True]) == Share.of(2, 3)
    assert Share.counted([]) == Share.of(0, 0)


def test_the_published_difference_comes_out() -> None:
    """Newcombe (1998, Table II, method 10): 56/70 against 48/80 is 0.0524 to 0.3339."""
    assert difference(Share.of(56, 70), Share.of(48, 80)) == (pytest.approx(0.0524, abs=5e-5),
                                                              pytest.approx(0.3339, abs=5e-5))
    assert difference(Share.of(1, 2), Share.of(0, 0)) is None


@given(counts, counts)
def test_a_difference_turns_round_with_its_sides(one: tuple[int, int], other: tuple[int, int]) -> None:
    """The interval of a - b is the mirror of that of b - a and holds the observed difference."""
    here, there = difference(Share.of(*one), Share.of(*other)), difference(Share.of(*other), Share.of(*one))
    assert here is not None
    assert there is not None
    assert here == (pytest.approx(-there[1]), pytest.approx(-there[0]))
    assert here[0] <= one[0] / one[1] - other[0] / other[1] <= here[1]


@given(counts, st.sampled_from([0.02, 0.5, 0.9, 0.99]))
def test_needed_is_the_first_number_that_decides(count: tuple[int, int], target: float) -> None:
    """With `needed` more at the same share the target lies outside the interval; with one less it did not."""
    seen = Share.of(*count)
    more = needed(seen, target)
    assert seen.share is not None
    if more is None:
        assert seen.share == target
        return
    assume(more < 10**9)

    def outside(n: int, slack: float) -> bool:
        low, high = wilson(seen.share * n, n)  # type: ignore[operator]
        return low >= target - slack or high <= target + slack

    assert outside(seen.n + more, 1e-9)
    assert more == 0 or not outside(seen.n + more - 1, -1e-9)


def test_needed_is_none_where_no_number_would_decide() -> None:
    """Nothing observed, or a share exactly at the target."""
    assert needed(Share.of(0, 0), 0.9) is None
    assert needed(Share.of(9, 10), 0.9) is None
    assert needed(Share.of(10, 10), 0.9) == 25


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=60))
def test_percentiles_are_those_of_the_standard_library(values: list[float]) -> None:
    """p50, p80 and p90 as `statistics.quantiles` gives them inclusively, in any order of the values."""
    theirs = statistics.quantiles(values, n=10, method="inclusive")
    ours = Durations.of(reversed(values))
    assert (ours.p50, ours.p80, ours.p90) == tuple(pytest.approx(theirs[place]) for place in (4, 7, 8))
    assert ours.n == len(values)


def test_unknown_durations_are_left_out() -> None:
    """None counts as not observed; nothing observed has no percentile; one value is every percentile."""
    assert Durations.of([None]) == Durations(0)
    assert Durations.of([None, 5.0]) == Durations(1, 5.0, 5.0, 5.0)
    assert not math.isnan(Durations.of([1, 2]).p80 or math.nan)
