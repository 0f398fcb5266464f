"""Handing a conversation to people: what they will need, and what the customer is told."""

from __future__ import annotations

from typing import Any

from actions.base import Talk, button
from desk.core.errors import IllegalTransition
from desk.core.handoffs import Priority
from desk.service import handoffs

HIDDEN = ("requested_slot", "session_started_metadata")


async def hand_over(talk: Talk, *, reason: str, priority: Priority = "normal", **known: Any) -> None:
    """Put the conversation into the right queue; the desk itself says the place and the wait."""
    try:
        state = await talk.call(handoffs.request, conversation_id=talk.conversation, reason=reason,
                                priority=priority, summary=summary(talk, **known), message_id=talk.message_id,
                                key=talk.key("handoff"))
    except IllegalTransition:
        return  # a person holds it already
    if state.on_duty == 0 and priority != "emergency":
        talk.say("utter_handoff_nobody", queue=state.queue_name,
                 buttons=[button("请给我回电", "request_callback")])
    else:
        talk.say("utter_handoff", queue=state.queue_name)


def summary(talk: Talk, **known: Any) -> dict[str, Any]:
    """What the agent sees first: the task under way, what was collected, the last words."""
    slots = {name: value for name, value in talk.tracker.slots.items() if value is not None and name not in HIDDEN}
    loop = (talk.tracker.active_loop or {}).get("name")
    return {"said": talk.text[:300], "intent": talk.intent, "task": loop, "slots": slots, **known}
