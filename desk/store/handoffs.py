"""Handoffs and ratings in SQL."""

from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from desk.core.errors import NotFound
from desk.core.handoffs import Handoff, Rating
from desk.store import schema

_T = schema.handoffs.c
_WAITING = and_(_T.accepted_at.is_(None), _T.ended_at.is_(None))


class SqlHandoffs:
    """Implements ``desk.core.handoffs.Handoffs``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, handoff_id: int, *, lock: bool = False) -> Handoff:
        """The handoff, locked if asked; raises NotFound."""
        found = self._session.get(Handoff, handoff_id, with_for_update=lock or None, populate_existing=lock)
        if found is None:
            raise NotFound(f"handoff {handoff_id}")
        return found

    def waiting(self, queue: str | None = None) -> list[Handoff]:
        """Waiting handoffs in the order they will be served."""
        query = select(Handoff).where(_WAITING).order_by(_T.rank, _T.id)
        return list(self._session.scalars(query if queue is None else query.where(_T.queue == queue)))

    def held_by(self, agent_id: int) -> list[Handoff]:
        """Accepted handoffs that an agent has not ended."""
        query = (select(Handoff).where(_T.agent_id == agent_id, _T.accepted_at.is_not(None), _T.ended_at.is_(None))
                 .order_by(_T.accepted_at))
        return list(self._session.scalars(query))

    def place(self, handoff: Handoff) -> int:
        """How many are served before this one."""
        before = or_(_T.rank < handoff.rank, and_(_T.rank == handoff.rank, _T.id < handoff.id))
        query = select(func.count()).select_from(schema.handoffs).where(
            _WAITING, _T.queue == handoff.queue, before)
        return self._session.scalar(query) or 0

    def handling_times_s(self, queue: str, *, since: datetime, limit: int = 200) -> list[float]:
        """Seconds from acceptance to end of recently ended handoffs of a queue, newest first."""
        query = (select(_T.accepted_at, _T.ended_at)
                 .where(_T.queue == queue, _T.accepted_at.is_not(None), _T.ended_at >= since)
                 .order_by(_T.ended_at.desc()).limit(limit))
        return [(ended - accepted).total_seconds() for accepted, ended in self._session.execute(query)]

    def rating(self, handoff_id: int) -> Rating | None:
        """The rating given for a handoff."""
        return self._session.scalar(select(Rating).filter_by(handoff_id=handoff_id))

    def last_of(self, conversation_id: str) -> Handoff | None:
        """The newest handoff of a conversation."""
        return self._session.scalar(
            select(Handoff).where(_T.conversation_id == conversation_id).order_by(_T.id.desc()).limit(1))
