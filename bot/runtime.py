"""Small changes to Rasa 3.6.21 while it serves us, each with its reason; importing ``bot.channel`` makes them.

Every change first checks that what it replaces is still what it was written against.
"""

from __future__ import annotations

import inspect
import json
from contextvars import ContextVar
from typing import Any

import aiohttp
import jsonschema
import rasa.core.agent
import rasa.telemetry
import sklearn.utils
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from sklearn.linear_model import LogisticRegression

from desk import settings

# Seconds since the customer last wrote, by the desk's clock, for the turn under way.
idle_s: ContextVar[float | None] = ContextVar("idle_s", default=None)
ACTION_TIMEOUT = aiohttp.ClientTimeout(total=25, connect=5)


class TurnAborted(BaseException):
    """An action could not be carried out; not an Exception, because Rasa would log it and go on without its events."""

    def __init__(self, action: str, detail: str, *, unreachable: bool) -> None:
        super().__init__(f"{action}: {detail}")
        self.unreachable = unreachable


def apply() -> None:
    """Make every change; safe to call again."""
    if getattr(RemoteAction, "_desk", False):
        return
    _no_telemetry()
    _compile_action_schema()
    _abort_turns_on_failed_actions()
    _no_memory_fallback()
    _no_dead_conversations()
    _sessions_by_the_desks_clock()
    _quick_model_loading()
    RemoteAction._desk = True


def _no_telemetry() -> None:
    """Stock reports usage to its makers; a service desk does not."""
    rasa.telemetry.is_telemetry_enabled = lambda: False
    rasa.telemetry.print_telemetry_reporting_info = lambda: None


def _compile_action_schema() -> None:
    """Stock checks its own JSON schema against the meta-schema at every call: 31 of 33 ms of an action."""
    assert "validate(result, self.action_response_format_spec())" in inspect.getsource(
        RemoteAction._validate_action_result)
    validator = jsonschema.Draft7Validator(RemoteAction.action_response_format_spec())

    def validate(self: RemoteAction, result: dict[str, Any]) -> bool:
        validator.validate(result)
        return True

    RemoteAction._validate_action_result = validate


def _abort_turns_on_failed_actions() -> None:
    """Stock swallows a failed action and saves the turn without its events; ours fails the turn, which is run again."""
    stock = RemoteAction.run
    assert list(inspect.signature(stock).parameters) == ["self", "output_channel", "nlg", "tracker", "domain"]
    endpoint = ActionHost()

    async def run(self: RemoteAction, *args: Any, **kwargs: Any) -> Any:
        self.action_endpoint = endpoint
        try:
            return await stock(self, *args, **kwargs)
        except ActionExecutionRejection:
            raise
        except Exception as error:
            cause = error.__cause__ or error.__context__ or error
            away = isinstance(cause, aiohttp.ClientConnectionError | TimeoutError)
            raise TurnAborted(self.name(), repr(cause), unreachable=away) from error

    RemoteAction.run = run


class ActionHost(EndpointConfig):
    """The web process's action host: address and token from settings, one kept connection instead of a new one a call."""

    def __init__(self) -> None:
        known = settings.load()
        super().__init__(known.actions_url, headers={"Authorization": f"Bearer {known.internal_token}"},
                         enable_selective_domain=True)
        self._session: aiohttp.ClientSession | None = None

    async def request(self, method: str = "post", subpath: str | None = None, content_type: str | None = None,
                      compress: bool = False, **kwargs: Any) -> Any:
        """POST a call and return the JSON answer; raises ClientResponseError as the stock endpoint does."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=ACTION_TIMEOUT, headers=self.headers,
                                                  connector=aiohttp.TCPConnector(keepalive_timeout=60))
        body = json.dumps(kwargs["json"], ensure_ascii=False).encode()
        async with self._session.post(self.url, data=body,
                                      headers={"Content-Type": "application/json"}) as response:
            content = await response.read()
            if response.status >= 400:
                raise ClientResponseError(response.status, response.reason or "", content)
            return json.loads(content)


def _no_memory_fallback() -> None:
    """Stock answers from memory, as to a stranger, when the tracker store fails; ours fails the turn."""
    assert issubclass(FailSafeTrackerStore, TrackerStore)
    assert rasa.core.agent.FailSafeTrackerStore is FailSafeTrackerStore
    rasa.core.agent.FailSafeTrackerStore = lambda tracker_store, *args: tracker_store


def _no_dead_conversations() -> None:
    """After ten predictions without listening stock leaves a conversation mute for good; ours listens again."""
    stock = MessageProcessor._run_prediction_loop
    assert list(inspect.signature(stock).parameters) == ["self", "output_channel", "tracker"]

    async def loop(self: MessageProcessor, output_channel: Any, tracker: Any) -> None:
        await stock(self, output_channel, tracker)
        if tracker.latest_action_name != ACTION_LISTEN_NAME:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME), self.domain)

    MessageProcessor._run_prediction_loop = loop


def _sessions_by_the_desks_clock() -> None:
    """Stock times a session by when Rasa saw the last message, which may be long after the customer sent it."""
    stock = MessageProcessor._has_session_expired
    assert list(inspect.signature(stock).parameters) == ["self", "tracker"]

    def expired(self: MessageProcessor, tracker: Any) -> bool:
        idle = idle_s.get()
        if idle is None:
            return bool(stock(self, tracker))
        config = self.domain.session_config
        return bool(config.are_sessions_enabled()) and idle > config.session_expiration_time * 60

    MessageProcessor._has_session_expired = expired


def _quick_model_loading() -> None:
    """Skops imports all of scikit-learn to list the estimators it may trust: 6 s; our models hold only this one."""
    stock = sklearn.utils.all_estimators
    sklearn.utils.all_estimators = lambda *args, **kwargs: [("LogisticRegression", LogisticRegression)]
    try:
        import skops.io  # noqa: F401 -- the import is the point
    finally:
        sklearn.utils.all_estimators = stock
