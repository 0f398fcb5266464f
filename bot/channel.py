"""The private channel between the web process and Rasa: a message in; replies, parse and slots out, or an error.

Unlike the stock REST channel it knows messages by id (a repeated one is answered from the tracker), fails loudly,
goes on when the peer hangs up, and reads ``/intent`` only from buttons.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import runtime
from bot.runtime import TurnAborted
from desk import settings

runtime.apply()
log = structlog.get_logger()
MAX_TEXT = 4000
LOCK_POLL_S = 0.02
SLASH, HARMLESS = "/", "\uff0f"


class DeskChannel(InputChannel):
    """Routes under ``/webhooks/desk``; every one needs the internal token."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._turns: set[asyncio.Task[Any]] = set()

    @classmethod
    def name(cls) -> str:
        """The channel's name in routes and trackers."""
        return "desk"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> DeskChannel:
        """The token comes from the settings that the web process shares."""
        return cls(settings.load().internal_token)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The three routes; Rasa's own message handler is not used, because it hides failures."""
        routes = Blueprint("desk_channel", "desk_channel")
        routes.add_route(self._guarded(self._turn), "/turn", methods=["POST"])
        routes.add_route(self._guarded(self._parse), "/parse", methods=["POST"])
        routes.add_route(self._guarded(self._ready), "/ready", methods=["GET"])
        return routes

    def _guarded(self, handler: Callable[[Request, Agent], Awaitable[HTTPResponse]]) -> Any:
        async def guarded(request: Request) -> HTTPResponse:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._token.encode()):
                return response.json({"error": "unauthorized"}, status=401)
            agent = getattr(request.app.ctx, "agent", None)
            if agent is None or not agent.is_ready():
                return response.json({"error": "no_model"}, status=503)
            return await handler(request, agent)

        guarded.__name__ = f"desk_{handler.__name__.strip('_')}"
        return guarded

    async def _ready(self, request: Request, agent: Agent) -> HTTPResponse:
        return response.json({"model": agent.processor.model_filename, "model_id": agent.model_id})

    async def _parse(self, request: Request, agent: Agent) -> HTTPResponse:
        return response.json(await agent.parse_message(str(request.json["text"])[:MAX_TEXT]))

    async def _turn(self, request: Request, agent: Agent) -> HTTPResponse:
        body = request.json
        if not isinstance(body, dict) or not all(isinstance(body.get(k), str)
                                                 for k in ("conversation", "message_id", "text")):
            return response.json({"error": "bad_request"}, status=400)
        task = asyncio.ensure_future(_turn(agent, body))
        self._turns.add(task)  # Sanic cancels the handler when the peer hangs up; the turn goes on
        task.add_done_callback(self._turns.discard)
        try:
            return response.json(await asyncio.shield(task))
        except TurnAborted as error:
            log.error("turn.aborted", conversation=body["conversation"], error=str(error))
            code, status = ("actions_unavailable", 503) if error.unreachable else ("action_failed", 500)
            return response.json({"error": code, "detail": str(error)}, status=status)
        except Exception as error:
            log.exception("turn.failed", conversation=body["conversation"])
            return response.json({"error": "turn_failed", "detail": repr(error)}, status=500)


async def _turn(agent: Agent, body: dict[str, Any]) -> dict[str, Any]:
    """One turn under the conversation's lock; the tracker is saved only when everything went well."""
    conversation, message_id = body["conversation"], body["message_id"]
    processor = agent.processor
    runtime.idle_s.set((body.get("metadata") or {}).get("idle_s"))
    async with agent.lock_store.lock(conversation, wait_time_in_seconds=LOCK_POLL_S):
        known = await processor.tracker_store.retrieve(conversation)
        if known is not None and _position(known, message_id) is not None:
            return _told(known, message_id)
        output = CollectingOutputChannel()
        tracker = await processor.log_message(await _message(agent, body, output), should_save_tracker=False)
        tracker = await processor.run_action_extract_slots(output, tracker)
        await processor._run_prediction_loop(output, tracker)
        await processor.save_tracker(tracker)
        return {"replies": [_reply(one) for one in output.messages], **_state(tracker)}


async def _message(agent: Agent, body: dict[str, Any], output: CollectingOutputChannel) -> UserMessage:
    text = body["text"].replace("\x00", "")[:MAX_TEXT]
    metadata = {**(body.get("metadata") or {}), "message_id": body["message_id"]}
    message = UserMessage(text, output, body["conversation"], input_channel="desk", message_id=body["message_id"],
                          metadata=metadata)
    message.text = text  # UserMessage strips; offsets are of the text as sent
    if text.startswith(SLASH) and not metadata.get("payload"):
        parsed = await agent.processor.parse_message(UserMessage(HARMLESS + text[1:]))
        message.parse_data = {**parsed, "text": text}
    return message


def _position(tracker: DialogueStateTracker, message_id: str) -> int | None:
    events = list(tracker.events)
    return next((i for i in range(len(events) - 1, -1, -1)
                 if isinstance(events[i], UserUttered) and events[i].message_id == message_id), None)


def _told(tracker: DialogueStateTracker, message_id: str) -> dict[str, Any]:
    """What was replied to a message that the tracker holds already."""
    events = list(tracker.events)
    position = _position(tracker, message_id)
    assert position is not None
    replies = []
    for event in events[position + 1:]:
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered):
            replies.append({"text": event.text or "", "buttons": (event.data or {}).get("buttons") or [],
                            "custom": (event.data or {}).get("custom") or {}})
    return {"replies": replies, **_state(tracker, events[position].parse_data)}


def _reply(message: dict[str, Any]) -> dict[str, Any]:
    return {"text": message.get("text") or "", "buttons": message.get("buttons") or [],
            "custom": message.get("custom") or {}}


def _state(tracker: DialogueStateTracker, parse: dict[str, Any] | None = None) -> dict[str, Any]:
    """What people want to see of a conversation: the parse, the filled slots and the task under way."""
    given = parse or (tracker.latest_message.parse_data if tracker.latest_message else {})
    slots = {name: value for name, value in tracker.current_slot_values().items() if value is not None}
    return {"parse": {"intent": given.get("intent"), "intent_ranking": (given.get("intent_ranking") or [])[:5],
                      "entities": given.get("entities") or []},
            "slots": slots, "active_loop": tracker.active_loop_name}
