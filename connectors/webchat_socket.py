"""The web chat over WebSocket: the same events live, and messages with an acknowledgement.

The token never stands in the address: it comes as a subprotocol (``["yingda", token]``) or as the first message
``{"token", "after"}``. Then: ``{"ready": conversation, "seq": last}``, events, and ``{"ack": id, "seq"}`` or
``{"error", "message", "ack": id}`` for each ``{"id", "text", "payload"}`` of the visitor. ``{"beat"}`` now and then
shows a silent page that the line still stands.

An event with ``notice`` tells something of a ticket; the page answers ``{"seen": seq}``, which proves that it arrived.
Nothing less counts, because what was written to a socket may never leave it: a page that does not answer proves it by
coming back with an ``after`` that is not smaller.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from connectors import webchat_messages as form
from connectors.webchat_access import BadToken, Origins, Tokens
from connectors.webchat_feed import PAGE, Feed, pause
from desk.core.conversations import Conversation, Message
from desk.core.errors import DeskError
from desk.service.conversations import Received

log = structlog.get_logger()
PROTOCOL = "yingda"
FIRST_MESSAGE_S = 10.0
HEARTBEAT_S = 20.0
IDLE_S = 15.0
CLOSE_S = 2.0
TYPING_AGAIN_S = 3.0
UNAUTHORIZED = 4401

Open = Callable[[str], Awaitable[Conversation]]
Receive = Callable[[str, dict[str, Any]], Awaitable[Received]]


@dataclass
class Reader:
    """How far a socket's visitor has been sent; ``owed`` are the notices that the page has not acknowledged."""

    conversation_id: str
    after: int
    owed: list[int] = field(default_factory=list)


class Sockets:
    """All live sockets of this process; ``open_`` finds a visitor's conversation, ``receive`` takes a message in."""

    def __init__(self, *, tokens: Tokens, origins: Origins, feed: Feed, max_bytes: int, open_: Open,
                 receive: Receive) -> None:
        self._tokens = tokens
        self._origins = origins
        self._feed = feed
        self._max_bytes = max_bytes
        self._open = open_
        self._receive = receive
        self._live: set[web.WebSocketResponse] = set()

    async def close(self) -> None:
        """Ask every page to connect again, to another process or to the next one."""
        await asyncio.gather(*(socket.close(code=WSCloseCode.GOING_AWAY) for socket in set(self._live)),
                             return_exceptions=True)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One visitor's socket from handshake to close."""
        self._origins.check_socket(request.headers.get("Origin"), request.host)
        offered = [one.strip() for one in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        token = next((one for one in offered if one not in ("", PROTOCOL)), "")
        if token:
            self._tokens.user(token)
        after = form.after_of(request.query.get("after", "0"))
        socket = web.WebSocketResponse(protocols=(PROTOCOL, token) if token else (PROTOCOL,),
                                       heartbeat=HEARTBEAT_S, max_msg_size=self._max_bytes, timeout=CLOSE_S)
        await socket.prepare(request)
        self._live.add(socket)
        try:
            await self._converse(socket, token, after)
        except DeskError as error:
            await _refuse(socket, error)
        except (ConnectionError, TimeoutError):
            await socket.close()
        finally:
            self._live.discard(socket)
        return socket

    async def _converse(self, socket: web.WebSocketResponse, token: str, after: int) -> None:
        if not token:
            token, after = await self._introduction(socket, after)
        conversation = await self._open(self._tokens.user(token))
        await socket.send_json({"ready": conversation.id, "seq": conversation.last_seq})
        await self._feed.passed(conversation, after)
        reader = Reader(conversation.id, after)
        pushing = asyncio.create_task(self._push(socket, reader))
        try:
            await self._listen(socket, token, reader)
        finally:
            pushing.cancel()
            await asyncio.gather(pushing, return_exceptions=True)

    async def _introduction(self, socket: web.WebSocketResponse, after: int) -> tuple[str, int]:
        first = await socket.receive(timeout=FIRST_MESSAGE_S)
        if first.type is not WSMsgType.TEXT:
            raise BadToken
        said = form.parse_object(first.data)
        return str(said.get("token") or ""), form.after_of(said.get("after", after))

    async def _listen(self, socket: web.WebSocketResponse, token: str, reader: Reader) -> None:
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            self._tokens.user(token)
            said = form.parse_object(frame.data)
            try:
                if "seen" in said:
                    await self._acknowledged(reader, form.after_of(said["seen"]))
                    continue
                received = await self._receive(reader.conversation_id, said)
            except DeskError as error:
                await socket.send_json({**problem(error), "ack": said.get("id")})
            else:
                await socket.send_json({"ack": said["id"], "seq": received.seq})

    async def _acknowledged(self, reader: Reader, seq: int) -> None:
        """Of what was sent and not yet acknowledged; anything else is not worth a look into the database."""
        if reader.owed and reader.owed[0] <= seq <= reader.after:
            reader.owed = [one for one in reader.owed if one > seq]
            await self._feed.seen(reader.conversation_id, seq)

    async def _push(self, socket: web.WebSocketResponse, reader: Reader) -> None:
        try:
            await self._follow(socket, reader)
        except ConnectionError:
            return
        except Exception:
            log.exception("socket.failed", conversation=reader.conversation_id)
            await socket.close(code=WSCloseCode.INTERNAL_ERROR)

    async def _follow(self, socket: web.WebSocketResponse, reader: Reader) -> None:
        last: Message | None = None
        with self._feed.listening(reader.conversation_id) as waiter:
            while not self._feed.stopped:
                waiter.clear()
                messages = await self._feed.read(reader.conversation_id, reader.after)
                for message in messages:
                    await self._send(socket, reader, message)
                    last = message
                if len(messages) == PAGE:
                    continue
                typing = self._feed.typing(reader.conversation_id, last, fresh=bool(messages))
                if typing:
                    await socket.send_json(self._feed.typing_event())
                if not await pause(waiter, TYPING_AGAIN_S if typing else IDLE_S):
                    await socket.send_json({"beat": reader.after})

    async def _send(self, socket: web.WebSocketResponse, reader: Reader, message: Message) -> None:
        reader.after = message.seq
        if "notice" in message.payload:
            reader.owed.append(message.seq)
        await socket.send_json(form.event(message))


def problem(error: DeskError) -> dict[str, Any]:
    """An error in the words of the interface."""
    return {"error": error.code, "message": str(error)}


async def _refuse(socket: web.WebSocketResponse, error: DeskError) -> None:
    if not socket.closed:
        await socket.send_json(problem(error))
        await socket.close(code=UNAUTHORIZED if error.status == 401 else WSCloseCode.POLICY_VIOLATION)
