"""Complaints and claims: the matter and a way to reach the customer, nothing more; every one becomes a ticket."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions import contacts, ticket_answers
from actions.base import DeskAction, Events, Talk, leave_task
from actions.forms import REFUSED, State, TaskForm
from actions.handing_over import hand_over
from actions.phrasing import ANGER, bare
from actions.receipts import left_half_done, receipt, register_complaint
from actions.tickets import claim
from desk.core.tickets import Ticket
from desk.service import tickets

SLOTS = ("complaint_kind", "complaint_matter", "complaint_phone")
ENOUGH = 9
OPENS = frozenset({"file_complaint", "request_compensation"})
CLAIMED_ON = frozenset({"complaint", "compensation", "fault", "application", "emergency"})
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

    def is_digression(self, talk: Talk, requested: str | None) -> bool:
        """“催一下” is no matter to complain about: it is about a ticket that stands already."""
        presses = requested == "complaint_matter" and talk.intent == "urge_ticket" and len(bare(talk.text)) < ENOUGH
        return presses or super().is_digression(talk, requested)

    async def about_known(self, talk: Talk) -> bool:
        """Words about a ticket that the customer was just told of, or has open, are no new complaint."""
        if await ticket_answers.asks_progress(talk):
            return True
        if talk.intent != "file_complaint" or "投诉" in talk.text:
            return False
        found = await ticket_answers.meaning(talk, begins=True)
        return found is not None and found[0] in ("not_solved", "again")

    async def begin(self, talk: Talk, state: State) -> None:
        """A claim is a complaint that asks for money; what was said before the matter was asked for is not lost."""
        said, claimed = talk.slot("ticket_reason"), talk.slot("complaint_kind") == "compensation"
        claims = talk.intent == "request_compensation" or (claimed and talk.intent not in OPENS)
        state["complaint_kind"] = "compensation" if claims else "complaint"
        state["complaint_matter"] = said if claims and said and _tells(said) else None
        state["ticket_reason"] = None
        await contacts.prefill(talk, state, name_slot=None, phone_slot="complaint_phone")

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """The first message may hold the matter already."""
        text = talk.text.strip()
        opens = requested is None and not talk.pressed and talk.intent not in ("deny", "inform") and _tells(text)
        told = requested == "complaint_matter" and not talk.is_small_talk and bare(text) not in NOTHING_SAID
        if (opens or told) and not text.startswith("/"):
            state["complaint_matter"] = text
        elif requested == "complaint_phone" and self.adds(talk):
            state["complaint_matter"] = f"{state['complaint_matter']}\uff1b{text}"
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
        """Ticket, receipt, and a person where feelings run high; “没解决” about an answer reopens its ticket."""
        if talk.slot("complaint_matter") is None and await ticket_answers.asks_progress(talk):
            return [SlotSet("ticket_purpose", "status"), FollowupAction("ticket_form")]
        if talk.slot("complaint_matter") is None:
            return await ticket_answers.respond(talk) or []
        ticket = await register_complaint(talk)
        if ANGER.search(ticket.detail):
            receipt(talk, ticket, "utter_complaint_angry")
            await hand_over(talk, reason="angry", ticket=ticket.number)
        else:
            receipt(talk, ticket, f"utter_{ticket.kind}_receipt", buttons=left_half_done(talk))
        return leave_task(*SLOTS)


class RequestCompensation(DeskAction):
    """Money is asked for: on the ticket it is about, or as a claim of its own."""

    called = "action_request_compensation"

    async def act(self, talk: Talk) -> Events:
        """A review on the ticket talked about; with other open tickets it is asked which matter is meant."""
        number = await self._about(talk)
        if number is None:
            return [FollowupAction("complaint_form")]
        if number == "ask":
            return [SlotSet("ticket_purpose", "compensation"), FollowupAction("ticket_form")]
        await claim(talk, number)
        return [SlotSet("last_ticket", number)]

    async def _about(self, talk: Talk) -> str | None:
        known: list[Ticket] = await talk.call(tickets.recent, conversation_id=talk.conversation)
        owed = [one for one in known if one.is_open and one.kind in CLAIMED_ON]
        just = await ticket_answers.subject(talk)
        if just is not None and just.number in {one.number for one in owed}:
            return just.number
        return "ask" if owed else None


def _tells(text: str) -> bool:
    """Whether an opening sentence holds the matter already."""
    return len(text.strip()) >= ENOUGH and bare(text) not in NOTHING_SAID
