"""The wish for a person, a supervisor or a call back; the wait; the rating."""

from __future__ import annotations

from actions import contacts
from actions.base import DeskAction, Events, Talk, button, leave_task
from actions.forms import State, TaskForm
from actions.handing_over import hand_over
from actions.phrasing import REFUSES
from actions.receipts import left_half_done, receipt, register
from desk.core import notices
from desk.core.waiting import Quote
from desk.service import handoffs, waits


class RequestHuman(DeskAction):
    """A person, now."""

    called = "action_request_human"

    async def act(self, talk: Talk) -> Events:
        """Queue at once; the task is left, its slots go with the summary."""
        await hand_over(talk, reason="request_human")
        return leave_task()


class RequestSupervisor(DeskAction):
    """Somebody in charge."""

    called = "action_request_supervisor"

    async def act(self, talk: Talk) -> Events:
        """The complaints desk, with the reason."""
        talk.say("utter_supervisor")
        await hand_over(talk, reason="request_supervisor")
        return leave_task()


class CallbackForm(TaskForm):
    """A phone to call back."""

    form = "callback_form"
    steps = ("callback_phone",)
    own_intents = frozenset({"request_callback", "inform"})

    def answers(self, talk: Talk, requested: str) -> bool:
        """A phone."""
        return bool(talk.entity("phone"))

    async def begin(self, talk: Talk, state: State) -> None:
        """Know the verified."""
        state["callback_phone"] = None
        await contacts.prefill(talk, state, name_slot=None, phone_slot="callback_phone")

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """A call back needs a phone: a refusal ends it."""
        phone = talk.entity("phone")
        if phone:
            state["callback_phone"] = state["contact_phone"] = phone
        elif requested == "callback_phone" and (talk.intent == "deny" or REFUSES.search(talk.text)):
            state["callback_phone"] = "none"
        elif requested == "callback_phone" and sum(c.isdigit() for c in talk.text) >= 5:
            state["callback_phone"], state.asked = None, True
            talk.say("utter_phone_wrong")


class CallbackSubmit(DeskAction):
    """Registers the call back."""

    called = "action_callback_submit"

    async def act(self, talk: Talk) -> Events:
        """A ticket with a promise."""
        phone = talk.slot("callback_phone")
        if phone == "none":
            talk.say("utter_callback_dropped", buttons=[button("转人工", "request_human")])
        else:
            ticket = await register(talk, kind="callback", subject="请求回电", effect="callback", contact_phone=phone)
            receipt(talk, ticket, "utter_callback_receipt", buttons=left_half_done(talk),
                    phone=contacts.shown(State(talk), "callback_phone"))
        return leave_task("callback_phone")


class AskWait(DeskAction):
    """How long it would take, or takes."""

    called = "action_ask_wait"

    async def act(self, talk: Talk) -> Events:
        """A range with a basis, or an honest refusal."""
        state = await talk.call(handoffs.status, conversation_id=talk.conversation)
        if state is not None:
            quote = Quote(**state.quote, basis={}) if state.quote else None
            talk.dispatcher.utter_message(notices.queue_place(place=state.place, quote=quote, on_duty=state.on_duty))
            return []
        quoted = await talk.call(waits.quote, queue=talk.policy.queue_for("request_human").id)
        offer = [button("转人工", "request_human")]
        if isinstance(quoted, Quote):
            talk.say("utter_wait", wait=notices.wait_range(quoted.low_min, quoted.high_min), buttons=offer)
        else:
            talk.say("utter_wait_nobody" if quoted == "no_agents" else "utter_wait_unknown", buttons=offer)
        return []


class RateService(DeskAction):
    """A score in words or figures."""

    called = "action_rate_service"

    async def act(self, talk: Talk) -> Events:
        """Kept for the last talk with a person; otherwise taken as feedback."""
        score = talk.entity("rating")
        if score is None or not score.isdigit():
            talk.say("utter_want_rating", buttons=notices.RATING_BUTTONS)
            return []
        kept = await talk.call(handoffs.rate, conversation_id=talk.conversation, score=int(score))
        if int(score) >= 4:
            talk.say("utter_rating_good" if kept else "utter_rating_nothing")
        else:
            talk.say("utter_rating_bad" if kept else "utter_unhappy", buttons=[
                button("我要投诉", "file_complaint"), button("提个建议", "give_suggestion")])
        return []
