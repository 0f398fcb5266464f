"""Understanding without dialogue: what a model makes of texts, in the form of ``desk parse``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent

from bot import runtime


def parse_all(model: Path, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Parse texts one by one: text, intent, intent_ranking, entities with offsets of the text as sent."""
    runtime.apply()
    agent = Agent.load(str(model))
    for text in texts:
        parsed = asyncio.run(agent.parse_message(text))
        yield {"text": text, "intent": _named(parsed.get("intent")),
               "intent_ranking": [_named(one) for one in parsed.get("intent_ranking") or []],
               "entities": parsed.get("entities") or []}


def _named(intent: dict[str, Any] | None) -> dict[str, Any]:
    given = intent or {}
    return {"name": given.get("name"), "confidence": given.get("confidence", 0.0)}
