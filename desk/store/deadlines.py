"""Deadlines in SQL: the sweep reads an index that holds nothing but rows with a next step."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from desk.core.deadlines import Deadline
from desk.core.errors import NotFound
from desk.store import promise_tables

_T = promise_tables.deadlines.c
CLAIMS = 7_204_516  # the key space of advisory locks on deadlines


class SqlDeadlines:
    """Implements ``desk.core.deadlines.Deadlines``."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._held: dict[str, list[Deadline]] = {}

    def due(self, now: datetime, *, limit: int, latest: bool = False) -> list[Deadline]:
        """Rows whose next step lies strictly before ``now``, the longest (or latest) due first."""
        order = _T.next_at.desc() if latest else _T.next_at
        query = select(Deadline).where(_T.next_at.is_not(None), _T.next_at < now).order_by(order).limit(limit)
        return list(self._session.scalars(query))

    def get(self, deadline_id: int) -> Deadline:
        """One row as it is in the database now; raises NotFound."""
        found = self._session.get(Deadline, deadline_id, populate_existing=True)
        if found is None:
            raise NotFound(f"deadline {deadline_id}")
        return found

    def claim(self, deadline_id: int, *, now: datetime) -> Deadline | None:
        """The row, if its next step is due and no other transaction has claimed it.

        An advisory lock and not one on the row: who records a fact holds the subject and then writes the row, so
        holding the row and waiting for the subject would be a deadlock. SQLite has one writer at a time anyway.
        """
        if self._session.get_bind().dialect.name == "postgresql":
            mine = func.pg_try_advisory_xact_lock(CLAIMS, deadline_id % 2**31)
            if not self._session.scalar(select(mine)):
                return None
        row = self.get(deadline_id)
        return row if row.next_at is not None and row.next_at < now else None

    def postpone(self, deadline_id: int, *, until: datetime, now: datetime) -> None:
        """Look at a row again later, if it is still due now."""
        self._session.execute(update(Deadline).where(_T.id == deadline_id, _T.next_at < now).values(next_at=until)
                              .execution_options(synchronize_session=False))

    def of(self, subject: str) -> list[Deadline]:
        """Every run of every clock of a subject, in order of beginning."""
        return list(self._session.scalars(select(Deadline).where(_T.subject == subject).order_by(_T.started_at, _T.id)))

    def held(self, subject: str) -> list[Deadline]:
        """Every run of every clock of a locked subject; nobody else can change them, so they are read once."""
        if subject not in self._held:
            self._held[subject] = self.of(subject)
        return list(self._held[subject])

    def add(self, row: Deadline) -> None:
        """Store the row of a clock that has begun."""
        self._session.add(row)
        if row.subject in self._held:
            self._held[row.subject].append(row)

    def running(self, subjects: list[str]) -> list[Deadline]:
        """The unended rows of many subjects."""
        query = select(Deadline).where(_T.subject.in_(subjects), _T.ended_at.is_(None)).order_by(_T.due_at)
        return list(self._session.scalars(query))

    def next_at(self) -> datetime | None:
        """When the next step of all is due."""
        query = select(_T.next_at).where(_T.next_at.is_not(None)).order_by(_T.next_at).limit(1)
        return self._session.scalar(query)
