"""Reading for reports in SQL: counted where counting is enough, row by row where percentiles need it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, exists, func, or_, select, union
from sqlalchemy.orm import Session

from desk.core.report_rows import OURS, HandoffRow, Lodged, TicketRow
from desk.core.service_faults import SERVICES, Service, Upheld, Whose
from desk.core.tickets import COMPLAINTS
from desk.store import promise_tables, schema
from desk.store.columns import UtcDateTime

_T, _F, _R, _H, _B = (table.c for table in (schema.tickets, schema.facts, schema.ratings, schema.handoffs, schema.bookings))
_D, _K, _N = (table.c for table in (promise_tables.deadlines, promise_tables.tasks, promise_tables.customer_notices))

RESULTS = ("ticket.replied", "ticket.refused")
ANSWERS = (*RESULTS, "ticket.contacted")
_ABOUT = "ticket:" + _T.number
_NUMBER = func.substr(_F.subject, len("ticket:") + 1)
_BY_PERSON = _F.actor.startswith("agent:")


class SqlReports:
    """Implements ``desk.core.reports.Reports``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def first_at(self) -> datetime | None:
        """When the first ticket was opened."""
        return self._session.scalar(select(_T.opened_at).order_by(_T.opened_at).limit(1))

    def tickets(self, start: datetime, end: datetime) -> list[TicketRow]:
        """Tickets opened in a period, and those that a person answered, or were told a result, in it."""
        touched = union(select(_T.number).where(_during(_T.opened_at, start, end)),
                        select(_NUMBER).where(_F.name.in_(ANSWERS), _during(_F.at, start, end)))
        told = and_(_F.subject == _ABOUT, _F.name.in_((*ANSWERS, "ticket.reopened")))
        query = (select(_T.number, _T.kind, _T.department, _T.status, _T.opened_at, _T.closed_at, _T.service_id,
                        _T.our_fault, _T.urged, func.min(case((and_(_F.name.in_(ANSWERS), _BY_PERSON), _F.at))),
                        func.max(case((_F.name.in_(RESULTS), _F.at))),
                        func.sum(case((_F.name == "ticket.reopened", 1), else_=0)))
                 .select_from(schema.tickets).outerjoin(schema.facts, told)
                 .where(_T.number.in_(touched)).group_by(_T.id))
        return [TicketRow(*row) for row in self._session.execute(query)]

    def promises(self, start: datetime, end: datetime, *, now: datetime) -> list[tuple[str, str, int, int, int]]:
        """Promises to customers and tasks of departments begun in a period: department, clock, kept, broken, running."""
        ticket = (select(_T.department, _D.clock, *_verdicts(now))
                  .join_from(promise_tables.deadlines, schema.tickets, _T.number == func.substr(_D.subject, len("ticket:") + 1))
                  .where(_D.clock.in_(OURS), _during(_D.started_at, start, end)).group_by(_T.department, _D.clock))
        task = (select(_K.assigned_to, _D.clock, *_verdicts(now))
                .join_from(promise_tables.tasks, promise_tables.deadlines, _D.subject == "task:" + cast(_K.id, String))
                .where(_D.clock == "task", _during(_K.opened_at, start, end)).group_by(_K.assigned_to, _D.clock))
        return [(department, clock, kept, broken, running)
                for query in (ticket, task) for department, clock, kept, broken, running in self._session.execute(query)]

    def standing(self, at: datetime) -> list[tuple[str, int, int]]:
        """What was open just before an instant: department, open, of that overdue."""
        late = exists().where(_D.subject == _ABOUT, _D.clock.in_(OURS), _D.due_at < at, _D.started_at < at,
                              or_(_D.ended_at.is_(None), _D.ended_at >= at)).correlate(schema.tickets)
        query = (select(_T.department, func.count(), func.sum(case((late, 1), else_=0)))
                 .where(_T.opened_at < at, or_(_T.closed_at.is_(None), _T.closed_at >= at)).group_by(_T.department))
        return [(department, n, overdue) for department, n, overdue in self._session.execute(query)]

    def complaints(self, start: datetime, end: datetime, *, now: datetime) -> list[Lodged]:
        """Complaints opened in a period."""
        late = exists().where(_D.subject == _ABOUT, _D.clock.in_(OURS), _D.ended_at.is_(None),
                              _D.due_at < now).correlate(schema.tickets)
        arrived = (select(_N.delivered_at).where(_N.ticket_number == _T.number, _N.kind == "result")
                   .order_by(_N.id.desc()).limit(1).correlate(schema.tickets).scalar_subquery())
        settled = and_(_T.closed_at.is_not(None), _T.outcome.is_not(None), arrived.is_not(None))
        query = (select(_T.number, _T.department, _T.opened_at, settled, late)
                 .where(_T.kind.in_(COMPLAINTS), _during(_T.opened_at, start, end)).order_by(_T.id))
        return [Lodged(number, department, opened_at, bool(done), bool(overdue))
                for number, department, opened_at, done, overdue in self._session.execute(query)]

    def ratings(self, start: datetime, end: datetime) -> list[tuple[str | None, str | None, int, int]]:
        """Scores given in a period: department of the ticket or queue of the handoff, score, how often."""
        query = (select(_T.department, _H.queue, _R.score, func.count()).select_from(schema.ratings)
                 .outerjoin(schema.tickets, _T.id == _R.ticket_id).outerjoin(schema.handoffs, _H.id == _R.handoff_id)
                 .where(_during(_R.at, start, end)).group_by(_T.department, _H.queue, _R.score))
        return [(department, queue, score, n) for department, queue, score, n in self._session.execute(query)]

    def bookings(self, start: datetime, end: datetime) -> dict[str, int]:
        """Bookings whose time came in a period, by service."""
        query = (select(_B.service_id, func.count()).where(_B.status != "cancelled", _during(_B.starts_at, start, end))
                 .group_by(_B.service_id))
        return {service_id: n for service_id, n in self._session.execute(query)}

    def upheld(self, start: datetime, end: datetime) -> list[Upheld]:
        """Complaints opened in a period and upheld at least in part."""
        query = select(_T.number, _T.department, _T.opened_at, _T.customer_id, _T.conversation_id, _T.service_id)
        return [Upheld(number, department, at, Whose(*whose))
                for number, department, at, *whose in self._session.execute(query.where(_upheld(start, end)))]

    def services_of(self, start: datetime, end: datetime) -> list[Service]:
        """Services begun in a period by customers with a complaint that ``upheld`` finds for the same period."""
        result = (select(func.max(_F.at)).where(_F.subject == _ABOUT, _F.name == "ticket.replied")
                  .correlate(schema.tickets).scalar_subquery())
        tickets = select(_T.number, _T.opened_at, result, _T.customer_id, _T.conversation_id, _T.service_id).where(
            _T.kind.in_(SERVICES), _T.status.not_in(("refused", "withdrawn")), _during(_T.opened_at, start, end),
            _complained(_T, start, end))
        bookings = select(_B.number, _B.starts_at, _B.starts_at, _B.customer_id, _B.conversation_id, _B.service_id).where(
            _B.status != "cancelled", _during(_B.starts_at, start, end), _complained(_B, start, end))
        return [Service(number, begun_at, done_at, Whose(*whose), booked=booked)
                for query, booked in ((tickets, False), (bookings, True))
                for number, begun_at, done_at, *whose in self._session.execute(query)]

    def handoffs(self, start: datetime, end: datetime, *, now: datetime) -> list[HandoffRow]:
        """Customers who began to wait for a person in a period."""
        greeting = and_(_D.subject == "handoff:" + cast(_H.id, String), _D.clock == "greeting", _D.run == 1)
        query = (select(_H.queue, _H.requested_at, _H.accepted_at, _H.ended_at, _H.outcome, _kept(), _broken(now))
                 .select_from(schema.handoffs).outerjoin(promise_tables.deadlines, greeting)
                 .where(_during(_H.requested_at, start, end)).order_by(_H.id))
        return [_handoff(*row) for row in self._session.execute(query)]

    def opened(self, start: datetime, end: datetime) -> int:
        """How many tickets were opened in a period."""
        return self._count(select(func.count()).select_from(schema.tickets).where(_during(_T.opened_at, start, end)))

    def broken(self, start: datetime, end: datetime) -> int:
        """How many promises were seen to break in a period."""
        query = select(func.count()).select_from(schema.facts).where(
            _F.name.in_(("ticket.promise_broken", "task.promise_broken", "handoff.promise_broken")), _during(_F.at, start, end))
        return self._count(query)

    def _count(self, query: Select[tuple[int]]) -> int:
        return self._session.scalar(query) or 0


def _during(column: ColumnElement[Any], start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(column >= start, column < end)


def _kept() -> ColumnElement[bool]:
    """``desk.core.promises.Run.kept`` of a stored run."""
    return and_(_D.ended_at.is_not(None), or_(_D.due_at.is_(None), _D.ended_at <= _D.due_at))


def _broken(now: datetime) -> ColumnElement[bool]:
    """``Run.verdict`` is broken."""
    return _D.due_at < func.coalesce(_D.ended_at, now, type_=UtcDateTime)


def _verdicts(now: datetime) -> tuple[ColumnElement[int], ...]:
    running = and_(_D.ended_at.is_(None), or_(_D.due_at.is_(None), _D.due_at >= now))
    return tuple(func.sum(case((state, 1), else_=0)) for state in (_kept(), _broken(now), running))


def _upheld(start: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(_T.kind.in_(COMPLAINTS), _T.outcome.in_(("upheld", "partly")), _during(_T.opened_at, start, end))


def _complained(table: Any, start: datetime, end: datetime) -> ColumnElement[bool]:
    """Whether somebody's row belongs to a customer or a conversation with a complaint upheld."""
    other = schema.tickets.alias("complaints").c
    upheld = and_(other.kind.in_(COMPLAINTS), other.outcome.in_(("upheld", "partly")), _during(other.opened_at, start, end))
    return or_(table.customer_id.in_(select(other.customer_id).where(upheld, other.customer_id.is_not(None))),
               table.conversation_id.in_(select(other.conversation_id).where(upheld, other.conversation_id.is_not(None))))


def _handoff(queue: str, requested_at: datetime, accepted_at: datetime | None, ended_at: datetime | None,
             outcome: str | None, kept: bool | None, broken: bool | None) -> HandoffRow:
    """Who left before the greeting was due was owed none; a talk back in its queue has not been handled."""
    left = outcome == "abandoned" and not broken
    return HandoffRow(
        queue, requested_at, _seconds(requested_at, accepted_at), outcome, _seconds(accepted_at, ended_at),
        greeting_kept=None if left else True if kept else False if broken else None)


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start).total_seconds()
