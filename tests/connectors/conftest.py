"""The real web chat on a real SQLite, with a scripted Rasa, and visitors who talk to it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio

from tests.connectors.stand import ScriptedRasa, Stand
from tests.databases import postgres, postgres_url

__all__ = ["postgres", "postgres_url"]


class Guest:
    """A visitor with a token; every call returns status and JSON."""

    def __init__(self, http: aiohttp.ClientSession, token: str, conversation: str) -> None:
        self.http, self.token, self.conversation = http, token, conversation

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def post(self, text: Any, own_id: Any = "m1", **more: Any) -> tuple[int, dict[str, Any]]:
        """Send one message."""
        async with self.http.post("/channels/web/messages", headers=self.headers,
                                  json={"id": own_id, "text": text, **more}) as response:
            return response.status, await response.json()

    async def raw(self, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
        """Send any bytes as a message."""
        async with self.http.post("/channels/web/messages", headers={**self.headers, **headers},
                                  data=body) as response:
            return response.status, await response.json()

    async def events(self, after: object = 0, wait: object = 0) -> tuple[int, dict[str, Any]]:
        """Read."""
        async with self.http.get("/channels/web/events", headers=self.headers,
                                 params={"after": str(after), "wait": str(wait)}) as response:
            return response.status, await response.json()

    async def until(self, text: str) -> list[dict[str, Any]]:
        """All stored events, once one of them has this text."""
        seen: list[dict[str, Any]] = []
        while not any(event["text"] == text for event in seen):
            _, answer = await self.events(seen[-1]["seq"] if seen else 0, 10)
            assert answer["events"], f"{text!r} was never said"
            seen += [event for event in answer["events"] if "seq" in event]
        return seen

    def socket(self, **options: Any) -> Any:
        """A WebSocket, before any introduction."""
        return self.http.ws_connect("/channels/web/ws", **options)


async def arrive(http: aiohttp.ClientSession) -> Guest:
    """A new visitor."""
    async with http.post("/channels/web/sessions") as response:
        assert response.status == 201
        answer = await response.json()
    return Guest(http, answer["token"], answer["conversation"])


@pytest_asyncio.fixture
async def rasa() -> AsyncIterator[ScriptedRasa]:
    """The stand-in, listening."""
    rasa = ScriptedRasa()
    runner = await rasa.start()
    yield rasa
    rasa.slow.set()
    await runner.cleanup()


@pytest_asyncio.fixture
async def stand(tmp_path: Path, rasa: ScriptedRasa) -> AsyncIterator[Stand]:
    """A running web process that https://shop.example may embed."""
    stand = Stand(tmp_path, rasa, allowed_origins="https://shop.example")
    await stand.start()
    yield stand
    await stand.stop()


@pytest_asyncio.fixture
async def http(stand: Stand) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of it."""
    async with aiohttp.ClientSession(stand.url) as session:
        yield session


@pytest_asyncio.fixture
async def guest(http: aiohttp.ClientSession) -> Guest:
    """A visitor who has just come."""
    return await arrive(http)
