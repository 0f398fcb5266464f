"""A small web process for tests: the real console and services on SQLite with the sample data, without a bot.

Not a test. Customers speak through the service functions that the web chat uses.
"""

import itertools
import socket
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

import console.routes
from desk import sample_data, settings
from desk.bootstrap import Application, build
from desk.core.agents import Agent
from desk.core.conversations import Conversation, Turn
from desk.service import agents, conversations, handoffs, turns
from desk.service.turns import Answer, Reply

ROOT = Path(__file__).parents[2]
SUMMARY = {"said": "帮我转人工，电话13800000001", "intent": "request_human", "task": "booking_form",
           "slots": {"booking_service": "broadband_install", "booking_phone": "13800000001", "verify_code": "482913",
                     "booking_time": "2026-12-01T10:00:00+08:00"}}
PARSE = {"intent": {"name": "book_service", "confidence": 0.9321}, "entities": []}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ConsoleStand:
    """The web process on a folder."""

    def __init__(self, folder: Path, **given: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = settings.load({"DESK_DATA_DIR": str(folder), "DESK_PORT": str(self.port),
                                       "DESK_POLICY_DIR": str(ROOT / "policy"),
                                       **{f"DESK_{name.upper()}": value for name, value in given.items()}})
        self._ids = itertools.count(1)

    async def start(self) -> None:
        """Listen."""
        self.app: Application = build(self.settings)
        self.app.store.create_tables()
        await self.app.call(sample_data.load)  # adds nothing to a copied database
        for username in ("wang", "li"):
            await self.app.call(agents.set_duty, agent=self.agent(username), on_duty=True)
        self.site = web.Application()
        console.routes.setup(self.site, self.app)
        await self.app.start()
        self._runner = web.AppRunner(self.site, shutdown_timeout=2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        """Stop as `desk web` does."""
        await self._runner.cleanup()
        await self.app.aclose()

    def agent(self, username: str) -> Agent:
        """A sample agent as stored now."""
        with self.app.desk.begin() as uow:
            found = uow.agents.by_username(username)
        assert found is not None
        return found

    def customer(self, name: str = "a", *, verified: bool = False) -> Conversation:
        """Somebody on the web chat, proven to be 张伟 if asked."""
        talk = conversations.open(self.app.desk, channel="web", channel_user=name)
        if verified:
            with self.app.desk.begin() as uow:
                stored = uow.conversations.get(talk.id, lock=True)
                known = uow.customers.by_phone("13800000001")
                assert known is not None
                stored.customer_id, stored.surname = known.id, known.name[:1]
        return talk

    def says(self, talk: Conversation, text: str) -> int:
        """The customer writes."""
        return conversations.receive(self.app.desk, conversation_id=talk.id, external_id=f"m{next(self._ids)}",
                                     text=text).seq

    def bot_answers(self, talk: Conversation, text: str, *replies: str) -> None:
        """The customer writes, the bot understands and answers."""
        seq = self.says(talk, text)
        turn = turns.claim(self.app.desk, conversation_id=talk.id, holder="test", lease_s=15)
        assert isinstance(turn, Turn)
        assert turn.seq == seq
        turns.finish(self.app.desk, turn=turn, lease_s=15, answer=Answer(
            [Reply(one, buttons=[{"title": "好的", "payload": "/affirm"}]) for one in replies], PARSE,
            {"booking_service": "broadband_install", "booking_phone": "13800000001"}, "booking_form"))

    def waits(self, talk: Conversation, **given: Any) -> int:
        """The customer is put into a queue; returns the handoff."""
        asked = {"reason": "request_human", "queue": "general", "summary": SUMMARY, **given}
        return handoffs.request(self.app.desk, conversation_id=talk.id, **asked).handoff_id


class Client:
    """A program with a bearer token; every call returns status and JSON."""

    def __init__(self, http: aiohttp.ClientSession, token: str = "") -> None:
        self.http, self.token = http, token

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, dict[str, Any]]:
        """One call of the API."""
        headers = {**self.headers, **options.pop("headers", {})}
        async with self.http.request(method, f"/api/v1{path}", json=body, headers=headers, **options) as response:
            return response.status, await response.json()

    async def get(self, path: str, **params: Any) -> tuple[int, dict[str, Any]]:
        """Read."""
        return await self.call("GET", path, params={name: str(value) for name, value in params.items()})

    async def post(self, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Change."""
        return await self.call("POST", path, body)

    async def page(self, path: str) -> tuple[int, str]:
        """A page's text, not following redirects."""
        async with self.http.get(path, headers=self.headers, allow_redirects=False) as response:
            return response.status, await response.text()


async def sign_in(http: aiohttp.ClientSession, username: str) -> Client:
    """A sample agent as a program; the cookie is not kept."""
    async with http.post("/api/v1/session",
                         json={"username": username, "password": sample_data.password(username)}) as response:
        assert response.status == 200
        token = (await response.json())["token"]
    http.cookie_jar.clear()
    return Client(http, token)
