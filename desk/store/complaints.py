"""What the reconciliation of complaints reads, in SQL and in pages: a year of messages is never in memory at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from desk.core import complaints as ledger
from desk.core.conversations import Message
from desk.core.customer_notices import CustomerNotice
from desk.core.errors import NotFound
from desk.core.facts import Fact
from desk.core.tickets import COMPLAINTS, Ticket
from desk.store import promise_tables, schema

_F, _M, _T, _C = schema.facts.c, schema.messages.c, schema.tickets.c, schema.conversations.c
SETTLED = ("complaint.dismissed", "complaint.registered")


class SqlComplaints:
    """Implements ``desk.core.complaints.Complaints``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def talkative(self, *, since: datetime, after: str, limit: int) -> list[str]:
        """Conversations in which a customer has written since, by id, from after an id on."""
        query = select(_C.id).where(_C.last_customer_at >= since, _C.id > after).order_by(_C.id).limit(limit)
        return list(self._session.scalars(query))

    def said(self, conversation_ids: Sequence[str], *, since: datetime, after: tuple[str, int],
             limit: int) -> list[Message]:
        """What customers wrote since in some conversations, by conversation and number, from after one on."""
        query = (select(Message).where(
            _M.conversation_id.in_(conversation_ids), _M.sender == "customer", _M.kind == "message", _M.at >= since,
            tuple_(_M.conversation_id, _M.seq) > tuple_(literal(after[0]), literal(after[1])))
            .order_by(_M.conversation_id, _M.seq).limit(limit))
        return list(self._session.scalars(query))

    def known(self, subjects: Sequence[str]) -> set[str]:
        """Those of the sentences about which there is any fact."""
        return set(self._session.scalars(select(_F.subject).where(_F.subject.in_(subjects)))) if subjects else set()

    def unsettled(self, *, conversation_id: str | None = None) -> list[Fact]:
        """Facts of suspected sentences that were neither dismissed nor registered, oldest first."""
        settled = schema.facts.alias().c
        later = select(settled.id).where(settled.subject == _F.subject, settled.name.in_(SETTLED))
        query = select(Fact).where(_F.name == "complaint.suspected", ~later.exists()).order_by(_F.id)
        if conversation_id is not None:
            query = query.where(_F.subject.startswith(ledger.sentence(conversation_id, 0)[:-1], autoescape=True))
        return list(self._session.scalars(query))

    def opened_in(self, conversation_ids: Sequence[str]) -> dict[str, list[Ticket]]:
        """The complaints opened in conversations."""
        query = select(Ticket).where(_T.conversation_id.in_(conversation_ids), _T.kind.in_(COMPLAINTS)).order_by(_T.id)
        found = defaultdict(list)
        for ticket in self._session.scalars(query):
            found[ticket.conversation_id or ""].append(ticket)
        return found

    def tickets(self, *, since: datetime, after: int, limit: int) -> list[Ticket]:
        """Complaints opened or changed since, or not yet closed, by id, from after an id on."""
        fresh = or_(_T.opened_at >= since, _T.updated_at >= since, _T.closed_at.is_(None))
        query = select(Ticket).where(_T.kind.in_(COMPLAINTS), fresh, _T.id > after).order_by(_T.id).limit(limit)
        return list(self._session.scalars(query))

    def facts_about(self, numbers: Sequence[str]) -> dict[str, list[Fact]]:
        """The facts of tickets by number, oldest first."""
        query = select(Fact).where(_F.subject.in_([f"ticket:{number}" for number in numbers])).order_by(_F.id)
        found = defaultdict(list)
        for fact in self._session.scalars(query):
            found[fact.subject.partition(":")[2]].append(fact)
        return found

    def notices_of(self, numbers: Sequence[str]) -> dict[str, list[CustomerNotice]]:
        """The notices of tickets by number, oldest first."""
        table = promise_tables.customer_notices.c
        query = select(CustomerNotice).where(table.ticket_number.in_(numbers)).order_by(table.id)
        found = defaultdict(list)
        for notice in self._session.scalars(query):
            found[notice.ticket_number].append(notice)
        return found

    def without_ticket(self, *, since: datetime) -> list[Fact]:
        """Facts of complaints opened since of which there is no ticket."""
        ticket = select(_T.id).where(_T.number == func.substr(_F.subject, len("ticket:") + 1))
        query = select(Fact).where(_F.name == "ticket.opened", _F.at >= since, ~ticket.exists()).order_by(_F.id)
        return [fact for fact in self._session.scalars(query) if fact.data.get("kind") in COMPLAINTS]

    def message(self, conversation_id: str, seq: int) -> Message:
        """One message; raises NotFound."""
        found = self._session.scalar(select(Message).where(_M.conversation_id == conversation_id, _M.seq == seq))
        if found is None:
            raise NotFound(f"message {conversation_id}/{seq}")
        return found
