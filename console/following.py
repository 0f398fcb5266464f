"""Waiting for hints on several topics at once, so that one reader can follow a queue and some conversations."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from desk.gateways.wakeups import Wakeups


class Waiter:
    """One reader's subscriptions. Follow, ``clear``, read, ``pause``: nothing falls between reading and waiting."""

    def __init__(self, wakeups: Wakeups) -> None:
        self._wakeups = wakeups
        self._events: dict[str, asyncio.Event] = {}
        self._own = asyncio.Event()

    def follow(self, topics: set[str]) -> bool:
        """Listen to exactly these topics; True when one is new and was not listened to while reading."""
        for topic in self._events.keys() - topics:
            self._wakeups.unsubscribe(topic, self._events.pop(topic))
        new = topics - self._events.keys()
        for topic in new:
            self._events[topic] = self._wakeups.subscribe(topic)
        return bool(new)

    def clear(self) -> None:
        """Forget hints before reading."""
        for event in (self._own, *self._events.values()):
            event.clear()

    def wake(self) -> None:
        """End the present or the next pause."""
        self._own.set()

    async def pause(self, seconds: float) -> None:
        """Until the first hint, at most so long."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._own, *self._events.values())]
        try:
            await asyncio.wait(waits, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


class Readers:
    """All waiting readers of this process, so that it can let them go when it ends."""

    def __init__(self, wakeups: Wakeups) -> None:
        self._wakeups = wakeups
        self._waiters: set[Waiter] = set()
        self.stopped = False

    @contextmanager
    def reader(self, *topics: str) -> Iterator[Waiter]:
        """A waiter that follows these topics until the block ends."""
        waiter = Waiter(self._wakeups)
        waiter.follow(set(topics))
        self._waiters.add(waiter)
        try:
            yield waiter
        finally:
            self._waiters.discard(waiter)
            waiter.follow(set())

    def stop(self) -> None:
        """Let every reader go."""
        self.stopped = True
        for waiter in self._waiters:
            waiter.wake()
