"""Agents and their sessions in SQL."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from desk.core.agents import Agent, AgentSession
from desk.core.errors import NotFound
from desk.store import schema


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

    def load(self, agent_id: int) -> int:
        """How many conversations an agent holds now."""
        table = schema.handoffs.c
        query = select(func.count()).select_from(schema.handoffs).where(
            table.agent_id == agent_id, table.accepted_at.is_not(None), table.ended_at.is_(None))
        return self._session.scalar(query) or 0

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
