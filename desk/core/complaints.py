"""The complaint ledger: what became of every complaint, as the fold of its facts (YW-5: 100 % of complaints handled).

A complaint has ended when its outcome is recorded and the result has arrived at the customer, or was tried three times
over two channels. Everything short of that is either still being worked on within its promise, or unaccounted for.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from desk.core import tickets
from desk.core.conversations import Message
from desk.core.customer_notices import CustomerNotice, enough
from desk.core.facts import Fact
from desk.core.tickets import Ticket

State = Literal["open", "concluded", "delivered", "ended"]
STATE_NAMES: dict[str, str] = {"open": "处理中", "concluded": "已有结论", "delivered": "已送达", "ended": "已办结"}
FINAL = frozenset({"confirmed", "refused", "withdrawn"})
ANSWERS = frozenset({"replied", "refused", "withdrawn"})
UNREAD_AFTER = timedelta(hours=24)  # KF-3.3, YW-5: within 24 hours the customer has an answer in hand
NEAR = timedelta(days=1)            # a ticket opened so near to a sentence is taken to be about it

# Why something is unaccounted for, and what to do about it.
REASONS: Mapping[str, tuple[str, str]] = {
    "sentence": ("客户的话像是投诉，但没有登记工单", "请看会话：登记为投诉，或注明不是投诉的理由。"),
    "missing": ("登记过的投诉找不到工单", "请联系管理员，按经过记录恢复工单。"),
    "disagrees": ("工单状态与经过记录不一致", "请联系管理员，按经过记录核对工单。"),
    "no_outcome": ("工单已结束，但没有处理结论", "请核实后补记处理结论，并告知客户。"),
    "no_notice": ("工单已结束，但结果没有送达客户", "请再次通知，或电话告知客户。"),
    "unread": ("已答复超过 24 小时，但结果没有送达客户", "请再次通知，或电话告知客户。"),
    "overdue": ("超过承诺时间还没有答复或办结", "请马上联系客户，并督促责任部门。"),
}


@dataclass
class Entry:
    """One complaint in the ledger. ``attempts`` are the channels over which its last result was tried."""

    number: str
    opened_at: datetime
    outcome: str | None = None
    answered_at: datetime | None = None
    notice: int | None = None
    attempts: list[str] = field(default_factory=list)
    delivered_at: datetime | None = None
    delivered_by: str | None = None
    closed_as: str | None = None
    closed_at: datetime | None = None

    @property
    def told(self) -> bool:
        """Whether the result arrived, or everything was tried."""
        return self.delivered_at is not None or enough(self.attempts)

    @property
    def state(self) -> State:
        """How far it has come."""
        if self.outcome is None:
            return "open"
        if not self.told:
            return "concluded"
        return "ended" if self.closed_as else "delivered"

    @property
    def ended_at(self) -> datetime | None:
        """When the last thing needed for its end happened."""
        if self.state != "ended" or self.closed_at is None:
            return None
        return max(self.closed_at, self.delivered_at or self.closed_at)


def entry(facts: Sequence[Fact]) -> Entry:
    """The ledger's entry of the ticket that these facts are about, the first of which opened it."""
    found = Entry(number=facts[0].subject.partition(":")[2], opened_at=facts[0].at)
    for fact in facts:
        _take(found, fact)
    return found


def _take(one: Entry, fact: Fact) -> None:
    step, data = fact.name.removeprefix("ticket."), fact.data
    if step in ANSWERS or step == "reopened":
        one.answered_at = fact.at if step in ANSWERS else None
        one.closed_as = one.closed_at = one.delivered_at = one.delivered_by = one.notice = None
        one.attempts = []
    if step in FINAL:
        one.closed_as, one.closed_at = step, fact.at
    if step == "withdrawn":
        one.outcome = one.outcome or "withdrawn"
    if step in FINAL and fact.actor == "customer" and not one.told:  # who ended it knows of it
        one.delivered_at, one.delivered_by = fact.at, "customer"
    elif step == "outcome_recorded":
        one.outcome = data["outcome"]
    elif step == "notified" and data.get("kind") == "result":
        _notified(one, data)
    elif step == "notice_failed" and data.get("notice") == one.notice:
        one.attempts.append(data["channel"])
    elif step == "notice_delivered" and data.get("notice") == one.notice and one.delivered_at is None:
        one.delivered_at, one.delivered_by = fact.at, data["channel"]


def _notified(one: Entry, data: Mapping[str, Any]) -> None:
    """An attempt that still waits in the outbox has not been made."""
    if data["notice"] != one.notice:
        one.notice, one.attempts = data["notice"], []
    waiting = data.get("waiting", ())
    one.attempts += [channel for channel in data["channels"] if channel not in waiting]


def unaccounted(one: Entry, *, now: datetime, overdue: bool = False) -> str | None:
    """Why an entry needs somebody (a key of REASONS); ``overdue`` when one of its clocks has run out."""
    if one.closed_as:
        return None if one.state == "ended" else "no_outcome" if one.outcome is None else "no_notice"
    if overdue:
        return "overdue"
    if one.answered_at is not None and not one.told and now - one.answered_at > UNREAD_AFTER:
        return "unread"
    return None


def agree(ticket: Ticket, facts: Sequence[Fact], notices: Iterable[CustomerNotice]) -> bool:
    """Whether ticket row and notices say what the facts say."""
    if not facts or facts[0].name != "ticket.opened":
        return False
    told = tickets.fold(Ticket(number=ticket.number, kind=ticket.kind, subject="", opened_at=facts[0].at), facts)
    same = all(getattr(told, name) == getattr(ticket, name) for name in
               ("status", "outcome", "our_fault", "urged", "waiting_for_customer", "result", "closed_at"))
    delivered = {one.data.get("notice") for one in facts if one.name == "ticket.notice_delivered"}
    return same and delivered == {one.id for one in notices if one.delivered_at is not None}


# Sentences that look like a complaint ---------------------------------------------------------------------------

INTENTS = frozenset({"file_complaint", "request_compensation"})
WORDS = re.compile(
    r"投诉|投訴|举报|舉報|12315|12345热线|曝光|维权|維權|消协|消费者协会|工商局|市场监管|市监局|索赔|退钱|退我钱|还我钱|赔钱|赔我"
    r"|起诉你|告你们|讨个?说法|给个说法|要个说法|骗子|骗人|骗钱|黑店|差评|找媒体|找记者|上法院")


def looks_like_complaint(message: Message) -> bool:
    """Whether a customer's message was understood as a complaint, or has the words of one."""
    parse = message.payload.get("parse") or {}
    intent = (parse.get("intent") or {}).get("name") if isinstance(parse, Mapping) else None
    return intent in INTENTS or WORDS.search(message.text) is not None


def covered(message_at: datetime, opened: Iterable[datetime]) -> bool:
    """Whether a complaint ticket was opened near enough to a sentence to be about it."""
    return any(abs(at - message_at) <= NEAR for at in opened)


def sentence(conversation_id: str, seq: int) -> str:
    """The subject of the facts about one sentence."""
    return f"message:{conversation_id}/{seq}"


class Complaints(Protocol):
    """What the reconciliation reads, in pages."""

    def talkative(self, *, since: datetime, after: str, limit: int) -> list[str]:
        """Conversations in which a customer has written since, by id, from after an id on."""

    def said(self, conversation_ids: Sequence[str], *, since: datetime, after: tuple[str, int],
             limit: int) -> list[Message]:
        """What customers wrote since in some conversations, by conversation and number, from after one on."""

    def known(self, subjects: Sequence[str]) -> set[str]:
        """Those of the sentences about which there is any fact."""

    def unsettled(self, *, conversation_id: str | None = None) -> list[Fact]:
        """Facts ``complaint.suspected`` of sentences that were neither dismissed nor registered, oldest first."""

    def opened_in(self, conversation_ids: Sequence[str]) -> dict[str, list[Ticket]]:
        """The complaints opened in conversations."""

    def tickets(self, *, since: datetime, after: int, limit: int) -> list[Ticket]:
        """Complaints opened or changed since, or not yet closed, by id, from after an id on."""

    def facts_about(self, numbers: Sequence[str]) -> dict[str, list[Fact]]:
        """The facts of tickets by number, oldest first."""

    def notices_of(self, numbers: Sequence[str]) -> dict[str, list[CustomerNotice]]:
        """The notices of tickets by number, oldest first."""

    def without_ticket(self, *, since: datetime) -> list[Fact]:
        """Facts of complaints opened since of which there is no ticket."""

    def message(self, conversation_id: str, seq: int) -> Message:
        """One message; raises NotFound."""
