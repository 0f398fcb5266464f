"""Which service a complaint is taken to be about, and what counts as faulty."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from desk.core.periods import Period
from desk.core.report_rows import ServiceRow, TicketRow
from desk.core.service_faults import Blame, Service, Upheld, Whose, blame, carried_out

DAY = timedelta(days=1)
NOVEMBER = Period.named("2026-11", ZoneInfo("Asia/Shanghai"))
ANN, BOB = Whose(1, "a", None), Whose(None, "b", None)


def at(day: float) -> datetime:
    return datetime(2026, 11, 1, tzinfo=UTC) + day * DAY


def service(number: str, begun: float, done: float | None, whose: Whose = ANN, about: str = "lift") -> Service:
    return Service(number, at(begun), None if done is None else at(done), Whose(whose.customer_id, whose.conversation_id, about))


def complaint(day: float, whose: Whose = ANN, about: str | None = None) -> Upheld:
    return Upheld("TS9", "物业服务部", at(day), Whose(whose.customer_id, whose.conversation_id, about))


def behind(one: Upheld, *services: Service) -> str | None:
    """The number of the service that a complaint is about."""
    found = blame([one], services)
    assert bool(found.unknown) != bool(found.services)
    return next(iter(found.services), None)


def test_a_complaint_is_about_the_last_service_begun_before_it() -> None:
    """Of the same customer on whatever channel, or of the same conversation where nobody is known."""
    assert behind(complaint(5), service("old", 1, 2), service("new", 3, 4), service("later", 6, 7)) == "new"
    assert behind(complaint(5), service("theirs", 3, 4, BOB)) is None
    assert behind(complaint(5, BOB), service("theirs", 3, 4, BOB)) == "theirs"
    assert behind(complaint(5), service("elsewhere", 3, 4, Whose(1, "other", None))) == "elsewhere"
    assert behind(complaint(5, Whose(None, None, None)), service("any", 3, 4, Whose(None, None, None))) is None


def test_a_complaint_names_its_service_and_comes_within_thirty_days() -> None:
    """Another service is not meant; 30 days after its end is in time, a moment later is not; during it is in time."""
    assert behind(complaint(5, about="lift"), service("lift", 1, 2), service("tap", 3, 4, about="tap")) == "lift"
    assert behind(complaint(32), service("lift", 1, 2)) == "lift"
    assert behind(complaint(32.01), service("lift", 1, 2)) is None
    assert behind(complaint(1.5), service("lift", 1, 2)) == "lift"
    assert behind(complaint(90), service("still at work", 1, None)) == "still at work"


def row(number: str, *, status: str = "replied", reopened: int = 0, resolved: float | None = 3, kind: str = "fault") -> TicketRow:
    """A ticket of the property department."""
    return TicketRow(number, kind, "物业服务部", status, at(1), resolved_at=None if resolved is None else at(resolved),
                     reopened=reopened)


def test_services_are_counted_with_their_faults() -> None:
    """Faulty once, whether reopened, complained of or both; refused, open or inquiring is no service."""
    blamed = Blame({one: service(one, 1, 3) for one in ("TS2", "TS3")}, ())
    tickets = [row("TS1"), row("TS2"), row("TS3", reopened=1), row("TS4", reopened=2), row("TS5", status="refused"),
               row("TS6", resolved=None), row("TS7", kind="inquiry"), row("TS8", resolved=40)]
    seen = carried_out(NOVEMBER, tickets=tickets, bookings={}, department_of={}, blamed=blamed)
    assert seen == [ServiceRow("物业服务部", NOVEMBER.start, 4, 3)]


def test_bookings_and_complaints_without_a_service_count_too() -> None:
    """A booking blamed is faulty in the month of its time; an upheld complaint about nothing known is one more, faulty."""
    booked = Service("BK1", at(3), at(3), Whose(1, "a", "lift"), booked=True)
    december = Service("BK2", at(33), at(33), Whose(1, "a", "lift"), booked=True)
    seen = carried_out(NOVEMBER, tickets=[], bookings={"lift": 5, "tap": 2}, department_of={"lift": "物业服务部", "tap": "家政服务部"},
                       blamed=Blame({"BK1": booked, "BK2": december}, (complaint(5), complaint(40))))
    assert seen == [ServiceRow("物业服务部", NOVEMBER.start, 6, 2), ServiceRow("家政服务部", NOVEMBER.start, 2, 0)]
