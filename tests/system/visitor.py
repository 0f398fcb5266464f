"""A web-chat visitor who behaves as the page does: own message ids, resends what was not acknowledged.

Not a test: used by the kill test and the benchmarks.
"""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import requests


@dataclass
class Visitor:
    """One customer; ``acknowledged`` maps own message ids to the sequence numbers the desk gave."""

    url: str
    patience_s: float = 120
    session: requests.Session = field(default_factory=requests.Session)
    conversation: str = ""
    seen: int = 0
    acknowledged: dict[str, int] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)

    def arrive(self) -> "Visitor":
        """Open a conversation."""
        answer = self._insist("POST", "/channels/web/sessions")
        self.conversation = answer["conversation"]
        self.session.headers["Authorization"] = f"Bearer {answer['token']}"
        return self

    def send(self, text: str, payload: str | None = None) -> int:
        """Send one message until it is acknowledged; returns its sequence number."""
        body: dict[str, str] = {"id": uuid.uuid4().hex, "text": text}
        if payload:
            body["payload"] = payload
        self.acknowledged[body["id"]] = self._insist("POST", "/channels/web/messages", json=body)["seq"]
        return self.acknowledged[body["id"]]

    def say(self, text: str, payload: str | None = None) -> list[dict[str, Any]]:
        """Send and wait for the bot's (or the desk's) answer."""
        seq = self.send(text, payload)
        return self.hear(seq)

    def hear(self, after: int) -> list[dict[str, Any]]:
        """Everything said to the customer after a message, once there is something from the bot."""
        deadline = time.monotonic() + self.patience_s
        while time.monotonic() < deadline:
            answers = [event for event in self.events if event["seq"] > after and event["sender"] != "customer"]
            if any(event["sender"] in ("bot", "agent") for event in answers):
                return answers
            self.poll()
        raise TimeoutError(f"no answer to message {after} of {self.conversation}")

    def poll(self, wait_s: float = 5) -> None:
        """Read what is new."""
        answer = self._insist("GET", "/channels/web/events", params={"after": str(self.seen), "wait": str(wait_s)})
        for event in answer["events"]:
            if event.get("seq") and event["seq"] > self.seen:
                self.events.append(event)
                self.seen = event["seq"]

    def _insist(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        deadline = time.monotonic() + self.patience_s
        while True:
            try:
                response = self.session.request(method, self.url + path, timeout=40, **kwargs)
                if response.status_code < 500 and response.status_code != 429:
                    response.raise_for_status()
                    return dict(response.json())
                trouble: object = response.status_code
            except requests.RequestException as error:
                if isinstance(error, requests.HTTPError):
                    raise
                trouble = error
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} {path}: {trouble}")
            time.sleep(0.2)
