"""Every step of the deadline clock exactly once: any number of threads and processes, killed anywhere, clocks that jump.

Over SQLite and over PostgreSQL. What forks closes its database first: a connection does not survive a fork.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event

from desk.core.escalation import Rule
from desk.core.policy import Policy, Promise
from desk.service import clock as deadline_clock
from desk.service import conversations, tickets
from desk.service.desk import Desk
from desk.store.unit_of_work import Store

HOUR = timedelta(hours=1)
TICKETS, KILLS = 24, 12
ONCE = {"ticket.promise_broken": 1, "ticket.apologised": 1, "ticket.prioritised": 1, "ticket.escalated": 2,
        "ticket.notified": 1}
RULES = (Rule("late", "reply_due", ("apologise", "notify_supervisor", "raise_priority"), ("KF-3.5.1",)),
         Rule("later", "reply_due", ("notify_supervisor", "apologise"), ("KF-4.2",), after=HOUR / 60))


@dataclass
class Bench:
    """A database, the time there, and desks on it."""

    url: str
    policy: Policy
    time: datetime = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    @contextmanager
    def desk(self, dies_at: int = 0) -> Iterator[Desk]:
        """A desk of its own, as another process would have it; it dies before the n-th statement or commit."""
        store = Store(self.url)
        if dies_at:
            _die(store, dies_at)
        try:
            yield Desk(begin=store.begin, clock=self, policies=lambda: self.policy)
        finally:
            store.close()

    def open_tickets(self, number: int) -> list[str]:
        with self.desk() as desk:
            talks = [conversations.open(desk, channel="web", channel_user=f"{self.time}/{n}").id for n in range(number)]
            return [tickets.open_ticket(desk, kind="fault", subject="断网", conversation_id=talk, key=None,
                                        contact_phone="13800000012").about for talk in talks]

    def sweep(self) -> None:
        with self.desk() as desk:
            while deadline_clock.sweep(desk):
                pass

    def counted(self, about: str) -> dict[str, int]:
        """How often each thing that the clock records was recorded, was told and was noticed."""
        with self.desk() as desk, desk.begin() as uow:
            facts = Counter(fact.name for fact in uow.facts.about(about))
            assert 1 == len(uow.customer_notices.of_ticket(about.removeprefix("ticket:")))
            assert {"reply": "broken"} == {one.clock: one.verdict for one in uow.deadlines.of(about)}
            assert 2 == sum(one.subject == about for one in uow.staff_notices.unseen(["supervisors"], limit=9999))
        return {name: facts[name] for name in ONCE}


def _die(store: Store, dies_at: int) -> None:
    passed = count(1)

    def step(*_: Any) -> None:
        if next(passed) == dies_at:
            os._exit(9)

    event.listen(store.engine, "before_cursor_execute", step)
    event.listen(store.engine, "commit", step)


def forked(work: Callable[[], object]) -> int:
    """Run something in a process of its own; its number."""
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return child


@pytest.fixture
def bench(url: str, policy: Policy) -> Bench:
    """One promise of two hours, and two rules for when it is broken."""
    promise = Promise("any", "2 小时内答复", ("KF-3.3.1",), reply_within=2 * HOUR)
    return Bench(url, replace(policy, version="contract", promises={"any": promise}, escalation=RULES))


def test_threads_and_processes_take_each_step_once(bench: Bench) -> None:
    """Two processes of two threads each sweep the same tickets at the same moment."""
    opened = bench.open_tickets(TICKETS)
    bench.time += 3 * HOUR

    def in_threads() -> None:
        together = Barrier(2)

        def one(_: int) -> None:
            together.wait()
            bench.sweep()

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(one, range(2)))

    children = [forked(in_threads) for _ in range(2)]
    assert [0, 0] == [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    bench.sweep()
    assert [ONCE] * TICKETS == [bench.counted(one) for one in opened]


def test_a_process_that_dies_between_any_two_statements_leaves_each_step_to_be_taken_once(bench: Bench) -> None:
    """It is killed before its first statement, its second, … and another one goes on, until one is not killed."""
    for dies_at in count(1):
        [about] = bench.open_tickets(1)
        bench.time += 3 * HOUR

        def sweep(dies_at: int = dies_at) -> None:
            with bench.desk(dies_at) as desk:
                while deadline_clock.sweep(desk):
                    pass

        died = os.waitstatus_to_exitcode(os.waitpid(forked(sweep), 0)[1])
        bench.sweep()
        assert ONCE == bench.counted(about), f"killed at {dies_at}"
        if died == 0:
            break
        assert 9 == died
    assert dies_at > 20


def test_kill_9_again_and_again_loses_and_doubles_nothing(bench: Bench) -> None:
    """Two processes sweep a backlog and are killed at random moments, replaced, killed again."""
    random.seed(7)
    opened = bench.open_tickets(TICKETS)
    bench.time += 3 * HOUR
    for _ in range(KILLS):
        children = [forked(bench.sweep) for _ in range(2)]
        time.sleep(random.uniform(0.02, 0.2))
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    bench.sweep()
    assert [ONCE] * TICKETS == [bench.counted(one) for one in opened]


def test_clocks_that_jump_forth_and_back_take_each_step_once(bench: Bench) -> None:
    """Forward past everything, back before everything, and forward again: nothing twice, facts in order of time."""
    [about] = bench.open_tickets(1)
    for hours in (2.01, -2, 2, 90, -91, 3, 100):
        bench.time += hours * HOUR
        bench.sweep()
    assert ONCE == bench.counted(about)
    with bench.desk() as desk, desk.begin() as uow:
        times = [fact.at for fact in uow.facts.about(about)]
    assert sorted(times) == times


def test_a_claimed_deadline_is_left_to_whoever_claimed_it(bench: Bench) -> None:
    """On PostgreSQL the others go on with what is free instead of waiting; SQLite has one writer anyway."""
    if bench.url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time")
    first, second = bench.open_tickets(2)
    bench.time += 3 * HOUR
    with bench.desk() as holder, holder.begin() as uow:
        [mine] = uow.deadlines.of(first)
        assert mine.id is not None
        assert uow.deadlines.claim(mine.id, now=bench.time) is not None
        started = time.monotonic()
        bench.sweep()
        assert time.monotonic() - started < 2
        assert ONCE == bench.counted(second)
        assert [] == [fact for fact in uow.facts.about(first) if fact.actor == "clock"]
    bench.sweep()
    assert ONCE == bench.counted(first)
