"""Bookings: a service at a time, against real capacity."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass
class Booking:
    """One appointment; ``resource`` is the outlet id, or ``onsite`` for a visit to ``address``."""

    number: str
    service_id: str
    resource: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    status: Literal["booked", "cancelled", "done"] = "booked"
    conversation_id: str | None = None
    customer_id: int | None = None
    contact_name: str = ""
    contact_phone: str = ""
    address: str = ""
    note: str = ""
    updated_at: datetime | None = None
    id: int | None = None


class Bookings(Protocol):
    """Stored bookings and slot counters."""

    def by_number(self, number: str, *, lock: bool = False) -> Booking:
        """The booking; raises NotFound."""

    def of_conversation(self, conversation_id: str, *, since: datetime) -> list[Booking]:
        """Bookings made in a conversation that start after a time, earliest first."""

    def of_customer(self, customer_id: int, *, since: datetime) -> list[Booking]:
        """A customer's bookings that start after a time, earliest first."""

    def take(self, service_id: str, resource: str, starts_at: datetime, *, capacity: int) -> bool:
        """Take one place of a slot if one is free, atomically under any number of writers."""

    def lock(self, service_id: str, resource: str, *starts_at: datetime) -> None:
        """Keep other writers from some slots, in one order for all, so that two who swap never wait for each other."""

    def release(self, service_id: str, resource: str, starts_at: datetime) -> None:
        """Give a place back."""

    def taken(self, service_id: str, resource: str, *, start: datetime, end: datetime) -> dict[datetime, int]:
        """Places taken by slot start."""
