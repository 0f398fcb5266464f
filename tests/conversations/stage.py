"""The stage on which dialogues are played: the real Rasa process, the real web app, a fresh database, a clock to move.

Not a test: used by ``test_dialogues.py``.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from aiohttp import web

from desk import bootstrap, sample_data, settings
from desk.bootstrap import Application
from desk.core.policy import Policy
from desk.core.tickets import COMPLAINTS, Ticket
from desk.service import agents, clock, conversations, handoffs, ticket_work, tickets
from desk.store import migrate
from desk.supervise import free_port
from desk.web import make_app
from tests.system.processes import ROOT, until

START = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # Tuesday 09:30 in Shanghai
PATIENCE_S = 30.0


class MovableClock:
    """Runs from START and can be moved on."""

    def __init__(self) -> None:
        self._origin = time.monotonic()
        self.offset = timedelta()

    def now(self) -> datetime:
        """Aware UTC."""
        return START + self.offset + timedelta(seconds=time.monotonic() - self._origin)


class Rasa:
    """One Rasa process for all dialogues; its actions come to whichever stage stands on ``web_port``."""

    def __init__(self, model: Path, folder: Path) -> None:
        self.port, self.web_port, self.folder = free_port(), free_port(), folder
        self.environment = {**os.environ, "DESK_DATA_DIR": str(folder), "DESK_PORT": str(self.web_port),
                            "DESK_RASA_PORT": str(self.port), "DESK_RASA_URL": f"http://127.0.0.1:{self.port}",
                            "DESK_MODEL": str(model), "TF_CPP_MIN_LOG_LEVEL": "3"}
        with (folder / "rasa.log").open("ab") as log:
            self._process = subprocess.Popen([sys.executable, "-m", "desk.cli", "rasa"], cwd=ROOT, stdout=log,
                                             stderr=subprocess.STDOUT, env=self.environment)
        self._token = settings.load(self.environment).internal_token
        until(self._ready, timeout_s=120, what=f"Rasa (see {folder}/rasa.log)")

    def _ready(self) -> bool:
        assert self._process.poll() is None, f"Rasa ended: see {self.folder}/rasa.log"
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/webhooks/desk/ready", timeout=5,
                                headers={"Authorization": f"Bearer {self._token}"}).ok
        except requests.RequestException:
            return False

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)


class Stage:
    """One desk with one customer at its web chat."""

    def __init__(self, rasa: Rasa, database: Path, policy: Policy, folder: Path) -> None:
        shutil.copy(database, folder / "desk.db")
        self.folder = folder
        known = settings.load({**rasa.environment, "DESK_DATA_DIR": str(folder),
                               "DESK_INTERNAL_TOKEN": settings.load(rasa.environment).internal_token,
                               "DESK_SECRET": "stage"})
        self.clock = MovableClock()
        self.application: Application = bootstrap.build(known, policy=policy)
        self.application.desk = bootstrap.Desk(begin=self.application.store.begin, clock=self.clock,
                                               policies=lambda: policy)
        self.application.clock = self.clock
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._runner: web.AppRunner = self._do(self._open(rasa.web_port)).result(20)
        self._url = f"http://127.0.0.1:{rasa.web_port}"
        self._session = requests.Session()
        answer = self._session.post(f"{self._url}/channels/web/sessions", timeout=10).json()
        self._session.headers["Authorization"] = f"Bearer {answer['token']}"
        self.conversation: str = answer["conversation"]
        self.heard: list[dict[str, Any]] = []
        self._sent = 0

    async def _open(self, port: int) -> web.AppRunner:
        runner = web.AppRunner(make_app(self.application), shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    def _do(self, work: Any) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """Strike the set."""
        self._session.close()
        self._do(self._runner.cleanup()).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def send(self, text: str, payload: str | None = None) -> int:
        """Send without waiting for an answer."""
        self._sent += 1
        body = {"id": f"m{self._sent}", "text": text, **({"payload": payload} if payload else {})}
        answer = self._session.post(f"{self._url}/channels/web/messages", json=body, timeout=10)
        answer.raise_for_status()
        return int(answer.json()["seq"])

    def answers(self, after: int) -> list[dict[str, Any]]:
        """What the customer sees after a message, once nothing is owed any more."""
        until(self._settled, timeout_s=PATIENCE_S, what=f"an answer after {after}", every_s=0.01)
        time.sleep(0.02)
        events = self._session.get(f"{self._url}/channels/web/events", params={"after": str(after)}, timeout=10)
        self.heard = [one for one in events.json()["events"] if one.get("seq")]
        return [one for one in self.heard if one["sender"] != "customer"]

    def _settled(self) -> bool:
        with self.application.desk.begin() as uow:
            return uow.conversations.next_pending(self.conversation) is None

    def last_seq(self) -> int:
        """The newest sequence number."""
        return conversations.get(self.application.desk, conversation_id=self.conversation).last_seq

    def code(self) -> str:
        """The newest one-time code that went out by SMS."""
        path = self.folder / "sms.log"
        until(lambda: path.exists() and bool(re.search(r"\d{6}", path.read_text())), timeout_s=5, what="an SMS")
        time.sleep(0.1)
        return re.findall(r"验证码是 (\d{6})", path.read_text())[-1]

    def later(self, seconds: float) -> None:
        """Time passes, and what came due meanwhile is done."""
        self.clock.offset += timedelta(seconds=seconds)
        while clock.sweep(self.application.desk):
            pass

    def on_ticket(self, does: str, text: str = "") -> None:
        """Somebody takes a step with the newest open ticket; the answer to a complaint upholds it."""
        desk = self.application.desk
        with desk.begin() as uow:
            who = uow.agents.by_username("zhao")
            ticket: Ticket = next(one for one in uow.tickets.of_conversation(self.conversation) if one.is_open)
        assert who is not None
        if does == "replies":
            outcome = "upheld" if ticket.kind in COMPLAINTS else None
            tickets.advance(desk, number=ticket.number, to="replied", agent=who, result=text, outcome=outcome)
        elif does in ("verified", "coordinated"):
            tickets.advance(desk, number=ticket.number, to=does, agent=who)  # type: ignore[arg-type]
        elif does == "asks":
            ticket_work.ask_customer(desk, number=ticket.number, agent=who, question=text)
        else:
            {"contacts": ticket_work.contact, "handled": ticket_work.handled}[does](
                desk, number=ticket.number, agent=who, text=text)

    def agent(self, does: str, text: str = "") -> None:
        """An agent accepts, says, returns or closes."""
        desk = self.application.desk
        with desk.begin() as uow:
            agent = uow.agents.by_username("zhao")
            conversation = uow.conversations.get(self.conversation)
        assert agent is not None
        assert agent.id is not None
        if does == "accepts":
            assert conversation.handoff_id is not None
            handoffs.accept(desk, handoff_id=conversation.handoff_id, agent_id=agent.id)
        elif does == "says":
            handoffs.say(desk, conversation_id=self.conversation, agent_id=agent.id, text=text,
                         external_id=f"a{self._sent}{text}")
        else:
            {"returns": handoffs.give_back, "closes": handoffs.close}[does](
                desk, conversation_id=self.conversation, agent_id=agent.id)

    def others_wait(self, how_many: int) -> None:
        """Other customers stand in the general queue."""
        for i in range(how_many):
            other = conversations.open(self.application.desk, channel="web", channel_user=f"other {i}")
            handoffs.request(self.application.desk, conversation_id=other.id, reason="request_human", summary={})

    def off_duty(self) -> None:
        """Everybody goes home."""
        with self.application.desk.begin() as uow:
            everybody = uow.agents.all()
        for agent in everybody:
            agents.set_duty(self.application.desk, agent=agent, on_duty=False)


def make_database(path: Path) -> None:
    """A migrated database with the sample data, as of START."""
    migrate.upgrade(f"sqlite:///{path}")
    known = settings.load({"DESK_DATA_DIR": str(path.parent), "DESK_DATABASE_URL": f"sqlite:///{path}",
                           "DESK_CLOCK_START": START.isoformat(), "DESK_POLICY_DIR": str(ROOT / "policy")})
    bootstrap.with_application(known, _fill)


def _fill(application: Application) -> None:
    """The sample data, with the sample agents on duty."""
    sample_data.load(application.desk)
    with application.desk.begin() as uow:
        staff = [agent for agent in uow.agents.all() if agent.role == "agent"]
    for agent in staff:
        agents.set_duty(application.desk, agent=agent, on_duty=True)
