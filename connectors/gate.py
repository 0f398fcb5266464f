"""The gate: what every channel does with a message from a customer, and how the bot comes to answer it.

Store once, acknowledge, then answer: one turn at a time per conversation, under a lease that the next process
takes over when this one dies.
"""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import structlog

from desk.bootstrap import Application
from desk.core import notices
from desk.core.conversations import Turn
from desk.core.errors import DeskError
from desk.gateways.rasa import RasaUnavailable, TurnFailed
from desk.service import conversations, handoffs, standing, turns
from desk.service.conversations import Received
from desk.service.turns import Answer

log = structlog.get_logger()
LEASE_S = 15.0
RENEW_EVERY_S = 5.0
SWEEP_EVERY_S = 1.0
POSTPONE_S = 2.0


class Gate:
    """Takes messages in and sees to it that each is answered, here or by another process."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._answering: dict[str, asyncio.Task[None]] = {}
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start looking after leases, overdue messages and the waiting room."""
        if self._app.settings.database_url.startswith("sqlite"):
            await self._app.call(turns.release_all)
        self._loops = [asyncio.create_task(loop) for loop in (self._sweep(), self._renew(), self._watch_queues())]

    async def stop(self) -> None:
        """Stop; what was not answered stays stored for the next process."""
        tasks = [*self._loops, *self._answering.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def receive(self, *, conversation_id: str, external_id: str, text: str,
                      payload: str | None = None) -> Received:
        """Store a message; when this returns it is safe, whatever happens afterwards."""
        received = await self._app.call(
            conversations.receive, conversation_id=conversation_id, external_id=external_id, text=text,
            payload=payload, holder=self._app.holder, lease_s=LEASE_S)
        if received.turn is not None:
            self._spawn(conversation_id, self._answer(received.turn))
        return received

    def answering(self, conversation_id: str) -> bool:
        """Whether this process is working on an answer right now."""
        return conversation_id in self._answering

    def _spawn(self, conversation_id: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._answering[conversation_id] = task

        def done(finished: asyncio.Task[None]) -> None:
            if self._answering.get(conversation_id) is finished:
                del self._answering[conversation_id]
            if not finished.cancelled() and finished.exception() is not None:
                log.error("turn.crashed", conversation=conversation_id, exc_info=finished.exception())

        task.add_done_callback(done)

    async def _answer(self, turn: Turn | None) -> None:
        """Answer messages of one conversation until none waits."""
        while turn is not None:
            turn = await self._answer_one(turn)

    async def _answer_one(self, turn: Turn) -> Turn | None:
        call = self._app.call
        try:
            answer = await self._app.rasa.turn(
                conversation=turn.conversation_id, message_id=turn.message_id,
                text=turn.payload.get("payload") or turn.text, metadata=_metadata(turn))
        except RasaUnavailable as error:
            log.warning("turn.postponed", conversation=turn.conversation_id, seq=turn.seq, error=str(error))
            if await self._reach_person(turn):
                return await call(turns.finish, turn=turn, answer=Answer((), {}, {}, None), lease_s=LEASE_S)
            await call(turns.postpone, turn=turn, delay_s=POSTPONE_S * random.uniform(0.8, 1.2))
            return None
        except TurnFailed as error:
            log.error("turn.failed", conversation=turn.conversation_id, seq=turn.seq, error=str(error))
            return await call(turns.fail, turn=turn, error=str(error), lease_s=LEASE_S)
        return await call(turns.finish, turn=turn, answer=answer, lease_s=LEASE_S)

    async def _reach_person(self, turn: Turn) -> bool:
        """While Rasa is away a customer can still ask for a person."""
        if not notices.WANTS_PERSON.search(turn.text):
            return False
        try:
            await self._app.call(
                handoffs.request, conversation_id=turn.conversation_id, reason="request_human", summary={},
                message_id=turn.message_id, key=f"{turn.conversation_id}/{turn.message_id}/handoff")
        except DeskError as error:
            log.info("turn.not_handed_off", conversation=turn.conversation_id, error=str(error))
        return True

    async def _sweep(self) -> None:
        """Take over what a dead process left, and what Rasa could not answer before."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S * random.uniform(0.8, 1.2))
            try:
                for conversation_id in await self._app.call(turns.overdue, holder=self._app.holder):
                    if conversation_id in self._answering:
                        continue
                    turn = await self._app.call(turns.claim, conversation_id=conversation_id,
                                                holder=self._app.holder, lease_s=LEASE_S)
                    if turn is not None and conversation_id not in self._answering:
                        self._spawn(conversation_id, self._answer(turn))
            except Exception:
                log.exception("sweep.failed")
                await asyncio.sleep(SWEEP_EVERY_S)

    async def _renew(self) -> None:
        """Keep the leases of the turns under way."""
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            active = list(self._answering)
            if not active:
                continue
            try:
                await self._app.call(turns.renew, holder=self._app.holder, conversation_ids=active, lease_s=LEASE_S)
            except Exception:
                log.exception("leases.not_renewed", conversations=len(active))

    async def _watch_queues(self) -> None:
        """Tell waiting customers when their place changes."""
        while True:
            await self._app.wakeups.wait("queues", 15)
            try:
                await self._app.call(standing.refresh_places)
            except Exception:
                log.exception("places.not_refreshed")
                await asyncio.sleep(SWEEP_EVERY_S)


def _metadata(turn: Turn) -> dict[str, Any]:
    return {"conversation": turn.conversation_id, "message_id": turn.message_id,
            "owner_version": turn.owner_version, "channel": turn.payload.get("channel"),
            "payload": bool(turn.payload.get("payload")), "surname": turn.payload.get("surname"),
            "idle_s": turn.idle_s, "customer_verified": turn.payload.get("customer_verified", False)}
