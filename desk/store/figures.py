"""Counting in SQL."""

from sqlalchemy import Column, func, select
from sqlalchemy.orm import Session

from desk.core.figures import Counts
from desk.store import schema


class SqlFigures:
    """Implements ``desk.core.figures.Figures``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def counts(self) -> Counts:
        """Everything counted once."""
        handoffs, messages = schema.handoffs.c, schema.messages.c
        waiting = (select(handoffs.queue, func.count())
                   .where(handoffs.accepted_at.is_(None), handoffs.ended_at.is_(None)).group_by(handoffs.queue))
        pending = select(func.count()).select_from(schema.messages).where(messages.turn == "pending")
        return Counts(
            conversations=self._by(schema.conversations.c.owner),
            waiting={queue: n for queue, n in self._session.execute(waiting)},
            outbox=self._by(schema.outbox.c.state),
            pending=self._session.scalar(pending) or 0,
        )

    def _by(self, column: Column[str]) -> dict[str, int]:
        return {key: n for key, n in self._session.execute(select(column, func.count()).group_by(column))}
