"""The steps of the escalation path that concern a customer who waits for a person (JC-5, PD-3).

Each is given a handoff that is locked together with its conversation, and is entered in ``HANDOFF_STEPS``.
"""

from typing import Any

from desk.core import notices
from desk.core.conversations import Conversation
from desk.core.handoffs import Handoff
from desk.service import assignment, staff_notices, standing, tickets
from desk.service.desk import Desk, UnitOfWork
from desk.service.escalation import HANDOFF_STEPS, Cause


def _pull_back(desk: Desk, uow: UnitOfWork, handoff: Handoff, cause: Cause) -> None:
    """The agent did not answer: they go off duty, and the customer is called out to the next one."""
    over = cause.deadline is not None and cause.deadline.ended_at is not None
    if over or not handoff.waiting or handoff.offered_to is None:
        return
    agent = uow.agents.get(handoff.offered_to)
    if agent.on_duty:
        assignment.set_off_duty(desk, uow, agent, actor="policy", why="unanswered")
        _tell_staff(desk, uow, handoff, cause, audience=f"agent:{agent.id}",
                    text=notices.off_duty_unanswered(_seconds_to_answer(desk, handoff)))
    assignment.take_back(desk, uow, handoff, "handoff.pulled_back", actor="policy", why="unanswered")
    assignment.match(desk, uow)
    if not assignment.give_up_if_stuck(desk, uow, handoff):
        standing.reassure(desk, uow, _conversation(uow, handoff), handoff, text=notices.passed_on())
    uow.wake("queues")


def _callback_ticket(desk: Desk, uow: UnitOfWork, handoff: Handoff, cause: Cause) -> None:
    """A call back is promised once; the customer keeps their place all the same."""
    if handoff.callback_ticket is not None or not handoff.waiting:
        return
    conversation = _conversation(uow, handoff)
    name, phone = _contact(uow, conversation, handoff)
    ticket = tickets.open_in(
        desk, uow, conversation, kind="callback", subject="排队时无人接听，请回电", contact_name=name, contact_phone=phone,
        detail=str(handoff.summary.get("said") or ""), actor="policy",
        priority="high" if handoff.rank == 0 else "normal")
    handoff.callback_ticket = ticket.number
    standing.reassure(desk, uow, conversation, handoff, text=notices.call_back_registered(
        number=ticket.number, promise=str(ticket.promise.get("text", "")), phone=phone))


def _tell_wait(desk: Desk, uow: UnitOfWork, handoff: Handoff, cause: Cause) -> None:
    """Who still waits gets a sign of life; an agent who has taken somebody without a word is reminded."""
    if handoff.waiting:
        standing.still_waiting(desk, uow, _conversation(uow, handoff), handoff)
    elif handoff.ended_at is None and handoff.greeted_at is None:
        _tell_staff(desk, uow, handoff, cause, audience=f"agent:{handoff.agent_id}", text=notices.greet_now())


def _notify_supervisor(desk: Desk, uow: UnitOfWork, handoff: Handoff, cause: Cause) -> None:
    queue = desk.policy.queues.get(handoff.queue)
    waited = desk.clock.now() - handoff.requested_at
    _tell_staff(desk, uow, handoff, cause, audience="supervisors", text=notices.nobody_answers(
        queue.name if queue else handoff.queue, int(waited.total_seconds() // 60)))


def _tell_staff(desk: Desk, uow: UnitOfWork, handoff: Handoff, cause: Cause, *, audience: str, text: str) -> None:
    staff_notices.tell(desk, uow, [audience], about=f"handoff:{handoff.id}", text=text, key=cause.key, urgent=True)


def _conversation(uow: UnitOfWork, handoff: Handoff) -> Conversation:
    return uow.conversations.get(handoff.conversation_id)


def _contact(uow: UnitOfWork, conversation: Conversation, handoff: Handoff) -> tuple[str, str]:
    """Name and phone of the verified customer, or a phone that was told to the bot."""
    if conversation.customer_id is not None:
        customer = uow.customers.get(conversation.customer_id)
        return customer.name, customer.phone
    told: dict[str, Any] = {**(handoff.summary.get("slots") or {}), **conversation.slots}
    phones = [str(value) for name, value in told.items() if name.endswith("_phone") and str(value or "").isdigit()]
    return "", phones[-1] if phones else ""


def _seconds_to_answer(desk: Desk, handoff: Handoff) -> int:
    queue = desk.policy.queues.get(handoff.queue)
    return int(queue.answer_within.total_seconds()) if queue else 60


HANDOFF_STEPS |= {"pull_back": _pull_back, "callback_ticket": _callback_ticket, "tell_wait": _tell_wait,
                  "notify_supervisor": _notify_supervisor}
