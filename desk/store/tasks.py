"""Tasks in SQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.orm import Session

from desk.core.errors import NotFound
from desk.core.tasks import Task
from desk.store import promise_tables

_T = promise_tables.tasks.c
_D = promise_tables.deadlines.c
_DUE: ColumnElement[Any] = (select(func.min(_D.due_at)).where(_D.subject == "task:" + cast(_T.id, String),
                                                              _D.ended_at.is_(None))
                            .correlate(promise_tables.tasks).scalar_subquery())


class SqlTasks:
    """Implements ``desk.core.tasks.Tasks``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, task_id: int, *, lock: bool = False) -> Task:
        """The task, locked if asked; raises NotFound."""
        found = self._session.get(Task, task_id, with_for_update=lock or None, populate_existing=lock)
        if found is None:
            raise NotFound(f"task {task_id}")
        return found

    def of_ticket(self, number: str) -> list[Task]:
        """The tasks of a ticket, oldest first."""
        return list(self._session.scalars(select(Task).where(_T.ticket_number == number).order_by(_T.id)))

    def search(self, *, kinds: Collection[str] = (), assigned_to: str | None = None, open_only: bool = True,
               limit: int = 50, offset: int = 0) -> list[Task]:
        """Tasks for the console: those that are due first, then the newest."""
        query = select(Task).order_by(_DUE.nulls_last(), _T.id.desc()).limit(limit).offset(offset)
        if kinds:
            query = query.where(_T.kind.in_(kinds))
        if assigned_to:
            query = query.where(_T.assigned_to == assigned_to)
        return list(self._session.scalars(query.where(_T.ended_at.is_(None)) if open_only else query))

    def of_suppliers(self, *, since: datetime, until: datetime) -> list[Task]:
        """Supplier tasks opened in a period."""
        query = select(Task).where(_T.kind == "supplier", _T.opened_at >= since, _T.opened_at < until).order_by(_T.id)
        return list(self._session.scalars(query))
