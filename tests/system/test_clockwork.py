"""The clockwork of a running process: steps on time, a database that goes away and comes back, once among several."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from desk import bootstrap, clockwork, settings
from desk.bootstrap import Application
from desk.core.escalation import Rule
from desk.core.facts import Fact
from desk.core.policy import Policy, Promise
from desk.gateways.policy_files import load_policy
from desk.service import clock, conversations, tickets
from desk.service.desk import Desk
from desk.store import migrate
from tests.databases import START_S, Postgres

pytestmark = pytest.mark.system
ROOT = Path(__file__).parents[2]
AT_ONCE, SECOND = 20, timedelta(seconds=1)


class Leaving(Postgres):
    """A server that goes away in the middle, and comes back."""

    def leave(self) -> None:
        self._run("pg_ctl", "-D", f"{self._folder}/data", "-m", "immediate", "-w", "stop")

    def come_back(self) -> None:
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._run("pg_ctl", "-D", f"{self._folder}/data", "-l", f"{self._folder}/log", "-o", options, "-t", str(START_S),
                  "-w", "start")


@pytest.fixture
def leaving(postgres: Postgres) -> Iterator[Leaving]:
    """A PostgreSQL of this test alone."""
    server = Leaving(postgres._programs)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def policy() -> Policy:
    """A promise of a second, and a rule for when it is broken."""
    promise = Promise("any", "1 秒内答复", ("KF-3.3.1",), reply_within=SECOND)
    return replace(load_policy(ROOT / "policy"), version="clockwork", promises={"any": promise},
                   escalation=(Rule("late", "reply_due", ("apologise", "notify_supervisor"), ("KF-3.5.1",)),))


@asynccontextmanager
async def running(url: str, folder: Path, policy: Policy | None = None, **more: str) -> AsyncIterator[Application]:
    """A process's clockwork on a database."""
    app = bootstrap.build(settings.load({"DESK_DATABASE_URL": url, "DESK_DATA_DIR": str(folder), **more}), policy=policy)
    await app.start()
    try:
        async with clockwork.running(app):
            yield app
    finally:
        await app.aclose()


def overdue_soon(desk: Desk) -> str:
    talk = conversations.open(desk, channel="web", channel_user="visitor").id
    return tickets.open_ticket(desk, kind="inquiry", subject="咨询", conversation_id=talk, key=None).about


def steps(desk: Desk, about: str) -> list[Fact]:
    with desk.begin() as uow:
        return [fact for fact in uow.facts.about(about) if fact.name in ("ticket.promise_broken", "ticket.escalated")]


async def soon(true: Callable[[], Awaitable[bool]], *, within_s: float = 15) -> None:
    async with asyncio.timeout(within_s):
        while not await true():  # noqa: ASYNC110 -- a database does not call back
            await asyncio.sleep(0.05)


async def test_steps_are_taken_within_a_second_and_once_by_two_processes(tmp_path: Path, policy: Policy) -> None:
    """Two clockworks on one database: every step once, the last one less than a second after its due time."""
    url = f"sqlite:///{tmp_path}/desk.db"
    migrate.upgrade(url)
    async with AsyncExitStack() as stack:
        first, _ = [await stack.enter_async_context(running(url, tmp_path, policy)) for _ in range(2)]
        opened = [await first.call(overdue_soon) for _ in range(AT_ONCE)]

        async def all_done() -> bool:
            return all([len(await first.call(steps, about)) >= 2 for about in opened])

        await soon(all_done)
        await asyncio.sleep(1)
        for about in opened:
            broken, escalated = await first.call(steps, about)
            late = max(broken.at, escalated.at) - datetime.fromisoformat(broken.data["due_at"])
            assert timedelta(0) < late < SECOND
        assert 0 == await first.call(clock.lag_s)


async def test_a_database_that_goes_away_is_said_once_and_what_is_due_is_made_up_for(tmp_path: Path, policy: Policy,
                                                                                   leaving: Leaving) -> None:
    """The loops go on when it is back, and the step that fell due meanwhile is taken."""
    url = leaving.fresh()
    migrate.upgrade(url)
    with capture_logs() as logged:
        async with running(url, tmp_path, policy) as app:
            about = await app.call(overdue_soon)
            leaving.leave()
            await asyncio.sleep(3)
            leaving.come_back()

            async def done() -> bool:
                return len(await app.call(steps, about)) == 2

            await soon(done)
    said = [one["event"] for one in logged if one.get("work") == "sweep"]
    assert ["clockwork.store_away", "clockwork.back"] == said


async def test_a_changed_policy_is_taken_in_without_a_restart(tmp_path: Path) -> None:
    """Within a few seconds what is promised is what the folder says."""
    url, folder = f"sqlite:///{tmp_path}/desk.db", tmp_path / "policy"
    shutil.copytree(ROOT / "policy", folder)
    migrate.upgrade(url)
    async with running(url, tmp_path, DESK_POLICY_DIR=str(folder)) as app:
        before = app.desk.policy.version
        company = folder / "company.yml"
        company.write_text(company.read_text(encoding="utf-8") + "# 新的一版\n", encoding="utf-8")

        async def changed() -> bool:
            return app.desk.policy.version != before

        await soon(changed)
