"""Opening a ticket and saying so: every receipt names the number, the promise and the next step (GG-7)."""

from __future__ import annotations

from typing import Any

from actions import contacts
from actions.base import Talk, button
from actions.phrasing import due
from desk.core import durations
from desk.core.tickets import KIND_NAMES, Kind, Ticket
from desk.service import tickets


async def register(talk: Talk, *, kind: Kind, subject: str, effect: str, **details: Any) -> Ticket:
    """Open a ticket once for this message."""
    return await talk.call(tickets.open_ticket, kind=kind, subject=subject, conversation_id=talk.conversation,
                           key=talk.key(effect), **details)


async def register_complaint(talk: Talk) -> Ticket:
    """Open the ticket of the complaint that was told, whether or not a phone was given."""
    matter: str = talk.slot("complaint_matter")
    return await register(talk, kind=talk.slot("complaint_kind") or "complaint", subject=matter[:60], detail=matter,
                          effect="complaint", contact_phone=contacts.stored(talk.slot("complaint_phone")))


def receipt(talk: Talk, ticket: Ticket, response: str, **values: Any) -> None:
    """Say the number, until when we answer, and the department that does."""
    talk.say(response, number=ticket.number, kind=KIND_NAMES[ticket.kind], department=ticket.department,
             surname=talk.surname, reply_by=answer_by(talk, ticket),
             promise=ticket.promise["text"], result_within=_result_within(talk, ticket), **values)


def answer_by(talk: Talk, ticket: Ticket) -> str:
    """Until when somebody answers, as the ticket was promised; “尽快” where its policy promises no time."""
    by = ticket.promise.get("reply_by") or ticket.promise.get("response_by")
    return due(by, talk.now) if by else "尽快"


def left_half_done(talk: Talk) -> list[dict[str, str]]:
    """A booking that was interrupted keeps its slots and can be gone on with."""
    return [button("继续刚才的预约", "book_service")] if talk.slot("booking_service") else []


def _result_within(talk: Talk, ticket: Ticket) -> str:
    """How long after handling the result is fed back (KF-3.3.3); empty where nothing is promised."""
    within = talk.policy.promise_for(ticket.kind).result_within
    return durations.spoken(within) if within is not None else ""
