"""Tickets: any registered request, its life cycle and what it was promised.

Path by KF-3.2: received, verified, coordinated, replied, confirmed; refused and withdrawn are the other ends.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from desk.core.errors import IllegalTransition, Invalid
from desk.core.policy import Promise

Kind = Literal["inquiry", "complaint", "fault", "emergency", "application", "suggestion", "praise",
               "callback", "compensation"]
Status = Literal["received", "verified", "coordinated", "replied", "confirmed", "refused", "withdrawn"]

KIND_NAMES: dict[str, str] = {
    "inquiry": "咨询", "complaint": "投诉", "fault": "报修", "emergency": "紧急事件", "application": "业务申请",
    "suggestion": "建议", "praise": "表扬", "callback": "回电", "compensation": "赔付申请"}
STATUS_NAMES: dict[str, str] = {
    "received": "已受理", "verified": "已核实", "coordinated": "协调处理中", "replied": "已答复",
    "confirmed": "已办结", "refused": "未予受理", "withdrawn": "已撤回"}
MOVES: dict[str, frozenset[str]] = {
    "received": frozenset({"verified", "coordinated", "replied", "refused", "withdrawn"}),
    "verified": frozenset({"coordinated", "replied", "refused", "withdrawn"}),
    "coordinated": frozenset({"replied", "refused", "withdrawn"}),
    "replied": frozenset({"confirmed", "coordinated"}),
    "confirmed": frozenset(), "refused": frozenset(), "withdrawn": frozenset(),
}
OPEN = frozenset({"received", "verified", "coordinated", "replied"})
NEEDS_RESULT = frozenset({"replied", "refused", "withdrawn"})


@dataclass
class Ticket:
    """One request. ``promise`` keeps what was promised: reply_by, result_by (ISO), text, cite, policy_version."""

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

    @property
    def is_open(self) -> bool:
        """Whether something is still owed."""
        return self.status in OPEN


def advance(ticket: Ticket, to: Status, *, result: str, now: datetime) -> None:
    """Move a ticket along its path; an answer and an early end need words, so that nothing closes silently.

    Raises IllegalTransition, or Invalid when the result is missing.
    """
    if to not in MOVES[ticket.status]:
        raise IllegalTransition(f"{ticket.status} -> {to}")
    if to in NEEDS_RESULT and not result.strip():
        raise Invalid("result")
    ticket.status, ticket.updated_at = to, now
    if result.strip():
        ticket.result = result.strip()
    if to not in OPEN:
        ticket.closed_at = now


def promised(promise: Promise, *, now: datetime, policy_version: str) -> dict[str, Any]:
    """What a ticket opened now is promised, as plain data with its articles (design invariant 4)."""
    due = {name: (now + within).isoformat() for name, within in
           (("reply_by", promise.reply_within), ("consult_by", promise.consult_within),
            ("result_by", promise.result_within)) if within is not None}
    return {**due, "text": promise.text, "cite": list(promise.cite), "policy_version": policy_version}


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
