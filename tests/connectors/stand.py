"""A small web process for tests: the real web chat, gate and services on SQLite, with a scripted stand-in for Rasa.

Not a test. The stand-in answers the private channel as ``bot/channel.py`` does; language is tested elsewhere.
"""

import asyncio
import socket
from collections import Counter
from pathlib import Path
from typing import Any

from aiohttp import web

import connectors.webchat
from connectors.gate import Gate
from desk import settings
from desk.bootstrap import Application, build
from desk.core.agents import Agent
from desk.service import handoffs

ROOT = Path(__file__).parents[2]
BUTTONS = [{"title": "确认", "payload": "/affirm"}, {"title": "不用了", "payload": "/deny"}]
PARSE = {"intent": {"name": "inform", "confidence": 0.9}, "entities": []}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ScriptedRasa:
    """Answers by the text; ``turns`` counts how often each message was handled, ``away`` makes it unavailable."""

    def __init__(self) -> None:
        self.turns: Counter[tuple[str, str]] = Counter()
        self.texts: list[str] = []
        self.away = False
        self.slow = asyncio.Event()
        self.desk: Application | None = None
        self.port = free_port()

    async def start(self) -> web.AppRunner:
        """Listen."""
        app = web.Application()
        app.router.add_post("/webhooks/desk/turn", self._turn)
        return await listen(app, self.port)

    async def _turn(self, request: web.Request) -> web.Response:
        if self.away:
            return web.json_response({"error": "no_model"}, status=503)
        turn = await request.json()
        self.turns[turn["conversation"], turn["message_id"]] += 1
        self.texts.append(turn["text"])
        replies = await self._replies(turn)
        return web.json_response({"replies": replies, "parse": PARSE, "slots": {"secret_slot": "内部"},
                                  "active_loop": None})

    async def _replies(self, turn: dict[str, Any]) -> list[dict[str, Any]]:
        text = turn["text"]
        if text == "慢":
            await self.slow.wait()
        if text == "选":
            return [said("请您确认：\n明天 10:00 空调清洗", BUTTONS)]
        if text == "/affirm" and turn["metadata"]["payload"]:
            return [said("已按按钮确认。")]
        if text == "登记":
            return [{"text": "已登记。", "buttons": [], "custom": {"ticket": "TS20261124001", "parse": "内部"}}]
        if text == "转人工":
            assert self.desk is not None
            await self.desk.call(handoffs.request, conversation_id=turn["conversation"], reason="request_human",
                                 summary={}, message_id=turn["message_id"])
            return []
        return [said(f"收到：{text}")]


class Stand:
    """The web process; ``stop`` and ``start`` restart it on the same database and port."""

    def __init__(self, folder: Path, rasa: ScriptedRasa, **given: str) -> None:
        self.rasa = rasa
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = settings.load({"DESK_DATA_DIR": str(folder), "DESK_PORT": str(self.port),
                                       "DESK_POLICY_DIR": str(ROOT / "policy"), "DESK_SECRET": "for tests only",
                                       "DESK_RASA_URL": f"http://127.0.0.1:{rasa.port}",
                                       **{f"DESK_{name.upper()}": value for name, value in given.items()}})
        self._made = False

    async def start(self) -> None:
        """Listen."""
        self.app = build(self.settings)
        if not self._made:
            self.app.store.create_tables()
            self._made = True
        self.rasa.desk = self.app
        self.gate = Gate(self.app)
        site = web.Application()
        connectors.webchat.setup(site, self.app, self.gate)
        await self.app.start()
        await self.gate.start()
        self._runner = await listen(site, self.port)

    async def stop(self) -> None:
        """Stop as `desk web` does."""
        await self._runner.cleanup()
        await self.gate.stop()
        await self.app.aclose()

    def agent(self, name: str = "王敏") -> int:
        """Somebody on duty for every queue."""
        with self.app.desk.begin() as uow:
            agent = Agent(username=f"agent-{name}", name=name, role="agent", password_hash="-", on_duty=True,
                          capacity=3, skills=list(self.app.desk.policy.queues))
            uow.add(agent)
        assert agent.id is not None
        return agent.id

    def accept(self, agent_id: int) -> str:
        """The agent takes whoever waits first; returns the conversation."""
        with self.app.desk.begin() as uow:
            handoff_id = uow.handoffs.waiting()[0].id
        assert handoff_id is not None
        return handoffs.accept(self.app.desk, handoff_id=handoff_id, agent_id=agent_id).id


def said(text: str, buttons: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """One reply as Rasa's channel gives it."""
    return {"text": text, "buttons": buttons or [], "custom": {}}


async def listen(app: web.Application, port: int) -> web.AppRunner:
    """Serve an application on this machine."""
    runner = web.AppRunner(app, shutdown_timeout=2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner
