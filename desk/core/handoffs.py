"""Handoffs: a conversation waiting for a person, the person who takes it, and how it ended.

Queues are first come, first served with emergencies first (PD-2).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Outcome = Literal["abandoned", "returned", "closed"]
Priority = Literal["emergency", "normal"]
RANK: dict[str, int] = {"emergency": 0, "normal": 1}


@dataclass
class Handoff:
    """One request for a person. ``rank`` orders a queue: 0 emergencies, 1 everybody else."""

    conversation_id: str
    queue: str
    reason: str
    requested_at: datetime
    rank: int = 1
    summary: dict[str, Any] = field(default_factory=dict)
    accepted_at: datetime | None = None
    agent_id: int | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    quote: dict[str, Any] | None = None
    id: int | None = None

    @property
    def waiting(self) -> bool:
        """Whether it still stands in its queue."""
        return self.accepted_at is None and self.ended_at is None


@dataclass
class Rating:
    """What a customer thought of being served, 1 (bad) to 5 (good); once per handoff or ticket."""

    conversation_id: str
    score: int
    at: datetime
    comment: str = ""
    handoff_id: int | None = None
    ticket_id: int | None = None
    agent_id: int | None = None
    id: int | None = None


class Handoffs(Protocol):
    """Stored handoffs."""

    def get(self, handoff_id: int, *, lock: bool = False) -> Handoff:
        """The handoff; raises NotFound."""

    def waiting(self, queue: str | None = None) -> list[Handoff]:
        """Waiting handoffs in the order they will be served."""

    def held_by(self, agent_id: int) -> list[Handoff]:
        """Accepted handoffs that an agent has not ended."""

    def place(self, handoff: Handoff) -> int:
        """How many are served before this one."""

    def handling_times_s(self, queue: str, *, since: datetime, limit: int = 200) -> list[float]:
        """Seconds from acceptance to end of recently ended handoffs of a queue."""

    def rating(self, handoff_id: int) -> Rating | None:
        """The rating given for a handoff."""

    def last_of(self, conversation_id: str) -> Handoff | None:
        """The newest handoff of a conversation."""
