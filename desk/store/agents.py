"""Agents and their sessions in SQL."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from desk.core.agents import Agent, AgentSession, Shift
from desk.core.errors import NotFound
from desk.store import promise_tables, schema


class SqlAgents:
    """Implements ``desk.core.agents.Agents``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, agent_id: int) -> Agent:
        """The agent; raises NotFound."""
        found = self._session.get(Agent, agent_id)
        if found is None:
            raise NotFound(f"agent {agent_id}")
        return found

    def by_username(self, username: str) -> Agent | None:
        """The agent who signs in under a name."""
        return self._session.scalar(select(Agent).filter_by(username=username))

    def all(self) -> list[Agent]:
        """Everybody, by username."""
        return list(self._session.scalars(select(Agent).order_by(schema.agents.c.username)))

    def on_duty(self, queue: str) -> list[Agent]:
        """Agents on duty who have the skill for a queue (skills are few: filtered here)."""
        table = schema.agents.c
        query = select(Agent).where(table.on_duty.is_(True), table.active.is_(True))
        return [agent for agent in self._session.scalars(query) if queue in agent.skills]

    def crew(self) -> list[Agent]:
        """Everybody on duty who talks to customers, as stored now."""
        table = schema.agents.c
        query = (select(Agent).where(table.on_duty.is_(True), table.active.is_(True)).order_by(table.id)
                 .execution_options(populate_existing=True))
        return [agent for agent in self._session.scalars(query) if agent.may("converse")]

    def load(self, agent_id: int) -> int:
        """How many conversations an agent holds now."""
        table = schema.handoffs.c
        query = select(func.count()).select_from(schema.handoffs).where(
            table.agent_id == agent_id, table.accepted_at.is_not(None), table.ended_at.is_(None))
        return self._session.scalar(query) or 0

    def loads(self) -> dict[int, int]:
        """How many conversations everybody holds, by agent id."""
        table = schema.handoffs.c
        query = (select(table.agent_id, func.count()).where(table.accepted_at.is_not(None), table.ended_at.is_(None))
                 .group_by(table.agent_id))
        return {agent_id: count for agent_id, count in self._session.execute(query) if agent_id is not None}

    def shifts(self, *, since: datetime, until: datetime) -> list[Shift]:
        """Planned shifts that touch a period, by their beginning."""
        table = promise_tables.shifts.c
        query = select(Shift).where(table.ends_at > since, table.starts_at < until).order_by(table.starts_at, table.id)
        return list(self._session.scalars(query))

    def drop_shift(self, shift_id: int) -> None:
        """Take a planned shift back; raises NotFound."""
        dropped = self._session.scalar(delete(Shift).where(promise_tables.shifts.c.id == shift_id)
                                       .returning(promise_tables.shifts.c.id))
        if dropped is None:
            raise NotFound(f"shift {shift_id}")

    def session(self, token_hash: str) -> AgentSession | None:
        """A session or key by its token's hash."""
        return self._session.get(AgentSession, token_hash)

    def drop_session(self, token_hash: str) -> None:
        """Forget a session."""
        self._session.execute(delete(AgentSession).where(schema.agent_sessions.c.token_hash == token_hash))

    def failed_logins(self, username: str, *, since: datetime) -> int:
        """Failed sign-ins under a name."""
        table = schema.facts.c
        query = select(func.count()).select_from(schema.facts).where(
            table.name == "agent.login_failed", table.subject == f"agent:{username}", table.at >= since)
        return self._session.scalar(query) or 0
