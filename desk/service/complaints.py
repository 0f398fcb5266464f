"""Complaints: when one may end (design invariant 3), and what a supervisor does about one that is not accounted for.

What is not accounted for is found by ``desk.service.reconciliation``.
"""

from collections.abc import Callable

from desk.core import complaints as ledger
from desk.core import tickets as rules
from desk.core.agents import Agent
from desk.core.errors import Conflict, Invalid, NotYours
from desk.core.tickets import Ticket
from desk.service import customer_notices, recording, ticket_access
from desk.service.desk import Desk, UnitOfWork


def may_end(uow: UnitOfWork, ticket: Ticket, *, by_customer: bool = False) -> str | None:
    """Why a complaint may not end yet, in words for whoever tries; None when it may, or is no complaint.

    ``by_customer``: the customer ends it, so the result needs no further proof of having arrived. What is refused or
    withdrawn before it was answered is told in the same step: the ledger waits for that notice.
    """
    if ticket.kind not in rules.COMPLAINTS:
        return None
    uow.flush()
    entry = ledger.entry(uow.facts.about(ticket.about))
    if entry.outcome is None and not (by_customer and ticket.status in rules.AT_WORK):
        return "请先记录处理结论（成立、部分成立或不成立），投诉才能办结。"
    if ticket.status == "replied" and not entry.told and not by_customer:
        return "处理结果还没有送达客户，暂不能办结。请等客户看到，或再次通知：两种渠道共通知三次后可以办结。"
    return None


def dismiss(desk: Desk, *, conversation_id: str, seq: int, agent: Agent, reason: str) -> int:
    """The suspected sentences of a conversation up to a number are no complaint; returns how many.

    What was said after the sentence that the supervisor looked at stays suspected. Raises Conflict when nothing is left.
    """
    _must_supervise(agent)
    if not reason.strip():
        raise Invalid("reason")
    with desk.begin() as uow:
        uow.conversations.get(conversation_id, lock=True)
        return settle(desk, uow, conversation_id, seq, "complaint.dismissed", actor=f"agent:{agent.id}",
                      reason=reason.strip()[:500])


def settle(desk: Desk, uow: UnitOfWork, conversation_id: str, up_to: int, name: str, *, actor: str, **data: str) -> int:
    """Record what became of every suspected sentence of a locked conversation up to a number. Raises Conflict if none."""
    found = {fact.subject: fact for fact in uow.complaints.unsettled(conversation_id=conversation_id)
             if fact.data["seq"] <= up_to}
    if not found:
        raise Conflict(ledger.sentence(conversation_id, up_to))
    for subject in found:
        uow.facts.record(name, subject=subject, actor=actor, at=desk.clock.now(), conversation=conversation_id, **data)
    return len(found)


def notify_again(desk: Desk, *, number: str, agent: Agent) -> bool:
    """Send the result of a complaint once more; False when it has arrived or was sent within the hour."""
    def send(uow: UnitOfWork, ticket: Ticket) -> bool:
        return customer_notices.again(desk, uow, ticket) is not None

    return _on(desk, number, agent, send)


def spoke(desk: Desk, *, number: str, agent: Agent, reached: bool) -> bool:
    """The customer was called about the result, and was reached or not."""
    def note(uow: UnitOfWork, ticket: Ticket) -> bool:
        customer_notices.by_agent(desk, uow, ticket, actor=f"agent:{agent.id}", reached=reached)
        return reached

    return _on(desk, number, agent, note)


def conclude(desk: Desk, *, number: str, agent: Agent, outcome: str, our_fault: bool = False) -> bool:
    """Record the outcome of a complaint that has ended without one."""
    if outcome not in rules.OUTCOME_NAMES:
        raise Invalid("outcome")

    def record(uow: UnitOfWork, ticket: Ticket) -> bool:
        if ticket.outcome is not None:
            raise Conflict(number)
        recording.on_ticket(desk, uow, ticket, "ticket.outcome_recorded", actor=f"agent:{agent.id}", outcome=outcome,
                            our_fault=our_fault)
        return True

    return _on(desk, number, agent, record)


def _on(desk: Desk, number: str, agent: Agent, work: Callable[[UnitOfWork, Ticket], bool]) -> bool:
    """Do something to a complaint, locked after its conversation. Raises NotYours, NotFound, Invalid for another kind."""
    if not agent.may("tickets"):
        raise NotYours(number)
    with desk.begin() as uow:
        ticket = ticket_access.locked(uow, number)
        if ticket.kind not in rules.COMPLAINTS:
            raise Invalid(number)
        return work(uow, ticket)


def _must_supervise(agent: Agent) -> None:
    if not agent.may("supervise"):
        raise NotYours("complaints")
