"""A customer's own ticket or booking by its number, with what to say when it is not to be had."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from actions.base import Talk, button
from desk.core import numbers
from desk.core.errors import NotFound, NotYours
from desk.service.desk import Desk

T = TypeVar("T")


async def own(talk: Talk, number: str, *, find: Callable[..., T], what: str) -> T | None:
    """What a number stands for; says what is wrong and returns None otherwise.

    ``find(desk, number=…, conversation_id=…)`` is a service; ``what`` names the responses ``utter_<what>_unknown`` and
    ``utter_<what>_not_yours``.
    """
    if not numbers.valid(number):
        talk.say("utter_number_slip", number=number)
        return None

    def look(desk: Desk) -> T:
        return find(desk, number=number, conversation_id=talk.conversation)

    try:
        return await talk.call(look)
    except NotFound:
        talk.say(f"utter_{what}_unknown", number=number)
    except NotYours:
        talk.say(f"utter_{what}_not_yours", buttons=[button("核验身份", "ask_account")])
    return None
