"""Tickets in SQL."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from desk.core.errors import NotFound
from desk.core.tickets import COMPLAINTS, OPEN, SOON, Owed, Ticket
from desk.store import promise_tables, schema

_T = schema.tickets.c
_D = promise_tables.deadlines.c
# The earliest running clock of a ticket that is ours to keep; the confirmation is the customer's.
_DUE: ColumnElement[Any] = (select(func.min(_D.due_at)).where(_D.subject == "ticket:" + _T.number, _D.ended_at.is_(None),
                                                              _D.clock != "confirm").correlate(schema.tickets)
                            .scalar_subquery())


class SqlTickets:
    """Implements ``desk.core.tickets.Tickets``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_number(self, number: str, *, lock: bool = False) -> Ticket:
        """The ticket, locked if asked; raises NotFound."""
        query = select(Ticket).where(_T.number == number)
        if lock:  # what was read before the lock was ours may have changed since
            query = query.with_for_update().execution_options(populate_existing=True)
        found = self._session.scalar(query)
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
               owed: Owed | None = None, now: datetime | None = None, soon: timedelta = SOON, by_due: bool = False,
               limit: int = 50, offset: int = 0) -> list[Ticket]:
        """Tickets for the console, newest first or by due time; ``text`` looks into number, subject and contact."""
        first = [_DUE.nulls_last()] if by_due else []
        query = select(Ticket).order_by(*first, _T.id.desc()).limit(limit).offset(offset)
        if owed is not None:
            query = query.where(*_owed(owed, now, soon))
        if status:
            query = query.where(_T.status == status)
        if kind:
            query = query.where(_T.kind == kind)
        if text:
            query = query.where(or_(*(column.contains(text, autoescape=True) for column in
                                      (_T.number, _T.subject, _T.contact_name, _T.contact_phone))))
        return list(self._session.scalars(query))

    def complaints(self, *, since: datetime) -> list[Ticket]:
        """Tickets of the kinds in COMPLAINTS that were opened or changed since, or are still open, oldest first."""
        query = select(Ticket).where(_T.kind.in_(COMPLAINTS), or_(
            _T.opened_at >= since, _T.updated_at >= since, _T.closed_at.is_(None))).order_by(_T.id)
        return list(self._session.scalars(query))


def _owed(owed: Owed, now: datetime | None, soon: timedelta) -> list[ColumnElement[bool]]:
    still = _T.status.in_(OPEN)
    if owed == "open":
        return [still]
    if owed == "waiting":
        return [still, or_(_T.waiting_for_customer, _T.status == "replied")]
    assert now is not None
    return [still, now > _DUE] if owed == "overdue" else [still, now <= _DUE, _DUE <= now + soon]
