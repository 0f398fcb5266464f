"""The wish for a person, a supervisor or a call back; the wait; the rating."""

from __future__ import annotations

import re

from rasa_sdk.events import FollowupAction, SlotSet

from actions import contacts, ticket_answers
from actions.base import DeskAction, Events, Talk, button, leave_task
from actions.forms import State, TaskForm
from actions.handing_over import hand_over
from actions.phrasing import REFUSES
from actions.receipts import left_half_done, receipt, register
from actions.tickets import call_supervisor
from actions.waiting_words import LONG_MIN, callback_within, in_words, wait_reason
from desk.core import notices
from desk.core.errors import IllegalTransition, NotFound, NotYours
from desk.core.ratings import LOW
from desk.core.waiting import Quote
from desk.service import handoffs, ratings, ticket_outlook, tickets, waits

FAIRNESS = re.compile(r"(为什么|为啥|凭什么|怎么).{0,8}(先|插队|比我|还没轮到|排我前面)|插队|公平")
GOOD = 4
TALK = "talk"


class RequestHuman(DeskAction):
    """A person, now."""

    called = "action_request_human"

    async def act(self, talk: Talk) -> Events:
        """Queue at once; the task is left, its slots go with the summary."""
        about_ticket = await ticket_answers.respond(talk) if talk.intent == "affirm" else None
        if about_ticket is not None:
            return about_ticket  # a yes to what a notice asked, although the wait had been asked about before
        await hand_over(talk, reason="request_human")
        return leave_task()


class RequestSupervisor(DeskAction):
    """Somebody in charge."""

    called = "action_request_supervisor"

    async def act(self, talk: Talk) -> Events:
        """With the ticket it is about, asked for only where several are open; what is told right now goes first."""
        number = None if talk.task == "complaint_form" else await self._about(talk)
        if number == "ask":
            return [SlotSet("ticket_purpose", "supervisor"), FollowupAction("ticket_form")]
        if number is not None:
            await call_supervisor(talk, number)
            return [*leave_task(), SlotSet("last_ticket", number)]
        talk.say("utter_supervisor")
        await hand_over(talk, reason="request_supervisor")
        return leave_task()

    async def _about(self, talk: Talk) -> str | None:
        just = await ticket_answers.subject(talk)
        if just is not None and just.is_open:
            return just.number
        known = [one for one in await talk.call(tickets.recent, conversation_id=talk.conversation) if one.is_open]
        if len(known) > 1 and not talk.said_before() & {"utter_want_which_matter", "utter_handoff_nobody"}:
            return "ask"
        return known[0].number if len(known) == 1 else None


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
        """A range with what it is worth, or an honest refusal with the promise instead."""
        state = await talk.call(handoffs.status, conversation_id=talk.conversation)
        if state is not None:
            quote = Quote(**state.quote, basis={}) if state.quote else None
            talk.dispatcher.utter_message(notices.queue_place(place=state.place, quote=quote, on_duty=state.on_duty))
            return []
        quoted = await talk.call(waits.quote, queue=talk.policy.queue_for("request_human").id)
        offer, callback = [button("转人工", "request_human"), button("请给我回电", "request_callback")], callback_within(talk)
        if FAIRNESS.search(talk.text):
            talk.say("utter_wait_fair", buttons=offer[:1])
        elif isinstance(quoted, Quote):
            talk.say("utter_wait", wait=in_words(quoted), reason=wait_reason(quoted, callback),
                     buttons=offer if quoted.high_min >= LONG_MIN else offer[:1])
        else:
            talk.say("utter_wait_nobody" if quoted == "no_agents" else "utter_wait_unknown", callback=callback,
                     buttons=offer)
        return []


class RateService(DeskAction):
    """A score in words or figures."""

    called = "action_rate_service"

    async def act(self, talk: Talk) -> Events:
        """Kept for the ticket or the talk that was asked about; otherwise taken as feedback."""
        score = talk.entity("rating")
        if score is None or not score.isdigit():
            talk.say("utter_want_rating", buttons=notices.RATING_BUTTONS)
            return []
        kept = await self._keep(talk, int(score))
        if int(score) >= GOOD:
            talk.say("utter_rating_good" if kept else "utter_rating_nothing", surname=talk.surname)
        elif kept and kept != TALK and int(score) <= LOW:
            talk.say("utter_rating_low", number=kept, surname=talk.surname, buttons=[button("再说说原因", "give_suggestion")])
        else:
            talk.say("utter_rating_bad" if kept else "utter_unhappy", surname=talk.surname, buttons=[
                button("我要投诉", "file_complaint"), button("提个建议", "give_suggestion")])
        return []

    async def _keep(self, talk: Talk, score: int) -> str:
        """What the rating was kept for: the number of a ticket, TALK, or nothing."""
        number = talk.entity("ticket_no") or await talk.call(ticket_outlook.noticed, conversation_id=talk.conversation)
        comment = "" if talk.pressed else talk.text[:200]
        if not number:
            kept = await talk.call(ratings.rate_last, conversation_id=talk.conversation, score=score, comment=comment,
                                   key=talk.key("rating"))
            return TALK if kept else ""
        try:
            await talk.call(ratings.rate_ticket, conversation_id=talk.conversation, number=number, score=score,
                            comment=comment, key=talk.key("rating"))
        except (IllegalTransition, NotFound, NotYours):
            return ""
        return number
