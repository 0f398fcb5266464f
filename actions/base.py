"""What every action has: the desk, the turn it answers in, and words from the domain's responses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from desk import bootstrap, settings
from desk.bootstrap import Application
from desk.core.policy import Policy
from desk.service.desk import Desk

P = ParamSpec("P")
R = TypeVar("R")
Events = list[dict[str, Any]]
SMALL_TALK = frozenset({"affirm", "greet", "thank", "goodbye", "stop"})


@lru_cache(maxsize=1)
def default_application() -> Application:
    """The application of ``rasa run actions``, which has no web process to be given one by."""
    return bootstrap.build(settings.load())


class Talk:
    """One turn as an action sees it: what was said, what is known, and the means to answer."""

    def __init__(self, app: Application, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self.app, self.dispatcher, self.tracker = app, dispatcher, tracker
        self.message: Mapping[str, Any] = tracker.latest_message or {}
        self.metadata: Mapping[str, Any] = self.message.get("metadata") or {}
        self.conversation: str = tracker.sender_id
        self.text: str = self.message.get("text") or ""
        self.policy: Policy = app.desk.policy

    async def call(self, function: Callable[Concatenate[Desk, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a service function."""
        return await self.app.call(function, *args, **kwargs)

    def key(self, effect: str) -> str | None:
        """The idempotency key of an effect of this message; None where the channel gives no message id."""
        message_id = self.metadata.get("message_id")
        return f"{self.conversation}/{message_id}/{effect}" if message_id else None

    @property
    def message_id(self) -> str | None:
        """The id of the customer's message."""
        return self.metadata.get("message_id")

    @property
    def is_small_talk(self) -> bool:
        """A short courtesy or a wish to leave, which is never the matter somebody was asked to tell."""
        return self.intent in SMALL_TALK and len(self.text.strip()) < 9

    @property
    def pressed(self) -> bool:
        """Whether the customer pressed a button instead of writing."""
        return bool(self.metadata.get("payload"))

    @property
    def verified(self) -> bool:
        """Whether the customer of this conversation is known."""
        return bool(self.metadata.get("customer_verified"))

    @cached_property
    def intent(self) -> str:
        """The intent; for an unsure parse ``nlu_fallback``."""
        return str((self.message.get("intent") or {}).get("name") or "")

    @property
    def confidence(self) -> float:
        """How sure the classifier is."""
        return float((self.message.get("intent") or {}).get("confidence") or 0.0)

    @property
    def guess(self) -> str:
        """The best intent below a fallback."""
        ranking = self.message.get("intent_ranking") or []
        return next((one["name"] for one in ranking if one["name"] != "nlu_fallback"), self.intent)

    def entity(self, name: str) -> str | None:
        """The value of the last entity of a kind, which in a correction is the right one."""
        values = self.entities(name)
        return values[-1] if values else None

    def entities(self, name: str) -> list[str]:
        """The values of all entities of a kind, in order."""
        return [str(one["value"]) for one in self.message.get("entities") or [] if one["entity"] == name]

    def slot(self, name: str) -> Any:
        """A slot's value."""
        return self.tracker.get_slot(name)

    @property
    def task(self) -> str:
        """The form under way; empty when there is none."""
        return str((self.tracker.active_loop or {}).get("name") or "")

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.policy.company.timezone)

    @property
    def now(self) -> datetime:
        """Local time."""
        return self.app.clock.now().astimezone(self.zone)

    @property
    def surname(self) -> str:
        """How to call the customer, with a comma after it; empty while unknown."""
        name = self.metadata.get("surname") or ""
        said = self.slot("customer_title")
        return f"{said}\uff0c" if said else (f"{name}先生/女士\uff0c" if name else "")

    def say(self, response: str, *, buttons: list[dict[str, str]] | None = None, **values: Any) -> None:
        """Answer with a response of the domain."""
        self.dispatcher.utter_message(response=response, buttons=buttons or [], **values)

    def said_before(self) -> frozenset[str]:
        """The responses the bot gave to the message before this one."""
        turns: list[set[str]] = [set()]
        for event in self.tracker.events:
            if event["event"] == "user":
                turns.append(set())
            elif event["event"] == "bot":
                turns[-1].add((event.get("metadata") or {}).get("utter_action") or "")
        return frozenset(turns[-2]) if len(turns) > 1 else frozenset()

    def previous_actions(self) -> list[str]:
        """The actions of the turn before this one, oldest first."""
        turns: list[list[str]] = [[]]
        for event in self.tracker.events:
            if event["event"] == "user":
                turns.append([])
            elif event["event"] == "action" and event["name"] != "action_listen":
                turns[-1].append(event["name"])
        return turns[-2] if len(turns) > 1 else []

    def is_fresh(self) -> bool:
        """Whether the customer's message is still unread: a form that is returned to after a digression must not
        read the digression as an answer.
        """
        names = [event["name"] for event in self.tracker.events if event["event"] == "action"]
        return len(names) < 2 or names[-2] == "action_listen"


class DeskAction(Action):
    """Base of our actions: subclasses name themselves in ``called`` and answer in ``act``."""

    called = ""

    def __init__(self, app: Application | None = None) -> None:
        self._app = app

    def name(self) -> str:
        """The action's name in the domain."""
        return self.called

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Rasa's entry."""
        return await self.act(Talk(self._app or default_application(), dispatcher, tracker))

    async def act(self, talk: Talk) -> Events:
        """Answer; returns tracker events."""
        raise NotImplementedError


def leave_task(*slots: str) -> Events:
    """Events that end the task under way and forget its slots."""
    return [ActiveLoop(None), SlotSet("requested_slot", None), *(SlotSet(name, None) for name in slots)]


def button(title: str, intent: str, **entities: str) -> dict[str, str]:
    """A quick reply that stands for an intent with entities."""
    values = json.dumps(entities, ensure_ascii=False, separators=(",", ":")) if entities else ""
    return {"title": title, "payload": f"/{intent}{values}"}
