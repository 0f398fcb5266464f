"""Conversations: opening one, storing what a customer sends exactly once, and reading it back."""

import uuid
from dataclasses import dataclass

from desk.core import notices
from desk.core.agents import Agent
from desk.core.bookings import Booking
from desk.core.conversations import Conversation, Message, Turn, append, move, turn_is_free
from desk.core.customers import Access, Customer
from desk.core.errors import Conflict, Invalid, NotYours
from desk.core.handoffs import Handoff
from desk.core.tickets import Ticket
from desk.service import assignment, handoffs, standing, ticket_work, turns
from desk.service.desk import Desk, UnitOfWork

OFFERED_WITHIN = 12


@dataclass(frozen=True)
class Received:
    """The number of a stored message, whether it was new, and the turn this process now has to carry out."""

    seq: int
    new: bool
    turn: Turn | None = None


@dataclass(frozen=True)
class ConversationView:
    """Everything an agent sees beside a conversation."""

    conversation: Conversation
    messages: list[Message]
    handoff: Handoff | None
    customer: Customer | None
    tickets: list[Ticket]
    bookings: list[Booking]


def open(desk: Desk, *, channel: str, channel_user: str) -> Conversation:  # noqa: A001 -- always conversations.open
    """The conversation of one person on one channel, made when there is none; linked if they are known."""
    try:
        return _open(desk, channel=channel, channel_user=channel_user)
    except Conflict:
        return _open(desk, channel=channel, channel_user=channel_user)


def _open(desk: Desk, *, channel: str, channel_user: str) -> Conversation:
    with desk.begin() as uow:
        known = uow.conversations.find(channel, channel_user)
        if known is not None:
            return known
        conversation = Conversation(id=uuid.uuid4().hex, channel=channel, channel_user=channel_user,
                                    created_at=desk.clock.now())
        identity = uow.customers.identity(channel, channel_user)
        if identity is not None:
            customer = uow.customers.get(identity.customer_id)
            conversation.customer_id, conversation.surname = customer.id, customer.name[:1]
        uow.add(conversation)
        return conversation


def receive(desk: Desk, *, conversation_id: str, external_id: str, text: str,
            payload: str | None = None, holder: str | None = None, lease_s: float = 15) -> Received:
    """Store what a customer sent, once per external id, and claim its turn for ``holder`` if the bot is free.

    A button's ``payload`` counts only if the bot has just offered it; otherwise the text speaks for itself.
    Raises Invalid for blank text.
    """
    if not text.strip():
        raise Invalid("text")
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id, lock=True)
        dedup_key = f"{conversation.channel}:{conversation_id}:{external_id}"
        known = uow.conversations.message_by_key(dedup_key)
        if known is not None:
            return Received(known.seq, new=False)
        if conversation.owner == "closed":
            move(conversation, "bot", now=desk.clock.now())
        message = _store(desk, uow, conversation, text=text, payload=payload, dedup_key=dedup_key)
        uow.wake(f"conversation:{conversation_id}")
        if conversation.owner == "queue":
            _hear_waiting(desk, uow, conversation, message)
        if conversation.owner != "bot":
            ticket_work.customer_wrote(desk, uow, conversation_id, text)
        if message.turn != "pending":
            return Received(message.seq, new=True)
        return Received(message.seq, new=True, turn=_claim_new(desk, uow, conversation, holder, lease_s))


def _store(desk: Desk, uow: UnitOfWork, conversation: Conversation, *, text: str, payload: str | None,
           dedup_key: str) -> Message:
    now = desk.clock.now()
    offered = payload if payload and _was_offered(uow, conversation.id, payload) else None
    message = append(conversation, kind="message", sender="customer", text=text, now=now, dedup_key=dedup_key,
                     payload={"payload": offered} if offered else None,
                     turn="pending" if conversation.owner == "bot" else "none")
    conversation.last_customer_at = now
    uow.add(message)
    return message


def _was_offered(uow: UnitOfWork, conversation_id: str, payload: str) -> bool:
    recent = uow.conversations.latest(conversation_id, limit=OFFERED_WITHIN)
    return any(button.get("payload") == payload
               for message in recent if message.sender != "customer"
               for button in message.payload.get("buttons", ()))


def _hear_waiting(desk: Desk, uow: UnitOfWork, conversation: Conversation, message: Message) -> None:
    """While somebody waits the bot is silent, but the queue itself understands four things."""
    text = message.text.strip()
    assert conversation.handoff_id is not None
    handoff = uow.handoffs.get(conversation.handoff_id)
    if notices.LEAVE_QUEUE.search(text):
        handoffs.leave_in(desk, uow, conversation, by="customer")
    elif notices.CALL_BACK.search(text):
        handoffs.leave_in(desk, uow, conversation, by="customer", text=notices.left_queue_to_be_called())
        message.turn = "pending"
    elif notices.WHY_OTHERS.search(text):
        standing.reassure(desk, uow, conversation, handoff,
                          text=notices.why_others(assignment.discipline(desk, handoff.queue)))
    elif notices.HOW_LONG.search(text):
        handoff.quote = None
        standing.announce_place(desk, uow, conversation, handoff)


def _claim_new(desk: Desk, uow: UnitOfWork, conversation: Conversation, holder: str | None,
               lease_s: float) -> Turn | None:
    if holder is None or not turn_is_free(conversation, holder=holder, now=desk.clock.now()):
        return None
    busy = conversation.turn_until is not None and conversation.turn_until > desk.clock.now()
    if conversation.turn_holder == holder and busy:
        return None  # this process is already answering an earlier message and will go on with this one
    uow.flush()
    return turns.claim_in(desk, uow, conversation, holder=holder, lease_s=lease_s)


def events(desk: Desk, *, conversation_id: str, after: int = 0, limit: int = 200) -> list[Message]:
    """What happened in a conversation after a sequence number, oldest first."""
    with desk.begin() as uow:
        uow.conversations.get(conversation_id)
        return uow.conversations.messages(conversation_id, after=after, limit=limit)


def get(desk: Desk, *, conversation_id: str) -> Conversation:
    """One conversation; raises NotFound."""
    with desk.begin() as uow:
        return uow.conversations.get(conversation_id)


def view(desk: Desk, *, conversation_id: str, agent: Agent) -> ConversationView:
    """A conversation with all that an agent needs beside it; the look at a customer record is logged.

    Raises NotYours unless the agent holds it, may take it, or supervises.
    """
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id)
        handoff = uow.handoffs.last_of(conversation_id)
        may_see(agent, conversation, handoff)
        customer = None
        if conversation.customer_id is not None and agent.may("customers"):
            customer = uow.customers.get(conversation.customer_id)
            uow.add(Access(at=desk.clock.now(), actor=f"agent:{agent.id}", customer_id=conversation.customer_id,
                           purpose=f"conversation:{conversation_id}"))
        tickets = uow.tickets.of_conversation(conversation_id)
        bookings = uow.bookings.of_conversation(conversation_id, since=conversation.created_at)
        if conversation.customer_id is not None:
            seen = {ticket.id for ticket in tickets}
            tickets += [t for t in uow.tickets.of_customer(conversation.customer_id) if t.id not in seen]
        return ConversationView(conversation, uow.conversations.latest(conversation_id, limit=500), handoff,
                                customer, tickets, bookings)


def may_see(agent: Agent, conversation: Conversation, handoff: Handoff | None) -> None:
    """Raise NotYours unless an agent holds, may take or has served a conversation, or supervises."""
    if agent.may("supervise"):
        return
    waiting = handoff is not None and handoff.waiting and handoff.queue in agent.skills
    served = handoff is not None and handoff.agent_id == agent.id
    if not agent.active or not (conversation.agent_id == agent.id or waiting or served):
        raise NotYours(conversation.id)
