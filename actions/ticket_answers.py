"""What a customer says about a ticket they were just told of: solved, not solved, or what we had asked for.

Such words have no intent of their own (“还是没修好” may be a complaint, a fault or a no): they are read by what was said
before them.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Literal

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Events, Talk, button
from actions.phrasing import bare
from actions.ticket_words import ahead, named, solved_buttons
from desk.core.errors import IllegalTransition, NotFound, NotYours
from desk.core.tickets import AT_WORK, CannotEnd, Ticket
from desk.service import ticket_outlook, tickets
from desk.service.ticket_outlook import Outlook

Meaning = Literal["solved", "not_solved", "thanks", "answer", "again"]
NOT_SOLVED = re.compile(
    r"(没|没有|未|不算|哪里|哪儿)(有)?(解决|修好|弄好|处理好|搞好|好转|用|见好|变化|反应)|没好(?!气)|还是(不行|没|不能|不好|坏|老样子|这样|那样|断|漏|慢|连不上)"
    r"|(又|还)(坏|断|漏|出问题|不行|是老样子)|不满意|不认可|不接受|没人来|问题(还|依然|仍)在|白(修|处理)|治标")
SOLVED = re.compile(
    r"(?<![没不未])(?<!没有)(解决了|修好了|弄好了|处理好了|搞定了?|搞好了|已解决|没(什么)?问题了|恢复了|正常了|能用了|可以了|满意了?$)(?![吗没么？?])"
    r"|^(已经?|都|终于)?(好|可以|行|ok)了[，,。！!谢啦呀\s多您你们]*$", re.IGNORECASE)
PROGRESS = re.compile(r"(投诉|工单|单子|报修|那个?事).{0,4}"
                      r"(咋样|怎么样|怎样|处理(得|到)|办(得|到)|进度|进展|(有|出).{0,2}(结果|消息)|到哪|好了没)")
SHORT = 16
# Whoever says one of these means it, whatever we are waiting for.
COMMANDS = frozenset({"request_human", "request_supervisor", "request_callback", "report_emergency", "stop", "goodbye",
                      "abuse", "withdraw_ticket", "urge_ticket", "ask_ticket_status", "rate_service"})


async def subject(talk: Talk) -> Ticket | None:
    """The customer's ticket that is talked about: named, told of just now, or of the bot's last answer."""
    number = talk.entity("ticket_no") or await talk.call(ticket_outlook.noticed, conversation_id=talk.conversation)
    if number is None and "action_ticket_submit" in talk.previous_actions():
        number = talk.slot("last_ticket")
    if not number:
        return None
    try:
        return await talk.call(tickets.find, number=number, conversation_id=talk.conversation)
    except (NotFound, NotYours):
        return None


async def meaning(talk: Talk, *, begins: bool = False) -> tuple[Meaning, Ticket] | None:
    """What a message says about the ticket talked about, if it says something about it; nothing within a task.

    ``begins``: the task has only been begun by this very message.
    """
    within = bool(talk.task) and not begins and not talk.entity("ticket_no")
    ticket = None if within else await subject(talk)
    if ticket is None:
        return None
    if ticket.status == "replied":
        said = _verdict(talk)
        return (said, ticket) if said else None
    if ticket.status == "confirmed" and not talk.pressed and NOT_SOLVED.search(talk.text):
        return "again", ticket
    if ticket.waiting_for_customer and ticket.status in AT_WORK and talk.intent not in COMMANDS and not talk.pressed:
        return "answer", ticket
    return None


async def asks_progress(talk: Talk) -> bool:
    """Whether a short sentence asks how a ticket goes on that the customer has open: “我滴投诉咋样了”."""
    if talk.pressed or len(talk.text) > SHORT or not PROGRESS.search(talk.text):
        return False
    return any(one.is_open for one in await talk.call(tickets.recent, conversation_id=talk.conversation))


def _verdict(talk: Talk) -> Meaning | None:
    if talk.pressed:
        return {"affirm": "solved", "deny": "not_solved"}.get(talk.intent)  # type: ignore[return-value]
    if NOT_SOLVED.search(talk.text):
        return "not_solved"
    if SOLVED.search(bare(talk.text)):
        return "solved"
    short = {"affirm": "solved", "deny": "not_solved", "thank": "thanks"}.get(talk.intent)
    return short if len(bare(talk.text)) < 9 else None  # type: ignore[return-value]


async def respond(talk: Talk) -> Events | None:
    """Answer a message that is about the ticket talked about; None when it is about something else."""
    found = await meaning(talk)
    if found is not None:
        said, ticket = found
        if said == "answer":
            await _take(talk, ticket)
        elif said == "solved":
            await confirm(talk, ticket.number)
        elif said == "again":
            title, intent = ("重新报修", "report_fault") if ticket.kind == "fault" else ("重新登记", "file_complaint")
            talk.say("utter_ticket_again", surname=talk.surname, number=ticket.number,
                     buttons=[button(title, intent), button("转人工", "request_human")])
        elif said == "thanks":
            talk.say("utter_thank_solved", surname=talk.surname, buttons=solved_buttons(ticket))
        else:
            return [SlotSet("ticket_purpose", "reopen"), FollowupAction("ticket_form")]
        return [SlotSet("last_ticket", ticket.number)]
    return await late_answer(talk)


async def late_answer(talk: Talk) -> Events | None:
    """What the bot does not understand otherwise answers the ticket that waits for the customer."""
    if talk.task or talk.pressed or talk.intent not in ("inform", "nlu_fallback", "out_of_scope"):
        return None
    waits = await talk.call(ticket_outlook.asked, conversation_id=talk.conversation, text=talk.text)
    if waits is None:
        return None
    await _take(talk, waits.ticket)
    return [SlotSet("last_ticket", waits.ticket.number)]


async def _take(talk: Talk, ticket: Ticket) -> None:
    """Record what was asked for and read it back."""
    with suppress(IllegalTransition):  # it was recorded when the message came in
        await talk.call(tickets.customer_answered, number=ticket.number, text=talk.text,
                        conversation_id=talk.conversation, key=talk.key("answer"))
    outlook = await look(talk, ticket.number)
    talk.say("utter_ticket_answer_taken", said=bare(talk.text)[:60], ahead=ahead(talk, outlook), surname=talk.surname,
             **named(outlook.ticket))


async def confirm(talk: Talk, number: str) -> None:
    """The customer accepts the answer; a complaint that may not end yet is noted."""
    try:
        await talk.call(tickets.confirm, number=number, conversation_id=talk.conversation, key=talk.key("confirm"))
        talk.say("utter_ticket_confirmed", number=number, surname=talk.surname)
    except CannotEnd:
        await talk.call(ticket_outlook.note, number=number, conversation_id=talk.conversation,
                        text="客户表示问题已解决", key=talk.key("note"))
        talk.say("utter_ticket_confirm_noted", number=number, surname=talk.surname)


async def look(talk: Talk, number: str) -> Outlook:
    """The outlook of a customer's own ticket."""
    return await talk.call(ticket_outlook.look, number=number, conversation_id=talk.conversation)
