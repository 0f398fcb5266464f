"""Opening hours: windows by kind of day, public holidays with make-up workdays （调休）, days set by hand, open time.

Windows are what the clock on the wall shows; open time is counted between instants, in UTC. Where summer time begins
or ends, a window therefore has its real length: an hour that does not exist is not counted, an hour that comes twice is
counted twice, and a window that starts or ends within such an hour does so when the clock first reaches that time.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from desk.core.errors import DeskError

DayKind = Literal["workday", "restday", "holiday"]
Stretch = tuple[datetime, datetime]
SEARCH_DAYS = 400
NOTHING, ONE_DAY = timedelta(0), timedelta(days=1)


class NeverOpens(DeskError):
    """The calendar has no further opening hours."""


@dataclass(frozen=True)
class Window:
    """Open from ``start`` to ``end`` local time; an end of 00:00 is midnight at the end of the day."""

    start: time
    end: time


WHOLE_DAY = (Window(time(0), time(0)),)


@dataclass(frozen=True)
class Calendar:
    """``days`` gives windows by kind of day, in order; ``set_days`` overrides single dates (empty: closed)."""

    id: str
    name: str
    days: Mapping[DayKind, tuple[Window, ...]]
    day_kind: Callable[[date], DayKind]
    timezone: ZoneInfo
    set_days: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    within: "Calendar | None" = None
    _known: dict[date, tuple[Stretch, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def windows(self, day: date) -> list[Stretch]:
        """When it is open on a day, as aware local times in order; never outside ``within``."""
        own = self._own_windows(day)
        if self.within is None:
            return own
        both = [(max(a, c), min(b, d)) for a, b in own for c, d in self.within.windows(day)]
        return [(start, end) for start, end in both if start < end]

    def _own_windows(self, day: date) -> list[Stretch]:
        found = self.set_days[day] if day in self.set_days else self.days.get(self.day_kind(day), ())
        spans = [(self._at(day, window.start),
                  self._at(day + timedelta(days=window.end == time(0)), window.end)) for window in found]
        return [(start, end) for start, end in spans if start < end]

    def _at(self, day: date, clock: time) -> datetime:
        """When the clock on the wall first shows a time or, where summer time skips it, a later one."""
        wall = datetime.combine(day, clock, self.timezone)
        if wall == wall.astimezone(UTC).astimezone(self.timezone):
            return wall
        early, late = wall.replace(fold=1).astimezone(UTC), wall.astimezone(UTC)
        step = timedelta.resolution
        skipped = bisect_left(range((late - early) // step), True,
                              key=lambda steps: (early + steps * step).astimezone(self.timezone) >= wall)
        return (early + skipped * step).astimezone(self.timezone)

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at an instant."""
        now = at.astimezone(UTC)
        return any(start <= now < end for start, end in self._stretches(self._date(now)))

    def next_open(self, at: datetime) -> datetime | None:
        """The first open instant from ``at`` on in local time, or None within ``SEARCH_DAYS``."""
        return next((start.astimezone(self.timezone) for start, _ in self._after(at.astimezone(UTC))), None)

    def add(self, start: datetime, length: timedelta) -> datetime:
        """The first instant, in UTC, by which ``length`` of open time has passed since ``start``.

        So a length used up as a window ends is due then and not at the next opening, and no length at all is due at
        ``start`` even where that is closed. A negative length goes back as ``subtract`` does.
        """
        start = start.astimezone(UTC)
        if length < NOTHING:
            return self.subtract(start, -length)
        if length == NOTHING or self.always_open:
            return start + length
        for opened, closed in self._after(start):
            if length <= closed - opened:
                return opened + length
            length -= closed - opened
        raise NeverOpens(self.id)

    def subtract(self, end: datetime, length: timedelta) -> datetime:
        """The last instant, in UTC, with ``length`` of open time between it and ``end``; ``add`` in the mirror."""
        end = end.astimezone(UTC)
        if length < NOTHING:
            return self.add(end, -length)
        if length == NOTHING or self.always_open:
            return end - length
        for opened, closed in self._before(end):
            if length <= closed - opened:
                return closed - length
            length -= closed - opened
        raise NeverOpens(self.id)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """The open time from ``start`` to ``end``; none when the end is not after the start."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if end <= start or self.always_open:
            return max(end - start, NOTHING)
        first, last = self._date(start), self._date(end)
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return sum((max(min(closed, end) - max(opened, start), NOTHING)
                    for day in days for opened, closed in self._stretches(day)), NOTHING)

    @cached_property
    def always_open(self) -> bool:
        """Whether it is open round the clock on every day, so that open time is plain time."""
        return (all(self.days.get(kind) == WHOLE_DAY for kind in get_args(DayKind))
                and all(windows == WHOLE_DAY for windows in self.set_days.values())
                and (self.within is None or self.within.always_open))

    def _after(self, since: datetime) -> Iterator[Stretch]:
        """What is open from an instant on, in order, until nothing opens for ``SEARCH_DAYS``."""
        for opened, closed in self._walk(self._date(since), ONE_DAY):
            if closed > since:
                yield max(opened, since), closed

    def _before(self, until: datetime) -> Iterator[Stretch]:
        """What was open before an instant, the latest first, until nothing was for ``SEARCH_DAYS``."""
        for opened, closed in self._walk(self._date(until), -ONE_DAY):
            if opened < until:
                yield opened, min(closed, until)

    def _walk(self, day: date, step: timedelta) -> Iterator[Stretch]:
        idle = 0
        while idle < SEARCH_DAYS:
            found = self._stretches(day)
            yield from found if step > NOTHING else reversed(found)
            idle = 0 if found else idle + 1
            day += step

    def _date(self, at: datetime) -> date:
        return at.astimezone(self.timezone).date()

    def _stretches(self, day: date) -> tuple[Stretch, ...]:
        """The windows of a day in UTC, kept because asking for the kind of a day is slow."""
        if day not in self._known:
            self._known[day] = tuple((start.astimezone(UTC), end.astimezone(UTC)) for start, end in self.windows(day))
        return self._known[day]

    def closed_reason(self, day: date) -> str | None:
        """Why nothing is open on a day, in words for the customer; None when it opens."""
        if self.windows(day):
            return None
        if day in self.set_days:
            return "当天临时休息"
        return "当天是法定节假日，休息" if self.day_kind(day) == "holiday" else "当天是休息日"
