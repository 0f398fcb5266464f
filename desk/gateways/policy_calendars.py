"""Calendars of the policy: kinds of days (published holidays, overridable), opening hours, days set by hand."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar

from desk.core.calendars import Calendar, DayKind, Window
from desk.gateways.yaml_source import Node

DAY_KINDS: tuple[DayKind, ...] = ("workday", "restday", "holiday")
_WINDOW = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")


@dataclass(frozen=True)
class DayKinds:
    """The kind of a day: as operations have set it, else as published."""

    fixed: Mapping[date, DayKind]

    def __call__(self, day: date) -> DayKind:
        """The kind of a day."""
        return self.fixed.get(day) or published_kind(day)


def is_published(day: date) -> bool:
    """Whether the public holidays of a day's year are known already."""
    try:
        chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return False
    return True


def published_kind(day: date) -> DayKind:
    """Workday, rest day or public holiday as published; unpublished years go by the week."""
    try:
        on_holiday, name = chinese_calendar.get_holiday_detail(day)
        if not on_holiday:
            return "workday"
        return "holiday" if name else "restday"
    except NotImplementedError:
        return "workday" if day.weekday() < 5 else "restday"


def day_kinds(file: Node) -> DayKinds:
    """``day_kinds`` of calendars.yml."""
    node = file.child("day_kinds")
    fixed: dict[date, DayKind] = {}
    if node is not None:
        for key in node.data:
            fixed[_day(node, key)] = node.text(key, allowed=DAY_KINDS)  # type: ignore[assignment]
    return DayKinds(fixed)


def calendars(file: Node, kinds: DayKinds, zone: ZoneInfo) -> dict[str, Calendar]:
    """``calendars`` and ``overrides`` of calendars.yml."""
    overrides = _overrides(file)

    def build(node: Node) -> Calendar:
        calendar_id = node.text("id")
        return Calendar(
            id=calendar_id, name=node.text("name"), day_kind=kinds, timezone=zone,
            days={kind: _windows(node, kind) for kind in DAY_KINDS}, set_days=overrides.get(calendar_id, {}))

    found = file.by_id("calendars", build)
    for calendar_id in overrides:
        if calendar_id not in found:
            file.fail("overrides", f"没有日历 {calendar_id!r}；可用的有 {'、'.join(found)}")
    return found


def _overrides(file: Node) -> dict[str, dict[date, tuple[Window, ...]]]:
    top = file.child("overrides")
    found: dict[str, dict[date, tuple[Window, ...]]] = {}
    for calendar_id, node in top.mappings() if top is not None else ():
        for key in node.data:
            found.setdefault(calendar_id, {})[_day(node, key)] = _windows(node, key)
    return found


def _windows(node: Node, key: Any) -> tuple[Window, ...]:
    windows = node.checked(key, lambda texts: tuple(_window(text) for text in texts),
                           '应为时段列表，例如 ["09:00-12:00", "13:30-18:00"]', default=())
    for before, after in pairwise(windows):
        if after.start < before.end or before.end == time(0):
            node.fail(key, "时段要按先后排列且不重叠")
    return tuple(windows)


def _window(text: str) -> Window:
    match = _WINDOW.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    h1, m1, h2, m2 = map(int, match.groups())
    window = Window(time(h1, m1), time(0) if (h2, m2) == (24, 0) else time(h2, m2))
    if window.end != time(0) and window.end <= window.start:
        raise ValueError(text)
    return window


def _day(node: Node, key: Any) -> date:
    if isinstance(key, date):
        return key
    try:
        return date.fromisoformat(str(key))
    except ValueError:
        node.fail(key, "应为日期，例如 2027-02-06")
