"""Tickets: any registered request, its life cycle and its number.

Path by KF-3.2: received, verified, coordinated, replied, confirmed; refused and withdrawn are the other ends.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Kind = Literal["inquiry", "complaint", "fault", "emergency", "application", "suggestion", "praise",
               "callback", "compensation"]
Status = Literal["received", "verified", "coordinated", "replied", "confirmed", "refused", "withdrawn"]


@dataclass
class Ticket:
    """One request. ``promise`` keeps what was promised: reply_by, result_by (ISO), cite, policy_version."""

    number: str
    kind: Kind
    subject: str
    opened_at: datetime
    status: Status = "received"
    detail: str = ""
    service_id: str | None = None
    department: str = ""
    priority: Literal["normal", "high", "emergency"] = "normal"
    conversation_id: str | None = None
    customer_id: int | None = None
    contact_name: str = ""
    contact_phone: str = ""
    address: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    promise: dict[str, Any] = field(default_factory=dict)
    urged: int = 0
    result: str = ""
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    id: int | None = None


class Tickets(Protocol):
    """Stored tickets."""

    def by_number(self, number: str, *, lock: bool = False) -> Ticket:
        """The ticket; raises NotFound."""

    def of_customer(self, customer_id: int, *, limit: int = 20) -> list[Ticket]:
        """A customer's tickets, newest first."""

    def of_conversation(self, conversation_id: str, *, limit: int = 20) -> list[Ticket]:
        """Tickets opened in a conversation, newest first."""

    def search(self, *, status: str | None = None, kind: str | None = None, text: str | None = None,
               limit: int = 50, offset: int = 0) -> list[Ticket]:
        """Tickets for the console, newest first."""
