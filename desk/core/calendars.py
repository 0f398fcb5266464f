"""Opening hours: windows by weekday, public holidays with make-up workdays （调休）, and days set by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

DayKind = Literal["workday", "restday", "holiday"]
SEARCH_DAYS = 60


@dataclass(frozen=True)
class Window:
    """Open from ``start`` to ``end`` local time; an end of 00:00 is midnight at the end of the day."""

    start: time
    end: time


@dataclass(frozen=True)
class Calendar:
    """``days`` gives windows by kind of day; ``set_days`` overrides single dates (empty: closed)."""

    id: str
    name: str
    days: Mapping[DayKind, tuple[Window, ...]]
    day_kind: Callable[[date], DayKind]
    timezone: ZoneInfo
    set_days: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)
    within: "Calendar | None" = None

    def windows(self, day: date) -> list[tuple[datetime, datetime]]:
        """When it is open on a day, as aware local times in order; never outside ``within``."""
        own = self._own_windows(day)
        if self.within is None:
            return own
        both = [(max(a, c), min(b, d)) for a, b in own for c, d in self.within.windows(day)]
        return [(start, end) for start, end in both if start < end]

    def _own_windows(self, day: date) -> list[tuple[datetime, datetime]]:
        found = self.set_days[day] if day in self.set_days else self.days.get(self.day_kind(day), ())
        return [(self._at(day, window.start),
                 self._at(day + timedelta(days=window.end == time(0)), window.end)) for window in found]

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.timezone)

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at an instant."""
        local = at.astimezone(self.timezone)
        return any(start <= local < end for start, end in self.windows(local.date()))

    def next_open(self, at: datetime) -> datetime | None:
        """The first open instant from ``at`` on, or None within two months."""
        local = at.astimezone(self.timezone)
        for offset in range(SEARCH_DAYS):
            for start, end in self.windows(local.date() + timedelta(days=offset)):
                if end > local:
                    return max(start, local)
        return None

    def closed_reason(self, day: date) -> str | None:
        """Why nothing is open on a day, in words for the customer; None when it opens."""
        if self.windows(day):
            return None
        if day in self.set_days:
            return "当天临时休息"
        return "当天是法定节假日，休息" if self.day_kind(day) == "holiday" else "当天是休息日"
