"""When a service can be booked: the grid of slots, and why a time is not one of them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Literal

from desk.core.calendars import Calendar
from desk.core.errors import DeskError
from desk.core.policy import BookingRule

Reason = Literal["past", "too_soon", "too_far", "closed", "off_grid", "full"]
Part = Literal["am", "noon", "pm", "eve"]
PARTS: dict[str, tuple[int, int]] = {"am": (0, 12), "noon": (11, 14), "pm": (12, 18), "eve": (17, 24)}


class SlotUnavailable(DeskError):
    """That time cannot be booked."""

    status = 409

    def __init__(self, reason: Reason, alternatives: list[datetime]) -> None:
        self.reason, self.alternatives = reason, alternatives
        super().__init__(reason)


def grid(rule: BookingRule, calendar: Calendar, day: date) -> list[datetime]:
    """The slot starts of a day: every ``minutes`` from each opening, ending before it closes."""
    step = timedelta(minutes=rule.minutes)
    slots = []
    for start, end in calendar.windows(day):
        at = start
        while at + step <= end:
            slots.append(at)
            at += step
    return slots


def trouble(rule: BookingRule, calendar: Calendar, starts_at: datetime, *, now: datetime, taken: int) -> Reason | None:
    """Why a time cannot be booked, or None when it can."""
    local = starts_at.astimezone(calendar.timezone)
    if starts_at <= now:
        return "past"
    if starts_at - now < timedelta(minutes=rule.lead_minutes):
        return "too_soon"
    if local.date() > (now + timedelta(days=rule.horizon_days)).astimezone(calendar.timezone).date():
        return "too_far"
    if not any(start <= local and local + timedelta(minutes=rule.minutes) <= end
               for start, end in calendar.windows(local.date())):
        return "closed"
    if local not in grid(rule, calendar, local.date()):
        return "off_grid"
    return "full" if taken >= rule.capacity else None


def free(rule: BookingRule, calendar: Calendar, day: date, *, now: datetime,
         taken: Mapping[datetime, int]) -> list[datetime]:
    """The slots of a day that can still be booked; ``taken`` by slot start in any zone."""
    return [slot for slot in grid(rule, calendar, day)
            if trouble(rule, calendar, slot, now=now, taken=taken.get(slot, 0)) is None]


def why_none(rule: BookingRule, calendar: Calendar, day: date, part: str | None, *, now: datetime) -> str:
    """Why a day that opens, or the part of it that was asked for, has no free slot, in words for the customer."""
    slots = in_part(grid(rule, calendar, day), part)
    if not slots:
        return "这个时段不在服务时间内"
    reasons = {trouble(rule, calendar, slot, now=now, taken=0) for slot in slots}
    if None in reasons:
        return "这个时段已经约满" if part in PARTS else "当天已经约满"
    return "还没有开放预约" if "too_far" in reasons else "能约的时间已经过了"


def in_part(slots: list[datetime], part: str | None) -> list[datetime]:
    """Slots in a part of the day; all of them when none is named."""
    if part not in PARTS:
        return slots
    first, last = PARTS[part]
    return [slot for slot in slots if first <= slot.hour < last]


def spread(slots: list[datetime], limit: int) -> list[datetime]:
    """A few slots spread over what there is, so that a customer sees a choice and not three neighbours."""
    if len(slots) <= limit:
        return slots
    step = (len(slots) - 1) / (limit - 1) if limit > 1 else 0
    return [slots[round(i * step)] for i in range(limit)]


def nearest_first(slots: list[datetime], around: datetime, limit: int) -> list[datetime]:
    """The slots nearest to a wish, in order of time."""
    return sorted(sorted(slots, key=lambda slot: abs(slot - around))[:limit])
