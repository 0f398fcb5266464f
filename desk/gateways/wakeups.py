"""Wake-ups: hints that something changed, inside this process and, through Redis, to the others.

The database is the truth: a lost hint costs a poll interval, never a message.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from typing import Any

import structlog
from redis import asyncio as redis_asyncio
from redis.exceptions import RedisError

log = structlog.get_logger()
CHANNEL = "desk:wakeups"


class Wakeups:
    """Topics that coroutines wait for; ``notify`` may be called from any thread."""

    def __init__(self, redis_url: str = "") -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._redis = redis_asyncio.Redis.from_url(redis_url) if redis_url else None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Bind to the running loop and, with Redis, listen to the other processes."""
        self._loop = asyncio.get_running_loop()
        if self._redis is not None:
            self._spawn(self._listen())

    async def close(self) -> None:
        """Stop listening and let every waiter go."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for topic in list(self._waiting):
            self._set(topic)
        if self._redis is not None:
            await self._redis.aclose() if hasattr(self._redis, "aclose") else await self._redis.close()

    def notify(self, topic: str) -> None:
        """Wake whoever waits for a topic, here and elsewhere; harmless before ``start``."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._notify, topic)

    def _notify(self, topic: str) -> None:
        self._set(topic)
        if self._redis is not None:
            self._spawn(self._publish(topic))

    def _set(self, topic: str) -> None:
        for waiter in self._waiting.get(topic, ()):
            waiter.set()

    def subscribe(self, topic: str) -> asyncio.Event:
        """An event that is set at each notification; give it back with ``unsubscribe``.

        Subscribe before reading the database, so that nothing falls between reading and waiting.
        """
        waiter = asyncio.Event()
        self._waiting[topic].add(waiter)
        return waiter

    def unsubscribe(self, topic: str, waiter: asyncio.Event) -> None:
        """Stop being woken."""
        self._waiting[topic].discard(waiter)
        if not self._waiting[topic]:
            del self._waiting[topic]

    async def wait(self, topic: str, timeout: float) -> bool:  # noqa: ASYNC109 -- the poll interval is the point
        """Whether the topic was notified within ``timeout`` seconds."""
        waiter = self.subscribe(topic)
        try:
            await asyncio.wait_for(waiter.wait(), timeout)
            return True
        except TimeoutError:
            return False
        finally:
            self.unsubscribe(topic, waiter)

    async def _publish(self, topic: str) -> None:
        assert self._redis is not None
        try:
            await self._redis.publish(CHANNEL, topic)
        except (RedisError, OSError) as error:
            log.warning("wakeups.not_published", topic=topic, error=str(error))

    async def _listen(self) -> None:
        assert self._redis is not None
        while True:
            try:
                async with self._redis.pubsub() as listener:
                    await listener.subscribe(CHANNEL)
                    async for message in listener.listen():
                        if message["type"] == "message":
                            self._set(message["data"].decode())
            except (RedisError, OSError) as error:
                log.warning("wakeups.redis_lost", error=str(error))
                await asyncio.sleep(1)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
