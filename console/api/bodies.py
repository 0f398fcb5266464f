"""Reads what callers send: JSON objects, texts of bounded length, numbers from the query."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from console.errors import BadJson
from desk.core.errors import Invalid

MAX_BODY = 100_000
MAX_NUMBER = 10**9


async def read(request: web.Request) -> dict[str, Any]:
    """The JSON object in a body. Raises BadJson."""
    raw = await request.read()
    if len(raw) > MAX_BODY:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY, len(raw))
    try:
        value = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadJson(type(error).__name__) from error
    if not isinstance(value, dict):
        raise BadJson("an object is expected")
    return value


def text(body: dict[str, Any], name: str, *, most: int, default: str | None = None) -> str:
    """A text that is not blank, or the default where one may be left out. Raises Invalid naming the field."""
    value = body.get(name, default)
    if not isinstance(value, str) or len(value) > most or (default is None and not value.strip()):
        raise Invalid(f"{name}: a text of at most {most} characters")
    return storable(value)


def flag(body: dict[str, Any], name: str) -> bool:
    """True or false. Raises Invalid."""
    value = body.get(name)
    if not isinstance(value, bool):
        raise Invalid(f"{name}: true or false")
    return value


def whole(value: Any, name: str, *, default: int, most: int = MAX_NUMBER) -> int:
    """A whole number from 0. Raises Invalid."""
    if value is None or value == "":
        return default
    digits = str(value)
    if isinstance(value, bool) or not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise Invalid(f"{name}: a whole number from 0")
    return min(int(digits), most)


def moment(body: dict[str, Any], name: str, zone: ZoneInfo) -> datetime:
    """A date and time in ISO 8601; without an offset it is meant in ``zone``. Raises Invalid naming the field."""
    try:
        given = datetime.fromisoformat(text(body, name, most=40).strip())
        return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{name}: a date and time") from error


def seconds(value: str | None, name: str, *, most: float) -> float:
    """A time to wait, capped. Raises Invalid."""
    try:
        given = float(value or 0)
    except ValueError as error:
        raise Invalid(f"{name}: seconds") from error
    if not given >= 0:
        raise Invalid(f"{name}: seconds from 0")
    return min(given, most)


def storable(value: str) -> str:
    """Text that every database takes: no NUL, and a lone surrogate becomes U+FFFD."""
    return value.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
