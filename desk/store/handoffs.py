"""Handoffs and ratings in SQL.

One advisory lock guards all queues on PostgreSQL: a matching looks at everybody who waits and everybody who serves, and
is short. SQLite has one writer at a time anyway.
"""

from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from desk.core.errors import NotFound
from desk.core.handoffs import Handoff, Rating
from desk.store import schema

_T = schema.handoffs.c
_WAITING = and_(_T.accepted_at.is_(None), _T.ended_at.is_(None))
_HELD = and_(_T.accepted_at.is_not(None), _T.ended_at.is_(None))
_QUEUES = 51_001  # the number of the advisory lock


class SqlHandoffs:
    """Implements ``desk.core.handoffs.Handoffs``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, handoff_id: int, *, lock: bool = False) -> Handoff:
        """The handoff, locked if asked; raises NotFound."""
        if lock:
            self.lock_queues()
        found = self._session.get(Handoff, handoff_id, with_for_update=lock or None, populate_existing=lock)
        if found is None:
            raise NotFound(f"handoff {handoff_id}")
        return found

    def lock_queues(self) -> None:
        """Keep every other transaction from changing queues until this one ends."""
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.execute(select(func.pg_advisory_xact_lock(_QUEUES)))

    def waiting(self, queue: str | None = None) -> list[Handoff]:
        """Waiting handoffs as stored now, oldest first."""
        query = select(Handoff).where(_WAITING).order_by(_T.id).execution_options(populate_existing=True)
        return list(self._session.scalars(query if queue is None else query.where(_T.queue == queue)))

    def held_by(self, agent_id: int) -> list[Handoff]:
        """Accepted handoffs that an agent has not ended."""
        query = select(Handoff).where(_T.agent_id == agent_id, _HELD).order_by(_T.accepted_at)
        return list(self._session.scalars(query))

    def orphaned(self) -> list[Handoff]:
        """Accepted handoffs whose agents no longer work here."""
        agents = schema.agents.c
        query = (select(Handoff).join(schema.agents, agents.id == _T.agent_id)
                 .where(_HELD, agents.active.is_(False)).order_by(_T.id))
        return list(self._session.scalars(query))

    def handling_times_s(self, queue: str, *, since: datetime, reason: str | None = None, limit: int = 200) -> list[float]:
        """Seconds from acceptance to end of recently ended handoffs of a queue (and a reason), newest first."""
        query = (select(_T.accepted_at, _T.ended_at)
                 .where(_T.queue == queue, _T.accepted_at.is_not(None), _T.ended_at >= since)
                 .order_by(_T.ended_at.desc()).limit(limit))
        found = self._session.execute(query if reason is None else query.where(_T.reason == reason))
        return [(ended - accepted).total_seconds() for accepted, ended in found]

    def rating(self, handoff_id: int) -> Rating | None:
        """The rating given for a handoff."""
        return self._session.scalar(select(Rating).filter_by(handoff_id=handoff_id))

    def last_of(self, conversation_id: str) -> Handoff | None:
        """The newest handoff of a conversation."""
        return self._session.scalar(
            select(Handoff).where(_T.conversation_id == conversation_id).order_by(_T.id.desc()).limit(1))
