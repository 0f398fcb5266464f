"""Handing a conversation to people: what they will need, and what the customer is told."""

from __future__ import annotations

from typing import Any

from actions.base import Talk, button
from actions.receipts import receipt, register_complaint
from actions.waiting_words import callback_within, meanwhile
from desk.core.errors import IllegalTransition
from desk.core.handoffs import Priority
from desk.core.policy import Queue
from desk.service import handoffs, waits

HIDDEN = ("requested_slot", "session_started_metadata")
TOPICS = {"complaint_form": "complaint", "fault_form": "fault"}


async def hand_over(talk: Talk, *, reason: str, priority: Priority = "normal", **known: Any) -> None:
    """Put the conversation into the right queue; the desk itself says the place and the wait.

    A complaint that was told is registered first. Where nobody is on duty a call back is offered, and the queue only
    to those who ask again; an emergency is never kept out of its queue.
    """
    if talk.task == "complaint_form" and talk.slot("complaint_matter"):
        ticket = await register_complaint(talk)
        receipt(talk, ticket, "utter_complaint_noted")
        known["ticket"] = ticket.number
    queue = _queue(talk, reason)
    if priority != "emergency" and await _nobody(talk, queue):
        again = "request_supervisor" if queue == talk.policy.queue_for("request_supervisor") else "request_human"
        talk.say("utter_handoff_nobody", queue=queue.name, callback=callback_within(talk), buttons=[
            button("请给我回电", "request_callback"), button("排队等候", again)])
        return
    try:
        state = await talk.call(handoffs.request, conversation_id=talk.conversation, reason=reason, queue=queue.id,
                                priority=priority, summary=summary(talk, **known), message_id=talk.message_id,
                                key=talk.key("handoff"))
    except IllegalTransition:
        return  # a person holds it already
    if state.on_duty and priority != "emergency":
        talk.say("utter_handoff", queue=queue.name)
        meanwhile(talk, queue=queue.id, ticket=known.get("ticket"), high_min=(state.quote or {}).get("high_min"))


def _queue(talk: Talk, reason: str) -> Queue:
    """Who asks for a person in the middle of a complaint or a repair goes to those who handle it."""
    about = TOPICS.get(talk.task) if reason in ("request_human", "misunderstood") else None
    return talk.policy.queue_for(about or reason)


async def _nobody(talk: Talk, queue: Queue) -> bool:
    if "utter_handoff_nobody" in talk.said_before():
        return False
    return await talk.call(waits.quote, queue=queue.id) == "no_agents"


def summary(talk: Talk, **known: Any) -> dict[str, Any]:
    """What the agent sees first: the task under way, what was collected, the last words."""
    slots = {name: value for name, value in talk.tracker.slots.items() if value is not None and name not in HIDDEN}
    return {"said": talk.text[:300], "intent": talk.intent, "task": talk.task or None, "slots": slots, **known}
