"""Bookings and slot counters in SQL."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from desk.core.bookings import Booking
from desk.core.errors import NotFound
from desk.store import schema

_B, _S = schema.bookings.c, schema.booking_slots.c


class SqlBookings:
    """Implements ``desk.core.bookings.Bookings``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_number(self, number: str, *, lock: bool = False) -> Booking:
        """The booking, locked if asked; raises NotFound."""
        query = select(Booking).where(_B.number == number)
        found = self._session.scalar(query.with_for_update() if lock else query)
        if found is None:
            raise NotFound(number)
        return found

    def of_conversation(self, conversation_id: str, *, since: datetime) -> list[Booking]:
        """Bookings made in a conversation that start after a time, earliest first."""
        query = select(Booking).where(_B.conversation_id == conversation_id, _B.starts_at >= since)
        return list(self._session.scalars(query.order_by(_B.starts_at)))

    def of_customer(self, customer_id: int, *, since: datetime) -> list[Booking]:
        """A customer's bookings that start after a time, earliest first."""
        query = select(Booking).where(_B.customer_id == customer_id, _B.starts_at >= since)
        return list(self._session.scalars(query.order_by(_B.starts_at)))

    def take(self, service_id: str, resource: str, starts_at: datetime, *, capacity: int) -> bool:
        """Take one place of a slot if one is free: the condition is in the UPDATE, so no race can pass it."""
        sqlite = self._session.get_bind().dialect.name == "sqlite"
        make_insert = sqlite_insert if sqlite else postgresql_insert
        self._session.execute(
            make_insert(schema.booking_slots)
            .values(service_id=service_id, resource=resource, starts_at=starts_at, taken=0).on_conflict_do_nothing())
        taken = self._session.execute(
            update(schema.booking_slots).where(*_slot(service_id, resource, starts_at), _S.taken < capacity)
            .values(taken=_S.taken + 1))
        return bool(taken.rowcount == 1)  # type: ignore[attr-defined]

    def lock(self, service_id: str, resource: str, *starts_at: datetime) -> None:
        """Keep other writers from some slots, in one order for all."""
        query = select(_S.taken).where(_S.service_id == service_id, _S.resource == resource,
                                       _S.starts_at.in_(starts_at))
        self._session.execute(query.order_by(_S.starts_at).with_for_update())

    def release(self, service_id: str, resource: str, starts_at: datetime) -> None:
        """Give a place back."""
        self._session.execute(
            update(schema.booking_slots).where(*_slot(service_id, resource, starts_at), _S.taken > 0)
            .values(taken=_S.taken - 1))

    def taken(self, service_id: str, resource: str, *, start: datetime, end: datetime) -> dict[datetime, int]:
        """Places taken by slot start."""
        query = select(_S.starts_at, _S.taken).where(
            _S.service_id == service_id, _S.resource == resource, _S.starts_at >= start, _S.starts_at < end)
        return {starts_at: taken for starts_at, taken in self._session.execute(query)}


def _slot(service_id: str, resource: str, starts_at: datetime) -> tuple[ColumnElement[bool], ...]:
    return _S.service_id == service_id, _S.resource == resource, _S.starts_at == starts_at
