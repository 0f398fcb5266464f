"""The outbox in SQL."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from desk.core.errors import NotFound
from desk.core.outbox import Outgoing
from desk.store import schema

LEASE = timedelta(seconds=30)
_T = schema.outbox.c


class SqlOutbox:
    """Implements ``desk.core.outbox.Outbox``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, row: Outgoing) -> None:
        """Write a row unless one with its dedup_key exists."""
        if self._session.scalar(select(_T.id).where(_T.dedup_key == row.dedup_key)) is None:
            self._session.add(row)

    def claim(self, *, holder: str, now: datetime, limit: int = 20) -> list[Outgoing]:
        """Lease due rows to one process; others skip what is locked."""
        query = (select(Outgoing)
                 .where(_T.state == "pending", _T.next_attempt_at <= now,
                        or_(_T.claimed_until.is_(None), _T.claimed_until <= now))
                 .order_by(_T.next_attempt_at).limit(limit).with_for_update(skip_locked=True))
        rows = list(self._session.scalars(query))
        for row in rows:
            row.claimed_by, row.claimed_until = holder, now + LEASE
        return rows

    def get(self, row_id: int) -> Outgoing:
        """One row; raises NotFound."""
        found = self._session.get(Outgoing, row_id)
        if found is None:
            raise NotFound(f"outbox {row_id}")
        return found
