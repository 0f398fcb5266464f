"""Tickets in SQL."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from desk.core.errors import NotFound
from desk.core.tickets import Ticket
from desk.store import schema

_T = schema.tickets.c


class SqlTickets:
    """Implements ``desk.core.tickets.Tickets``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_number(self, number: str, *, lock: bool = False) -> Ticket:
        """The ticket, locked if asked; raises NotFound."""
        query = select(Ticket).where(_T.number == number)
        found = self._session.scalar(query.with_for_update() if lock else query)
        if found is None:
            raise NotFound(number)
        return found

    def of_customer(self, customer_id: int, *, limit: int = 20) -> list[Ticket]:
        """A customer's tickets, newest first."""
        query = select(Ticket).where(_T.customer_id == customer_id).order_by(_T.id.desc()).limit(limit)
        return list(self._session.scalars(query))

    def of_conversation(self, conversation_id: str, *, limit: int = 20) -> list[Ticket]:
        """Tickets opened in a conversation, newest first."""
        query = select(Ticket).where(_T.conversation_id == conversation_id).order_by(_T.id.desc()).limit(limit)
        return list(self._session.scalars(query))

    def search(self, *, status: str | None = None, kind: str | None = None, text: str | None = None,
               limit: int = 50, offset: int = 0) -> list[Ticket]:
        """Tickets for the console, newest first; ``text`` looks into number, subject and contact."""
        query = select(Ticket).order_by(_T.id.desc()).limit(limit).offset(offset)
        if status:
            query = query.where(_T.status == status)
        if kind:
            query = query.where(_T.kind == kind)
        if text:
            query = query.where(or_(*(column.contains(text, autoescape=True) for column in
                                      (_T.number, _T.subject, _T.contact_name, _T.contact_phone))))
        return list(self._session.scalars(query))
