"""Opening a ticket and saying so: every receipt names the number, the promise and the next step (GG-7)."""

from __future__ import annotations

from typing import Any

from actions.base import Talk
from actions.phrasing import due
from desk.core.tickets import KIND_NAMES, Kind, Ticket
from desk.service import tickets


async def register(talk: Talk, *, kind: Kind, subject: str, effect: str, **details: Any) -> Ticket:
    """Open a ticket once for this message."""
    return await talk.call(tickets.open_ticket, kind=kind, subject=subject, conversation_id=talk.conversation,
                           key=talk.key(effect), **details)


def receipt(talk: Talk, ticket: Ticket, response: str, **values: Any) -> None:
    """Say the number, until when we answer, and the department that does."""
    talk.say(response, number=ticket.number, kind=KIND_NAMES[ticket.kind], department=ticket.department,
             surname=talk.surname, reply_by=due(ticket.promise["reply_by"], talk.now),
             promise=ticket.promise["text"], **values)
