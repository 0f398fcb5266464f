"""Existing tickets: their progress, pressing for speed, not solved, a supervisor or money for one, taking one back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from rasa_sdk.events import FollowupAction, SlotSet

from actions import ticket_answers
from actions.base import DeskAction, Events, Talk, button, leave_task
from actions.forms import LEAVES, SURE, State, TaskForm
from actions.handing_over import hand_over
from actions.own_numbers import own
from actions.phrasing import bare, due
from actions.ticket_answers import NOT_SOLVED, SOLVED, look
from actions.ticket_words import ahead, done, measures, named, owed, tell_status
from desk.core.errors import IllegalTransition
from desk.core.tickets import KIND_NAMES, STATUS_NAMES, Ticket
from desk.service import tickets

SLOTS = ("ticket_purpose", "ticket_number", "ticket_confirm", "ticket_reason")
PURPOSES = {"ask_ticket_status": "status", "urge_ticket": "urge", "withdraw_ticket": "withdraw",
            "request_supervisor": "supervisor", "request_compensation": "compensation"}
INTENTS = {purpose: intent for intent, purpose in PURPOSES.items()}
FOLLOWED = ("ask_ticket_status", "urge_ticket", "withdraw_ticket")
KEEPS = re.compile(r"(别|不|先不|不要|不用|不想)撤|先别|别了|保留|继续处理|还是留")
KINDS = (("complaint", "投诉"), ("fault", "报修|维修|故障|修"), ("compensation", "赔"), ("suggestion", "建议"),
         ("callback", "回电"), ("application", "申请"), ("emergency", "紧急"))
ENOUGH = 5  # letters beside “没解决” that say what is still wrong
ELSE = "other"  # the customer means no ticket that we know of


class TicketForm(TaskForm):
    """Which ticket is meant; taking one back is confirmed, and what is still wrong is asked once."""

    form = "ticket_form"
    steps = ("ticket_number", "ticket_confirm", "ticket_reason")
    free_text = frozenset({"ticket_reason"})
    own_intents = frozenset({*FOLLOWED, "inform", "affirm", "deny"})

    def answers(self, talk: Talk, requested: str) -> bool:
        """A number; or whatever is still wrong, said as a complaint or a fault."""
        angry = talk.intent == "abuse" or talk.intent not in LEAVES or talk.confidence < SURE
        return bool(talk.entity("ticket_no")) or (requested == "ticket_reason" and angry)

    async def about_known(self, talk: Talk) -> bool:
        """“还是没修好” after a ticket has ended can only lead to a new one."""
        found = await ticket_answers.meaning(talk, begins=True) if talk.intent in FOLLOWED else None
        return found is not None and found[0] == "again"

    async def begin(self, talk: Talk, state: State) -> None:
        """The ticket talked about is meant, or the only one."""
        state["ticket_purpose"] = PURPOSES.get(talk.intent, talk.slot("ticket_purpose") or "status")
        state["ticket_number"] = None
        state["ticket_confirm"] = "yes"
        state["ticket_reason"] = talk.text if state["ticket_purpose"] == "compensation" and not talk.pressed else ""
        ticket = None if talk.entity("ticket_no") else await self._meant(talk, state)
        if ticket is not None:
            self._set(talk, state, ticket)

    async def _meant(self, talk: Talk, state: State) -> Ticket | None:
        known, just = await self._known(talk, state), await ticket_answers.subject(talk)
        kinds = [kind for kind, words in KINDS if re.search(words, talk.text)]
        of_kind = [one for one in known if one.kind in kinds]
        if just is not None and just.number in {one.number for one in known} and (not of_kind or just in of_kind):
            return just
        if state["ticket_purpose"] == "compensation":
            return None  # the loss may have nothing to do with it
        found = of_kind if len(of_kind) == 1 else known
        return found[0] if len(found) == 1 else None

    def _set(self, talk: Talk, state: State, ticket: Ticket) -> None:
        """The purpose follows from where the ticket stands: pressing for what was answered says “not solved”."""
        state["ticket_number"] = ticket.number
        purpose = state["ticket_purpose"]
        if ticket.status == "replied":
            if purpose == "urge" or (purpose == "status" and NOT_SOLVED.search(talk.text)):
                purpose = state["ticket_purpose"] = "reopen"
            elif purpose in ("withdraw", "status") and SOLVED.search(bare(talk.text)):
                purpose = state["ticket_purpose"] = "solved"
        if purpose == "reopen":
            rest, said = NOT_SOLVED.subn("", talk.text)
            told = not talk.pressed and said and len(bare(rest)) >= ENOUGH
            state["ticket_reason"] = talk.text if told else None
        if purpose == "withdraw" and ticket.is_open and ticket.status != "replied":
            state["ticket_confirm"] = None  # otherwise nothing is left to take back, which is then said

    async def _known(self, talk: Talk, state: State) -> list[Ticket]:
        found = await talk.call(tickets.recent, conversation_id=talk.conversation)
        if state["ticket_purpose"] == "reopen":
            return [one for one in found if one.status == "replied"]
        return found if state["ticket_purpose"] == "status" else [one for one in found if one.is_open]

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """A number, the yes to taking back, what is still wrong."""
        number = talk.entity("ticket_no")
        if number:
            known = await find_ticket(talk, number)
            state["ticket_number"], state.asked = None, known is None
            if known is not None:
                self._set(talk, state, known)
        if requested == "ticket_number" and talk.intent in FOLLOWED and talk.intent != INTENTS.get(state["ticket_purpose"]):
            state["ticket_purpose"] = PURPOSES[talk.intent]
        if requested == "ticket_number" and not number and talk.intent == "deny":
            state["ticket_number"], state["ticket_confirm"], state["ticket_reason"] = ELSE, "no", state["ticket_reason"] or ""
        if requested == "ticket_confirm" and (talk.intent == "deny" or KEEPS.search(talk.text)):
            state["ticket_confirm"] = "no"
        elif requested == "ticket_confirm" and talk.intent in ("affirm", "withdraw_ticket"):
            state["ticket_confirm"] = "yes"
        elif requested == "ticket_reason":
            self._take_reason(talk, state)

    def _take_reason(self, talk: Talk, state: State) -> None:
        if SOLVED.search(bare(talk.text)) and not NOT_SOLVED.search(talk.text):
            state["ticket_purpose"] = "solved"
        nothing = talk.pressed or (talk.intent == "deny" and len(bare(talk.text)) < 6)
        state["ticket_reason"] = "" if nothing else talk.text

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """Choose from one's own, or give the number."""
        if slot == "ticket_confirm":
            talk.say("utter_want_withdraw_confirm", number=state["ticket_number"],
                     buttons=[button("确认撤回", "affirm"), button("先不撤", "deny")])
        elif slot == "ticket_reason":
            talk.say("utter_want_reopen_reason", surname=talk.surname, buttons=[button("没什么补充", "deny")])
        else:
            await self._ask_which(talk, state)

    async def _ask_which(self, talk: Talk, state: State) -> None:
        known, purpose = await self._known(talk, state), state["ticket_purpose"]
        if known:
            other = [button("另外一件事", "deny")] if purpose in ("supervisor", "compensation") else []
            talk.say("utter_want_which_matter" if other else "utter_want_which_ticket", surname=talk.surname, buttons=[
                *(button(f"{KIND_NAMES[one.kind]} {one.number}", "inform", ticket_no=one.number) for one in known[:5]), *other])
        else:
            talk.say("utter_want_ticket_number", buttons=[] if talk.verified else [
                button("核验身份查全部工单", "ask_account"), button("没有单号", "deny")])


class TicketSubmit(DeskAction):
    """Does what was wanted with the ticket."""

    called = "action_ticket_submit"

    async def act(self, talk: Talk) -> Events:
        """The purpose decides."""
        number, purpose = talk.slot("ticket_number"), talk.slot("ticket_purpose") or "status"
        if number in (None, ELSE):
            return await self._without(talk, purpose)
        try:
            await WORK[purpose](talk, number)
        except IllegalTransition:
            ticket = await talk.call(tickets.find, number=number, conversation_id=talk.conversation)
            talk.say("utter_ticket_ended", number=number, status=STATUS_NAMES[ticket.status])
        return [*leave_task(*SLOTS), SlotSet("last_ticket", number)]

    async def _without(self, talk: Talk, purpose: str) -> Events:
        """No ticket of theirs is meant: money is claimed anew, a supervisor comes all the same."""
        about_ended = await ticket_answers.respond(talk) if purpose == "status" else None
        if about_ended is not None:
            return [*leave_task(*SLOTS), *about_ended]
        if purpose == "compensation":
            return [*leave_task(*SLOTS[:3]), SlotSet("complaint_kind", "compensation"), FollowupAction("complaint_form")]
        if purpose == "supervisor":
            talk.say("utter_supervisor")
            await hand_over(talk, reason="request_supervisor")
        else:
            talk.say("utter_ticket_none", buttons=[button("转人工", "request_human")])
        return leave_task(*SLOTS)


async def _status(talk: Talk, number: str) -> None:
    tell_status(talk, await look(talk, number))


async def _urge(talk: Talk, number: str) -> None:
    """What the policy has had done; who presses again within minutes is not told that it is something new."""
    await talk.call(tickets.urge, number=number, conversation_id=talk.conversation, key=talk.key("urge"))
    outlook = await look(talk, number)
    ticket, late = outlook.ticket, outlook.missed is not None
    if ticket.waiting_for_customer:
        tell_status(talk, outlook)
        return
    nothing_new = outlook.again and not outlook.new and "notify_department" in outlook.done
    response = "utter_ticket_urged_late" if late else "utter_ticket_urged_again" if nothing_new else "utter_ticket_urged"
    talk.say(response, times=ticket.urged, done=done(outlook, outlook.now), ahead=ahead(talk, outlook), surname=talk.surname,
             owed=owed(talk, outlook) if late else "", measures=measures(outlook), **named(ticket), buttons=[
                 button("找主管", "request_supervisor", ticket_no=number)] if late or ticket.urged > 1 else [])


async def _withdraw(talk: Talk, number: str) -> None:
    if talk.slot("ticket_confirm") == "yes":
        await talk.call(tickets.withdraw, number=number, conversation_id=talk.conversation, key=talk.key("withdraw"))
        talk.say("utter_ticket_withdrawn", number=number, surname=talk.surname)
    else:
        talk.say("utter_ticket_kept", number=number)


async def _reopen(talk: Talk, number: str) -> None:
    """Back to work with the reason, and the new promise."""
    await talk.call(tickets.reopen, number=number, reason=talk.slot("ticket_reason") or "",
                    conversation_id=talk.conversation, key=talk.key("reopen"))
    outlook = await look(talk, number)
    talk.say("utter_ticket_reopened", done=done(outlook, outlook.now), ahead=ahead(talk, outlook), surname=talk.surname,
             **named(outlook.ticket))


async def call_supervisor(talk: Talk, number: str) -> None:
    """Note the wish on the ticket, which the policy answers, and hand over to those in charge."""
    known = await look(talk, number)
    if "utter_handoff_nobody" not in talk.said_before() and known.ticket.is_open:
        await talk.call(tickets.request_supervisor, number=number, conversation_id=talk.conversation,
                        key=talk.key("supervisor"))
        outlook = await look(talk, number)
        talk.say("utter_supervisor_ticket", done=done(outlook, outlook.now), ahead=ahead(talk, outlook),
                 surname=talk.surname, **named(outlook.ticket))
    await hand_over(talk, reason="request_supervisor", ticket=number)


async def claim(talk: Talk, number: str) -> None:
    """Ask for money on a ticket: a review begins, and nothing is promised before it (KF-3.5.2)."""
    await talk.call(tickets.request_compensation, number=number, conversation_id=talk.conversation,
                    key=talk.key("compensation"), text=talk.slot("ticket_reason") or talk.text)
    outlook = await look(talk, number)
    by = outlook.review_by
    talk.say("utter_compensation_claimed", done=done(outlook, outlook.now), surname=talk.surname,
             review=f"审核最迟{due(by.isoformat(), talk.now)}完成" if by else ahead(talk, outlook), **named(outlook.ticket))


async def _solved(talk: Talk, number: str) -> None:
    await ticket_answers.confirm(talk, number)


WORK: dict[str, Callable[[Talk, str], Awaitable[None]]] = {
    "status": _status, "urge": _urge, "withdraw": _withdraw, "reopen": _reopen, "solved": _solved,
    "supervisor": call_supervisor, "compensation": claim}


async def find_ticket(talk: Talk, number: str) -> Ticket | None:
    """A ticket of this customer; says what is wrong and returns None otherwise."""
    return await own(talk, number, find=tickets.find, what="ticket")
