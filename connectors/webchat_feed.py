"""Follows conversations for the web chat: reads what is stored, then waits for the hint that there is more."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from connectors import webchat_messages as form
from connectors.gate import Gate
from desk.bootstrap import Application
from desk.core.conversations import Conversation, Message
from desk.service import conversations, customer_notices

POLL_S = 10.0
PAGE = 200


class Feed:
    """The events of conversations as they happen."""

    def __init__(self, app: Application, gate: Gate) -> None:
        self._app = app
        self._gate = gate
        self._waiters: set[asyncio.Event] = set()
        self.stopped = False

    def stop(self) -> None:
        """Let every reader go, so that the process can end."""
        self.stopped = True
        for waiter in self._waiters:
            waiter.set()

    async def wait(self, conversation_id: str, after: int, wait_s: float) -> list[dict[str, Any]]:
        """Events after a number; waits for the first when there is none yet."""
        deadline = asyncio.get_running_loop().time() + wait_s
        with self.listening(conversation_id) as waiter:
            while True:
                waiter.clear()
                messages = await self.read(conversation_id, after)
                left = deadline - asyncio.get_running_loop().time()
                if messages or left <= 0 or self.stopped:
                    break
                await pause(waiter, min(left, POLL_S))
        events = [form.event(message) for message in messages]
        last = messages[-1] if messages else None
        if (messages or wait_s == 0) and self.typing(conversation_id, last, fresh=True):
            events.append(self.typing_event())
        return events

    async def read(self, conversation_id: str, after: int) -> list[Message]:
        """The next stored messages, at most a page."""
        return await self._app.call(conversations.events, conversation_id=conversation_id, after=after, limit=PAGE)

    async def passed(self, conversation: Conversation, up_to: int) -> None:
        """The visitor has everything up to a number: what they were told of their tickets by then has arrived.

        While nothing is owed, which is nearly always, this costs one comparison.
        """
        if conversation.notice_seq is not None and up_to >= conversation.notice_seq:
            await self.seen(conversation.id, up_to)

    async def seen(self, conversation_id: str, up_to: int) -> None:
        """Note it."""
        await self._app.call(customer_notices.seen, conversation_id=conversation_id, up_to=up_to)

    @contextmanager
    def listening(self, conversation_id: str) -> Iterator[asyncio.Event]:
        """An event that is set when something may have happened; clear it before reading."""
        topic = f"conversation:{conversation_id}"
        waiter = self._app.wakeups.subscribe(topic)
        self._waiters.add(waiter)
        try:
            yield waiter
        finally:
            self._waiters.discard(waiter)
            self._app.wakeups.unsubscribe(topic, waiter)

    def typing(self, conversation_id: str, last: Message | None, *, fresh: bool) -> bool:
        """Whether an answer to the customer's last word is on its way; ``fresh`` when it has just been read."""
        if last is not None and last.sender != "customer":
            return False
        owed = fresh and last is not None and last.turn == "pending"  # the gate may be about to begin
        return owed or self._gate.answering(conversation_id)

    def typing_event(self) -> dict[str, Any]:
        """The transient sign of it."""
        return form.typing(self._app.clock.now())


async def pause(waiter: asyncio.Event, seconds: float) -> bool:
    """Whether the hint came within so long."""
    try:
        return await asyncio.wait_for(waiter.wait(), seconds)
    except TimeoutError:
        return False
