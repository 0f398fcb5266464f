"""Talks to the Rasa process through its private channel (``bot/channel.py``)."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from desk.core.errors import DeskError
from desk.service.turns import Answer, Reply


class RasaUnavailable(DeskError):
    """Rasa cannot answer at present."""

    status = 503


class TurnFailed(DeskError):
    """Rasa broke on this message."""

    status = 502


@dataclass(frozen=True)
class ModelInfo:
    """The model that answers."""

    file: str
    model_id: str


class RasaGateway:
    """One Rasa process; connections are kept."""

    def __init__(self, base_url: str, token: str, timeout_s: float) -> None:
        self.base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, connect=3)
        self._session: aiohttp.ClientSession | None = None

    async def turn(self, *, conversation: str, message_id: str, text: str, metadata: dict[str, Any]) -> Answer:
        """Have the bot answer a message. Raises RasaUnavailable (try later) or TurnFailed (this message)."""
        answer = await self._call("POST", "turn", {"conversation": conversation, "message_id": message_id,
                                                   "text": text, "metadata": metadata})
        try:
            replies = [Reply(**one) for one in answer["replies"] if any(one.values())]
            return Answer(replies, answer["parse"], answer["slots"], answer["active_loop"])
        except (KeyError, TypeError) as error:
            raise TurnFailed(f"unexpected answer: {error!r}") from error

    async def parse(self, text: str) -> dict[str, Any]:
        """Only understand a text."""
        return await self._call("POST", "parse", {"text": text})

    async def ready(self) -> ModelInfo | None:
        """The model, or None while there is none or Rasa is away."""
        try:
            answer = await self._call("GET", "ready", None)
        except (RasaUnavailable, TurnFailed):
            return None
        return ModelInfo(file=str(answer.get("model")), model_id=str(answer.get("model_id")))

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()

    async def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout, headers=self._headers)
        try:
            async with self._session.request(method, f"{self.base_url}/webhooks/desk/{path}", json=body) as response:
                if response.status in (502, 503, 504):
                    raise RasaUnavailable(await response.text())
                if response.status != 200:
                    raise TurnFailed(f"{response.status} {(await response.text())[:300]}")
                return dict(await response.json())
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            raise RasaUnavailable(repr(error)) from error
        except (aiohttp.ClientError, ValueError) as error:
            raise TurnFailed(repr(error)) from error
