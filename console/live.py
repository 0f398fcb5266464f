"""The live line to a console: the queue whenever it changes, and the events of the conversations a page watches.

The page sends ``{"subscribe": conversation, "after": seq}`` and ``{"unsubscribe": conversation}``. It gets
``{"topic": "queue", "waiting", "mine", "ringing", "on_duty"}``, ``{"topic": "conversation", "id", "conversation", "events",
"next"}``, ``{"topic": "conversation", "id", "error", "message"}`` when it may not see one (any longer), and
``{"topic": "beat"}`` when nothing happens. Session and permissions are read again before every push.
"""

import asyncio
import json
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from console import errors, seeing, views
from console.api import bodies
from console.api import queue as queues
from console.api.call import Call
from console.following import Waiter
from desk.core.agents import Agent
from desk.core.errors import DeskError, Invalid, NotYours

log = structlog.get_logger()
POLL_S = 5.0
HEARTBEAT_S = 20.0
CLOSE_S = 2.0
MAX_MESSAGE = 4096
MAX_SUBSCRIPTIONS = 20
SIGNED_OUT = 4401


async def serve(call: Call) -> web.WebSocketResponse:
    """One console's line from handshake to close."""
    call.auth.check_socket(call.request, call.signed_in)
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_MESSAGE, timeout=CLOSE_S)
    await socket.prepare(call.request)
    with call.readers.reader("queues") as waiter:
        line = Line(call, socket, waiter)
        pushing = asyncio.create_task(line.push())
        try:
            await line.listen()
        finally:
            pushing.cancel()
            await asyncio.gather(pushing, return_exceptions=True)
    return socket


class Line:
    """One open socket: what it watches and what it has been told."""

    def __init__(self, call: Call, socket: web.WebSocketResponse, waiter: Waiter) -> None:
        self._call = call
        self._socket = socket
        self._waiter = waiter
        self._after: dict[str, int] = {}
        self._told: dict[str, Any] | None = None

    async def listen(self) -> None:
        """Take subscriptions until the page goes."""
        async for frame in self._socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            try:
                self._take(json.loads(frame.data))
            except (ValueError, RecursionError):
                await self._socket.send_json(errors.as_json(errors.BadJson()))
            except DeskError as error:
                await self._socket.send_json(errors.as_json(error))

    def _take(self, said: Any) -> None:
        if not isinstance(said, dict):
            raise errors.BadJson("an object is expected")
        wanted, unwanted = said.get("subscribe"), said.get("unsubscribe")
        if isinstance(unwanted, str):
            self._after.pop(unwanted, None)
        if wanted is not None:
            full = len(self._after) >= MAX_SUBSCRIPTIONS and wanted not in self._after
            if not isinstance(wanted, str) or not 0 < len(wanted) <= 40 or full:
                raise Invalid("subscribe")
            self._after[wanted] = bodies.whole(said.get("after"), "after", default=0)
        self._waiter.wake()

    async def push(self) -> None:
        """Tell what is new until the session ends or the process does."""
        try:
            await self._follow()
            await self._socket.close(code=WSCloseCode.GOING_AWAY)
        except DeskError as error:
            await self._socket.close(code=SIGNED_OUT if error.status in (401, 403) else WSCloseCode.TRY_AGAIN_LATER)
        except ConnectionError:
            return
        except Exception:
            log.exception("live.failed")
            await self._socket.close(code=WSCloseCode.INTERNAL_ERROR)

    async def _follow(self) -> None:
        while not self._call.readers.stopped:
            self._waiter.clear()
            agent = await self._call.auth.agent(self._call.signed_in.token)
            if not agent.may("converse"):
                raise NotYours("live")
            topics = {"queues"} | {f"conversation:{one}" for one in await self._tell_queue(agent)}
            told = [await self._tell_events(agent, one) for one in list(self._after)]
            topics |= {f"conversation:{one}" for one in self._after}
            if self._waiter.follow(topics) or any(told):
                continue
            await self._waiter.pause(POLL_S)
            if not self._socket.closed:
                await self._socket.send_json({"topic": "beat"})

    async def _tell_queue(self, agent: Agent) -> list[str]:
        """Send the queue if it changed; returns its conversations, whose messages change its lines."""
        queue = await self._call.do(queues.read, agent=agent)
        lines = [*queue["waiting"], *queue["mine"]]
        steady = {**queue, "ringing": queue["ringing"] and queue["ringing"]["id"],
                  **{part: [_steady(line) for line in queue[part]] for part in ("waiting", "mine")}}
        if steady != self._told:
            await self._socket.send_json({"topic": "queue", **queue})
            self._told = steady
        return [line["conversation"] for line in lines]

    async def _tell_events(self, agent: Agent, conversation_id: str) -> bool:
        """Send what is new in a conversation; True when there was something, so that more may follow."""
        after = self._after.get(conversation_id)
        if after is None:
            return False
        try:
            conversation, messages = await self._call.do(seeing.follow, conversation_id=conversation_id, agent=agent,
                                                         after=after)
        except DeskError as error:
            self._after.pop(conversation_id, None)
            await self._socket.send_json({"topic": "conversation", "id": conversation_id, **errors.as_json(error)})
            return False
        if not messages or self._after.get(conversation_id) != after:
            return False
        self._after[conversation_id] = messages[-1].seq
        names = await self._call.do(seeing.names)
        await self._socket.send_json({
            "topic": "conversation", "id": conversation_id, "next": messages[-1].seq,
            "conversation": views.conversation(conversation, agent, names),
            "events": [views.message(one) for one in messages]})
        return True


def _steady(line: dict[str, Any]) -> dict[str, Any]:
    """A line without what changes by the mere passing of time."""
    return {name: value for name, value in line.items() if name not in ("waited_s", "left_s")}
