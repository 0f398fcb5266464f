"""Bookings against real capacity: what is free, taking it, moving it, giving it back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from desk.core import booking_rules
from desk.core.booking_rules import Reason, SlotUnavailable
from desk.core.bookings import Booking
from desk.core.calendars import Calendar
from desk.core.conversations import Conversation
from desk.core.errors import Conflict, IllegalTransition, Invalid, NotYours
from desk.core.policy import BookingRule, Service
from desk.service.desk import Desk, UnitOfWork, once

LIMIT = 3
SEARCH_DAYS = 7
ONSITE = "onsite"


@dataclass(frozen=True)
class Offers:
    """Free slots of a day (local times), or in words why there are none."""

    day: date
    slots: list[datetime]
    closed: str | None = None


@dataclass(frozen=True)
class Check:
    """Whether a time can be booked, and what could be instead."""

    ok: bool
    reason: Reason | None
    alternatives: list[datetime]


def offers(desk: Desk, *, service_id: str, resource: str, day: date, part: str | None = None,
           limit: int = LIMIT) -> Offers:
    """Free slots of a day, in a part of it if one is named."""
    service, rule, calendar = _rule(desk, service_id, resource)
    with desk.begin() as uow:
        slots = _free(desk, uow, service, resource, rule, calendar, day)
    chosen = booking_rules.spread(booking_rules.in_part(slots, part), limit)
    return Offers(day, chosen, None if chosen else calendar.closed_reason(day) or booking_rules.why_none(
        rule, calendar, day, part, now=desk.clock.now()))


def nearest(desk: Desk, *, service_id: str, resource: str, around: datetime, limit: int = LIMIT) -> list[datetime]:
    """The free slots nearest to a wish, within a week."""
    with desk.begin() as uow:
        return _nearest(desk, uow, service_id, resource, around, limit)


def check(desk: Desk, *, service_id: str, resource: str, starts_at: datetime) -> Check:
    """Whether a time can be booked now."""
    service, rule, calendar = _rule(desk, service_id, resource)
    with desk.begin() as uow:
        taken = uow.bookings.taken(service.id, resource, start=starts_at, end=starts_at + timedelta(seconds=1))
        reason = booking_rules.trouble(rule, calendar, starts_at, now=desk.clock.now(),
                                       taken=sum(taken.values()))
        alternatives = _nearest(desk, uow, service_id, resource, starts_at, LIMIT) if reason else []
    return Check(reason is None, reason, alternatives)


def book(desk: Desk, *, service_id: str, resource: str, starts_at: datetime, contact_name: str, contact_phone: str,
         conversation_id: str, key: str | None, address: str = "", note: str = "") -> Booking:
    """Take a slot. Raises SlotUnavailable with alternatives, Invalid when an on-site visit has no address."""
    service, rule, calendar = _rule(desk, service_id, resource)
    if rule.where == "onsite" and not address.strip():
        raise Invalid("address")

    def make(uow: UnitOfWork) -> str:
        conversation = uow.conversations.get(conversation_id)
        _take(desk, uow, service, resource, rule, calendar, starts_at)
        now = desk.clock.now()
        booking = Booking(
            number=uow.next_number("BK", now.astimezone(calendar.timezone).date()), service_id=service_id,
            resource=resource, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=rule.minutes),
            created_at=now, conversation_id=conversation_id, customer_id=conversation.customer_id,
            contact_name=contact_name, contact_phone=contact_phone, address=address, note=note)
        uow.add(booking)
        _record(desk, uow, booking, "booking.made")
        return booking.number

    return _idempotent(desk, key, make)


def change(desk: Desk, *, number: str, starts_at: datetime, conversation_id: str, key: str | None) -> Booking:
    """Move a booking to another slot; the old place is given back only when the new one is taken."""
    def move(uow: UnitOfWork) -> str:
        booking = _own(uow, number, conversation_id)
        service, rule, calendar = _rule(desk, booking.service_id, booking.resource)
        if booking.starts_at != starts_at:
            uow.bookings.lock(booking.service_id, booking.resource, booking.starts_at, starts_at)
            _take(desk, uow, service, booking.resource, rule, calendar, starts_at)
            uow.bookings.release(booking.service_id, booking.resource, booking.starts_at)
            booking.starts_at, booking.ends_at = starts_at, starts_at + timedelta(minutes=rule.minutes)
            booking.updated_at = desk.clock.now()
            _record(desk, uow, booking, "booking.changed")
        return number

    return _idempotent(desk, key, move)


def cancel(desk: Desk, *, number: str, conversation_id: str, key: str | None) -> Booking:
    """Give a booking's place back; cancelling twice is cancelling once."""
    def drop(uow: UnitOfWork) -> str:
        booking = _own(uow, number, conversation_id, alive=False)
        if booking.status == "booked":
            uow.bookings.release(booking.service_id, booking.resource, booking.starts_at)
            booking.status, booking.updated_at = "cancelled", desk.clock.now()
            _record(desk, uow, booking, "booking.cancelled")
        return number

    return _idempotent(desk, key, drop)


def upcoming(desk: Desk, *, conversation_id: str) -> list[Booking]:
    """Bookings still to come, of the conversation and of its verified customer, earliest first."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id)
        since = desk.clock.now()
        found = {one.number: one for one in uow.bookings.of_conversation(conversation_id, since=since)}
        if conversation.customer_id is not None:
            found |= {one.number: one for one in uow.bookings.of_customer(conversation.customer_id, since=since)}
    return sorted((one for one in found.values() if one.status == "booked"), key=lambda one: one.starts_at)


def find(desk: Desk, *, number: str, conversation_id: str) -> Booking:
    """A booking by number; raises NotFound, or NotYours for somebody else's."""
    with desk.begin() as uow:
        return _own(uow, number, conversation_id, alive=False)


def _idempotent(desk: Desk, key: str | None, work: Callable[[UnitOfWork], str]) -> Booking:
    """Run an effect once under its key; a lost race on the key is read back."""
    for attempt in (1, 2):
        try:
            with desk.begin() as uow:
                done: dict[str, Any] = once(uow, key, at=desk.clock.now(), do=lambda: {"number": work(uow)})
                return uow.bookings.by_number(done["number"])
        except Conflict:
            if attempt == 2:
                raise
    raise AssertionError("unreachable")


def _rule(desk: Desk, service_id: str, resource: str) -> tuple[Service, BookingRule, Calendar]:
    service = desk.policy.service(service_id)
    if service.booking is None:
        raise Invalid(f"{service_id} cannot be booked")
    allowed = service.booking.outlets if service.booking.where == "outlet" else (ONSITE,)
    if resource not in allowed:
        raise Invalid(f"{service_id} at {resource}")
    return service, service.booking, desk.policy.calendar_of(service=service, resource=resource)


def _free(desk: Desk, uow: UnitOfWork, service: Service, resource: str, rule: BookingRule, calendar: Calendar,
          day: date) -> list[datetime]:
    start = datetime.combine(day, datetime.min.time(), calendar.timezone)
    taken = uow.bookings.taken(service.id, resource, start=start, end=start + timedelta(days=1))
    return booking_rules.free(rule, calendar, day, now=desk.clock.now(), taken=taken)


def _nearest(desk: Desk, uow: UnitOfWork, service_id: str, resource: str, around: datetime,
             limit: int) -> list[datetime]:
    service, rule, calendar = _rule(desk, service_id, resource)
    now = desk.clock.now()
    centre = min(max(around, now), now + timedelta(days=rule.horizon_days)).astimezone(calendar.timezone)
    found: list[datetime] = []
    for offset in range(SEARCH_DAYS):
        for day in {centre.date() + timedelta(days=offset), centre.date() - timedelta(days=offset)}:
            found += _free(desk, uow, service, resource, rule, calendar, day)
        if len(found) >= limit:
            break
    return booking_rules.nearest_first(found, centre, limit)


def _take(desk: Desk, uow: UnitOfWork, service: Service, resource: str, rule: BookingRule, calendar: Calendar,
          starts_at: datetime) -> None:
    reason = booking_rules.trouble(rule, calendar, starts_at, now=desk.clock.now(), taken=0)
    if reason is None and not uow.bookings.take(service.id, resource, starts_at, capacity=rule.capacity):
        reason = "full"
    if reason is not None:
        raise SlotUnavailable(reason, _nearest(desk, uow, service.id, resource, starts_at, LIMIT))


def _own(uow: UnitOfWork, number: str, conversation_id: str, *, alive: bool = True) -> Booking:
    booking = uow.bookings.by_number(number, lock=True)
    conversation: Conversation = uow.conversations.get(conversation_id)
    verified = booking.customer_id is not None and booking.customer_id == conversation.customer_id
    if booking.conversation_id != conversation_id and not verified:
        raise NotYours(number)
    if alive and booking.status != "booked":
        raise IllegalTransition(booking.status)
    return booking


def _record(desk: Desk, uow: UnitOfWork, booking: Booking, name: str) -> None:
    uow.facts.record(name, subject=f"booking:{booking.number}", actor="customer", at=desk.clock.now(),
                     service=booking.service_id, resource=booking.resource, starts_at=booking.starts_at.isoformat())
