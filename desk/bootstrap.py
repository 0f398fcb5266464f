"""Puts the parts together: settings in, an Application out. The only place that knows every implementation."""

import asyncio
import functools
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from desk.core.policy import Policy
from desk.gateways.clocks import ShiftedClock, SystemClock
from desk.gateways.policy_book import FixedPolicy, PolicyBook, StoredPolicies
from desk.gateways.rasa import RasaGateway
from desk.gateways.wakeups import Wakeups
from desk.service.desk import Clock, Desk
from desk.settings import Settings
from desk.store.unit_of_work import Store

P = ParamSpec("P")
R = TypeVar("R")
THREADS = 8


@dataclass
class Application:
    """A running desk: what connectors, console and actions are given."""

    settings: Settings
    desk: Desk
    policies: PolicyBook | FixedPolicy
    store: Store
    clock: Clock
    wakeups: Wakeups
    rasa: RasaGateway
    threads: ThreadPoolExecutor
    holder: str

    async def call(self, function: Callable[Concatenate[Desk, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a service function in a worker thread; it goes on when the caller is cancelled."""
        work = functools.partial(function, self.desk, *args, **kwargs)
        future = asyncio.get_running_loop().run_in_executor(self.threads, work)
        return await asyncio.shield(future)

    async def start(self) -> None:
        """Bind to the running event loop."""
        await self.wakeups.start()

    async def aclose(self) -> None:
        """Let everything go, in the opposite order."""
        await self.wakeups.close()
        await self.rasa.close()
        self.threads.shutdown(wait=True)
        self.store.close()


def build(settings: Settings, *, rasa_url: str = "", policy: Policy | None = None) -> Application:
    """An application for these settings; the database must have been migrated.

    Raises PolicyError when the policy files are not valid.
    """
    wakeups = Wakeups(settings.redis_url)
    store = Store(settings.database_url, wake=wakeups.notify)
    clock = make_clock(settings.clock_start)
    book = FixedPolicy(policy) if policy else PolicyBook(Path(settings.policy_dir), begin=store.begin,
                                                         reading=store.reading, clock=clock)
    return Application(
        settings=settings,
        desk=Desk(begin=store.begin, clock=clock, policies=book.current, archive=book.by_version,
                  reading=store.reading),
        policies=book,
        store=store,
        clock=clock,
        wakeups=wakeups,
        rasa=RasaGateway(rasa_url or settings.rasa_url, settings.internal_token, settings.rasa_timeout_s),
        threads=ThreadPoolExecutor(THREADS, thread_name_prefix="desk"),
        holder=f"{socket.gethostname()[:20]}:{os.getpid()}:{secrets.token_hex(4)}",
    )


def make_clock(start: str) -> Clock:
    """The system's clock, or one set to an ISO instant."""
    return ShiftedClock(datetime.fromisoformat(start)) if start else SystemClock()


def with_application(settings: Settings, work: Callable[[Application], Any]) -> Any:
    """Build an application, run something synchronous on it, and close its store: for commands."""
    application = build(settings)
    try:
        return work(application)
    finally:
        application.threads.shutdown(wait=True)
        application.store.close()


@contextmanager
def reading_desk(settings: Settings) -> Iterator[Desk]:
    """A desk on what is stored, whatever lies in the policy folder: for commands that look and change nothing."""
    store, clock = Store(settings.database_url), make_clock(settings.clock_start)
    book = StoredPolicies(reading=store.reading, clock=clock)
    try:
        yield Desk(begin=store.begin, clock=clock, policies=book.current, archive=book.by_version,
                   reading=store.reading)
    finally:
        store.close()
