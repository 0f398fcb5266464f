"""Wait quotes in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.core.waiting import PastWait, StoredQuote
from desk.store import promise_tables, schema

_T = promise_tables.quotes.c
_H = schema.handoffs.c


class SqlQuotes:
    """Implements ``desk.core.waiting.Quotes``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def talks(self) -> list[tuple[int, datetime]]:
        """Who holds a conversation now and since when, one for each conversation."""
        query = select(_H.agent_id, _H.accepted_at).where(_H.accepted_at.is_not(None), _H.ended_at.is_(None))
        return [(agent_id, since) for agent_id, since in self._session.execute(query) if agent_id is not None]

    def past(self, queues: Sequence[str], *, since: datetime, limit: int) -> list[PastWait]:
        """Those who came into some queues since a time, newest first."""
        query = (select(_H.queue, _H.rank, _H.tier, _H.requested_at, _H.offered_at, _H.accepted_at, _H.ended_at)
                 .where(_H.queue.in_(queues), _H.requested_at >= since).order_by(_H.id.desc()).limit(limit))
        return [PastWait(*row) for row in self._session.execute(query)]

    def of_handoff(self, handoff_id: int) -> list[StoredQuote]:
        """Every quote told to one waiting customer, oldest first."""
        return list(self._session.scalars(select(StoredQuote).where(_T.handoff_id == handoff_id).order_by(_T.id)))

    def scored(self, since: datetime) -> list[StoredQuote]:
        """Quotes told since a time whose wait has ended, oldest first."""
        query = select(StoredQuote).where(_T.at >= since, _T.scored_at.is_not(None)).order_by(_T.id)
        return list(self._session.scalars(query))
