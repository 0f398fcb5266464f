"""The grid of slots, and the reason why a time is not one of them."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.booking_rules import free, grid, in_part, nearest_first, spread, trouble, why_none
from desk.core.calendars import Calendar, Window
from desk.core.policy import BookingRule

SHANGHAI = ZoneInfo("Asia/Shanghai")
TUESDAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=SHANGHAI)
RULE = BookingRule(where="onsite", calendar="c", minutes=60, capacity=2, lead_minutes=120, horizon_days=14)
CALENDAR = Calendar(id="c", name="上门", days={"workday": (Window(time(8, 30), time(12)), Window(time(13), time(18)))},
                    day_kind=lambda day: "workday" if day.weekday() < 5 else "restday", timezone=SHANGHAI)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def hours(slots: list[datetime]) -> list[str]:
    return [f"{slot:%H:%M}" for slot in slots]


def test_slots_start_at_each_opening_and_end_before_it_closes() -> None:
    """11:30 would run into lunch; the afternoon has its own grid."""
    assert ["08:30", "09:30", "10:30", "13:00", "14:00", "15:00", "16:00", "17:00"] == hours(
        grid(RULE, CALENDAR, TUESDAY))


@pytest.mark.parametrize(("when", "taken", "reason"), [
    ("2026-11-24 08:30", 0, "past"), ("2026-11-24 09:30", 0, "past"), ("2026-11-24 10:30", 0, "too_soon"),
    ("2026-11-24 13:00", 0, None), ("2026-11-24 13:00", 1, None), ("2026-11-24 13:00", 2, "full"),
    ("2026-11-24 13:20", 0, "off_grid"), ("2026-11-24 12:15", 0, "closed"), ("2026-11-25 11:30", 0, "closed"),
    ("2026-11-28 10:30", 0, "closed"), ("2026-12-08 08:30", 0, None), ("2026-12-09 08:30", 0, "too_far")])
def test_every_refusal_has_its_reason(when: str, taken: int, reason: str | None) -> None:
    """Past, lead time, horizon, opening hours, grid, capacity: named in this order."""
    assert reason == trouble(RULE, CALENDAR, at(when), now=NOW, taken=taken)


def test_lead_time_ends_at_its_last_minute() -> None:
    """Exactly two hours ahead is early enough, a minute less is not."""
    slot = at("2026-11-24 13:00")
    assert trouble(RULE, CALENDAR, slot, now=slot - timedelta(minutes=120), taken=0) is None
    assert "too_soon" == trouble(RULE, CALENDAR, slot, now=slot - timedelta(minutes=119), taken=0)


def test_the_same_instant_in_another_zone_is_the_same_slot() -> None:
    """Slots are instants: UTC in, the local grid decides."""
    assert trouble(RULE, CALENDAR, at("2026-11-25 09:30").astimezone(ZoneInfo("UTC")), now=NOW, taken=0) is None


def test_what_is_taken_is_not_free() -> None:
    """A slot leaves the offer with its last place, whatever zone the counter is written in."""
    taken = {at("2026-11-25 08:30").astimezone(ZoneInfo("UTC")): 2, at("2026-11-25 09:30"): 1}
    slots = hours(free(RULE, CALENDAR, date(2026, 11, 25), now=NOW, taken=taken))
    assert "08:30" not in slots
    assert "09:30" in slots


@given(st.integers(5, 180), st.datetimes(min_value=datetime(2026, 11, 20), max_value=datetime(2026, 12, 20)),
       st.dates(min_value=date(2026, 11, 20), max_value=date(2026, 12, 20)))
def test_whatever_is_offered_can_be_booked(minutes: int, now: datetime, day: date) -> None:
    """No offer is refused a moment later, and it lies inside one opening."""
    rule = BookingRule(where="onsite", calendar="c", minutes=minutes, capacity=1, lead_minutes=60, horizon_days=14)
    aware = now.replace(tzinfo=SHANGHAI)
    for slot in free(rule, CALENDAR, day, now=aware, taken={}):
        assert trouble(rule, CALENDAR, slot, now=aware, taken=0) is None
        assert any(start <= slot and slot + timedelta(minutes=minutes) <= end for start, end in CALENDAR.windows(day))


@pytest.mark.parametrize(("part", "first", "last"), [
    ("am", "08:30", "10:30"), ("noon", "13:00", "13:00"), ("pm", "13:00", "17:00"), ("eve", "17:00", "17:00"),
    (None, "08:30", "17:00"), ("teatime", "08:30", "17:00")])
def test_a_part_of_the_day_narrows_the_choice(part: str | None, first: str, last: str) -> None:
    """Morning, noon, afternoon, evening; an unknown word narrows nothing."""
    found = hours(in_part(grid(RULE, CALENDAR, TUESDAY), part))
    assert (first, last) == (found[0], found[-1])


@given(st.integers(0, 30), st.integers(1, 6))
def test_a_spread_keeps_the_ends_and_the_order(many: int, limit: int) -> None:
    """A few of many, without repeats, from the first to the last."""
    slots = [NOW + timedelta(hours=n) for n in range(many)]
    chosen = spread(slots, limit)
    assert min(many, limit) == len(chosen) == len(set(chosen))
    assert chosen == sorted(chosen)
    if many > limit > 1:
        assert (slots[0], slots[-1]) == (chosen[0], chosen[-1])


def test_the_nearest_are_given_in_order_of_time() -> None:
    """Nearest to the wish before or after, then sorted as people read them."""
    slots = [at(f"2026-11-25 {h}:00") for h in ("09", "11", "13", "16")]
    assert ["11:00", "13:00"] == hours(nearest_first(slots, at("2026-11-25 12:10"), 2))


@pytest.mark.parametrize(("day", "part", "why"), [
    ("2026-11-25", None, "当天已经约满"), ("2026-11-25", "am", "这个时段已经约满"), ("2026-11-25", "noon", "这个时段已经约满"),
    ("2026-12-25", None, "还没有开放预约"), ("2026-11-23", None, "能约的时间已经过了"), ("2026-11-24", "am", "能约的时间已经过了")])
def test_no_offer_is_explained_by_the_true_reason(day: str, part: str | None, why: str) -> None:
    """“Full” is said only where nothing but capacity stands in the way."""
    assert why == why_none(RULE, CALENDAR, date.fromisoformat(day), part, now=NOW)


def test_a_part_outside_the_opening_hours_is_not_called_full() -> None:
    """Nobody works on site in the evening."""
    hour = BookingRule(where="onsite", calendar="c", minutes=120, capacity=1, lead_minutes=0, horizon_days=14)
    assert "这个时段不在服务时间内" == why_none(hour, CALENDAR, date(2026, 11, 25), "eve", now=NOW)
