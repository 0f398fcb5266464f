"""Wait quotes from what the desk sees now; each one told is kept, and scored when the wait has ended."""

from dataclasses import replace
from datetime import datetime

from desk.core import wait_scores, waiting
from desk.core.handoffs import Handoff
from desk.core.waiting import NoQuote, Quote, StoredQuote
from desk.service import lines
from desk.service.desk import Desk, UnitOfWork


def quote(desk: Desk, *, queue: str) -> Quote | NoQuote:
    """The quote for somebody who would join a queue now."""
    with desk.begin() as uow:
        line = lines.seen(desk, uow, queue, joining=True)
        return _quotes(line, upto=line.ids.index(lines.JOINING))[-1]


def quote_for(desk: Desk, uow: UnitOfWork, handoff: Handoff) -> Quote | NoQuote:
    """The quote for somebody who stands in a queue."""
    assert handoff.id is not None
    line = lines.seen(desk, uow, handoff.queue, line_of=handoff.line_of)
    if handoff.id not in line.ids:  # a person has taken them meanwhile
        return Quote(0, 1)
    return _quotes(line, upto=line.ids.index(handoff.id))[-1]


def quotes_in(desk: Desk, uow: UnitOfWork, queue: str) -> dict[int, Quote | NoQuote]:
    """The quotes of everybody in a queue's line by handoff id, for no more than the price of the last one's.

    Not for queues with a line for each agent: those ask ``quote_for``.
    """
    line = lines.seen(desk, uow, queue)
    return dict(zip(line.ids, _quotes(line), strict=True))


def keep(desk: Desk, uow: UnitOfWork, handoff: Handoff, quote: Quote, *, place: int) -> StoredQuote:
    """Store a quote that is being told."""
    assert handoff.id is not None
    stored = StoredQuote(
        handoff_id=handoff.id, conversation_id=handoff.conversation_id, queue=handoff.queue, at=desk.clock.now(),
        place=place, low_s=quote.low_s, mid_s=quote.mid_s, high_s=quote.high_s, percentile=quote.percentile,
        basis=quote.basis, policy_version=desk.policy.version)
    uow.add(stored)
    return stored


def settle(desk: Desk, uow: UnitOfWork, handoff: Handoff) -> None:
    """Score what a customer was told, now that a person has taken them or they have left the line."""
    assert handoff.id is not None
    ended = handoff.accepted_at or handoff.ended_at
    if ended is None:
        return
    for told in uow.quotes.of_handoff(handoff.id):
        if told.outcome is None:
            told.outcome = "accepted" if handoff.accepted_at else "abandoned"
            told.actual_s = max(0.0, (ended - told.at).total_seconds())
            told.scored_at = desk.clock.now()


def report(desk: Desk, *, since: datetime) -> list[wait_scores.Row]:
    """How true the quotes told since a time were, for each queue and its hours of the day."""
    with desk.begin() as uow:
        zone = next(iter(desk.policy.calendars.values())).timezone
        return wait_scores.by_queue_and_hour(uow.quotes.scored(since), zone)


def _quotes(line: lines.Line, *, upto: int | None = None) -> list[Quote | NoQuote]:
    """The quotes of the line as far as the customer at index ``upto``: who is behind does not matter."""
    if not line.ids:
        return []
    far = line.situation.line if upto is None else line.situation.line[:upto + 1]
    return waiting.quotes(replace(line.situation, line=far))
