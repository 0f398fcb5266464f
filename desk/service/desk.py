"""What every service function is given: a way to begin a transaction, the clock and the policy in force."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from desk.core.agents import Agents
from desk.core.bookings import Bookings
from desk.core.complaints import Complaints
from desk.core.conversations import Conversations
from desk.core.customer_notices import CustomerNotices
from desk.core.customers import Customers
from desk.core.deadlines import Deadlines
from desk.core.facts import Facts
from desk.core.figures import Figures
from desk.core.handoffs import Handoffs
from desk.core.outbox import Outbox
from desk.core.policies import Policies
from desk.core.policy import Policy
from desk.core.ratings import Ratings
from desk.core.reports import Reports
from desk.core.staff_notices import StaffNotices
from desk.core.tasks import Tasks
from desk.core.tickets import Tickets
from desk.core.waiting import Quotes

T = TypeVar("T")


class Clock(Protocol):
    """The only door to the time."""

    def now(self) -> datetime:
        """Aware UTC."""


class UnitOfWork(Protocol):
    """One transaction: committed when its block ends, rolled back when the block raises."""

    conversations: Conversations
    handoffs: Handoffs
    agents: Agents
    tickets: Tickets
    customers: Customers
    bookings: Bookings
    facts: Facts
    outbox: Outbox
    figures: Figures
    deadlines: Deadlines
    tasks: Tasks
    customer_notices: CustomerNotices
    staff_notices: StaffNotices
    policies: Policies
    quotes: Quotes
    complaints: Complaints
    ratings: Ratings
    reports: Reports

    def add(self, thing: object) -> None:
        """Store a new core object."""

    def flush(self) -> None:
        """Send what is pending, so that new objects have ids."""

    def effect(self, key: str) -> Any | None:
        """The stored result of an effect that was already carried out (JSON); a concurrent twin waits for the first."""

    def keep_effect(self, key: str, result: Any, *, at: datetime) -> None:
        """Store an effect's result under its idempotency key."""

    def next_number(self, prefix: str, day: date) -> str:
        """The next TS or BK number of a day (``desk.core.numbers``)."""

    def count(self, name: str) -> int:
        """The next whole number under a name of at most 20 characters, from 1."""

    def wake(self, topic: str) -> None:
        """After the commit, wake whoever waits for ``conversation:ID``, ``queues``, ``outbox`` or ``turns``."""


@dataclass(frozen=True)
class Desk:
    """The dependencies of the service layer, put together once by ``desk.bootstrap``."""

    begin: Callable[[], AbstractContextManager[UnitOfWork]]
    clock: Clock
    policies: Callable[[], Policy]
    archive: Callable[[str], Policy | None] = lambda version: None
    reading: Callable[[], AbstractContextManager[UnitOfWork]] | None = None

    def look(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction that only reads, and keeps no writer waiting however long it takes."""
        return (self.reading or self.begin)()

    @property
    def policy(self) -> Policy:
        """The policy in force now."""
        return self.policies()

    def policy_of(self, version: str) -> Policy:
        """The policy that something was promised under; the one in force where that is no longer known."""
        now = self.policy
        return now if version in ("", now.version) else self.archive(version) or now


def once(uow: UnitOfWork, key: str | None, *, at: datetime, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Carry out an effect unless it was carried out under the same key; returns the (first) result.

    ``key`` is ``conversation/message id/effect``; None means the caller cannot repeat itself.
    Of two concurrent calls the later one waits for the first and gets its result.
    """
    if key is None:
        return do()
    done = uow.effect(key)
    if done is not None:
        return dict(done)
    result = do()
    uow.keep_effect(key, result, at=at)
    return result
