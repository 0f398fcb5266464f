"""Deadlines: the running clocks as rows, so that what is due can be found without looking at what is open.

A row is a cache of a fold (``desk.core.promises``): written in the transaction of the fact that changed it, and at any
time recomputable. Only rows with a ``next_at`` are in the index that the sweep reads.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from desk.core.promises import Run, Verdict


@dataclass
class Deadline:
    """One run of a clock of a subject (``ticket:TS…``, ``task:7``, ``handoff:3``).

    ``kind`` is the ticket kind, task kind or queue; ``fired`` the ids of the steps taken; ``next_at`` when the next one
    is due, None when nothing is left to do. ``due_at`` is None while the customer owes an answer.
    """

    subject: str
    clock: str
    run: int
    kind: str
    started_at: datetime
    policy_version: str
    due_at: datetime | None = None
    next_at: datetime | None = None
    fired: list[str] = field(default_factory=list)
    verdict: Verdict | None = None
    ended_at: datetime | None = None
    id: int | None = None

    def follow(self, run: Run, *, now: datetime) -> None:
        """Take over what the fold says."""
        self.due_at, self.ended_at = run.due_at, run.stopped_at
        self.verdict = run.verdict(now)


class Deadlines(Protocol):
    """Stored deadlines."""

    def due(self, now: datetime, *, limit: int, latest: bool = False) -> list[Deadline]:
        """Rows whose next step lies strictly before ``now``, the longest (or ``latest``) due first; nothing is locked."""

    def get(self, deadline_id: int) -> Deadline:
        """One row as it is in the database now; raises NotFound."""

    def claim(self, deadline_id: int, *, now: datetime) -> Deadline | None:
        """The row, if its next step is due and no other transaction has claimed it; never waits for one that has.

        A claim lasts until the end of the transaction. It only divides the work: what is safe is so by the lock on the
        subject.
        """

    def postpone(self, deadline_id: int, *, until: datetime, now: datetime) -> None:
        """Look at a row again later, if it is still due now."""

    def of(self, subject: str) -> list[Deadline]:
        """Every run of every clock of a subject, in order of beginning."""

    def held(self, subject: str) -> list[Deadline]:
        """The same for a subject that the caller has locked: read once in a transaction, then kept up with ``add``."""

    def add(self, row: Deadline) -> None:
        """Store the row of a clock that has begun."""

    def running(self, subjects: list[str]) -> list[Deadline]:
        """The unended rows of many subjects."""

    def next_at(self) -> datetime | None:
        """When the next step of all is due."""
