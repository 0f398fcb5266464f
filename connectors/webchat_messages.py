"""The web chat's JSON: what a visitor may send, and what a visitor gets to see of a stored message."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk.core.conversations import Message
from desk.core.errors import DeskError, Invalid

MAX_ID = 100
MAX_PAYLOAD = 2000
MAX_WAIT_S = 30.0
MAX_AFTER_DIGITS = 9
BYTES_PER_CHAR = 12  # the longest JSON escape of one character, a surrogate pair
BYTES_BESIDE_TEXT = 16_384
HIDDEN = frozenset({"parse", "failures", "told_late", "payload", "slots", "buttons"})


class BadJson(DeskError):
    """The body is not JSON in UTF-8."""


class TooLarge(DeskError):
    """The body is too large."""

    status = 413


class TextTooLong(Invalid):
    """The text is too long."""


@dataclass(frozen=True)
class Incoming:
    """One message of a visitor under the visitor's own id."""

    id: str
    text: str
    payload: str | None


def max_bytes(max_chars: int) -> int:
    """The largest body that can hold an allowed message."""
    return max_chars * BYTES_PER_CHAR + BYTES_BESIDE_TEXT


async def read_limited(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    """A body read no further than its limit. Raises TooLarge."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise TooLarge(f"more than {limit} bytes")
    return bytes(body)


def parse_object(body: str | bytes) -> dict[str, Any]:
    """A JSON object. Raises BadJson, or Invalid for JSON of another shape."""
    try:
        value = json.loads(body.decode("utf-8") if isinstance(body, bytes) else body)
    except (ValueError, RecursionError) as error:
        raise BadJson(type(error).__name__) from error
    if not isinstance(value, dict):
        raise Invalid("an object is expected")
    return value


def incoming(body: dict[str, Any], max_chars: int) -> Incoming:
    """The message in a request. Raises Invalid naming the field."""
    own_id, text, payload = body.get("id"), body.get("text"), body.get("payload")
    if not isinstance(own_id, str) or not 0 < len(own_id) <= MAX_ID or not own_id.isprintable():
        raise Invalid(f"id: 1 to {MAX_ID} printable characters")
    if not isinstance(text, str):
        raise Invalid("text: a string")
    if payload is not None and (not isinstance(payload, str) or len(payload) > MAX_PAYLOAD):
        raise Invalid(f"payload: a string of at most {MAX_PAYLOAD} characters")
    text = storable(text)
    if len(text) > max_chars:
        raise TextTooLong(f"{len(text)} characters, at most {max_chars}")
    return Incoming(own_id, text, payload)


def storable(text: str) -> str:
    """Text that every database takes: no NUL, and a lone surrogate becomes U+FFFD."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def after_of(value: object) -> int:
    """A sequence number to read from. Raises Invalid."""
    digits = str(value)
    if isinstance(value, bool) or not (digits.isascii() and digits.isdigit() and len(digits) <= MAX_AFTER_DIGITS):
        raise Invalid("after: an integer from 0")
    return int(digits)


def wait_of(value: str) -> float:
    """Seconds that a reader will wait, capped. Raises Invalid."""
    try:
        seconds = float(value)
    except ValueError as error:
        raise Invalid("wait: seconds") from error
    if not seconds >= 0:
        raise Invalid("wait: seconds from 0")
    return min(seconds, MAX_WAIT_S)


def event(message: Message) -> dict[str, Any]:
    """A stored message as its visitor sees it; nothing the desk keeps for itself."""
    shown = {"seq": message.seq, "kind": message.kind, "sender": message.sender, "text": message.text,
             "buttons": message.payload.get("buttons", []), "at": message.at.isoformat()}
    if message.sender == "customer":
        own_id = (message.dedup_key or "").split(":", 2)[-1]
        return {**shown, "buttons": [], "id": own_id}
    extras = {key: value for key, value in message.payload.items() if key not in HIDDEN}
    return {**extras, **shown}


def typing(at: datetime) -> dict[str, Any]:
    """The bot is at work; never stored, so without a number."""
    return {"kind": "typing", "sender": "bot", "text": "", "buttons": [], "at": at.isoformat()}
