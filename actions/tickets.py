"""Existing tickets: their progress, pressing for speed, taking one back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from actions.base import DeskAction, Events, Talk, button, leave_task
from actions.forms import State, TaskForm
from actions.own_numbers import own
from actions.phrasing import due
from desk.core.errors import IllegalTransition
from desk.core.tickets import KIND_NAMES, STATUS_NAMES, Ticket
from desk.service import tickets

SLOTS = ("ticket_purpose", "ticket_number", "ticket_confirm")
PURPOSES = {"ask_ticket_status": "status", "urge_ticket": "urge", "withdraw_ticket": "withdraw"}
KEEPS = re.compile(r"(别|不|先不|不要|不用|不想)撤|先别|别了|保留|继续处理|还是留")
INTENTS = {purpose: intent for intent, purpose in PURPOSES.items()}


class TicketForm(TaskForm):
    """Which ticket is meant; taking one back is confirmed."""

    form = "ticket_form"
    steps = ("ticket_number", "ticket_confirm")
    own_intents = frozenset({*PURPOSES, "inform", "affirm", "deny"})

    def answers(self, talk: Talk, requested: str) -> bool:
        """A number."""
        return bool(talk.entity("ticket_no"))

    async def begin(self, talk: Talk, state: State) -> None:
        """Where there is only one ticket it is meant."""
        state["ticket_purpose"] = PURPOSES.get(talk.intent, talk.slot("ticket_purpose") or "status")
        state["ticket_number"] = None
        state["ticket_confirm"] = None if state["ticket_purpose"] == "withdraw" else "yes"
        if not talk.entity("ticket_no"):
            known = await self._known(talk, state)
            if len(known) == 1:
                state["ticket_number"] = known[0].number

    async def _known(self, talk: Talk, state: State) -> list[Ticket]:
        found = await talk.call(tickets.recent, conversation_id=talk.conversation)
        return found if state["ticket_purpose"] == "status" else [one for one in found if one.is_open]

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """A number, and the yes to taking back."""
        number = talk.entity("ticket_no")
        if number:
            known = await find_ticket(talk, number)
            state["ticket_number"], state.asked = number if known else None, known is None
            if known and not known.is_open:
                state["ticket_confirm"] = "yes"  # nothing is left to take back, which is then said
        if requested == "ticket_number" and talk.intent in PURPOSES and talk.intent != INTENTS[state["ticket_purpose"]]:
            state["ticket_purpose"] = PURPOSES[talk.intent]
        if requested == "ticket_number" and not number and talk.intent == "deny":
            state["ticket_number"] = "none"
            state["ticket_confirm"] = "no"
        if requested == "ticket_confirm" and (talk.intent == "deny" or KEEPS.search(talk.text)):
            state["ticket_confirm"] = "no"
        elif requested == "ticket_confirm" and talk.intent in ("affirm", "withdraw_ticket"):
            state["ticket_confirm"] = "yes"

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """Choose from one's own, or give the number."""
        if slot == "ticket_confirm":
            talk.say("utter_want_withdraw_confirm", number=state["ticket_number"],
                     buttons=[button("确认撤回", "affirm"), button("先不撤", "deny")])
            return
        known = await self._known(talk, state)
        if known:
            talk.say("utter_want_which_ticket", buttons=[
                button(f"{KIND_NAMES[one.kind]} {one.number}", "inform", ticket_no=one.number) for one in known[:5]])
        else:
            talk.say("utter_want_ticket_number", buttons=[] if talk.verified else [
                button("核验身份查全部工单", "ask_account"), button("没有单号", "deny")])


class TicketSubmit(DeskAction):
    """Does what was wanted with the ticket."""

    called = "action_ticket_submit"

    async def act(self, talk: Talk) -> Events:
        """Status, urge or withdraw."""
        number = talk.slot("ticket_number")
        if number in (None, "none"):
            talk.say("utter_ticket_none", buttons=[button("转人工", "request_human")])
            return leave_task(*SLOTS)
        work: dict[str, Callable[[Talk, str], Awaitable[None]]] = {"status": _status, "urge": _urge, "withdraw": _withdraw}
        try:
            await work[talk.slot("ticket_purpose") or "status"](talk, number)
        except IllegalTransition:
            ticket = await talk.call(tickets.find, number=number, conversation_id=talk.conversation)
            talk.say("utter_ticket_ended", number=number, status=STATUS_NAMES[ticket.status])
        return leave_task(*SLOTS)


async def _status(talk: Talk, number: str) -> None:
    ticket = await talk.call(tickets.find, number=number, conversation_id=talk.conversation)
    values: dict[str, Any] = {"number": number, "kind": KIND_NAMES[ticket.kind], "status": STATUS_NAMES[ticket.status],
              "department": ticket.department, "subject": ticket.subject, "result": ticket.result}
    press = [button("催一下", "urge_ticket", ticket_no=number)]
    if ticket.status == "received":
        talk.say("utter_ticket_overdue" if _overdue(talk, ticket) else "utter_ticket_received", buttons=press,
                 reply_by=due(ticket.promise["reply_by"], talk.now), surname=talk.surname, **values)
    elif ticket.is_open and ticket.status != "replied":
        talk.say("utter_ticket_underway", buttons=press, **values)
    else:
        talk.say("utter_ticket_result", **values)


def _overdue(talk: Talk, ticket: Ticket) -> bool:
    return ticket.status == "received" and datetime.fromisoformat(ticket.promise["reply_by"]) < talk.now


async def _urge(talk: Talk, number: str) -> None:
    ticket = await talk.call(tickets.urge, number=number, conversation_id=talk.conversation, key=talk.key("urge"))
    late = _overdue(talk, ticket)
    talk.say("utter_ticket_urged_late" if late else "utter_ticket_urged", number=number, times=ticket.urged,
             department=ticket.department, reply_by=due(ticket.promise["reply_by"], talk.now), surname=talk.surname,
             buttons=[button("找主管", "request_supervisor")] if late or ticket.urged > 1 else [])


async def _withdraw(talk: Talk, number: str) -> None:
    if talk.slot("ticket_confirm") == "yes":
        await talk.call(tickets.withdraw, number=number, conversation_id=talk.conversation, key=talk.key("withdraw"))
        talk.say("utter_ticket_withdrawn", number=number, surname=talk.surname)
    else:
        talk.say("utter_ticket_kept", number=number)


async def find_ticket(talk: Talk, number: str) -> Ticket | None:
    """A ticket of this customer; says what is wrong and returns None otherwise."""
    return await own(talk, number, find=tickets.find, what="ticket")
