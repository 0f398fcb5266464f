"""Quotes are ranges with a basis, or refused."""

import math
import time
from random import Random
from statistics import fmean

import pytest
from scipy.stats import gamma

from desk.core.handling_times import Prior
from desk.core.waiting import Newcomers, NoQuote, Quote, Situation, quote, quotes

EXPONENTIAL = tuple(-300 * math.log(1 - (i + 0.5) / 2000) for i in range(2000))
PRIOR = Prior(median_s=240, p80_s=420, weight=10)


def told(given: Quote | NoQuote) -> Quote:
    assert isinstance(given, Quote)
    return given


def average(situation: Situation, field: str = "mid_s", times: int = 10) -> float:
    """A figure of the last place, averaged over seeds."""
    return fmean(getattr(told(quote(situation, seed=seed)), field) for seed in range(times))


def test_nobody_on_duty_and_nobody_planned_means_no_figure() -> None:
    """Without agents any number would be invented."""
    assert ["no_agents"] * 2 == quotes(Situation(talks_s=(), line=(0, 0), handling_s=EXPONENTIAL, changes=((60, -1),)))


def test_a_shift_that_begins_later_is_a_basis() -> None:
    """Nobody yet, two slots in ten minutes: the first two wait ten minutes, the third a talk longer."""
    first, second, third = (told(each) for each in quotes(
        Situation(talks_s=(), line=(0, 0, 0), handling_s=(300.0,) * 50, changes=((600, 2),))))
    assert (600, 600) == (first.low_s, first.high_s) == (second.low_s, second.high_s)
    assert (900, 900) == (third.low_s, third.high_s)


def test_too_little_history_without_a_prior_means_no_figure() -> None:
    """Four handling times are no basis; with a prior even none is enough."""
    few = Situation(talks_s=(60, 60), handling_s=(300.0,) * 4)
    assert "no_history" == quote(few)
    assert isinstance(quote(Situation(talks_s=(60, 60), prior=PRIOR)), Quote)


def test_a_free_slot_means_at_once_even_without_history() -> None:
    """Who has a free slot does not wait for the length of talks; the next one does."""
    first, second = quotes(Situation(talks_s=(30,), idle=1, line=(0, 0)))
    assert (0, 1, 0) == (told(first).low_min, told(first).high_min, told(first).high_s)
    assert "no_history" == second


def test_all_who_serve_leave_before_the_line_ends() -> None:
    """One talk is left and then nobody: the first who waits is not served, however long they stay."""
    assert "no_agents" == quote(Situation(talks_s=(100.0,), handling_s=(300.0,) * 50, changes=((60, -1),)))


@pytest.mark.parametrize("place", [0, 1, 4, 20])
@pytest.mark.parametrize("slots", [1, 5])
def test_exponential_talks_give_erlangs_figures(slots: int, place: int) -> None:
    """The wait for the k-th end of exponential talks is gamma-distributed, whatever their ages (PD-6)."""
    situation = Situation(talks_s=tuple(100.0 * n for n in range(slots)), line=(0,) * (place + 1), handling_s=EXPONENTIAL)
    for field, p in (("low_s", 0.2), ("mid_s", 0.5), ("high_s", 0.8)):
        assert average(situation, field) == pytest.approx(gamma.ppf(p, place + 1, scale=300 / slots), rel=0.07)


def test_the_age_of_a_talk_counts() -> None:
    """Talks of ten minutes, nine of them gone: one minute, not ten."""
    given = told(quote(Situation(talks_s=(540.0,), handling_s=(600.0,) * 100)))
    assert (60, 60) == (given.low_s, given.high_s)


def test_a_talk_longer_than_any_seen_is_expected_to_end_some_time() -> None:
    """The remaining time is then that of a new talk."""
    given = told(quote(Situation(talks_s=(5000.0,), handling_s=(600.0,) * 100)))
    assert (600, 600) == (given.low_s, given.high_s)


def test_scarce_data_lie_between_the_prior_and_what_was_seen_and_make_the_range_wider() -> None:
    """Six talks of twenty minutes against a prior of four: in between, and less sure than after six hundred."""
    line = (0,) * 10
    few, many, none = (Situation(talks_s=(0.0,) * 3, line=line, handling_s=tuple(1100.0 + 40 * (i % 6) for i in range(n)),
                                 prior=PRIOR) for n in (6, 600, 0))
    assert average(none) < average(few) < average(many)
    spread = {n: average(s, "high_s") - average(s, "low_s") for n, s in (("few", few), ("many", many))}
    assert spread["few"] > 2 * spread["many"]


def test_newcomers_of_a_higher_class_lengthen_the_wait_only_of_those_they_pass() -> None:
    """An emergency a minute at a desk that serves six talks in five: the ordinary wait, emergencies in line do not."""
    talks, rush = tuple(float(n) for n in range(0, 600, 100)), (Newcomers(400, 400 * 60, -math.inf),)

    def desk(line: tuple[float, ...], newcomers: tuple[Newcomers, ...]) -> Situation:
        return Situation(talks_s=talks, line=line, handling_s=EXPONENTIAL, newcomers=newcomers)

    assert average(desk((0,) * 12, rush)) > 1.5 * average(desk((0,) * 12, ()))
    protected = (-math.inf,) * 12
    assert average(desk(protected, rush)) == pytest.approx(average(desk(protected, ())), rel=0.05)


def test_ageing_ends_the_passing() -> None:
    """Who counts as having come a minute from now is passed in that minute only."""
    rush = (Newcomers(1000, 200_000, 0.0),)
    forever, a_minute, never = (average(Situation(talks_s=(0.0, 0.0), line=(until,) * 6, handling_s=EXPONENTIAL,
                                                  newcomers=rush)) for until in (math.inf, 60.0, -1.0))
    assert never < a_minute < 0.9 * forever


def test_those_who_give_up_shorten_the_wait_of_the_others() -> None:
    """The first in line does not profit, the twentieth does."""
    desk = {patience: quotes(Situation(talks_s=(0.0,) * 2, line=(0,) * 20, handling_s=EXPONENTIAL, patience_s=patience))
            for patience in (None, 900.0)}
    assert told(desk[900.0][0]).mid_s == pytest.approx(told(desk[None][0]).mid_s, rel=0.2)
    assert told(desk[900.0][-1]).mid_s < 0.6 * told(desk[None][-1]).mid_s


def test_planned_changes_of_staff_are_known_beforehand() -> None:
    """Half the slots leaving lengthens the wait of those who are not served by then; slots that come shorten it."""

    def at(*changes: tuple[float, int]) -> list[Quote]:
        return [told(each) for each in quotes(Situation(
            talks_s=tuple(60.0 * n for n in range(10)), line=(0,) * 30, handling_s=EXPONENTIAL, changes=changes), seed=1)]

    as_now, fewer, more = at(), at((120, -5)), at((120, 10))
    assert fewer[0].mid_s == pytest.approx(as_now[0].mid_s, rel=0.3)
    assert fewer[-1].mid_s > 1.5 * as_now[-1].mid_s
    assert more[-1].mid_s < 0.75 * as_now[-1].mid_s


def test_the_time_until_an_offer_is_answered_is_part_of_the_wait() -> None:
    """A free slot and agents who take half a minute to answer: half a minute."""
    given = told(quote(Situation(talks_s=(), idle=1, handling_s=EXPONENTIAL, pickups_s=(30.0,))))
    assert (30, 30) == (given.low_s, given.high_s)


def test_the_same_situation_gives_the_same_quote() -> None:
    """Asking again in the same second does not make the answer waver."""
    situation = Situation(talks_s=(10.0, 20.0), line=(0, 0), handling_s=EXPONENTIAL[::40])
    assert quotes(situation) == quotes(situation)
    assert quotes(situation, seed=1) != quotes(situation, seed=2)


def test_one_run_serves_a_full_waiting_room() -> None:
    """Sixty slots and fifty people in line: far below the tenth of a second that a refresh may cost."""
    rng = Random(1)
    situation = Situation(talks_s=tuple(rng.random() * 500 for _ in range(60)), line=(0,) * 50, prior=PRIOR,
                          handling_s=tuple(rng.lognormvariate(5.5, 0.8) for _ in range(1000)),
                          newcomers=(Newcomers(40, 3600, -math.inf),), patience_s=1200)
    spent = []
    for _ in range(5):
        begun = time.process_time()
        assert 50 == len(quotes(situation))
        spent.append(time.process_time() - begun)
    assert min(spent) < 0.1
