"""Where waiting customers stand and what they are told about it: place, number, and how long it will be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk.core import notices, queueing
from desk.core.conversations import Conversation, append
from desk.core.handoffs import Handoff
from desk.core.waiting import NoQuote, Quote
from desk.service import assignment, waits
from desk.service.desk import Desk, UnitOfWork


@dataclass(frozen=True)
class Queued:
    """Where a customer stands. ``place`` counts the people served before; no quote has its reason."""

    handoff_id: int
    queue: str
    queue_name: str
    place: int
    on_duty: int
    quote: dict[str, int] | None
    why_no_quote: str | None
    number: str = ""


def places(desk: Desk, uow: UnitOfWork, queue: str) -> dict[int, int]:
    """How many are served before each customer of a queue, by handoff id, in serving order."""
    waiting, discipline = assignment.by_queue(uow.handoffs.waiting(queue))[queue], assignment.discipline(desk, queue)
    order = queueing.ordered(waiting, discipline)
    if discipline.line == "per_agent":
        return {one.id: queueing.place(one, waiting, discipline) for one in order}
    return {one.id: place for place, one in enumerate(order)}


def queued(desk: Desk, uow: UnitOfWork, handoff: Handoff) -> Queued:
    """The present standing of a handoff."""
    assert handoff.id is not None
    return _standing(desk, handoff, place=places(desk, uow, handoff.queue).get(handoff.id, 0),
                     on_duty=len(uow.agents.on_duty(handoff.queue)), quote=_quote(desk, uow, handoff))


def announce_place(desk: Desk, uow: UnitOfWork, conversation: Conversation, handoff: Handoff) -> None:
    """Tell the customer their place unless they have been told the same; the quote is kept with the handoff.

    While the bot still owes its last words (safety first, in an emergency) nothing is said: ``turns`` calls again.
    """
    if uow.conversations.next_pending(conversation.id) is not None:
        return
    state = _known(desk, uow, handoff)
    if not _has_been_told(handoff, *state):
        _announce(desk, uow, conversation, handoff, state, _quote(desk, uow, handoff))


def welcome(desk: Desk, uow: UnitOfWork, conversation: Conversation, handoff: Handoff) -> Queued:
    """The standing of somebody who has just asked for a person, told at once unless the bot still has to speak."""
    (place, on_duty), quote = _known(desk, uow, handoff), _quote(desk, uow, handoff)
    bot_is_done = uow.conversations.next_pending(conversation.id) is None
    if conversation.owner == "queue" and bot_is_done and not _has_been_told(handoff, place, on_duty):
        _announce(desk, uow, conversation, handoff, (place, on_duty), quote)
    return _standing(desk, handoff, place=place, on_duty=on_duty, quote=quote)


def refresh_places(desk: Desk) -> None:
    """Tell everybody whose place in a queue has changed; the waiting room's watcher calls it on every change.

    Each queue is put in order once, and quoted in one batch, only when there is something new to tell.
    """
    with desk.begin() as uow:
        queues = {one.queue for one in uow.handoffs.waiting()}
    for queue in sorted(queues):
        for handoff_id, (state, quote) in _news(desk, queue).items():
            with desk.begin() as uow:
                conversation = uow.conversations.get(uow.handoffs.get(handoff_id).conversation_id, lock=True)
                owed = uow.conversations.next_pending(conversation.id) is not None
                handoff = uow.handoffs.get(handoff_id)
                here = conversation.owner == "queue" and conversation.handoff_id == handoff_id
                if here and not owed and not _has_been_told(handoff, *state):
                    _announce(desk, uow, conversation, handoff, state, quote)


def reassure(desk: Desk, uow: UnitOfWork, conversation: Conversation, handoff: Handoff, *, text: str) -> None:
    """Say something else to a waiting customer, who then knows how they stand."""
    place, on_duty = _known(desk, uow, handoff)
    handoff.quote = {**(handoff.quote or {}), "place": place, "on_duty": on_duty}
    _say(desk, uow, conversation, handoff, text, {"place": place, "on_duty": on_duty})


def still_waiting(desk: Desk, uow: UnitOfWork, conversation: Conversation, handoff: Handoff) -> None:
    """A sign of life with place and quote as they are now; where nobody is on duty that has been said already."""
    place, on_duty = _known(desk, uow, handoff)
    if on_duty:
        quote = _quote(desk, uow, handoff)
        told = _keep(desk, uow, handoff, place=place, on_duty=on_duty, quote=quote)
        text = notices.still_waiting(place=place, quote=quote if isinstance(quote, Quote) else None)
        _say(desk, uow, conversation, handoff, text, told)


def _known(desk: Desk, uow: UnitOfWork, handoff: Handoff) -> tuple[int, int]:
    """Place and number of people on duty."""
    return places(desk, uow, handoff.queue).get(handoff.id or 0, 0), len(uow.agents.on_duty(handoff.queue))


def _quote(desk: Desk, uow: UnitOfWork, handoff: Handoff) -> Quote | NoQuote:
    return waits.quote_for(desk, uow, handoff) if handoff.queue in desk.policy.queues else "no_history"


def _news(desk: Desk, queue: str) -> Mapping[int, tuple[tuple[int, int], Quote | NoQuote]]:
    """Those of a queue who have not been told how they stand now, by handoff id, with what to tell them."""
    with desk.begin() as uow:
        by_id = {one.id or 0: one for one in uow.handoffs.waiting(queue)}
        on_duty = len(uow.agents.on_duty(queue))
        news = {handoff_id: (place, on_duty) for handoff_id, place in places(desk, uow, queue).items()
                if not _has_been_told(by_id[handoff_id], place, on_duty)}
        own_lines = assignment.discipline(desk, queue).line == "per_agent"
        batch = waits.quotes_in(desk, uow, queue) if news and not own_lines and queue in desk.policy.queues else {}
        return {handoff_id: (state, batch.get(handoff_id) or _quote(desk, uow, by_id[handoff_id]))
                for handoff_id, state in news.items()}


def _has_been_told(handoff: Handoff, place: int, on_duty: int) -> bool:
    told = handoff.quote
    return told is not None and told.get("place") == place and bool(told.get("on_duty")) == bool(on_duty)


def _standing(desk: Desk, handoff: Handoff, *, place: int, on_duty: int, quote: Quote | NoQuote) -> Queued:
    assert handoff.id is not None
    queue = desk.policy.queues.get(handoff.queue)
    figures = {"low_min": quote.low_min, "high_min": quote.high_min} if isinstance(quote, Quote) else None
    return Queued(handoff_id=handoff.id, queue=handoff.queue, queue_name=queue.name if queue else handoff.queue,
                  place=place, on_duty=on_duty, quote=figures, number=handoff.number,
                  why_no_quote=None if isinstance(quote, Quote) else quote)


def _announce(desk: Desk, uow: UnitOfWork, conversation: Conversation, handoff: Handoff, state: tuple[int, int],
              quote: Quote | NoQuote) -> None:
    place, on_duty = state
    first = handoff.quote is None
    told = _keep(desk, uow, handoff, place=place, on_duty=on_duty, quote=quote)
    text = notices.queue_place(place=place, quote=quote if isinstance(quote, Quote) else None, on_duty=on_duty,
                               number=handoff.number, first=first)
    _say(desk, uow, conversation, handoff, text, told)


def _keep(desk: Desk, uow: UnitOfWork, handoff: Handoff, *, place: int, on_duty: int,
          quote: Quote | NoQuote) -> dict[str, Any]:
    """Note what is being told, and store the quote so that it can be scored."""
    told: dict[str, Any] = {"place": place, "on_duty": on_duty}
    if isinstance(quote, Quote):
        told |= {"low_min": quote.low_min, "high_min": quote.high_min}
        waits.keep(desk, uow, handoff, quote, place=place)
    handoff.quote = {**told, "at": desk.clock.now().isoformat(), "policy_version": desk.policy.version}
    return told


def _say(desk: Desk, uow: UnitOfWork, conversation: Conversation, handoff: Handoff, text: str,
         told: Mapping[str, Any]) -> None:
    number = {"number": handoff.number} if handoff.number else {}
    uow.add(append(conversation, kind="queue", sender="system", text=text, now=desk.clock.now(),
                   payload={**told, **number, "queue": handoff.queue}))
    uow.wake(f"conversation:{conversation.id}")
