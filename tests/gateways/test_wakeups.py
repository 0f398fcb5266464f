"""Hints between coroutines, threads and, through a real Redis, processes."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from redis import asyncio as redis_asyncio

from desk.gateways.wakeups import CHANNEL, Wakeups
from tests.databases import Redis

SOON, LONG_ENOUGH = 0.05, 8.0


@pytest.fixture
async def alone() -> AsyncIterator[Wakeups]:
    """Within one process."""
    wakeups = Wakeups()
    await wakeups.start()
    yield wakeups
    await wakeups.close()


async def listening(redis: Redis, count: int) -> None:
    """Until that many processes listen."""
    client = redis_asyncio.Redis.from_url(redis.url)
    async with asyncio.timeout(LONG_ENOUGH):
        while (await client.pubsub_numsub(CHANNEL))[0][1] < count:  # noqa: ASYNC110 -- Redis tells nobody
            await asyncio.sleep(0.01)
    await client.close()


@pytest.fixture
async def pair(redis_server: Redis) -> AsyncIterator[tuple[Wakeups, Wakeups]]:
    """Two processes on one Redis."""
    two = Wakeups(redis_server.url), Wakeups(redis_server.url)
    for one in two:
        await one.start()
    await listening(redis_server, 2)
    yield two
    for one in two:
        await one.close()


async def test_a_notification_wakes_every_waiter_of_its_topic(alone: Wakeups) -> None:
    """And nobody else."""
    waiters = [asyncio.create_task(alone.wait("conversation:1", LONG_ENOUGH)) for _ in range(3)]
    other = asyncio.create_task(alone.wait("conversation:2", SOON))
    await asyncio.sleep(0)
    alone.notify("conversation:1")
    assert [True] * 3 == await asyncio.gather(*waiters)
    assert not await other


async def test_without_a_notification_the_wait_ends_by_itself(alone: Wakeups) -> None:
    """A lost hint costs a poll interval, never for ever."""
    assert not await alone.wait("queues", SOON)


async def test_any_thread_may_notify(alone: Wakeups) -> None:
    """Services run in worker threads."""
    waiter = asyncio.create_task(alone.wait("queues", LONG_ENOUGH))
    await asyncio.sleep(0)
    threading.Thread(target=alone.notify, args=("queues",)).start()
    assert await waiter


async def test_nothing_falls_between_reading_and_waiting(alone: Wakeups) -> None:
    """Whoever subscribes first, reads then and waits last misses nothing."""
    waiter = alone.subscribe("queues")
    alone.notify("queues")
    await asyncio.sleep(SOON)
    assert waiter.is_set()
    alone.unsubscribe("queues", waiter)


def test_notifying_before_the_start_is_harmless() -> None:
    """A command without an event loop uses the same services."""
    Wakeups().notify("queues")


async def test_closing_lets_every_waiter_go() -> None:
    """Nobody keeps a stopping process alive."""
    wakeups = Wakeups()
    await wakeups.start()
    waiter = asyncio.create_task(wakeups.wait("queues", LONG_ENOUGH))
    await asyncio.sleep(0)
    await wakeups.close()
    await asyncio.wait_for(waiter, 1)


async def test_another_process_is_woken_through_redis(pair: tuple[Wakeups, Wakeups]) -> None:
    """Both ways, and the sender's own waiters too."""
    for here, there in (pair, pair[::-1]):
        waiters = [asyncio.create_task(one.wait("conversation:中", LONG_ENOUGH)) for one in (here, there)]
        await asyncio.sleep(0)
        here.notify("conversation:中")
        assert [True, True] == await asyncio.gather(*waiters)


async def test_redis_may_be_restarted(pair: tuple[Wakeups, Wakeups], redis_server: Redis) -> None:
    """While it is away each process goes on alone; when it is back they hear each other again."""
    here, there = pair
    redis_server.stop()
    try:
        waiter = asyncio.create_task(here.wait("queues", LONG_ENOUGH))
        await asyncio.sleep(SOON)
        here.notify("queues")
        assert await waiter
    finally:
        redis_server.start()
    await listening(redis_server, 2)
    waiter = asyncio.create_task(there.wait("queues", LONG_ENOUGH))
    await asyncio.sleep(0)
    here.notify("queues")
    assert await waiter


async def test_a_process_that_starts_without_redis_joins_when_it_comes(redis_server: Redis) -> None:
    """The order in which things start does not matter."""
    redis_server.stop()
    late, other = Wakeups(redis_server.url), Wakeups(redis_server.url)
    try:
        await late.start()
        await asyncio.sleep(SOON)
    finally:
        redis_server.start()
    await other.start()
    await listening(redis_server, 2)
    waiter = asyncio.create_task(late.wait("outbox", LONG_ENOUGH))
    await asyncio.sleep(0)
    other.notify("outbox")
    assert await waiter
    for one in (late, other):
        await one.close()
