"""Wait quotes for any line, staff and history: monotone in the place, rounded outwards, honest about their basis."""

import math
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.core.handling_times import Prior
from desk.core.waiting import MIN_HISTORY, Newcomers, Quote, Situation, quotes

seconds = st.floats(0, 7200)
priors = st.none() | st.builds(Prior, st.floats(10, 600), st.floats(601, 3600), st.floats(0, 50))
newcomers = st.lists(st.builds(Newcomers, st.integers(0, 40), st.floats(600, 7200),
                               st.sampled_from([-math.inf, 0.0, 300.0])), max_size=2).map(tuple)
situations = st.builds(
    Situation, talks_s=st.lists(seconds, max_size=8).map(tuple), idle=st.integers(0, 3),
    line=st.lists(st.sampled_from([0.0, 300.0]), min_size=1, max_size=12).map(lambda line: tuple(sorted(line))),
    handling_s=st.lists(seconds, max_size=30).map(tuple), prior=priors, newcomers=newcomers,
    changes=st.lists(st.tuples(seconds, st.integers(-4, 4)), max_size=3).map(tuple),
    patience_s=st.none() | st.floats(30, 3600))


@settings(max_examples=40, deadline=None)
@given(situations)
def test_a_place_further_back_is_never_quoted_less(situation: Situation) -> None:
    """Every figure grows along the line, and once there is none there is none for those behind."""
    told = quotes(situation)
    figures = [(each.low_s, each.mid_s, each.high_s) if isinstance(each, Quote) else (math.inf,) * 3 for each in told]
    assert len(situation.line) == len(told)
    for before, behind in pairwise(figures):
        assert all(a <= b for a, b in zip(before, behind, strict=True))


@settings(max_examples=40, deadline=None)
@given(situations)
def test_the_words_hold_what_the_seconds_say(situation: Situation) -> None:
    """Minutes are rounded outwards, the range is in order, and nobody is told less than a minute at most."""
    for each in quotes(situation):
        if isinstance(each, Quote):
            assert 0 <= each.low_min * 60 <= each.low_s <= each.mid_s <= each.high_s <= each.high_min * 60
            assert each.high_min >= 1


@settings(max_examples=40, deadline=None)
@given(situations)
def test_a_refusal_gives_the_true_reason(situation: Situation) -> None:
    """No staff, no basis, or a figure that tells what it was made from."""
    basis = len(situation.handling_s) >= MIN_HISTORY or (situation.prior is not None and situation.prior.weight > 0)
    for place, each in enumerate(quotes(situation)):
        if each == "no_agents":
            assert not situation.staffed or any(delta < 0 for _, delta in situation.changes)
        elif each == "no_history":
            assert not basis
            assert place >= situation.idle
        else:
            assert (place, len(situation.handling_s)) == (each.basis["place"], each.basis["handling_n"])
