"""Asking a customer to rate how a ticket was handled: once, with its result (MF-5, PA-15)."""

from desk.core import ratings as rules
from desk.core.conversations import append
from desk.core.tickets import Ticket
from desk.service import recording
from desk.service.desk import Desk, UnitOfWork


def ask(desk: Desk, uow: UnitOfWork, ticket: Ticket) -> bool:
    """Ask for a rating in the ticket's conversation, once in its life; False when it was asked or nobody can be.

    The caller has locked conversation and ticket and told the result.
    """
    if ticket.conversation_id is None or asked(uow, ticket):
        return False
    conversation = uow.conversations.get(ticket.conversation_id, lock=True)
    message = append(conversation, kind="rating", sender="system", text=rules.question(ticket), now=desk.clock.now(),
                     payload={"ticket": ticket.number, "buttons": rules.buttons(ticket)})
    uow.add(message)
    recording.on_ticket(desk, uow, ticket, "ticket.rating_asked", actor="system", seq=message.seq)
    uow.wake(f"conversation:{conversation.id}")
    return True


def asked(uow: UnitOfWork, ticket: Ticket) -> bool:
    """Whether the customer has been asked."""
    return any(fact.name == "ticket.rating_asked" for fact in uow.facts.about(ticket.about))
