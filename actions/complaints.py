"""Complaints and claims: the matter and a way to reach the customer, nothing more; every one becomes a ticket."""

from __future__ import annotations

from typing import Literal

from rasa_sdk.events import FollowupAction

from actions import contacts
from actions.base import DeskAction, Events, Talk, leave_task
from actions.forms import State, TaskForm
from actions.phrasing import ANGER, bare
from actions.receipts import receipt, register

SLOTS = ("complaint_kind", "complaint_matter", "complaint_phone")
ENOUGH = 9
NOTHING_SAID = ("我要投诉", "投诉", "我想投诉", "要投诉", "有个投诉", "赔钱", "退钱", "赔偿", "退款", "我要赔偿", "我要退款")


class ComplaintForm(TaskForm):
    """What happened, and a phone that may be refused."""

    form = "complaint_form"
    steps = ("complaint_matter", "complaint_phone")
    free_text = frozenset({"complaint_matter"})
    own_intents = frozenset({"file_complaint", "request_compensation", "inform", "report_fault", "abuse",
                             "urge_ticket", "nlu_fallback", "deny", "affirm"})

    def answers(self, talk: Talk, requested: str) -> bool:
        """A phone, when it was asked."""
        return requested == "complaint_phone" and bool(talk.entity("phone"))

    async def begin(self, talk: Talk, state: State) -> None:
        """A claim is a complaint that asks for money."""
        state["complaint_kind"] = "compensation" if talk.intent == "request_compensation" else "complaint"
        state["complaint_matter"] = None
        await contacts.prefill(talk, state, name_slot=None, phone_slot="complaint_phone")

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """The first message may hold the matter already."""
        text = talk.text.strip()
        opens = requested is None and not talk.pressed and len(text) >= ENOUGH
        told = requested == "complaint_matter" and not (talk.intent in ("affirm", "greet") and len(text) < ENOUGH)
        if (opens or told) and bare(text) not in NOTHING_SAID and not text.startswith("/"):
            state["complaint_matter"] = text
        contacts.take(talk, state, requested, name_slot=None, phone_slot="complaint_phone")

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """With regret first."""
        if slot == "complaint_phone":
            talk.say("utter_want_complaint_phone", surname=talk.surname, buttons=contacts.phone_buttons())
        else:
            talk.say("utter_want_compensation_matter" if state["complaint_kind"] == "compensation"
                     else "utter_want_complaint_matter", surname=talk.surname)


class ComplaintSubmit(DeskAction):
    """Registers the complaint; who is very angry is offered a person at once."""

    called = "action_complaint_submit"

    async def act(self, talk: Talk) -> Events:
        """Ticket, receipt, and the handoff where feelings run high."""
        matter = talk.slot("complaint_matter")
        kind: Literal["complaint", "compensation"] = talk.slot("complaint_kind") or "complaint"
        ticket = await register(talk, kind=kind, subject=matter[:60], detail=matter, effect="complaint",
                                contact_phone=contacts.stored(talk.slot("complaint_phone")))
        receipt(talk, ticket, "utter_compensation_receipt" if kind == "compensation" else "utter_complaint_receipt")
        if ANGER.search(matter):
            return [*leave_task(*SLOTS), FollowupAction("action_calm_and_hand_over")]
        return leave_task(*SLOTS)
