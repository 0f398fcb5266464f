"""Policy versions in SQL."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.core.policies import PolicyVersion
from desk.store import promise_tables

_T = promise_tables.policies.c


class SqlPolicies:
    """Implements ``desk.core.policies.Policies``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def recent(self, *, limit: int = 50) -> list[PolicyVersion]:
        """The versions loaded last, newest first."""
        return list(self._session.scalars(select(PolicyVersion).order_by(_T.id.desc()).limit(limit)))

    def by_version(self, version: str) -> PolicyVersion | None:
        """A version by its hash; the newest row of it."""
        query = select(PolicyVersion).where(_T.version == version).order_by(_T.id.desc()).limit(1)
        return self._session.scalar(query)

    def last_id(self) -> int:
        """The id of the newest row; 0 when there is none."""
        return self._session.scalar(select(func.max(_T.id))) or 0
