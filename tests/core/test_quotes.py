"""Wait quotes for any place, staff and history: monotone, honest about their basis, close to the exact law."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma

from desk.core.waiting import MIN_HISTORY, Quote, erlang_quantile, quote

history = st.lists(st.floats(0, 7200), min_size=MIN_HISTORY, max_size=40)


@given(st.integers(0, 60), st.integers(0, 10), st.integers(1, 10), history)
def test_one_more_ahead_never_makes_either_end_of_the_range_shorter(ahead: int, free: int, capacity: int,
                                                                    handling_s: list[float]) -> None:
    """Monotone in the place, from the free agent to the far end of the queue."""
    one, next_one = (quote(ahead=n, free=free, capacity=capacity, handling_s=handling_s) for n in (ahead, ahead + 1))
    assert isinstance(one, Quote)
    assert isinstance(next_one, Quote)
    assert one.low_min <= next_one.low_min
    assert one.high_min <= next_one.high_min
    assert 0 <= one.low_min <= one.high_min


@given(st.integers(0, 60), st.integers(0, 10), st.integers(-1, 10), st.lists(st.floats(0, 7200), max_size=10))
def test_a_figure_needs_staff_and_either_a_free_place_or_a_history(ahead: int, free: int, capacity: int,
                                                                  handling_s: list[float]) -> None:
    """The reason for a refusal is the true one, and a figure tells what it was made from."""
    given_ = quote(ahead=ahead, free=free, capacity=capacity, handling_s=handling_s)
    if capacity <= 0:
        assert "no_agents" == given_
    elif ahead >= free and len(handling_s) < MIN_HISTORY:
        assert "no_history" == given_
    else:
        assert isinstance(given_, Quote)
        assert ahead == given_.basis["ahead"]


@pytest.mark.parametrize("shape", [1, 2, 3, 5, 8, 15, 40, 100])
@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_quantiles_agree_with_the_gamma_distribution(shape: int, p: float) -> None:
    """A sum of exponentials is gamma-distributed: within 3 % of scipy's exact quantile."""
    assert erlang_quantile(shape, p) == pytest.approx(gamma.ppf(p, shape), rel=0.03)
