"""Opening hours over workdays, rest days, public holidays, make-up workdays and days set by hand."""

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from desk.core.calendars import Calendar, DayKind, Window

SHANGHAI = ZoneInfo("Asia/Shanghai")
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
