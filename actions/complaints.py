"""Complaints and claims: the matter and a way to reach the customer, nothing more; every one becomes a ticket."""

from __future__ import annotations

from actions import contacts
from actions.base import DeskAction, Events, Talk, leave_task
from actions.forms import REFUSED, State, TaskForm
from actions.handing_over import hand_over
from actions.phrasing import ANGER, bare
from actions.receipts import left_half_done, receipt, register_complaint

SLOTS = ("complaint_kind", "complaint_matter", "complaint_phone")
ENOUGH = 9
NOTHING_SAID = ("", "我要投诉", "投诉", "我想投诉", "要投诉", "有个投诉", "赔钱", "退钱", "赔偿", "退款", "我要赔偿", "我要退款")


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
        told = requested == "complaint_matter" and not talk.is_small_talk
        if (opens or told) and bare(text) not in NOTHING_SAID and not text.startswith("/"):
            state["complaint_matter"] = text
        contacts.take(talk, state, requested, name_slot=None, phone_slot="complaint_phone")
        if state["complaint_phone"] is None and ANGER.search(state["complaint_matter"] or ""):
            state["complaint_phone"] = REFUSED  # a person takes over at once and will ask

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """With regret first."""
        if slot == "complaint_phone":
            talk.say("utter_want_complaint_phone", surname=talk.surname, buttons=contacts.phone_buttons())
        else:
            talk.say("utter_want_compensation_matter" if state["complaint_kind"] == "compensation"
                     else "utter_want_complaint_matter", surname=talk.surname)


class ComplaintSubmit(DeskAction):
    """Registers the complaint; who is very angry is not kept with a machine."""

    called = "action_complaint_submit"

    async def act(self, talk: Talk) -> Events:
        """Ticket, receipt, and a person where feelings run high."""
        ticket = await register_complaint(talk)
        if ANGER.search(ticket.detail):
            receipt(talk, ticket, "utter_complaint_angry")
            await hand_over(talk, reason="angry", ticket=ticket.number)
        else:
            receipt(talk, ticket, f"utter_{ticket.kind}_receipt", buttons=left_half_done(talk))
        return leave_task(*SLOTS)
