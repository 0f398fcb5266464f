"""Facts in SQL: append and read, nothing else."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.core.facts import Fact
from desk.store import schema

_T = schema.facts.c


class SqlFacts:
    """Implements ``desk.core.facts.Facts``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(self, name: str, *, subject: str, actor: str, at: datetime, **data: Any) -> None:
        """Append one fact."""
        self._session.add(Fact(at=at, name=name, subject=subject, actor=actor, data=data))

    def about(self, subject: str) -> list[Fact]:
        """Everything that happened to a subject, oldest first."""
        return list(self._session.scalars(select(Fact).where(_T.subject == subject).order_by(_T.id)))

    def named(self, name: str, *, since: datetime, subject: str | None = None) -> list[Fact]:
        """Facts of one name since a time."""
        query = select(Fact).where(_T.name == name, _T.at >= since).order_by(_T.id)
        return list(self._session.scalars(query if subject is None else query.where(_T.subject == subject)))
