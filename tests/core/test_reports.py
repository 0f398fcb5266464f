"""Reports: what counts in which period, and verdicts that never say more than the evidence."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.errors import Invalid
from desk.core.periods import Period
from desk.core.report_rows import (
    ComplaintRow,
    HandoffRow,
    PromiseRow,
    RatingRow,
    Rows,
    ServiceRow,
    StandingRow,
    TicketRow,
)
from desk.core.reports import PeriodFigures, count, evaluate, monthly, quarterly, queues, trend
from desk.core.statistics import Durations, Share
from desk.core.targets import Judged, census, sampled

SHANGHAI = ZoneInfo("Asia/Shanghai")
MARCH = Period.named("2026-03", SHANGHAI)
QUARTER = Period.named("2026-Q1", SHANGHAI)
NOW = datetime(2026, 5, 1, tzinfo=UTC)
TARGETS = {"satisfaction": 0.90, "fault_rate": 0.02, "response_hours": 24, "complaints_handled": 1.0}
HOUR = 3600.0


def at(day: int, hour: int = 12, *, month: int = 3) -> datetime:
    """A time of 2026 in Shanghai."""
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


def ticket(opened_at: datetime, *, first_response_s: float | None = None, resolution_s: float | None = None,
           **given: Any) -> TicketRow:
    """A ticket of the operations department; an inquiry that nobody answered unless told otherwise."""
    answered, resolved = (None if after is None else opened_at + timedelta(seconds=after)
                          for after in (first_response_s, resolution_s))
    return TicketRow(**{"number": "TS1", "kind": "inquiry", "department": "运维部", "status": "received",
                        "opened_at": opened_at, "answered_at": answered, "resolved_at": resolved, **given})


def promised(began_at: datetime, *, kept: int = 0, broken: int = 0, running: int = 0, clock: str = "reply") -> PromiseRow:
    """Promises of the operations department."""
    return PromiseRow("运维部", clock, began_at, kept, broken, running)


def complaint(opened_at: datetime, state: Any = "handled", *, number: str = "TS9") -> ComplaintRow:
    """A complaint in the ledger."""
    return ComplaintRow(number, "运维部", opened_at, state)


def march(*tickets: TicketRow, now: datetime = NOW, **others: Any) -> PeriodFigures:
    """The figures of March."""
    return count(Rows(tickets=tickets, **others), period=MARCH, now=now)


# Periods


@pytest.mark.parametrize(("name", "start", "end", "before"), [
    ("2026-03", "2026-02-28T16:00", "2026-03-31T16:00", "2026-02"),
    ("2026-01", "2025-12-31T16:00", "2026-01-31T16:00", "2025-12"),
    ("2026-12", "2026-11-30T16:00", "2026-12-31T16:00", "2026-11"),
    ("2024-02", "2024-01-31T16:00", "2024-02-29T16:00", "2024-01"),
    ("2026-Q1", "2025-12-31T16:00", "2026-03-31T16:00", "2025-Q4"),
    ("2026-Q4", "2026-09-30T16:00", "2026-12-31T16:00", "2026-Q3")])
def test_months_and_quarters_begin_at_midnight_in_shanghai(name: str, start: str, end: str, before: str) -> None:
    """The UTC instants of a period, and the one before it, across years and leap days."""
    period = Period.named(name, SHANGHAI)
    assert period.name == name
    assert period.start.astimezone(UTC) == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert period.end.astimezone(UTC) == datetime.fromisoformat(end).replace(tzinfo=UTC)
    assert period.before == Period.named(before, SHANGHAI)
    assert period.before.end == period.start


@given(st.datetimes(datetime(1990, 1, 2), datetime(2090, 1, 1), timezones=st.just(UTC)))
def test_every_instant_lies_in_exactly_its_month_and_quarter(instant: datetime) -> None:
    """An instant is in the period made for it and in none beside it."""
    for period in (Period.month_of(instant, SHANGHAI), Period.quarter_of(instant, SHANGHAI)):
        assert period.contains(instant)
        assert not period.before.contains(instant)
        assert period == Period.named(period.name, SHANGHAI)
        assert not period.contains(period.end)


@pytest.mark.parametrize("name", ["", "2026", "2026-13", "2026-00", "2026-3", "2026-Q0", "2026-Q5", "0000-01", "9999-12",
                                  "２０２６-03", "2026-03\n", "2026-q1"])
def test_what_names_no_period_is_refused(name: str) -> None:
    """A period comes from an address bar."""
    with pytest.raises(Invalid):
        Period.named(name, SHANGHAI)


def test_a_ticket_counts_in_the_month_of_shanghai_not_of_utc() -> None:
    """23:30 on 31 March in Shanghai is March, half past midnight is April, whatever the day is in UTC."""
    last = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
    first = datetime(2026, 2, 28, 16, 0, tzinfo=UTC)
    assert march(ticket(last), ticket(first)).tickets == {"inquiry": 2}
    assert march(ticket(last + timedelta(hours=1)), ticket(first - timedelta(seconds=1))).tickets == {}


# The month


def test_tickets_are_counted_by_kind_and_service() -> None:
    """Kinds and services of what was opened in the month, most frequent first; what was opened later does not count."""
    seen = march(ticket(at(1), kind="fault", service_id="lift", our_fault=True, urged=2), ticket(at(2), kind="fault", reopened=1),
                 ticket(at(3), kind="complaint", service_id="lift"), ticket(at(3), kind="complaint"),
                 ticket(at(3), kind="fault"), ticket(at(3, month=4), urged=9))
    assert list(seen.tickets.items()) == [("fault", 3), ("complaint", 2)]
    assert (seen.opened, seen.by_service) == (5, {"lift": 2})
    assert (seen.our_fault, seen.reopened, seen.urged) == (1, 1, 2)


def test_complaints_are_counted_by_what_became_of_them() -> None:
    """Handled, still worked on, and by number those that are amiss."""
    seen = march(complaints=[complaint(at(1)), complaint(at(2), "working"), complaint(at(3), "amiss", number="TS7"),
                             complaint(at(3, month=4), "amiss", number="TS8")])
    assert (seen.complaints, seen.complaints_handled, seen.complaints_working, seen.unaccounted) == (3, 1, 1, ("TS7",))


def test_promises_are_shares_of_the_decided() -> None:
    """Kept and broken make the share; what still runs is told beside it and counts for neither."""
    seen = march(promises=[promised(at(1), kept=1, broken=2, running=1), promised(at(20), kept=3),
                           promised(at(1), running=1, clock="result"), promised(at(1, month=4), broken=9)])
    assert (seen.promises["reply"].kept, seen.promises["reply"].running) == (Share.of(4, 6), 1)
    assert (seen.promises["result"].kept, seen.promises["result"].running) == (Share.of(0, 0), 1)
    assert (seen.all_promises.kept, seen.all_promises.running) == (Share.of(4, 6), 2)


def test_an_answer_counts_where_it_was_given() -> None:
    """A ticket of February that was answered in March: the answer is March's, the ticket is not."""
    seen = march(ticket(at(28, 23, month=2), first_response_s=2 * HOUR, resolution_s=40 * 24 * HOUR))
    assert seen.tickets == {}
    assert seen.first_response == Durations(1, 2 * HOUR, 2 * HOUR, 2 * HOUR)
    assert seen.resolution == Durations(0)


def test_open_and_overdue_are_those_at_the_end_of_the_month_or_now() -> None:
    """Counted at the end of each period; a month that has not ended is seen as it is now."""
    standing = [StandingRow("运维部", MARCH.start, 5, 2), StandingRow("运维部", MARCH.end, 4, 1),
                StandingRow("客服部", MARCH.end, 3, 0), StandingRow("运维部", at(10), 9, 8)]
    seen, so_far = march(standing=standing), march(standing=standing, now=at(10))
    assert (seen.still_open, seen.overdue) == (7, 1)
    assert (so_far.still_open, so_far.overdue) == (9, 8)


def test_a_month_without_anything_is_empty() -> None:
    """Whatever is there makes it a month to tell of, even a ticket that is only still open."""
    assert march().empty
    assert march(standing=[StandingRow("运维部", MARCH.end, 0, 0)]).empty
    assert not march(standing=[StandingRow("运维部", MARCH.end, 1, 0)]).empty
    assert not march(ticket(at(1))).empty
    assert not march(ratings=[RatingRow("运维部", 5, at(1))]).empty


def test_months_put_together_have_each_ticket_once() -> None:
    """A ticket opened in one month and answered in the next is read with both."""
    row = ticket(at(28, month=2), first_response_s=99 * HOUR)
    both = Rows(tickets=[row], promises=[promised(at(1, month=2))]) + Rows(tickets=[row], promises=[promised(at(1))])
    assert (len(both.tickets), len(both.promises)) == (1, 2)


def test_scores_of_four_and_five_are_satisfied() -> None:
    """Satisfaction is the share of scores from 4 on, among those given in the month."""
    scores = [RatingRow("运维部", score, at(5), n=score) for score in (1, 2, 3, 4, 5)] + [RatingRow("运维部", 1, at(5, month=4))]
    assert march(ratings=scores).satisfaction == Share.of(9, 15)


def test_every_department_is_evaluated_even_one_without_any_ticket() -> None:
    """KF-4.2: those named come first in their order, others with rows follow; each sees only its own."""
    rows = Rows(tickets=[ticket(at(1)), ticket(at(2), department="财务部")], ratings=[RatingRow("客服部", 5, at(3))],
                services=[ServiceRow("运维部", at(4), 50, 1)])
    month = monthly(rows, period=MARCH, now=NOW, departments=["公共服务部", "运维部"])
    assert [one.department for one in month] == ["公共服务部", "运维部", "客服部", "财务部"]
    assert [sum(one.month.tickets.values()) for one in month] == [0, 1, 0, 1]
    assert [one.month.satisfaction.n for one in month] == [0, 0, 1, 0]
    assert month[1].month.faults == Share.of(1, 50)


# Trends


def test_a_trend_needs_its_whole_interval_on_one_side() -> None:
    """The same change is unclear in few and clear in many; for faults more is worse."""
    assert trend(Share.of(9, 10), Share.of(7, 10)).direction == "unclear"
    assert trend(Share.of(900, 1000), Share.of(700, 1000)).direction == "better"
    assert trend(Share.of(700, 1000), Share.of(900, 1000)).direction == "worse"
    assert trend(Share.of(90, 1000), Share.of(10, 1000), more_is_better=False).direction == "worse"
    assert trend(Share.of(10, 1000), Share.of(90, 1000), more_is_better=False).direction == "better"


def test_a_trend_from_or_to_nothing_is_unclear() -> None:
    """A department's first month is not an improvement."""
    for now, before in ((Share.of(5, 5), Share.of(0, 0)), (Share.of(0, 0), Share.of(5, 5))):
        assert (trend(now, before).change, trend(now, before).direction) == (None, "unclear")


def test_an_evaluation_stands_beside_the_month_before() -> None:
    """The trend of satisfaction is March against February."""
    scores = [RatingRow("运维部", 5 if place < good else 1, at(5, month=month))
              for month, good in ((2, 100), (3, 180)) for place in range(200)]
    seen = evaluate(Rows(ratings=scores), department="运维部", period=MARCH, now=NOW)
    assert (seen.before.period.name, seen.before.satisfaction) == ("2026-02", Share.of(100, 200))
    assert seen.trends["satisfaction"].change == pytest.approx(0.4)
    assert seen.trends["satisfaction"].direction == "better"


def test_queues_tell_how_people_waited() -> None:
    """Abandonment among all, greeting among the decided, waits among those who were reached."""
    rows = Rows(handoffs=[HandoffRow("general", at(1), 30, "closed", 300, True), HandoffRow("general", at(1), 90, "abandoned"),
                          HandoffRow("general", at(2), 70, "returned", 100, False), HandoffRow("faults", at(2, month=4))])
    only, = queues(rows, period=MARCH)
    assert (only.queue, only.n, only.abandoned, only.greeted) == ("general", 3, Share.of(1, 3), Share.of(1, 2))
    assert (only.waited.n, only.waited.p50, only.handled.p50) == (2, 50, 200)


# Targets


@pytest.mark.parametrize(("satisfied", "n", "verdict", "more"), [
    (0, 0, "open", None), (10, 10, "open", 25), (34, 34, "open", 1), (35, 35, "met", 0), (9, 10, "open", None),
    (95, 100, "open", 39), (300, 300, "met", 0), (1, 2, "open", 1), (0, 1, "missed", 0), (80, 100, "missed", 0)])
def test_a_sampled_target_is_met_only_when_the_lower_bound_is(satisfied: int, n: int, verdict: str, more: int | None) -> None:
    """Ten of ten satisfied do not prove 90 %; 35 of 35 do. The number still needed at the present share is told."""
    seen = sampled("satisfaction", Share.of(satisfied, n), 0.90)
    assert (seen.verdict, seen.needed) == (verdict, more)


@pytest.mark.parametrize(("faulty", "n", "verdict", "more"), [
    (0, 0, "open", None), (0, 100, "open", 89), (0, 189, "met", 0), (5, 1000, "met", 0), (15, 1000, "open", 2012),
    (20, 1000, "open", None), (3, 100, "open", 653), (50, 1000, "missed", 0)])
def test_a_fault_rate_is_met_only_when_the_upper_bound_is(faulty: int, n: int, verdict: str, more: int | None) -> None:
    """No fault in 100 does not prove 2 %; none in 189 does."""
    seen = sampled("fault_rate", Share.of(faulty, n), 0.02, at_most=True)
    assert (seen.verdict, seen.needed) == (verdict, more)


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.02, 0.5, 0.9]),
       st.booleans())
def test_met_and_missed_are_never_against_the_share(seen: tuple[int, int], target: float, at_most: bool) -> None:
    """Met implies that the share itself is right, missed that it is wrong; only `open` needs more."""
    share = Share.of(*seen)
    judged = sampled("satisfaction", share, target, at_most=at_most)
    assert share.share is not None
    right = share.share <= target if at_most else share.share >= target
    assert {"met": right, "missed": not right, "open": True}[judged.verdict]
    assert judged.verdict == "open" or judged.needed == 0


@pytest.mark.parametrize(("good", "n", "undecided", "verdict", "needed"), [
    (0, 0, 0, "met", 0), (5, 5, 0, "met", 0), (1, 1, 0, "met", 0), (999, 1000, 0, "missed", 0), (0, 0, 2, "open", 2),
    (5, 5, 1, "open", 1), (4, 5, 9, "missed", 0)])
def test_a_census_is_met_exactly_when_no_case_is_amiss(good: int, n: int, undecided: int, verdict: str, needed: int) -> None:
    """One of a thousand is enough to miss; one of one is enough to meet; the undecided keep it open."""
    seen = census("complaints_handled", Share.of(good, n), 1.0, undecided=undecided)
    assert (seen.verdict, seen.needed, seen.census) == (verdict, needed, True)


@pytest.mark.parametrize(("undecided", "verdict"), [(0, "met"), (1, "open"), (100, "open")])
def test_a_census_below_one_may_be_decided_early(undecided: int, verdict: str) -> None:
    """With a target of 90 %, nine of ten meet it, unless those undecided could still turn it."""
    assert census("complaints_handled", Share.of(9, 10), 0.9, undecided=undecided).verdict == verdict
    assert census("complaints_handled", Share.of(0, 10), 0.9, undecided=undecided).verdict == (
        "open" if undecided == 100 else "missed")


# The quarter


def judged(rows: Rows, *, now: datetime = NOW) -> dict[str, Judged]:
    """The targets of the first quarter by name."""
    return {one.name: one for one in quarterly(rows, period=QUARTER, targets=TARGETS, now=now).targets}


def test_one_complaint_amiss_misses_the_quarter() -> None:
    """YW-5, complaints handled 100 %: 199 of 200 is missed, 199 of 199 is met, none is met, one in work keeps it open."""
    complaints = [complaint(at(1), number=f"TS{place}") for place in range(199)]
    summary = quarterly(Rows(complaints=[*complaints, complaint(at(2), "amiss", number="TS200")]), period=QUARTER,
                        targets=TARGETS, now=NOW)
    assert summary.quarter.unaccounted == ("TS200",)
    assert summary.targets[-1].verdict == "missed"
    assert judged(Rows(complaints=complaints))["complaints_handled"].verdict == "met"
    assert judged(Rows())["complaints_handled"].verdict == "met"
    at_work = judged(Rows(complaints=[*complaints, complaint(at(2), "working")]))["complaints_handled"]
    assert (at_work.verdict, at_work.needed) == ("open", 1)


@pytest.mark.parametrize(("answer_h", "closed_h", "now_h", "good", "n", "verdict"), [
    (24, None, 99, 1, 1, "met"), (24.01, None, 99, 0, 1, "missed"), (None, None, 23, 0, 0, "open"),
    (None, None, 25, 0, 1, "missed"), (None, 5, 99, 0, 0, "met"), (None, 30, 99, 0, 1, "missed")])
def test_a_response_must_come_within_a_day(answer_h: float | None, closed_h: float | None, now_h: float, good: int, n: int,
                                           verdict: str) -> None:
    """At 24 h is in time; unanswered is late once the day has passed; withdrawn before that is owed nothing."""
    closed_at = None if closed_h is None else at(1) + timedelta(hours=closed_h)
    row = ticket(at(1), closed_at=closed_at, first_response_s=None if answer_h is None else answer_h * HOUR)
    seen = judged(Rows(tickets=[row]), now=at(1) + timedelta(hours=now_h))["response"]
    assert (seen.share, seen.verdict) == (Share.of(good, n), verdict)


def test_the_quarter_is_judged_by_the_targets_of_the_policy() -> None:
    """The values are the policy's; rows of other quarters do not count; all four are there in order."""
    rows = Rows(ratings=[RatingRow("运维部", 5, at(1, month=1 + place % 3)) for place in range(40)] + [
        RatingRow("运维部", 1, at(1, month=4)) for _ in range(40)],
        services=[ServiceRow("运维部", at(1), 100, 6), ServiceRow("客服部", at(1), 100, 4), ServiceRow("客服部", at(1, month=4), 999, 0)])
    seen = judged(rows)
    assert list(seen) == ["satisfaction", "fault_rate", "response", "complaints_handled"]
    assert (seen["satisfaction"].share, seen["satisfaction"].verdict) == (Share.of(40, 40), "met")
    assert (seen["fault_rate"].share, seen["fault_rate"].verdict) == (Share.of(10, 200), "missed")
    stricter = quarterly(rows, period=QUARTER, targets={**TARGETS, "satisfaction": 0.95}, now=NOW).targets[0]
    assert (stricter.target, stricter.verdict) == (0.95, "open")
    assert judged(rows.of("客服部"))["fault_rate"].share == Share.of(4, 100)
