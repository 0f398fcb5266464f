"""Open time is counted exactly: against a clock watched minute by minute, over published holidays and summer time."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from desk.core.calendars import WHOLE_DAY, Calendar, DayKind, Window
from desk.gateways.policy_files import load_policy

SHIPPED = load_policy(Path(__file__).parents[2] / "policy")
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HOUR, MINUTE, DAY, MICROSECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1), timedelta.resolution
NOTHING, LONGEST = timedelta(0), timedelta(hours=100)
WATCHED_DAYS = 14
# Watching begins here: before National Day, and before each night on which Berlin changes its clocks.
BEGINNINGS = (date(2026, 9, 24), date(2026, 3, 21), date(2026, 10, 16), date(2027, 2, 25))


def windows() -> st.SearchStrategy[tuple[Window, ...]]:
    """Up to three windows in order, some of them joined, some from or until midnight."""
    cuts = st.lists(st.sampled_from((0, 288)) | st.integers(0, 288), max_size=6)
    return st.just(WHOLE_DAY) | cuts.map(lambda found: tuple(
        Window(clock(a), clock(b)) for a, b in zip(sorted(found)[::2], sorted(found)[1::2], strict=False) if a < b))


def clock(step: int) -> time:
    """The time of day after a number of five-minute steps; the last is midnight."""
    return time(step * 5 // 60 % 24, step * 5 % 60)


@st.composite
def calendars(draw: st.DrawFn, zone: ZoneInfo, since: date, depth: int = 1) -> Calendar:
    """Windows by kind of day, holidays and make-up workdays, days set by hand, at times within another calendar."""
    day = st.integers(0, WATCHED_DAYS).map(lambda n: since + n * DAY)
    kinds = draw(st.dictionaries(day, st.sampled_from(("workday", "restday", "holiday")), max_size=5))
    return Calendar(
        "random", "随机", draw(st.fixed_dictionaries({"workday": windows()}, optional={
            "restday": windows(), "holiday": windows()})), lambda day: kinds.get(day, by_the_week(day)), zone,
        draw(st.dictionaries(day, windows(), max_size=3)),
        draw(st.none() | calendars(zone, since, depth - 1)) if depth else None)


def by_the_week(day: date) -> DayKind:
    return "workday" if day.weekday() < 5 else "restday"


@st.composite
def cases(draw: st.DrawFn) -> tuple[Calendar, date]:
    """A calendar and the day from which it is looked at."""
    since = draw(st.sampled_from(BEGINNINGS))
    return draw(calendars(draw(st.sampled_from((SHANGHAI, BERLIN))), since)), since


def opens(calendar: Calendar) -> bool:
    """Whether it has hours in an ordinary week."""
    return any(calendar.windows(date(2028, 5, 1) + n * DAY) for n in range(7))


def instants(since: date) -> st.SearchStrategy[datetime]:
    """An instant of the watched days, on a five-minute mark or anywhere."""
    first = datetime.combine(since, time(0), UTC)
    return st.integers(0, WATCHED_DAYS * 288).map(lambda n: first + n * 5 * MINUTE) | st.datetimes(
        datetime.combine(since, time(0)), datetime.combine(since + WATCHED_DAYS * DAY, time(0)), timezones=st.just(UTC))


def lengths(longest: timedelta = LONGEST) -> st.SearchStrategy[timedelta]:
    """A length in whole five minutes, so that windows are used up exactly, or any."""
    return st.integers(0, longest // (5 * MINUTE)).map(lambda n: n * 5 * MINUTE) | st.timedeltas(NOTHING, longest)


@cache
def watched(zone: ZoneInfo, since: date) -> list[tuple[datetime, date, int]]:
    """The day and the minute of the day that the clock on the wall shows, minute by minute.

    When the clock is put back, the time shown latest goes on holding until the clock is past it.
    """
    at, today, shown, seen = datetime.combine(since - DAY, time(0), UTC), None, -1, []
    while len(seen) < (WATCHED_DAYS + 2) * 1440:
        local = at.astimezone(zone)
        shown = max(shown, minute_of(local.time())) if local.date() == today else minute_of(local.time())
        today = local.date()
        seen.append((at, today, shown))
        at += MINUTE
    return seen


class Watcher:
    """Counts open time by looking at the clock every minute, knowing nothing of windows as instants."""

    def __init__(self, calendar: Calendar, since: date) -> None:
        seen = watched(calendar.timezone, since)
        hours = {day: hours_of(calendar, day) for day in {day for _, day, _ in seen}}
        self.begin, self.end = seen[0][0], seen[-1][0] + MINUTE
        self.minutes = [at for at, day, shown in seen if hours[day][shown]]

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        return sum((min(at + MINUTE, end) - max(at, start) for at in self.minutes
                    if at + MINUTE > start and at < end), NOTHING)

    def add(self, start: datetime, length: timedelta) -> datetime:
        at = start
        for minute in self.minutes:
            if length and minute + MINUTE > start:
                used = min(minute + MINUTE - max(minute, start), length)
                at, length = max(minute, start) + used, length - used
        assert not length
        return at

    def subtract(self, end: datetime, length: timedelta) -> datetime:
        at = end
        for minute in reversed(self.minutes):
            if length and minute < end:
                used = min(min(minute + MINUTE, end) - minute, length)
                at, length = min(minute + MINUTE, end) - used, length - used
        assert not length
        return at


def hours_of(calendar: Calendar, day: date) -> list[bool]:
    """For every minute of a day whether its windows hold it."""
    found = calendar.set_days.get(day, calendar.days.get(calendar.day_kind(day), ()))
    hours = [False] * 1440
    for window in found:
        first, end = minute_of(window.start), minute_of(window.end) or 1440
        hours[first:end] = [True] * (end - first)
    return [a and b for a, b in zip(hours, hours_of(calendar.within, day), strict=True)] if calendar.within else hours


def minute_of(shown: time) -> int:
    return shown.hour * 60 + shown.minute


@settings(max_examples=200, deadline=None)
@given(cases(), st.data())
def test_open_time_is_what_one_counts_by_watching_the_clock(case: tuple[Calendar, date], data: st.DataObject) -> None:
    """add, subtract and elapsed give to the microsecond what counting open minutes gives."""
    calendar, since = case
    watcher = Watcher(calendar, since)
    one, other = data.draw(instants(since)), data.draw(instants(since))
    assert watcher.elapsed(one, other) == calendar.elapsed(one, other)
    ahead = data.draw(lengths(min(LONGEST, watcher.elapsed(one, watcher.end))))
    assert watcher.add(one, ahead) == calendar.add(one, ahead)
    behind = data.draw(lengths(min(LONGEST, watcher.elapsed(watcher.begin, one))))
    assert watcher.subtract(one, behind) == calendar.subtract(one, behind)


@settings(max_examples=200, deadline=None)
@given(cases(), st.data(), lengths())
def test_what_was_added_has_elapsed(case: tuple[Calendar, date], data: st.DataObject, length: timedelta) -> None:
    """Exactly the length lies between start and deadline, the deadline is the first such instant, its mirror the last."""
    calendar, since = case
    assume(opens(calendar))
    at = data.draw(instants(since))
    due, begun = calendar.add(at, length), calendar.subtract(at, length)
    assert length == calendar.elapsed(at, due) == calendar.elapsed(begun, at)
    if length:
        assert length - MICROSECOND == calendar.elapsed(at, due - MICROSECOND)
        assert length - MICROSECOND == calendar.elapsed(begun + MICROSECOND, at)


@settings(max_examples=200, deadline=None)
@given(cases(), st.data(), lengths(), lengths())
def test_later_starts_and_longer_lengths_are_never_due_earlier(case: tuple[Calendar, date], data: st.DataObject,
                                                                short: timedelta, more: timedelta) -> None:
    """Deadlines never cross over, in either argument; a later length takes up where the first one ended."""
    calendar, since = case
    assume(opens(calendar))
    early, late = sorted((data.draw(instants(since)), data.draw(instants(since))))
    assert calendar.add(early, short) <= calendar.add(late, short)
    assert calendar.subtract(early, short) <= calendar.subtract(late, short)
    assert calendar.add(early, short) <= calendar.add(early, short + more)
    assert calendar.subtract(late, short) >= calendar.subtract(late, short + more)
    if more:
        assert calendar.add(calendar.add(early, short), more) == calendar.add(early, short + more)


@settings(max_examples=200, deadline=None)
@given(cases(), st.data())
def test_open_time_can_be_counted_in_parts(case: tuple[Calendar, date], data: st.DataObject) -> None:
    """The parts make the whole, whatever zone they are written in; backwards nothing elapses."""
    calendar, since = case
    a, b, c = sorted(data.draw(instants(since)) for _ in range(3))
    assert calendar.elapsed(a, b) + calendar.elapsed(b, c) == calendar.elapsed(a, c) <= c - a
    assert calendar.elapsed(a, c) == calendar.elapsed(a.astimezone(BERLIN), c.astimezone(BERLIN))
    assert NOTHING == calendar.elapsed(c, a)


@settings(max_examples=200, deadline=None)
@given(cases(), st.data())
def test_time_passes_while_it_is_open_and_not_before_the_next_opening(case: tuple[Calendar, date],
                                                                      data: st.DataObject) -> None:
    """is_open, next_open and elapsed speak of the same hours."""
    calendar, since = case
    assume(opens(calendar))
    at = data.draw(instants(since))
    assert calendar.is_open(at) == (calendar.elapsed(at, at + MICROSECOND) > NOTHING)
    opening = calendar.next_open(at)
    assert opening is not None
    assert calendar.is_open(opening)
    assert NOTHING == calendar.elapsed(at, opening)
    assert calendar.add(at, HOUR) == calendar.add(opening, HOUR)


# The published holidays of 2026: National Day 1-7 October, Saturday 10 October and Sunday 20 September made up for

def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(("calendar", "start", "hours", "due"), [
    ("office", "09-30 17:00", 2, "10-08 10:00"),  # an hour is left when National Day begins
    ("office", "09-30 17:00", 1, "09-30 18:00"),  # used up as the office closes: due then, not after the holiday
    ("office", "10-03 12:00", 2, "10-08 11:00"),  # from the middle of the holiday
    ("office", "11-24 11:00", 2, "11-24 14:00"),  # over lunch
    ("office", "11-27 17:30", 1, "11-30 09:30"),  # over a weekend
    ("office", "10-09 17:00", 2, "10-10 10:00"),  # the Saturday made up for counts
    ("office", "10-09 17:00", 9, "10-10 18:00"),  # all of it
    ("office", "10-10 17:00", 2, "10-12 10:00"),  # the Sunday after it does not
    ("office", "09-18 17:00", 2, "09-20 10:00"),  # but this one does
    ("office", "09-24 16:00", 12, "09-29 11:00"),  # Mid-Autumn, 25 to 27 September
    ("outlet", "09-30 19:00", 2, "10-08 10:00"),  # outlets are closed on public holidays too
    ("desk", "09-30 21:30", 1, "10-01 09:30"),  # people answer on holidays, from nine
    ("around_the_clock", "09-30 22:00", 6, "10-01 04:00"),  # an emergency knows no holiday
])
def test_deadlines_over_the_published_holidays(calendar: str, start: str, hours: int, due: str) -> None:
    """Where a promise made on a calendar ends, to read beside the government's notice; and the way back."""
    chosen = SHIPPED.calendars[calendar]
    assert shanghai(due) == chosen.add(shanghai(start), hours * HOUR)
    assert hours * HOUR == chosen.elapsed(shanghai(start), shanghai(due))


@pytest.mark.parametrize(("end", "hours", "begin"), [
    ("10-08 10:00", 2, "09-30 17:00"), ("10-08 11:00", 2, "10-08 09:00"), ("10-05 12:00", 1, "09-30 17:00"),
    ("11-24 13:30", 1, "11-24 11:30"), ("10-12 10:00", 2, "10-10 17:00")])
def test_steps_before_a_deadline_count_back_in_open_time(end: str, hours: int, begin: str) -> None:
    """Two office hours before the first morning after National Day are partly in September."""
    assert shanghai(begin) == SHIPPED.calendars["office"].subtract(shanghai(end), hours * HOUR)


def test_nothing_elapses_in_a_holiday_and_no_length_is_due_at_once() -> None:
    """A week of National Day has no office hour; a promise of zero made in it is due when it was made."""
    office = SHIPPED.calendars["office"]
    assert NOTHING == office.elapsed(shanghai("10-01 00:00"), shanghai("10-08 09:00"))
    assert shanghai("10-03 12:00") == office.add(shanghai("10-03 12:00"), NOTHING)
    assert shanghai("10-03 12:00") == office.subtract(shanghai("10-03 12:00"), NOTHING)


def test_a_negative_length_goes_the_other_way() -> None:
    """An offset before a deadline may be written as a negative one."""
    office, at = SHIPPED.calendars["office"], shanghai("10-08 10:00")
    assert office.subtract(at, 2 * HOUR) == office.add(at, -2 * HOUR)
    assert office.add(at, 2 * HOUR) == office.subtract(at, -2 * HOUR)


def test_results_are_in_utc() -> None:
    """So that whoever compares or subtracts them never does it in local time."""
    office, always = SHIPPED.calendars["office"], SHIPPED.calendars["around_the_clock"]
    for at in (office.add(shanghai("11-24 10:00"), HOUR), office.subtract(shanghai("11-24 10:00"), HOUR),
               office.add(shanghai("11-24 10:00"), NOTHING), always.add(shanghai("11-24 10:00"), HOUR)):
        assert UTC is at.tzinfo


# Round the clock

@pytest.mark.parametrize("change", [
    {"days": {"workday": WHOLE_DAY, "restday": WHOLE_DAY}}, {"set_days": {date(2026, 10, 2): ()}},
    {"within": SHIPPED.calendars["office"]}])
def test_round_the_clock_with_an_exception_is_not(change: dict[str, object]) -> None:
    """A kind of day without hours, a day closed by hand, or an outlet around it: those hours do not count."""
    days = {"workday": WHOLE_DAY, "restday": WHOLE_DAY, "holiday": WHOLE_DAY}
    calendar = Calendar(**{"id": "a", "name": "全天候", "days": days, "day_kind": SHIPPED.day_kind,  # type: ignore[arg-type]
                           "timezone": SHANGHAI, **change})
    assert calendar.elapsed(shanghai("10-02 00:00"), shanghai("10-03 00:00")) == NOTHING
    assert calendar.add(shanghai("10-02 00:00"), HOUR) >= shanghai("10-03 01:00")


def test_a_day_is_looked_up_once() -> None:
    """Asking for the kind of a day is slow, so however many deadlines fall on it, it is asked for once."""
    asked: list[date] = []

    def kind(day: date) -> DayKind:
        asked.append(day)
        return SHIPPED.day_kind(day)

    office = SHIPPED.calendars["office"]
    counted = Calendar("office", "办公时间", office.days, kind, SHANGHAI)
    for minutes in range(0, 3000, 7):
        counted.add(shanghai("11-24 08:00") + minutes * MINUTE, 12 * HOUR)
    assert len(set(asked)) == len(asked) <= 9
