"""Agents: the people who work at the desk, their roles, skills and duty."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Role = Literal["agent", "trainer", "supervisor", "admin"]
PERMISSIONS: dict[str, frozenset[str]] = {
    "agent": frozenset({"converse", "tickets", "customers"}),
    "trainer": frozenset({"studio"}),
    "supervisor": frozenset({"converse", "tickets", "customers", "supervise"}),
    "admin": frozenset({"converse", "tickets", "customers", "supervise", "studio", "administer"}),
}


@dataclass
class Agent:
    """One person. ``skills`` are queue ids; ``capacity`` is how many conversations they hold at once.

    ``idle_since`` is when they came on duty or last finished a conversation: of two who are free whoever has rested longer
    is asked first.
    """

    username: str
    name: str
    role: Role
    password_hash: str
    skills: list[str] = field(default_factory=list)
    capacity: int = 3
    on_duty: bool = False
    active: bool = True
    created_at: datetime | None = None
    idle_since: datetime | None = None
    id: int | None = None

    def may(self, permission: str) -> bool:
        """Whether the role allows something."""
        return self.active and permission in PERMISSIONS[self.role]


@dataclass
class Shift:
    """When somebody is planned to be on duty: what a wait quote knows of the capacity to come."""

    agent_id: int
    starts_at: datetime
    ends_at: datetime
    id: int | None = None


@dataclass
class AgentSession:
    """A signed-in browser (``kind`` session) or an API key (``kind`` key); only the token's SHA-256 is kept."""

    token_hash: str
    agent_id: int
    kind: Literal["session", "key"]
    created_at: datetime
    expires_at: datetime
    label: str = ""


class Agents(Protocol):
    """Stored agents and their sessions."""

    def get(self, agent_id: int) -> Agent:
        """The agent; raises NotFound."""

    def by_username(self, username: str) -> Agent | None:
        """The agent who signs in under a name."""

    def all(self) -> list[Agent]:
        """Everybody, by username."""

    def on_duty(self, queue: str) -> list[Agent]:
        """Agents on duty who have the skill for a queue."""

    def crew(self) -> list[Agent]:
        """Everybody on duty who talks to customers, as stored now."""

    def load(self, agent_id: int) -> int:
        """How many conversations an agent holds now."""

    def loads(self) -> dict[int, int]:
        """How many conversations everybody holds, by agent id; those who hold none are left out."""

    def shifts(self, *, since: datetime, until: datetime) -> list[Shift]:
        """Planned shifts that touch a period, by their beginning."""

    def drop_shift(self, shift_id: int) -> None:
        """Take a planned shift back; raises NotFound."""

    def session(self, token_hash: str) -> AgentSession | None:
        """A session or key by its token's hash."""

    def drop_session(self, token_hash: str) -> None:
        """Forget a session."""

    def failed_logins(self, username: str, *, since: datetime) -> int:
        """Failed sign-ins (facts ``agent.login_failed``) under a name."""
