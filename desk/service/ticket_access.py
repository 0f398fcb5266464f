"""Reaching a ticket in order to change it: whose it is, who may, the locks in their order, each effect once.

A command is a function of the open transaction, the locked ticket and the actor; it runs as one transaction.
"""

from collections.abc import Callable

from desk.core.agents import Agent
from desk.core.errors import Conflict, NotYours
from desk.core.tickets import Ticket
from desk.service.desk import Desk, UnitOfWork, once

Do = Callable[[UnitOfWork, Ticket, str], object]


def command(desk: Desk, *, number: str, do: Do, agent: Agent | None = None, conversation_id: str | None = None,
            key: str | None = None) -> Ticket:
    """Change a ticket for the customer of a conversation, once per key, or for an agent.

    Raises NotFound; NotYours where the ticket is somebody else's or the role does not allow it.
    """
    if agent is not None and not agent.may("tickets"):
        raise NotYours(number)

    def work(uow: UnitOfWork) -> str:
        ticket = locked(uow, number)
        if agent is None:
            check_owner(uow, ticket, conversation_id)
        do(uow, ticket, "customer" if agent is None else f"agent:{agent.id}")
        return number

    return effect(desk, key, work)


def effect(desk: Desk, key: str | None, work: Callable[[UnitOfWork], str]) -> Ticket:
    """Do something that ends in a ticket once under its key; a lost race on the key is read back."""
    for attempt in (1, 2):
        try:
            with desk.begin() as uow:
                done = once(uow, key, at=desk.clock.now(), do=lambda: {"number": work(uow)})
                return uow.tickets.by_number(done["number"])
        except Conflict as error:
            if attempt == 2 or type(error) is not Conflict:  # a rule of the desk said no; nobody was faster
                raise
    raise AssertionError("unreachable")


def locked(uow: UnitOfWork, number: str) -> Ticket:
    """The ticket, its conversation locked before it: everywhere in this order, or two commands wait for each other."""
    conversation_id = uow.tickets.by_number(number).conversation_id
    if conversation_id is not None:
        uow.conversations.get(conversation_id, lock=True)
    return uow.tickets.by_number(number, lock=True)


def check_owner(uow: UnitOfWork, ticket: Ticket, conversation_id: str | None) -> None:
    """Raise NotYours unless the ticket was opened in the conversation or belongs to its verified customer."""
    if conversation_id is None:
        raise NotYours(ticket.number)
    conversation = uow.conversations.get(conversation_id)
    verified = ticket.customer_id is not None and ticket.customer_id == conversation.customer_id
    if ticket.conversation_id != conversation_id and not verified:
        raise NotYours(ticket.number)
