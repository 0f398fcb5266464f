"""Months and quarters in the company's time zone."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from desk.core.errors import Invalid


@dataclass(frozen=True)
class Period:
    """A month (``2026-03``) or a quarter (``2026-Q1``) in the company's time zone; ``end`` is outside."""

    name: str
    months: int
    start: datetime
    end: datetime

    @classmethod
    def named(cls, name: str, zone: ZoneInfo) -> "Period":
        """The period of a name; raises Invalid."""
        month = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", name, re.ASCII)
        quarter = re.fullmatch(r"(\d{4})-Q([1-4])", name, re.ASCII)
        found = month or quarter
        if found is None or not 1900 < int(found[1]) < 9999:
            raise Invalid("period")
        if month:
            return _period(int(month[1]), int(month[2]), 1, zone)
        return _period(int(found[1]), int(found[2]) * 3 - 2, 3, zone)

    @classmethod
    def month_of(cls, at: datetime, zone: ZoneInfo) -> "Period":
        """The month in which an instant lies."""
        local = at.astimezone(zone)
        return _period(local.year, local.month, 1, zone)

    @classmethod
    def quarter_of(cls, at: datetime, zone: ZoneInfo) -> "Period":
        """The quarter in which an instant lies."""
        local = at.astimezone(zone)
        return _period(local.year, (local.month - 1) // 3 * 3 + 1, 3, zone)

    @property
    def before(self) -> "Period":
        """The period just before, of the same length."""
        months = self.start.year * 12 + self.start.month - 1 - self.months
        return _period(months // 12, months % 12 + 1, self.months, self._zone)

    def contains(self, at: datetime | None) -> bool:
        """Whether an instant lies in it."""
        first, end = self._utc
        return at is not None and first <= at < end

    @property
    def parts(self) -> list["Period"]:
        """Its months."""
        zone, first = self._zone, self.start.year * 12 + self.start.month - 1
        return [_period(month // 12, month % 12 + 1, 1, zone) for month in range(first, first + self.months)]

    @property
    def after(self) -> "Period":
        """The period that follows, of the same length."""
        return _period(self.end.year, self.end.month, self.months, self._zone)

    @property
    def _zone(self) -> ZoneInfo:
        zone = self.start.tzinfo
        assert isinstance(zone, ZoneInfo)
        return zone

    @cached_property
    def _utc(self) -> tuple[datetime, datetime]:
        """The bounds in the zone in which everything is stored: comparing across zones is many times slower."""
        return self.start.astimezone(UTC), self.end.astimezone(UTC)


def _period(year: int, month: int, months: int, zone: ZoneInfo) -> Period:
    name = f"{year}-{month:02}" if months == 1 else f"{year}-Q{(month + 2) // 3}"
    after = month - 1 + months
    end = datetime(year + after // 12, after % 12 + 1, 1, tzinfo=zone)
    return Period(name, months, datetime(year, month, 1, tzinfo=zone), end)
