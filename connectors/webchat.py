"""The web chat: sessions, messages and events over HTTP, and the assembly of its page and its WebSocket.

Forms are checked in ``webchat_messages``, tokens, origins and limits in ``webchat_access``; what happens to a
message is the gate's business.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from connectors import webchat_messages as form
from connectors import webchat_page
from connectors.gate import Gate
from connectors.webchat_access import BadToken, Buckets, Origins, Tokens, TooFast
from connectors.webchat_feed import Feed
from connectors.webchat_socket import Sockets, problem
from desk.bootstrap import Application
from desk.core.conversations import Conversation
from desk.core.errors import DeskError
from desk.service import conversations
from desk.service.conversations import Received

MESSAGES_PER_MINUTE = 30
SESSIONS_PER_MINUTE = 120
MAX_ADDRESS = 64
ROOT = "/channels/web"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def setup(app: web.Application, application: Application, gate: Gate) -> None:
    """Add the web chat to the web process."""
    origins = Origins(application.settings)
    channel = WebChat(application, gate, origins)
    for method, name, handler in (("POST", "sessions", channel.open_session), ("POST", "messages", channel.send),
                                  ("GET", "events", channel.events), ("GET", "ws", channel.sockets.serve)):
        app.router.add_route(method, f"{ROOT}/{name}", _guarded(handler, origins))
        app.router.add_route("OPTIONS", f"{ROOT}/{name}", _guarded(_preflight, origins))
    webchat_page.setup(app, application, origins.embedding)
    app.on_shutdown.append(channel.stop)


class WebChat:
    """The three HTTP calls of the channel."""

    def __init__(self, app: Application, gate: Gate, origins: Origins) -> None:
        self._app = app
        self._gate = gate
        self._tokens = Tokens(app.settings, app.clock)
        self._feed = Feed(app, gate)
        self._arrivals = Buckets(SESSIONS_PER_MINUTE)
        self._sending = Buckets(MESSAGES_PER_MINUTE)
        self._max_bytes = form.max_bytes(app.settings.message_max_chars)
        self.sockets = Sockets(tokens=self._tokens, origins=origins, feed=self._feed, max_bytes=self._max_bytes,
                               open_=self._conversation, receive=self._receive)

    async def stop(self, app: web.Application) -> None:
        """Let every reader go before the process ends."""
        self._feed.stop()
        await self.sockets.close()

    async def open_session(self, request: web.Request) -> web.Response:
        """A new visitor's conversation, or for a bearer the same one under a fresh token."""
        if "Authorization" in request.headers:
            user = self._user(request)
        else:
            self._arrivals.take(_address(request))
            user = secrets.token_urlsafe(18)
        conversation = await self._conversation(user)
        return web.json_response({"conversation": conversation.id, "token": self._tokens.issue(user),
                                  "owner": conversation.owner, "seq": conversation.last_seq}, status=201)

    async def send(self, request: web.Request) -> web.Response:
        """Take a message in, once per own id of the visitor."""
        conversation = await self._conversation(self._user(request))
        body = await form.read_limited(request.content.iter_any(), self._max_bytes)
        received = await self._receive(conversation.id, form.parse_object(body))
        return web.json_response({"seq": received.seq}, status=202 if received.new else 200)

    async def events(self, request: web.Request) -> web.Response:
        """What happened after a number, waiting for it if asked."""
        user = self._user(request)
        after = form.after_of(request.query.get("after", "0"))
        wait_s = form.wait_of(request.query.get("wait", "0"))
        conversation = await self._conversation(user)
        await self._feed.passed(conversation, after)
        events = await self._feed.wait(conversation.id, after, wait_s)
        stored = [event["seq"] for event in events if "seq" in event]
        return web.json_response({"events": events, "next": stored[-1] if stored else after},
                                 headers={"Cache-Control": "no-store"})

    async def _receive(self, conversation_id: str, body: dict[str, Any]) -> Received:
        self._sending.take(conversation_id)
        message = form.incoming(body, self._app.settings.message_max_chars)
        return await self._gate.receive(conversation_id=conversation_id, external_id=message.id, text=message.text,
                                        payload=message.payload)

    async def _conversation(self, user: str) -> Conversation:
        return await self._app.call(conversations.open, channel="web", channel_user=user)

    def _user(self, request: web.Request) -> str:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise BadToken
        return self._tokens.user(token.strip())


def _address(request: web.Request) -> str:
    """Where a request comes from: only a proxy on this machine is believed about somebody else."""
    peer = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()[:MAX_ADDRESS]
    return forwarded if forwarded and peer in ("127.0.0.1", "::1") else peer


async def _preflight(request: web.Request) -> web.Response:
    return web.Response(status=204)


def _guarded(handler: Handler, origins: Origins) -> Handler:
    """Errors as JSON in the words of the interface, and CORS for the allowed origins only."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(request)
        except DeskError as error:
            response = web.json_response(problem(error), status=error.status)
            if isinstance(error, TooFast):
                response.headers["Retry-After"] = str(error.retry_after)
        except web.RequestPayloadError:
            response = web.json_response(problem(form.BadJson()), status=form.BadJson.status)
        origin = request.headers.get("Origin", "")
        if not response.prepared and origins.may_read(origin):
            response.headers.update({
                "Access-Control-Allow-Origin": origin, "Vary": "Origin", "Access-Control-Max-Age": "600",
                "Access-Control-Allow-Headers": "Authorization, Content-Type",
                "Access-Control-Allow-Methods": "GET, POST", "Access-Control-Expose-Headers": "Retry-After"})
        return response

    return guarded
