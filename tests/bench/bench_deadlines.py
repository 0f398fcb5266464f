"""What a sweep of the deadline clock costs: 100 steps due among 1,000 open tickets and among 1,000,000.

``python -m tests.bench.bench_deadlines`` builds both on SQLite and on PostgreSQL in folders of its own, prints a table
and fails when the sweep among a million takes more than three times as long. The second table says how late the last
step is when 100 or 1,000 promises are due in the same instant, and how late new ones are behind a backlog of overdue
ones. PostgreSQL runs without fsync, SQLite with it.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from desk.core.policy import Policy
from desk.gateways.policy_files import load_policy
from desk.service import clock as deadline_clock
from desk.service import conversations, tickets
from desk.service.desk import Desk
from desk.store import migrate, promise_tables, schema
from desk.store.unit_of_work import Store
from tests.databases import Postgres

ROOT = Path(__file__).parents[2]
START = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
SIZES = (1_000, 1_000_000)
DUE, ROUNDS, CHUNK, MOST = 100, 7, 20_000, 3.0
CROWDS = (100, 1_000)
BACKLOG, FRESH = 2_000, 50


@dataclass
class Place:
    """A desk on a database of its own with a clock that stands still; it is its own clock."""

    store: Store
    policy: Policy
    time: datetime = START
    runs_since: float | None = None
    opened: int = 0

    def now(self) -> datetime:
        """Standing still, or running on."""
        ran = time.perf_counter() - self.runs_since if self.runs_since is not None else 0.0
        return self.time + timedelta(seconds=ran)

    @property
    def desk(self) -> Desk:
        """The service layer there."""
        return Desk(begin=self.store.begin, clock=self, policies=lambda: self.policy)

    def fill(self, number: int) -> None:
        """Open tickets whose clocks run and are due long after the measurement: one fact and two deadlines each."""
        with self.store.engine.begin() as connection:
            for since in range(0, number, CHUNK):
                rows = range(since, min(since + CHUNK, number))
                connection.execute(insert(schema.tickets), [self._ticket(n) for n in rows])
                connection.execute(insert(schema.facts), [self._fact(n) for n in rows])
                connection.execute(insert(promise_tables.deadlines), list(self._deadlines(rows)))
        with self.store.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")

    def _ticket(self, n: int) -> dict[str, Any]:
        return {"number": f"TX{n:08}", "kind": "fault", "status": "received", "subject": "断网", "opened_at": START,
                "department": "网络部", "priority": "normal", "contact_name": "", "contact_phone": "", "urged": 0,
                "promise": {"policy_version": self.policy.version}}

    def _fact(self, n: int) -> dict[str, Any]:
        return {"at": START, "name": "ticket.opened", "subject": f"ticket:TX{n:08}", "actor": "customer", "data": {}}

    def _deadlines(self, rows: Iterable[int]) -> Iterator[dict[str, Any]]:
        for n in rows:
            for clock, hours in (("reply", 9_000), ("response", 9_022)):
                due = START + hours * HOUR + n * timedelta(milliseconds=1)
                yield {"subject": f"ticket:TX{n:08}", "clock": clock, "run": 1, "kind": "fault", "started_at": START,
                       "due_at": due, "next_at": due, "fired": [], "policy_version": self.policy.version}

    def make_due(self, number: int) -> None:
        """Open tickets through the desk and let their first answer become overdue a moment ago."""
        self.time += 100 * HOUR
        self.settle()  # whatever earlier rounds still have to come
        for _ in range(number):
            self.open_ticket()
        self.time += 2 * HOUR - SECOND
        self.settle()  # reminders before the due time are not what is measured
        self.time += 2 * SECOND

    def settle(self) -> None:
        """Take everything that is due."""
        while deadline_clock.sweep(self.desk):
            pass

    def open_ticket(self) -> str:
        """One through the desk, promised an answer within two hours."""
        self.opened += 1
        talk = conversations.open(self.desk, channel="web", channel_user=f"visitor {self.opened}").id
        return tickets.open_ticket(self.desk, kind="inquiry", subject="咨询", conversation_id=talk, key=None,
                                   contact_phone="13800000012").about


@contextmanager
def places(policy: Policy) -> Iterator[dict[str, Any]]:
    """A way to make a fresh place on either database; everything is gone afterwards."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parents[1].name)).parent
    server = Postgres(programs)
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as folder:
        try:
            server.start()
            numbers = iter(range(100))
            yield {"SQLite": lambda: _place(f"sqlite:///{folder}/{next(numbers)}.db", policy),
                   "PostgreSQL": lambda: _place(server.fresh(), policy)}
        finally:
            server.stop()


def _place(url: str, policy: Policy) -> Place:
    migrate.upgrade(url)
    return Place(Store(url), policy)


def measure_sweep(place: Place) -> float:
    """Seconds of one sweep with DUE promises just broken; the median of several."""
    taken = []
    for _ in range(ROUNDS):
        place.make_due(DUE)
        started = time.perf_counter()
        moved = deadline_clock.sweep(place.desk, limit=DUE)
        taken.append(time.perf_counter() - started)
        assert moved == DUE, moved
    return statistics.median(taken)


def measure_crowd(place: Place, number: int) -> float:
    """Seconds from the instant in which ``number`` promises are broken to the last step, one process sweeping."""
    place.make_due(number)
    started = time.perf_counter()
    place.settle()
    return time.perf_counter() - started


def measure_behind_backlog(place: Place) -> list[float]:
    """By how many seconds FRESH promises are late that break one after the other while BACKLOG others wait, overdue."""
    place.time += 100 * HOUR
    place.settle()
    for _ in range(BACKLOG):
        place.open_ticket()
    place.time += HOUR
    fresh = []
    for _ in range(FRESH):
        place.time += SECOND / 5
        fresh.append(place.open_ticket())
    place.time += 2 * HOUR - FRESH * SECOND / 5 - SECOND
    place.runs_since = time.perf_counter()
    until = place.time + FRESH * SECOND / 5 + 5 * SECOND
    while place.now() < until:
        deadline_clock.sweep(place.desk)
    place.time, place.runs_since = place.now(), None
    with place.desk.begin() as uow:
        broken = [fact for about in fresh for fact in uow.facts.about(about) if fact.name == "ticket.promise_broken"]
    late = sorted((fact.at - datetime.fromisoformat(str(fact.data["due_at"]))).total_seconds() for fact in broken)
    return late + [float("inf")] * (FRESH - len(late))


def main() -> int:
    """Measure and print."""
    policy, fair = load_policy(ROOT / "policy"), True
    with places(policy) as makers:
        print(f"{'database':<12}{'open tickets':>14}{'filled in':>11}{'sweep of 100':>14}{'ratio':>8}")
        for name, make in makers.items():
            seconds: dict[int, float] = {}
            for size in SIZES:
                place = make()
                began = time.perf_counter()
                place.fill(size)
                filled = time.perf_counter() - began
                seconds[size] = measure_sweep(place)
                ratio = seconds[size] / seconds[SIZES[0]]
                fair = fair and ratio <= MOST
                print(f"{name:<12}{size:>14,}{filled:>10.0f}s{seconds[size] * 1000:>12.0f}ms{ratio:>8.2f}", flush=True)
                place.store.close()
        print(f"\n{'database':<12}{'due at once':>14}{'last one late by':>18}{'promises/s':>12}")
        for name, make in makers.items():
            place = make()
            for number in CROWDS:
                late = measure_crowd(place, number)
                print(f"{name:<12}{number:>14,}{late:>17.2f}s{number / late:>12.0f}", flush=True)
            late = measure_behind_backlog(place)
            print(f"{name:<12}{FRESH} new ones, 5 a second, behind {BACKLOG:,} overdue: late by {statistics.median(late):.2f}s "
                  f"(median), {late[-1]:.2f}s (most)", flush=True)
            place.store.close()
    return 0 if fair else 1


if __name__ == "__main__":
    sys.exit(main())
