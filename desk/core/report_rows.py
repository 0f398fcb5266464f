"""What reports are made from: plain rows, each with the moment that decides the period it belongs to.

Tickets come one by one, because percentiles need them; what is only counted comes counted (``desk.store.reports``).
A counted row's ``at`` is a moment of the month it was counted in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

ComplaintState = Literal["handled", "working", "amiss"]
# The clocks of tickets that are ours to keep; the others wait for the customer.
OURS = ("reply", "consult", "result", "response")


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket: when a person first answered it, and when the result that stands was told."""

    number: str
    kind: str
    department: str
    status: str
    opened_at: datetime
    closed_at: datetime | None = None
    service_id: str | None = None
    our_fault: bool = False
    urged: int = 0
    answered_at: datetime | None = None
    resolved_at: datetime | None = None
    reopened: int = 0

    @property
    def first_response_s(self) -> float | None:
        """Seconds to the first answer, around the clock."""
        return None if self.answered_at is None else (self.answered_at - self.opened_at).total_seconds()

    @property
    def resolution_s(self) -> float | None:
        """Seconds to the result, around the clock."""
        return None if self.resolved_at is None else (self.resolved_at - self.opened_at).total_seconds()


@dataclass(frozen=True)
class PromiseRow:
    """Promises of one clock begun in a month: how many were kept, were broken, and may still be kept."""

    department: str
    clock: str
    at: datetime
    kept: int
    broken: int
    running: int


@dataclass(frozen=True)
class StandingRow:
    """What was open, and of that overdue, at the instant ``at``."""

    department: str
    at: datetime
    open: int
    overdue: int


@dataclass(frozen=True)
class Lodged:
    """A complaint as it stands in the database. ``settled``: closed with an outcome whose last notice has arrived;
    ``overdue``: one of our clocks has run out on it.
    """

    number: str
    department: str
    opened_at: datetime
    settled: bool
    overdue: bool


@dataclass(frozen=True)
class ComplaintRow:
    """A complaint in the ledger: handled (outcome recorded, result arrived), still worked on in time, or amiss."""

    number: str
    department: str
    opened_at: datetime
    state: ComplaintState


@dataclass(frozen=True)
class RatingRow:
    """How often a score from 1 to 5 was given."""

    department: str
    score: int
    at: datetime
    n: int = 1


@dataclass(frozen=True)
class ServiceRow:
    """Services carried out, and how many of these turned out faulty (``desk.core.service_faults``)."""

    department: str
    at: datetime
    done: int
    faulty: int


@dataclass(frozen=True)
class HandoffRow:
    """A customer's wait for a person. ``greeting_kept`` is None while it is not decided."""

    queue: str
    requested_at: datetime
    waited_s: float | None = None
    outcome: str | None = None
    handled_s: float | None = None
    greeting_kept: bool | None = None


@dataclass(frozen=True)
class Rows:
    """Everything of some months. Handoffs belong to queues, all else to departments."""

    tickets: Sequence[TicketRow] = ()
    promises: Sequence[PromiseRow] = ()
    standing: Sequence[StandingRow] = ()
    complaints: Sequence[ComplaintRow] = ()
    ratings: Sequence[RatingRow] = ()
    services: Sequence[ServiceRow] = ()
    handoffs: Sequence[HandoffRow] = ()

    def of(self, department: str) -> "Rows":
        """One department's."""
        return Rows(*([row for row in rows if row.department == department] for rows in self._by_department()))

    def departments(self) -> list[str]:
        """Every department that occurs."""
        return sorted({row.department for rows in self._by_department() for row in rows})

    def __add__(self, other: "Rows") -> "Rows":
        """Both; a ticket that is in both is there once."""
        tickets = {row.number: row for row in (*self.tickets, *other.tickets)}
        rest = {name: [*getattr(self, name), *getattr(other, name)] for name in
                ("promises", "standing", "complaints", "ratings", "services", "handoffs")}
        return replace(self, tickets=list(tickets.values()), **rest)

    def _by_department(self) -> tuple[Sequence, ...]:  # type: ignore[type-arg]
        return self.tickets, self.promises, self.standing, self.complaints, self.ratings, self.services

