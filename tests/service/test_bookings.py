"""Bookings against real capacity, through the service layer."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from desk.core import numbers
from desk.core.booking_rules import SlotUnavailable
from desk.core.bookings import Booking
from desk.core.customers import Customer
from desk.core.errors import IllegalTransition, Invalid, NotFound, NotYours
from desk.service import bookings, conversations
from desk.service.desk import Desk
from tests.service.conftest import SetClock

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


FREE, LATER = at("11-25 13:30"), at("11-25 15:00")


def talk(desk: Desk, name: str = "visitor") -> str:
    return conversations.open(desk, channel="web", channel_user=name).id


def book(desk: Desk, starts_at: datetime = FREE, *, name: str = "visitor", key: str | None = None) -> Booking:
    """The only place of a slot of the beauticians in the centre."""
    return bookings.book(desk, service_id="beauty", resource="center", starts_at=starts_at, contact_name="张伟",
                         contact_phone="13800000001", conversation_id=talk(desk, name), key=key)


def taken(desk: Desk, starts_at: datetime) -> int:
    with desk.begin() as uow:
        found = uow.bookings.taken("beauty", "center", start=starts_at, end=starts_at + timedelta(minutes=1))
    return sum(found.values())


def facts(desk: Desk, number: str) -> list[str]:
    with desk.begin() as uow:
        return [fact.name for fact in uow.facts.about(f"booking:{number}")]


def test_a_booking_has_a_number_a_place_and_a_fact(desk: Desk) -> None:
    """What the customer is given is stored: number of the day, end by the rule, place counted."""
    made = book(desk)
    assert numbers.make("BK", date(2026, 11, 24), 1) == made.number
    assert ("booked", timedelta(minutes=90)) == (made.status, made.ends_at - made.starts_at)
    assert 1 == taken(desk, FREE)
    assert ["booking.made"] == facts(desk, made.number)


def test_the_number_carries_the_local_day(desk: Desk, clock: SetClock) -> None:
    """At half past midnight in Shanghai it is still yesterday in UTC."""
    clock.time = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    assert numbers.make("BK", date(2026, 11, 24), 1) == book(desk).number


def test_a_full_slot_is_refused_with_times_that_can_be_booked(desk: Desk) -> None:
    """Each alternative is free; taking the nearest one works."""
    book(desk)
    with pytest.raises(SlotUnavailable) as refused:
        book(desk, name="other")
    assert "full" == refused.value.reason
    assert 3 == len(refused.value.alternatives)
    assert "booked" == book(desk, refused.value.alternatives[0], name="other").status


@pytest.mark.parametrize(("when", "reason"), [
    ("11-24 09:00", "past"), ("11-24 10:00", "too_soon"), ("11-25 08:00", "closed"), ("11-28 09:00", "closed"),
    ("11-25 10:20", "off_grid"), ("12-31 10:00", "too_far")])
def test_a_time_that_cannot_be_booked_says_why_and_offers_others(desk: Desk, when: str, reason: str) -> None:
    """Checking and booking agree, both offer free times, and nothing is counted."""
    seen = bookings.check(desk, service_id="beauty", resource="center", starts_at=at(when))
    with pytest.raises(SlotUnavailable) as refused:
        book(desk, at(when))
    assert (False, reason, reason) == (seen.ok, seen.reason, refused.value.reason)
    assert seen.alternatives == refused.value.alternatives != []
    assert 0 == taken(desk, at(when))


def test_what_is_checked_can_be_booked(desk: Desk) -> None:
    """No reason, no alternatives, and then it works."""
    seen = bookings.check(desk, service_id="beauty", resource="center", starts_at=FREE)
    assert (True, None, []) == (seen.ok, seen.reason, seen.alternatives)
    book(desk)
    assert "full" == bookings.check(desk, service_id="beauty", resource="center", starts_at=FREE).reason


def test_the_same_effect_twice_is_one_booking(desk: Desk) -> None:
    """A turn that is run again gets the booking it made before (invariant 1)."""
    first, again = book(desk, key="c/1/book"), book(desk, key="c/1/book")
    assert (first.number, 1) == (again.number, taken(desk, FREE))
    assert ["booking.made"] == facts(desk, first.number)


def test_a_refused_booking_does_not_use_up_its_key(desk: Desk) -> None:
    """What did not happen may happen later under the same key."""
    held = book(desk)
    with pytest.raises(SlotUnavailable):
        book(desk, name="other", key="c/9/book")
    bookings.cancel(desk, number=held.number, conversation_id=talk(desk), key=None)
    assert "booked" == book(desk, name="other", key="c/9/book").status


def test_changing_moves_the_place(desk: Desk) -> None:
    """The new slot is taken, the old one given back, the number kept."""
    made = book(desk)
    moved = bookings.change(desk, number=made.number, starts_at=LATER, conversation_id=talk(desk), key="c/2/change")
    again = bookings.change(desk, number=made.number, starts_at=LATER, conversation_id=talk(desk), key="c/2/change")
    assert (made.number, LATER, LATER + timedelta(minutes=90)) == (moved.number, moved.starts_at, moved.ends_at)
    assert (moved.number, 0, 1) == (again.number, taken(desk, FREE), taken(desk, LATER))
    assert ["booking.made", "booking.changed"] == facts(desk, made.number)


def test_a_change_that_fails_keeps_the_old_place(desk: Desk) -> None:
    """Nobody loses a booking by asking for another time; their own present time is not offered to them."""
    made = book(desk)
    book(desk, LATER, name="other")
    with pytest.raises(SlotUnavailable) as refused:
        bookings.change(desk, number=made.number, starts_at=LATER, conversation_id=talk(desk), key=None)
    assert FREE not in refused.value.alternatives
    assert FREE == bookings.find(desk, number=made.number, conversation_id=talk(desk)).starts_at
    assert 1 == taken(desk, FREE)


def test_changing_to_the_same_time_changes_nothing(desk: Desk) -> None:
    """The booking does not stand in its own way."""
    made = book(desk)
    bookings.change(desk, number=made.number, starts_at=FREE.astimezone(UTC), conversation_id=talk(desk), key=None)
    assert (1, ["booking.made"]) == (taken(desk, FREE), facts(desk, made.number))


def test_cancelling_twice_gives_one_place_back(desk: Desk) -> None:
    """The second time finds it cancelled; a cancelled booking cannot be moved."""
    made = book(desk)
    for _ in range(2):
        gone = bookings.cancel(desk, number=made.number, conversation_id=talk(desk), key=None)
        assert ("cancelled", 0) == (gone.status, taken(desk, FREE))
    assert ["booking.made", "booking.cancelled"] == facts(desk, made.number)
    with pytest.raises(IllegalTransition):
        bookings.change(desk, number=made.number, starts_at=LATER, conversation_id=talk(desk), key=None)


def test_another_conversation_neither_sees_nor_touches_it(desk: Desk) -> None:
    """Invariant 5: knowing the number is not enough."""
    made, stranger = book(desk), talk(desk, "stranger")
    with pytest.raises(NotYours):
        bookings.find(desk, number=made.number, conversation_id=stranger)
    with pytest.raises(NotYours):
        bookings.cancel(desk, number=made.number, conversation_id=stranger, key=None)
    with pytest.raises(NotYours):
        bookings.change(desk, number=made.number, starts_at=LATER, conversation_id=stranger, key=None)
    assert [] == bookings.upcoming(desk, conversation_id=stranger)
    assert 1 == taken(desk, FREE)


def test_a_verified_customer_finds_it_from_another_conversation(desk: Desk) -> None:
    """The record belongs to the person, not to the window they wrote in."""
    with desk.begin() as uow:
        customer = Customer(customer_no="C100001", name="张伟", phone="13800000001")
        uow.add(customer)
    for name in ("visitor", "phone"):
        talk_id = talk(desk, name)
        with desk.begin() as uow:
            uow.conversations.get(talk_id).customer_id = customer.id
    made = book(desk)
    assert made.number == bookings.find(desk, number=made.number, conversation_id=talk(desk, "phone")).number
    assert [made.number] == [one.number for one in bookings.upcoming(desk, conversation_id=talk(desk, "phone"))]


def test_upcoming_are_the_booked_ones_ahead_in_order(desk: Desk, clock: SetClock) -> None:
    """Cancelled and past ones are left out."""
    later, sooner, gone = book(desk, LATER), book(desk), book(desk, at("11-25 16:30"))
    bookings.cancel(desk, number=gone.number, conversation_id=talk(desk), key=None)
    assert [sooner.number, later.number] == [b.number for b in bookings.upcoming(desk, conversation_id=talk(desk))]
    clock.time = FREE + timedelta(minutes=1)
    assert [later.number] == [b.number for b in bookings.upcoming(desk, conversation_id=talk(desk))]


def test_offers_of_a_day_are_free_spread_and_in_the_part_asked_for(desk: Desk) -> None:
    """Three to choose from, none of them full."""
    afternoon = bookings.offers(desk, service_id="beauty", resource="center", day=date(2026, 11, 25), part="pm")
    assert ["12:00", "15:00", "16:30"] == [f"{slot:%H:%M}" for slot in afternoon.slots]
    book(desk, at("11-25 15:00"))
    again = bookings.offers(desk, service_id="beauty", resource="center", day=date(2026, 11, 25), part="pm")
    assert ["12:00", "13:30", "16:30"] == [f"{slot:%H:%M}" for slot in again.slots]
    assert again.closed is None


@pytest.mark.parametrize(("day", "why"), [
    (date(2026, 10, 1), "当天是法定节假日，休息"), (date(2027, 2, 1), "还没有开放预约"),
    (date(2026, 11, 23), "能约的时间已经过了")])
def test_a_day_without_offers_says_the_true_reason(desk: Desk, day: date, why: str) -> None:
    """Closed, not yet open or over: “full” is not said of any of them."""
    offers = bookings.offers(desk, service_id="beauty", resource="center", day=day)
    assert ([], why) == (offers.slots, offers.closed)


def test_a_day_that_is_full_says_so(desk: Desk) -> None:
    """Every place of the day taken."""
    for hour in ("09:00", "10:30", "12:00", "13:30", "15:00", "16:30", "18:00"):
        book(desk, at(f"11-25 {hour}"))
    offers = bookings.offers(desk, service_id="beauty", resource="center", day=date(2026, 11, 25))
    assert ([], "当天已经约满") == (offers.slots, offers.closed)


def test_the_nearest_to_a_wish_far_ahead_are_the_last_days_that_can_be_booked(desk: Desk) -> None:
    """Beyond the horizon there is still something to offer."""
    near = bookings.nearest(desk, service_id="beauty", resource="center", around=at("12-31 10:00") + timedelta(365))
    assert near
    assert all(at("12-17 00:00") < slot <= at("12-24 23:59") for slot in near)


def test_what_cannot_be_booked_at_all_is_invalid(desk: Desk) -> None:
    """Unknown service, service without booking, wrong outlet, visit without address."""
    given = {"starts_at": FREE, "contact_name": "张伟", "contact_phone": "13800000001", "key": None,
             "conversation_id": talk(desk)}
    with pytest.raises(NotFound):
        bookings.book(desk, service_id="teleport", resource="center", **given)  # type: ignore[arg-type]
    for service_id, resource in (("freight", "onsite"), ("beauty", "north"), ("cleaning", "center"),
                                 ("cleaning", "onsite")):
        with pytest.raises(Invalid):
            bookings.book(desk, service_id=service_id, resource=resource, **given)  # type: ignore[arg-type]
