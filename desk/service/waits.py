"""Wait quotes from what the desk knows now."""

from datetime import timedelta

from desk.core import waiting
from desk.core.handoffs import Handoff
from desk.service.desk import Desk, UnitOfWork

HISTORY = timedelta(days=30)


def quote(desk: Desk, *, queue: str) -> waiting.Quote | waiting.NoQuote:
    """The quote for somebody who would join a queue now."""
    with desk.begin() as uow:
        return quote_in(desk, uow, queue=queue, ahead=len(uow.handoffs.waiting(queue)))


def quote_for(desk: Desk, uow: UnitOfWork, handoff: Handoff) -> waiting.Quote | waiting.NoQuote:
    """The quote for somebody who stands in a queue."""
    return quote_in(desk, uow, queue=handoff.queue, ahead=uow.handoffs.place(handoff))


def quote_in(desk: Desk, uow: UnitOfWork, *, queue: str, ahead: int) -> waiting.Quote | waiting.NoQuote:
    """The quote for a place in a queue, inside a transaction."""
    staff = uow.agents.on_duty(queue)
    loads = [(agent.capacity, uow.agents.load(agent.id)) for agent in staff if agent.id is not None]
    return waiting.quote(
        ahead=ahead,
        free=sum(max(0, capacity - load) for capacity, load in loads),
        capacity=sum(capacity for capacity, _ in loads),
        handling_s=uow.handoffs.handling_times_s(queue, since=desk.clock.now() - HISTORY),
    )
