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
        self._histories: dict[str, list[Fact]] = {}

    def record(self, name: str, *, subject: str, actor: str, at: datetime, **data: Any) -> Fact:
        """Append one fact."""
        fact = Fact(at=at, name=name, subject=subject, actor=actor, data=data)
        self._session.add(fact)
        if subject in self._histories:
            self._histories[subject].append(fact)
        return fact

    def about(self, subject: str) -> list[Fact]:
        """Everything that happened to a subject, oldest first."""
        return list(self._session.scalars(select(Fact).where(_T.subject == subject).order_by(_T.id)))

    def history(self, subject: str) -> list[Fact]:
        """Everything that happened to a locked subject; nobody else can add to it, so it is read once."""
        if subject not in self._histories:
            self._histories[subject] = self.about(subject)
        return list(self._histories[subject])

    def named(self, name: str, *, since: datetime, subject: str | None = None) -> list[Fact]:
        """Facts of one name since a time."""
        query = select(Fact).where(_T.name == name, _T.at >= since).order_by(_T.id)
        return list(self._session.scalars(query if subject is None else query.where(_T.subject == subject)))
