"""Handoffs: a conversation waiting for a person, the person it is offered to, who takes it, and how it ended.

Who is served next and by whom is in ``desk.core.queueing``.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Outcome = Literal["abandoned", "returned", "closed"]
Priority = Literal["emergency", "normal"]
RANK: dict[str, int] = {"emergency": 0, "normal": 1}


@dataclass
class Handoff:
    """One request for a person. ``rank`` 0 is an emergency, 1 everybody else.

    ``offered_to`` is the agent it rings at now; ``declined`` those who did not answer; ``line_of`` the agent in whose own
    line the customer stands where a queue has one per agent; ``number`` the ticket drawn where numbers are called.
    ``expected_s`` is how long serving them should take, where the shortest come first; ``quote`` what they were last told.
    """

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
    tier: str = ""
    line_of: int | None = None
    number: str = ""
    offered_to: int | None = None
    offered_at: datetime | None = None
    declined: list[int] = field(default_factory=list)
    greeted_at: datetime | None = None
    callback_ticket: str | None = None
    expected_s: float = 0.0
    id: int | None = None

    @property
    def waiting(self) -> bool:
        """Whether it still stands in its queue."""
        return self.accepted_at is None and self.ended_at is None

    def offer(self, agent_id: int, *, now: datetime) -> None:
        """Ring at an agent."""
        self.offered_to, self.offered_at = agent_id, now

    def take_back(self, *, declined: bool) -> None:
        """Stop ringing; whoever declined or did not answer is not asked again."""
        if declined and self.offered_to is not None and self.offered_to not in self.declined:
            self.declined.append(self.offered_to)
        self.offered_to = self.offered_at = None

    def accept(self, agent_id: int, *, now: datetime) -> None:
        """An agent takes it; the time of an offer is kept only if it was theirs."""
        if self.offered_to != agent_id:
            self.offered_at = None
        self.offered_to, self.accepted_at, self.agent_id = None, now, agent_id

    def put_back(self) -> None:
        """Whoever had taken it cannot go on: it stands in its queue again, where it stood."""
        self.accepted_at = self.agent_id = self.offered_at = self.quote = None


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

    def lock_queues(self) -> None:
        """Keep every other transaction from changing who waits, who serves and who is offered what, until this one ends.

        Taken after conversations and before handoffs; ``get`` with ``lock`` takes it too.
        """

    def waiting(self, queue: str | None = None) -> list[Handoff]:
        """Waiting handoffs as stored now, oldest first."""

    def held_by(self, agent_id: int) -> list[Handoff]:
        """Accepted handoffs that an agent has not ended."""

    def orphaned(self) -> list[Handoff]:
        """Accepted handoffs whose agents no longer work here."""

    def handling_times_s(self, queue: str, *, since: datetime, reason: str | None = None, limit: int = 200) -> list[float]:
        """Seconds from acceptance to end of recently ended handoffs of a queue (and a reason)."""

    def rating(self, handoff_id: int) -> Rating | None:
        """The rating given for a handoff."""

    def last_of(self, conversation_id: str) -> Handoff | None:
        """The newest handoff of a conversation."""
