"""Tickets: opened with a receipt, looked at by those they belong to, moved along by agents."""

from collections.abc import Callable
from typing import Any

from desk.core import tickets as rules
from desk.core.agents import Agent
from desk.core.conversations import append
from desk.core.errors import Conflict, IllegalTransition, NotYours
from desk.core.facts import Fact
from desk.core.outbox import Outgoing
from desk.core.tickets import Kind, Status, Ticket
from desk.service.desk import Desk, UnitOfWork, once


def open_ticket(desk: Desk, *, kind: Kind, subject: str, conversation_id: str, key: str | None, detail: str = "",
                service_id: str | None = None, contact_name: str = "", contact_phone: str = "", address: str = "",
                fields: dict[str, Any] | None = None, priority: str = "normal") -> Ticket:
    """Register a request once per key; the promise in force is stored with it."""
    def make(uow: UnitOfWork) -> str:
        conversation = uow.conversations.get(conversation_id)
        now, policy = desk.clock.now(), desk.policy
        zone = next(iter(policy.calendars.values())).timezone
        service = policy.services.get(service_id or "")
        ticket = Ticket(
            number=uow.next_number("TS", now.astimezone(zone).date()), kind=kind, subject=subject[:200],
            opened_at=now, detail=detail, service_id=service.id if service else None,
            department=service.department if service else policy.queue_for(kind).name,
            priority="emergency" if kind == "emergency" else priority,  # type: ignore[arg-type]
            conversation_id=conversation_id, customer_id=conversation.customer_id, contact_name=contact_name,
            contact_phone=contact_phone, address=address, fields=fields or {},
            promise=rules.promised(policy.promise_for(kind), now=now, policy_version=policy.version))
        uow.add(ticket)
        _record(desk, uow, ticket, "ticket.opened", actor="customer", kind=kind, promise=ticket.promise)
        return ticket.number

    return _idempotent(desk, key, make)


def find(desk: Desk, *, number: str, conversation_id: str) -> Ticket:
    """A ticket for the customer of a conversation; raises NotFound, or NotYours for somebody else's."""
    with desk.begin() as uow:
        return _own(uow, number, conversation_id)


def recent(desk: Desk, *, conversation_id: str) -> list[Ticket]:
    """The tickets of a conversation and of its verified customer: open ones first, then the newest."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id)
        found = {one.number: one for one in uow.tickets.of_conversation(conversation_id)}
        if conversation.customer_id is not None:
            found |= {one.number: one for one in uow.tickets.of_customer(conversation.customer_id)}
    newest = sorted(found.values(), key=lambda one: one.opened_at, reverse=True)
    return sorted(newest, key=lambda one: not one.is_open)


def urge(desk: Desk, *, number: str, conversation_id: str, key: str | None) -> Ticket:
    """Press for speed: counted, raised to high priority, recorded. Raises IllegalTransition when it has ended."""
    def press(uow: UnitOfWork) -> str:
        ticket = _own(uow, number, conversation_id)
        if not ticket.is_open:
            raise IllegalTransition(ticket.status)
        ticket.urged += 1
        ticket.updated_at = desk.clock.now()
        if ticket.priority == "normal":
            ticket.priority = "high"
        _record(desk, uow, ticket, "ticket.urged", actor="customer", times=ticket.urged)
        return number

    return _idempotent(desk, key, press)


def withdraw(desk: Desk, *, number: str, conversation_id: str, key: str | None, reason: str = "") -> Ticket:
    """Take a ticket back; raises IllegalTransition when it has been answered or has ended."""
    def take_back(uow: UnitOfWork) -> str:
        ticket = _own(uow, number, conversation_id)
        rules.advance(ticket, "withdrawn", result=reason or "客户撤回", now=desk.clock.now())
        _record(desk, uow, ticket, "ticket.withdrawn", actor="customer", reason=reason)
        return number

    return _idempotent(desk, key, take_back)


def advance(desk: Desk, *, number: str, to: Status, agent: Agent, result: str = "") -> Ticket:
    """An agent moves a ticket along; an answer, a refusal and the end are told to the customer in the same step."""
    if not agent.may("tickets"):
        raise NotYours(number)
    with desk.begin() as uow:
        ticket = uow.tickets.by_number(number, lock=True)
        rules.advance(ticket, to, result=result, now=desk.clock.now())
        _record(desk, uow, ticket, f"ticket.{to}", actor=f"agent:{agent.id}", result=result)
        if to in ("replied", "refused", "withdrawn", "confirmed"):
            _notify(desk, uow, ticket)
        return ticket


def add_note(desk: Desk, *, number: str, text: str, agent: Agent) -> None:
    """A remark that only agents see."""
    if not agent.may("tickets"):
        raise NotYours(number)
    with desk.begin() as uow:
        ticket = uow.tickets.by_number(number, lock=True)
        ticket.updated_at = desk.clock.now()
        _record(desk, uow, ticket, "ticket.noted", actor=f"agent:{agent.id}", text=text)


def search(desk: Desk, *, agent: Agent, status: str | None = None, kind: str | None = None,
           text: str | None = None, limit: int = 50, offset: int = 0) -> list[Ticket]:
    """Tickets for the console, newest first."""
    if not agent.may("tickets"):
        raise NotYours("tickets")
    with desk.begin() as uow:
        return uow.tickets.search(status=status, kind=kind, text=text, limit=min(limit, 200), offset=offset)


def show(desk: Desk, *, number: str, agent: Agent) -> tuple[Ticket, list[Fact]]:
    """A ticket with everything that happened to it."""
    if not agent.may("tickets"):
        raise NotYours(number)
    with desk.begin() as uow:
        return uow.tickets.by_number(number), uow.facts.about(f"ticket:{number}")


def _idempotent(desk: Desk, key: str | None, work: Callable[[UnitOfWork], str]) -> Ticket:
    """Run an effect once under its key; a lost race on the key is read back."""
    for attempt in (1, 2):
        try:
            with desk.begin() as uow:
                done = once(uow, key, at=desk.clock.now(), do=lambda: {"number": work(uow)})
                return uow.tickets.by_number(done["number"])
        except Conflict:
            if attempt == 2:
                raise
    raise AssertionError("unreachable")


def _own(uow: UnitOfWork, number: str, conversation_id: str) -> Ticket:
    ticket = uow.tickets.by_number(number, lock=True)
    conversation = uow.conversations.get(conversation_id)
    verified = ticket.customer_id is not None and ticket.customer_id == conversation.customer_id
    if ticket.conversation_id != conversation_id and not verified:
        raise NotYours(number)
    return ticket


def _notify(desk: Desk, uow: UnitOfWork, ticket: Ticket) -> None:
    """The customer reads it in the conversation; where that must be pushed, or they left, an SMS goes out too."""
    text = (f"您的{rules.KIND_NAMES[ticket.kind]}（{ticket.number}）有新进展："
            f"{rules.STATUS_NAMES[ticket.status]}。{ticket.result}")
    now = desk.clock.now()
    if ticket.conversation_id is not None:
        conversation = uow.conversations.get(ticket.conversation_id, lock=True)
        uow.add(append(conversation, kind="status", sender="system", text=text, now=now,
                       payload={"ticket": ticket.number, "status": ticket.status}))
        uow.wake(f"conversation:{conversation.id}")
    if ticket.contact_phone:
        uow.outbox.put(Outgoing(channel="sms", address=ticket.contact_phone, body={"text": text}, created_at=now,
                                next_attempt_at=now, dedup_key=f"ticket:{ticket.number}:{ticket.status}:{now}"))
        uow.wake("outbox")
    _record(desk, uow, ticket, "ticket.notified", actor="system", status=ticket.status)


def _record(desk: Desk, uow: UnitOfWork, ticket: Ticket, name: str, *, actor: str, **data: Any) -> None:
    uow.facts.record(name, subject=f"ticket:{ticket.number}", actor=actor, at=desk.clock.now(), **data)
