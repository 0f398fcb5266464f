"""Opening hours over workdays, rest days, holidays, make-up workdays, days set by hand and changes of the clocks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from desk.core.calendars import SEARCH_DAYS, Calendar, DayKind, NeverOpens, Window

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HOUR, MINUTE, DAY, MICROSECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1), timedelta.resolution
NOTHING = timedelta(0)
MORNING, AFTERNOON = Window(time(9), time(12)), Window(time(13, 30), time(18))
NATIONAL_DAY = date(2026, 10, 1)
MADE_UP_SATURDAY = date(2026, 10, 10)


def kind(day: date) -> DayKind:
    """A holiday, the Saturday that makes up for it, and the week otherwise."""
    if day == NATIONAL_DAY:
        return "holiday"
    if day == MADE_UP_SATURDAY:
        return "workday"
    return "workday" if day.weekday() < 5 else "restday"


def office(**set_days: tuple[Window, ...]) -> Calendar:
    return Calendar(id="office", name="办公时间", days={"workday": (MORNING, AFTERNOON)}, day_kind=kind,
                    timezone=SHANGHAI, set_days={date.fromisoformat(f"2026-{k[1:].replace('_', '-')}"): v
                                                 for k, v in set_days.items()})


def always() -> Calendar:
    night = (Window(time(0), time(0)),)
    return Calendar(id="always", name="全天候", days={"workday": night, "restday": night, "holiday": night},
                    day_kind=kind, timezone=SHANGHAI)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(("when", "opened"), [
    ("2026-11-24 09:00", True), ("2026-11-24 11:59", True), ("2026-11-24 12:00", False), ("2026-11-24 13:29", False),
    ("2026-11-24 13:30", True), ("2026-11-24 18:00", False), ("2026-11-28 10:00", False), ("2026-10-01 10:00", False),
    ("2026-10-10 10:00", True)])
def test_open_from_the_first_minute_until_before_the_last(when: str, opened: bool) -> None:
    """Windows hold their start, not their end; lunch, weekends and holidays are closed, make-up workdays open."""
    assert opened == office().is_open(at(when))


def test_an_instant_is_open_or_not_whatever_zone_it_is_written_in() -> None:
    """01:30 UTC is 09:30 in Shanghai, and 17:00 UTC the day before already its midnight."""
    assert office().is_open(datetime(2026, 11, 24, 1, 30, tzinfo=ZoneInfo("UTC")))
    assert not office().is_open(datetime(2026, 11, 24, 17, 0, tzinfo=ZoneInfo("UTC")))


def test_a_window_until_midnight_holds_the_last_minute() -> None:
    """24:00 is the end of the same day, so that round the clock has no hole."""
    start, end = always().windows(date(2026, 11, 24))[0]
    assert (at("2026-11-24 00:00"), at("2026-11-25 00:00")) == (start, end)
    assert always().is_open(at("2026-11-24 23:59"))
    assert at("2026-11-24 23:59") == always().next_open(at("2026-11-24 23:59"))


def test_a_day_set_by_hand_wins_over_its_kind() -> None:
    """Open on a Sunday, shorter on a Tuesday, closed on a Wednesday: what operations wrote is what holds."""
    calendar = office(d11_29=(MORNING,), d11_24=(AFTERNOON,), d11_25=())
    assert calendar.is_open(at("2026-11-29 10:00"))
    assert not calendar.is_open(at("2026-11-24 10:00"))
    assert not calendar.is_open(at("2026-11-25 10:00"))
    assert "当天临时休息" == calendar.closed_reason(date(2026, 11, 25))


@pytest.mark.parametrize(("since", "opens"), [
    ("2026-11-24 10:15", "2026-11-24 10:15"), ("2026-11-24 12:30", "2026-11-24 13:30"),
    ("2026-11-27 18:00", "2026-11-30 09:00"), ("2026-09-30 19:00", "2026-10-02 09:00"),
    ("2026-10-09 18:00", "2026-10-10 09:00")])
def test_the_next_opening_skips_what_is_closed(since: str, opens: str) -> None:
    """Now if open, else after lunch, after the weekend, after the holiday, or on the make-up Saturday."""
    assert at(opens) == office().next_open(at(since))


def test_a_calendar_that_never_opens_has_no_next_opening() -> None:
    """None instead of an endless search."""
    assert Calendar(id="x", name="x", days={}, day_kind=kind, timezone=SHANGHAI).next_open(at("2026-11-24 10:00")) is None


@pytest.mark.parametrize(("day", "why"), [
    (date(2026, 10, 1), "当天是法定节假日，休息"), (date(2026, 11, 28), "当天是休息日"), (date(2026, 11, 24), None)])
def test_a_closed_day_has_a_reason_in_words(day: date, why: str | None) -> None:
    """The customer is told why, and nothing is said about a day that opens."""
    assert why == office().closed_reason(day)


def test_a_service_at_an_outlet_is_open_only_while_both_are() -> None:
    """The hours of one inside the other, an empty day where either is closed."""
    outlet = Calendar(id="outlet", name="门店", days={"workday": (Window(time(10), time(20)),),
                                                     "restday": (Window(time(10), time(20)),)},
                      day_kind=kind, timezone=SHANGHAI)
    both = replace(office(), within=outlet)
    assert [(at("2026-11-24 10:00"), at("2026-11-24 12:00")), (at("2026-11-24 13:30"), at("2026-11-24 18:00"))] == \
        both.windows(date(2026, 11, 24))
    assert [] == both.windows(date(2026, 11, 28))


# Summer time: in Berlin 02:00 becomes 03:00 on 29 March 2026, and 03:00 becomes 02:00 on 25 October

def nightly(*hours: Window) -> Calendar:
    return Calendar("night", "夜间", {"workday": hours, "restday": hours}, kind, BERLIN)


SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.mark.parametrize(("start", "end", "in_spring", "in_autumn"), [
    (time(0), time(0), 23, 25), (time(1), time(5), 3, 5), (time(2), time(3), 0, 2), (time(3), time(5), 2, 2),
    (time(1), time(2, 30), 1, 1.5), (time(2, 30), time(5), 2, 3.5), (time(2, 15), time(2, 45), 0, 0.5)])
def test_a_window_over_a_change_of_clocks_has_its_real_length(start: time, end: time, in_spring: float,
                                                              in_autumn: float) -> None:
    """The skipped hour is not counted, the repeated one twice; a bound within it is where the clock first shows it."""
    calendar = nightly(Window(start, end))
    for day, hours in ((SPRING, in_spring), (AUTUMN, in_autumn)):
        midnight = datetime.combine(day, time(0), BERLIN)
        assert hours * HOUR == calendar.elapsed(midnight, datetime.combine(day + DAY, time(0), BERLIN))
        if hours:
            closes = calendar.add(midnight, hours * HOUR)
            assert calendar.windows(day)[-1][1].astimezone(UTC) == closes
            assert calendar.is_open(closes - MICROSECOND)


def test_a_window_shows_no_time_that_does_not_exist() -> None:
    """Opening at 02:30 in the night without it is opening at 03:00; open only within the lost hour is not opening."""
    assert [datetime(2026, 3, 29, 3, tzinfo=BERLIN)] == [a for a, _ in nightly(Window(time(2, 30), time(5))).windows(SPRING)]
    assert [] == nightly(Window(time(2, 15), time(2, 45))).windows(SPRING)


def test_the_first_and_the_second_half_past_two_are_different_instants() -> None:
    """Until 02:30 means until the first one."""
    calendar = nightly(Window(time(1), time(2, 30)))
    first = datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN)
    assert calendar.is_open(first)
    assert not calendar.is_open(first.replace(fold=1))
    assert 15 * MINUTE == calendar.elapsed(first, first.replace(fold=1))


def not_asked(day: date) -> DayKind:
    raise AssertionError(f"asked for the kind of {day}")


def test_round_the_clock_is_plain_arithmetic() -> None:
    """A day is 24 hours also when the clocks change, and no day is looked up, however long it takes."""
    berlin = replace(always(), timezone=BERLIN, day_kind=not_asked)
    noon = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    assert datetime(2026, 3, 29, 13, tzinfo=BERLIN) == berlin.add(noon, DAY)
    assert noon == berlin.subtract(datetime(2026, 3, 29, 13, tzinfo=BERLIN), DAY)
    assert 23 * HOUR == berlin.elapsed(noon, datetime(2026, 3, 29, 12, tzinfo=BERLIN))
    assert noon.astimezone(UTC) + 90000 * HOUR == berlin.add(noon, 90000 * HOUR)


# Closed for good

def closed_between(first: date, last: date) -> Calendar:
    hours = (Window(time(9), time(17)),)
    return Calendar("shop", "门店", {"workday": hours, "restday": hours},
                    lambda day: "holiday" if first <= day <= last else kind(day), SHANGHAI)


def test_a_holiday_of_any_length_up_to_the_search_is_crossed() -> None:
    """Closed for more than a year, then open: the hour after reopening is found from both sides."""
    last = date(2026, 11, 25) + (SEARCH_DAYS - 5) * DAY
    calendar = closed_between(date(2026, 11, 25), last)
    begun, due = at("2026-11-24 16:00"), datetime.combine(last + DAY, time(10), SHANGHAI)
    assert due == calendar.add(begun, 2 * HOUR)
    assert begun == calendar.subtract(due, 2 * HOUR)
    assert due - HOUR == calendar.next_open(begun + HOUR)


@pytest.mark.parametrize("count", [Calendar.add, Calendar.subtract])
def test_a_calendar_that_never_opens_says_so(count: Callable[[Calendar, datetime, timedelta], datetime]) -> None:
    """An error instead of an endless search, when it never opens and when what is left of it is used up."""
    noon = at("2026-11-24 12:00")
    never = Calendar("shop", "门店", {}, kind, SHANGHAI)
    with pytest.raises(NeverOpens, match="shop"):
        count(never, noon, MICROSECOND)
    assert noon == count(never, noon, NOTHING)
    assert NOTHING == never.elapsed(noon, noon + 1000 * DAY)
    once = Calendar("shop", "门店", {}, kind, SHANGHAI, {noon.date(): (Window(time(8), time(16)),)})
    assert 4 * HOUR == abs(count(once, noon, 4 * HOUR) - noon)
    with pytest.raises(NeverOpens):
        count(once, noon, 4 * HOUR + MICROSECOND)
