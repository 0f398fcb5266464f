"""Reports from what is stored: their figures are those that a person would count by hand."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from desk.core.agents import Agent
from desk.core.bookings import Booking
from desk.core.errors import Invalid, NotYours
from desk.core.handoffs import Handoff, Rating
from desk.core.promises import CLOCK_NAMES, Run
from desk.core.report_rows import OURS
from desk.core.reports import MonthlyEvaluation, PeriodFigures
from desk.core.statistics import Share
from desk.core.tickets import Kind, Ticket
from desk.service import clock as deadline_clock
from desk.service import conversations, customer_notices, ratings, reports, tasks, ticket_work, tickets
from desk.service.desk import Desk, UnitOfWork
from desk.store.unit_of_work import Store
from tests.service.conftest import SetClock

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = 3600.0
BOSS = Agent(username="zhao", name="赵宁", role="supervisor", password_hash="-")


def at(day: int, hour: float = 9, *, month: int = 10) -> datetime:
    """A time of 2026 in Shanghai."""
    return (datetime(2026, month, day, tzinfo=SHANGHAI) + timedelta(hours=hour)).astimezone(UTC)


class Town:
    """Customers and people of the desk who do things at given times."""

    def __init__(self, desk: Desk, clock: SetClock, wang: Agent) -> None:
        self.desk, self.clock, self.wang = desk, clock, wang

    def talk(self, name: str) -> str:
        return conversations.open(self.desk, channel="web", channel_user=name).id

    def opens(self, when: datetime, kind: Kind, who: str = "a", service_id: str | None = "it_support") -> str:
        self.clock.time = when
        return tickets.open_ticket(self.desk, kind=kind, subject="请处理", conversation_id=self.talk(who), key=None,
                                   service_id=service_id).number

    def answers(self, when: datetime, number: str) -> None:
        self.clock.time = when
        ticket_work.contact(self.desk, number=number, agent=self.wang, text="正在处理")

    def replies(self, when: datetime, number: str, **given: object) -> None:
        self.clock.time = when
        tickets.advance(self.desk, number=number, to="replied", agent=self.wang, result="处理好了", **given)  # type: ignore[arg-type]

    def reads(self, when: datetime, who: str = "a") -> None:
        self.clock.time = when
        with self.desk.begin() as uow:
            last = uow.conversations.get(self.talk(who)).last_seq
        customer_notices.seen(self.desk, conversation_id=self.talk(who), up_to=last)

    def rates(self, number: str, score: int, who: str = "a") -> None:
        ratings.rate_ticket(self.desk, conversation_id=self.talk(who), number=number, score=score)

    def keeps(self, *things: object) -> None:
        with self.desk.begin() as uow:
            for one in things:
                uow.add(one)

    def month(self, name: str = "2026-10") -> reports.Month:
        return reports.monthly(self.desk, agent=BOSS, period=name)


@pytest.fixture
def town(desk: Desk, clock: SetClock, wang: Agent) -> Town:
    """The desk before anything happened; it is September."""
    clock.time = at(1, month=9)
    return Town(desk, clock, wang)


def department(month: reports.Month, name: str = "IT服务部") -> PeriodFigures:
    return evaluation(month, name).month


def evaluation(month: reports.Month, name: str = "IT服务部") -> MonthlyEvaluation:
    found, = (one for one in month.departments if one.department == name)
    return found


def test_two_months_counted_by_hand(town: Town) -> None:
    """Tickets, promises, times, complaints and ratings of October and November, each where it happened."""
    quick = town.opens(at(5), "fault")
    town.answers(at(5, 10), quick)                                   # after 1 h: reply kept
    town.replies(at(5, 19), quick)                                   # result after 10 h
    town.rates(quick, 5)
    slow = town.opens(at(6), "fault", "b")
    town.answers(at(6, 12), slow)                                    # after 3 h: reply broken, response kept
    town.replies(at(2, 9, month=11), slow)                           # result after 27 days: November's
    town.rates(slow, 2, "b")
    late = town.opens(at(31, 23.5), "application", "c")              # October in Shanghai and in UTC
    town.answers(at(1, 0.5, month=11), late)
    next_one = town.opens(at(1, 0.25, month=11), "inquiry", "d")     # November in Shanghai, October in UTC
    town.clock.time = at(30, 12, month=11)

    october, november = department(town.month()), department(town.month("2026-11"))
    assert october.tickets == {"fault": 2, "application": 1}
    assert october.by_service == {"it_support": 3}
    assert {name: (one.kept, one.running) for name, one in october.promises.items()} == {
        "reply": (Share.of(2, 3), 0), "response": (Share.of(3, 3), 0)}
    assert (october.first_response.n, october.first_response.p50) == (2, 2 * HOUR)
    assert (october.resolution.n, october.resolution.p50) == (1, 10 * HOUR)
    assert october.satisfaction == Share.of(1, 1)
    assert october.faults == Share.of(0, 1)
    assert (october.still_open, october.overdue) == (3, 0)
    assert november.tickets == {"inquiry": 1}
    assert november.promises["reply"].kept == Share.of(0, 1)
    assert (november.first_response.n, november.first_response.p50) == (1, HOUR)
    assert (november.resolution.n, november.resolution.p50) == (1, (27 * 24) * HOUR)
    assert november.satisfaction == Share.of(0, 1)
    assert (november.still_open, november.overdue) == (4, 1)
    assert next_one in {one.number for one in _open(town.desk)}
    assert evaluation(town.month("2026-11")).before == october
    whole = town.month().company.month
    assert (whole.tickets, whole.all_promises, whole.still_open) == (october.tickets, october.all_promises, 3)


def _open(desk: Desk) -> list[Ticket]:
    return tickets.search(desk, agent=BOSS, owed="open")


def test_what_was_overdue_when_the_month_ended_stays_so(town: Town) -> None:
    """Answered in November, but a promise was past due when October ended."""
    number = town.opens(at(31, 12), "fault")
    town.replies(at(1, 12, month=11), number)
    town.clock.time = at(2, month=11)
    october = department(town.month())
    assert (october.still_open, october.overdue) == (1, 1)
    assert department(town.month("2026-11")).overdue == 0


def test_every_department_of_the_policy_is_evaluated(town: Town) -> None:
    """KF-4.2: also those in which nothing happened, in the policy's order."""
    town.opens(at(5), "fault")
    month = town.month()
    assert [one.department for one in month.departments] == list(town.desk.policy.departments())
    assert [one.department for one in month.departments if not one.month.empty] == ["IT服务部"]


def test_an_answer_is_a_person_s(town: Town) -> None:
    """A withdrawal by the customer is none; the promise was kept all the same, for nothing was owed any more."""
    number = town.opens(at(5), "fault")
    town.clock.advance(minutes=30)
    tickets.withdraw(town.desk, number=number, conversation_id=town.talk("a"), key=None)
    seen = department(town.month())
    assert (seen.first_response.n, seen.resolution.n, seen.promises["reply"].kept) == (0, 0, Share.of(1, 1))


def test_tasks_are_promises_of_the_department_that_has_them(town: Town) -> None:
    """The handling department's clock counts there, not where the ticket lies; providers are evaluated apart."""
    number = town.opens(at(5), "fault", service_id="property_repair")
    tasks.create(town.desk, number=number, agent=town.wang, kind="handling", assigned_to="IT服务部", title="换门禁")
    town.clock.time = at(30)
    month = town.month()
    assert department(month).promises["task"].kept == Share.of(0, 1)
    assert "task" not in department(month, "物业服务部").promises
    assert [(one.supplier, one.n) for one in month.suppliers] == [("anju", 1)]


def test_complaints_are_handled_when_the_ledger_says_so(town: Town) -> None:
    """Told and arrived is handled; without an answer it is worked on until a promise breaks, then amiss."""
    told = town.opens(at(5), "complaint", service_id=None)
    town.answers(at(5, 10), told)
    town.replies(at(5, 12), told, outcome="not_upheld")
    fresh = town.opens(at(5, 13), "complaint", "b", service_id=None)
    where = "投诉专席"

    def states() -> tuple[int, int, tuple[str, ...]]:
        seen = department(town.month(), where)
        return seen.complaints_handled, seen.complaints_working, seen.unaccounted

    assert states() == (0, 2, ())
    town.reads(at(5, 14))
    assert states() == (1, 1, ())
    town.clock.time = at(5, 15.5)
    assert states() == (1, 0, (fresh,))
    tickets.confirm(town.desk, number=told, conversation_id=town.talk("a"), key=None)
    assert states() == (1, 0, (fresh,))
    with town.desk.begin() as uow:
        lodged = uow.reports.complaints(at(1), at(31), now=town.clock.now())
    assert [(one.number, one.settled, one.overdue) for one in lodged] == [(told, True, False), (fresh, False, True)]


def booking(number: str, when: datetime, talk: str, status: str = "booked") -> Booking:
    """An appointment for IT support."""
    return Booking(number=number, service_id="it_support", resource="onsite", starts_at=when,
                   ends_at=when + timedelta(hours=1), created_at=at(1), conversation_id=talk, status=status)  # type: ignore[arg-type]


def test_services_and_faults_counted_by_hand(town: Town) -> None:
    """Bookings whose time came and requests with a result; faulty: reopened, or behind a complaint upheld."""
    a, b = town.talk("a"), town.talk("b")
    town.keeps(booking("BK1", at(7), a), booking("BK2", at(7), b), booking("BK3", at(8), b, "cancelled"),
               booking("BK4", at(20, month=11), b))                      # BK1, BK2 done; BK3 called off; BK4 November's
    fine, again, no = (town.opens(at(5), "fault", who) for who in ("c", "d", "e"))
    town.replies(at(5, 10), fine)
    town.replies(at(5, 10), again)
    tickets.reopen(town.desk, number=again, conversation_id=town.talk("d"), key=None)
    town.replies(at(6), again)                                           # done, and faulty
    tickets.advance(town.desk, number=no, to="refused", agent=town.wang, result="不受理", direct_to="物业")
    about_booking = town.opens(at(9), "complaint", "a", service_id=None)
    town.replies(at(10), about_booking, outcome="upheld", our_fault=True)  # BK1 was faulty
    groundless = town.opens(at(9), "complaint", "b", service_id=None)
    town.replies(at(10), groundless, outcome="not_upheld")               # BK2 was not
    town.clock.time = at(11)
    assert department(town.month()).faults == Share.of(2, 4)
    assert department(town.month()).our_fault == 0
    assert department(town.month(), "投诉专席").our_fault == 1

    unknown = town.opens(at(12), "complaint", "stranger", service_id="it_support")
    town.replies(at(13), unknown, outcome="partly")                      # a service that the desk has no record of
    assert department(town.month()).faults == Share.of(3, 5)
    town.clock.time = at(30, month=11)
    assert department(town.month("2026-11")).faults == Share.of(0, 1)


def waited(town: Town, when: datetime, *, who: str, greeted_s: float | None, outcome: str | None) -> Handoff:
    """A wait in the general queue."""
    town.clock.time = when
    accepted = None if greeted_s is None else when + timedelta(seconds=greeted_s)
    return Handoff(conversation_id=town.talk(who), queue="general", reason="request_human", requested_at=when,
                   accepted_at=accepted, ended_at=when + timedelta(minutes=10), outcome=outcome)  # type: ignore[arg-type]


def test_waits_for_people_and_their_ratings(town: Town) -> None:
    """JC-5: waits, abandonment, and greetings by their recorded clock; a talk's rating is its queue's."""
    calm = waited(town, at(5), who="a", greeted_s=30, outcome="returned")
    gone = waited(town, at(6), who="b", greeted_s=None, outcome="abandoned")
    town.keeps(calm, gone)
    town.keeps(Rating(conversation_id=calm.conversation_id, score=4, at=at(5), handoff_id=calm.id))
    month = town.month()
    only, = month.queues
    assert (only.queue, only.n, only.abandoned, only.waited.p50) == ("general", 2, Share.of(1, 2), 30)
    assert (only.handled.n, only.handled.p50) == (1, 570)
    assert department(month, "综合客服").satisfaction == Share.of(1, 1)


def test_the_quarter_against_the_targets(town: Town) -> None:
    """YW-5: 40 satisfied of 40 prove 90 %; a response after 25 h misses; what is missing to decide is told."""
    for place in range(40):
        number = town.opens(at(5, month=10 + place % 2), "inquiry", f"c{place}")
        town.replies(at(5, 10, month=10 + place % 2), number)
        town.rates(number, 5, f"c{place}")
    town.clock.time = at(1, month=12)
    quarter = reports.quarterly(town.desk, agent=BOSS, period="2026-Q4")
    judged = {one.name: (one.verdict, one.share, one.needed) for one in quarter.company.targets}
    assert judged == {"satisfaction": ("met", Share.of(40, 40), 0), "fault_rate": ("open", Share.of(0, 0), None),
                      "response": ("met", Share.of(40, 40), 0), "complaints_handled": ("met", Share.of(0, 0), 0)}
    assert [one.opened for one in quarter.months] == [20, 20, 0]
    assert not quarter.ended
    slow = town.opens(at(2, month=12), "fault", "z")
    town.replies(at(3, 10, month=12), slow)
    judged_again = {one.name: one.verdict for one in reports.quarterly(
        town.desk, agent=BOSS, period="2026-Q4").company.targets}
    assert judged_again["response"] == "missed"
    assert dict(reports.quarterly(town.desk, agent=BOSS, period="2026-Q4").departments)["IT服务部"].quarter.opened == 41


def test_the_overview_goes_back_to_the_first_month(town: Town) -> None:
    """Newest first, with what was opened, rated and broken in each; quarters beside it."""
    number = town.opens(at(5), "fault")
    town.replies(at(5, 10), number)
    town.rates(number, 4)
    town.opens(at(6), "fault", "b")
    town.clock.time = at(20, month=12)
    for _ in range(5):
        deadline_clock.sweep(town.desk)
    glances, quarters = reports.overview(town.desk, agent=BOSS)
    assert [(one.period.name, one.opened, one.satisfaction.n) for one in glances] == [
        ("2026-12", 0, 0), ("2026-11", 0, 0), ("2026-10", 2, 1)]
    assert glances[0].broken > 0
    assert [one.name for one in quarters] == ["2026-Q4"]


@pytest.mark.parametrize("name", ["2026-13", "2026-Q4", "2027-01", "", "x"])
def test_what_is_no_month_or_lies_ahead_is_refused(town: Town, name: str) -> None:
    """A report of the future would be all noughts."""
    with pytest.raises(Invalid):
        town.month(name)
    with pytest.raises(Invalid):
        reports.quarterly(town.desk, agent=BOSS, period="2027-Q1")


def test_only_supervisors_read_reports(town: Town) -> None:
    """Not who answers customers."""
    for read in (lambda: reports.monthly(town.desk, agent=town.wang, period="2026-09"),
                 lambda: reports.quarterly(town.desk, agent=town.wang, period="2026-Q3"),
                 lambda: reports.overview(town.desk, agent=town.wang)):
        with pytest.raises(NotYours):
            read()


def test_counted_verdicts_are_those_of_the_rule(town: Town) -> None:
    """SQL counts promises as ``Run.verdict`` judges the same rows, whenever it is asked."""
    numbers = [town.opens(at(5, 9 + place), "fault", f"c{place}") for place in range(6)]
    town.answers(at(5, 15), numbers[0])
    town.answers(at(5, 15), numbers[4])
    ticket_work.ask_customer(town.desk, number=numbers[5], agent=town.wang, question="请补充地址")
    for now in (at(5, 15), at(5, 15.5), at(6, 12), at(30)):
        town.clock.time = now
        seen = department(town.month())
        with town.desk.begin() as uow:
            rows = [row for number in numbers for row in uow.deadlines.of(f"ticket:{number}") if row.clock in OURS]
        for clock in {row.clock for row in rows}:
            assert clock in CLOCK_NAMES
            verdicts = [Run("reply", 1, row.started_at, row.due_at, stopped_at=row.ended_at).verdict(now)
                        for row in rows if row.clock == clock]
            promised = seen.promises[clock]
            assert promised.kept == Share.counted(one == "kept" for one in verdicts if one is not None)
            assert promised.running == verdicts.count(None)


def test_a_report_keeps_no_writer_waiting(desk: Desk, store: Store, clock: SetClock, wang: Agent) -> None:
    """It is read in a transaction that a writer may pass."""
    looks: list[str] = []

    def reading() -> AbstractContextManager[UnitOfWork]:
        looks.append("reading")
        return store.reading()

    town = Town(replace(desk, reading=reading), clock, wang)
    town.opens(at(5), "fault")
    town.month()
    assert looks == ["reading"]
    with store.reading() as uow:
        uow.reports.tickets(at(1), at(31))
        written: Callable[[], str] = lambda: town.opens(at(6), "fault", "b")  # noqa: E731
        assert written()
