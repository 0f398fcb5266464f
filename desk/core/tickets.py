"""Tickets: any registered request and its life, which is the fold of its facts.

Path by KF-3.2: received, verified, coordinated, replied, confirmed by the customer or reopened; refused with a reason
and a direction (GG-7) and withdrawn are the other ends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from desk.core.calendars import Calendar
from desk.core.errors import Conflict, IllegalTransition, Invalid
from desk.core.facts import Fact
from desk.core.policy import Promise
from desk.core.promises import TOLD, WORDS

Kind = Literal["inquiry", "complaint", "fault", "emergency", "application", "suggestion", "praise",
               "callback", "compensation"]
Status = Literal["received", "verified", "coordinated", "replied", "confirmed", "refused", "withdrawn"]
Outcome = Literal["upheld", "partly", "not_upheld", "withdrawn"]

KIND_NAMES: dict[str, str] = {
    "inquiry": "咨询", "complaint": "投诉", "fault": "报修", "emergency": "紧急事件", "application": "业务申请",
    "suggestion": "建议", "praise": "表扬", "callback": "回电", "compensation": "赔付申请"}
STATUS_NAMES: dict[str, str] = {
    "received": "已受理", "verified": "已核实", "coordinated": "协调处理中", "replied": "已答复",
    "confirmed": "已办结", "refused": "未予受理", "withdrawn": "已撤回"}
OUTCOME_NAMES: dict[str, str] = {"upheld": "成立", "partly": "部分成立", "not_upheld": "不成立", "withdrawn": "客户撤回"}
PRIORITIES = ("normal", "high", "emergency")
COMPLAINTS = frozenset({"complaint", "compensation"})  # the kinds that the complaint ledger keeps (YW-5, 100 %)
# What a list of tickets can be narrowed to: by what is owed, and by whom.
Owed = Literal["open", "overdue", "soon", "waiting"]
OWED_NAMES: dict[str, str] = {"open": "未结", "overdue": "超时", "soon": "即将到期", "waiting": "等客户"}

MOVES: dict[str, frozenset[str]] = {
    "received": frozenset({"verified", "coordinated", "replied", "refused", "withdrawn"}),
    "verified": frozenset({"coordinated", "replied", "refused", "withdrawn"}),
    "coordinated": frozenset({"replied", "refused", "withdrawn"}),
    "replied": frozenset({"confirmed", "coordinated"}),
    "confirmed": frozenset(), "refused": frozenset(), "withdrawn": frozenset(),
}
OPEN = frozenset({"received", "verified", "coordinated", "replied"})
AT_WORK = OPEN - {"replied"}
NEEDS_RESULT = frozenset({"replied", "refused", "withdrawn"})
SOON = timedelta(hours=1)
# What may happen to a ticket beside a change of its status, and while it is what.
HAPPENINGS: Mapping[str, frozenset[str]] = {
    "ticket.contacted": OPEN, "ticket.customer_asked": AT_WORK, "ticket.customer_answered": AT_WORK,
    "ticket.departments_involved": AT_WORK, "ticket.consultation_arranged": AT_WORK, "ticket.handled": AT_WORK,
    "ticket.outcome_recorded": OPEN, "ticket.urged": OPEN, "ticket.supervisor_requested": OPEN,
    "ticket.compensation_requested": OPEN, "ticket.prioritised": OPEN, "ticket.assigned": AT_WORK,
}


class CannotEnd(Conflict):
    """The complaint cannot end yet."""


@dataclass
class Ticket:
    """One request. ``promise`` keeps what was promised: reply_by, response_by (ISO), text, cite, policy_version."""

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
    outcome: Outcome | None = None
    our_fault: bool = False
    waiting_for_customer: bool = False
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    id: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is still owed."""
        return self.status in OPEN

    @property
    def about(self) -> str:
        """The subject of its facts."""
        return f"ticket:{self.number}"


def moved(ticket: Ticket, to: str, *, result: str = "", direct_to: str = "") -> str:
    """The name of the fact that moves a ticket along. Raises IllegalTransition.

    An answer and an early end need words, so that nothing closes silently, and a refusal says where to go instead
    (GG-7): without them Invalid.
    """
    if to not in MOVES[ticket.status]:
        raise IllegalTransition(f"{ticket.status} -> {to}")
    if to in NEEDS_RESULT and not result.strip():
        raise Invalid("result")
    if to == "refused" and not direct_to.strip():
        raise Invalid("direct_to")
    return "ticket.reopened" if ticket.status == "replied" and to == "coordinated" else f"ticket.{to}"


def outcome_of(ticket: Ticket, to: str, *, outcome: str | None, our_fault: bool) -> Outcome | None:
    """The outcome that a move of a ticket records: a complaint is not answered and does not end without one.

    Raises Invalid where it is missing, has no place, or says that we are to blame for what is not upheld.
    """
    if ticket.kind not in COMPLAINTS or to not in NEEDS_RESULT:
        if outcome is not None or our_fault:
            raise Invalid("outcome")
        return None
    found = {"refused": "not_upheld", "withdrawn": "withdrawn"}.get(to, outcome)
    if found not in OUTCOME_NAMES or (outcome or found) != found or (to == "replied" and found == "withdrawn"):
        raise Invalid("outcome")
    if our_fault and found not in ("upheld", "partly"):
        raise Invalid("our_fault")
    return found  # type: ignore[return-value]


def unanswered(facts: Iterable[Fact]) -> bool:
    """Whether no person has answered a ticket since it was opened or last reopened."""
    waiting = False
    for fact in facts:
        waiting = fact.name in WORDS["reply"].starts or (waiting and fact.name not in TOLD)
    return waiting


def may_happen(ticket: Ticket, name: str) -> None:
    """Whether something else may happen to a ticket now. Raises IllegalTransition."""
    if ticket.status not in HAPPENINGS[name]:
        raise IllegalTransition(f"{name} while {ticket.status}")


def apply(ticket: Ticket, fact: Fact) -> None:
    """Take in one fact: the only way in which a ticket changes."""
    step, data = fact.name.removeprefix("ticket."), fact.data
    if fact.name == "ticket.reopened":
        ticket.status, ticket.closed_at = "coordinated", None
    elif step in STATUS_NAMES:
        ticket.status = step  # type: ignore[assignment]
        ticket.waiting_for_customer = False
        if ticket.status not in OPEN:
            ticket.closed_at = fact.at
    elif fact.name == "ticket.outcome_recorded":
        ticket.outcome, ticket.our_fault = data["outcome"], bool(data.get("our_fault"))
    elif fact.name == "ticket.urged":
        ticket.urged += 1
    elif fact.name == "ticket.prioritised":
        ticket.priority = data["priority"]
    elif fact.name == "ticket.assigned":
        ticket.department = data["department"]
    elif fact.name in ("ticket.customer_asked", "ticket.customer_answered"):
        ticket.waiting_for_customer = fact.name == "ticket.customer_asked"
    if data.get("result"):
        ticket.result = str(data["result"])
    if fact.name != "ticket.opened":
        ticket.updated_at = fact.at


def fold(ticket: Ticket, facts: Iterable[Fact]) -> Ticket:
    """A newly opened ticket after all its facts."""
    for fact in facts:
        apply(ticket, fact)
    return ticket


def promised(promise: Promise, *, now: datetime, policy_version: str, calendar: Calendar) -> dict[str, Any]:
    """What a ticket opened now is promised, as plain data with its articles (design invariant 4)."""
    due = {name: calendar.add(now, within).isoformat() for name, within in
           (("reply_by", promise.reply_within), ("response_by", promise.respond_within)) if within is not None}
    return {**due, "text": promise.text, "cite": list(promise.cite), "policy_version": policy_version}


class Tickets(Protocol):
    """Stored tickets."""

    def by_number(self, number: str, *, lock: bool = False) -> Ticket:
        """The ticket; raises NotFound. With ``lock`` as it is in the database now, held until the end."""

    def of_customer(self, customer_id: int, *, limit: int = 20) -> list[Ticket]:
        """A customer's tickets, newest first."""

    def of_conversation(self, conversation_id: str, *, limit: int = 20) -> list[Ticket]:
        """Tickets opened in a conversation, newest first."""

    def search(self, *, status: str | None = None, kind: str | None = None, text: str | None = None,
               owed: Owed | None = None, now: datetime | None = None, soon: timedelta = SOON, by_due: bool = False,
               limit: int = 50, offset: int = 0) -> list[Ticket]:
        """Tickets for the console, newest first, or by what is due first. ``owed`` needs ``now``."""

    def complaints(self, *, since: datetime) -> list[Ticket]:
        """Tickets of the kinds in COMPLAINTS that were opened or changed since, or are still open, oldest first."""
