"""What agents see of the queues: who waits for them and why in this order, who rings, and whom they hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.core import queueing
from desk.core.agents import Agent
from desk.core.conversations import Conversation
from desk.core.handoffs import Handoff
from desk.core.queueing import Why
from desk.service import assignment, standing
from desk.service.desk import Desk, UnitOfWork

NO_LIMIT = timedelta(seconds=60)


@dataclass(frozen=True)
class HandoffView:
    """One line of an agent's queue or list. ``place`` counts those served before, ``why`` says what gave that place.

    ``answer_by`` is when an offer is taken back.
    """

    handoff: Handoff
    conversation: Conversation
    waited_s: float
    place: int = 0
    why: Why = "first_come"
    answer_by: datetime | None = None
    left_s: float | None = None


@dataclass(frozen=True)
class Worklist:
    """The conversations of one agent: ``ringing`` is the one that waits for their answer, among ``waiting`` too."""

    waiting: list[HandoffView]
    mine: list[HandoffView]
    ringing: HandoffView | None


def read(desk: Desk, *, agent: Agent) -> Worklist:
    """Everything that an agent has before them now."""
    with desk.begin() as uow:
        everybody = uow.handoffs.waiting()
        views = {view.handoff.id: view for view in _waiting(desk, uow, everybody)}
        seen = [view for view in views.values() if agent.may("supervise") or view.handoff.queue in agent.skills]
        ringing = next((one.id for one in everybody if one.offered_to == agent.id), None)
        held = [_view(desk, uow, handoff) for handoff in uow.handoffs.held_by(agent.id or 0)]
        return Worklist(seen, held, views[ringing] if ringing is not None else None)


def waiting(desk: Desk, *, agent: Agent) -> list[HandoffView]:
    """What waits in the queues an agent may serve, in serving order."""
    return read(desk, agent=agent).waiting


def _waiting(desk: Desk, uow: UnitOfWork, everybody: list[Handoff]) -> Iterable[HandoffView]:
    by_id = {one.id: one for one in everybody}
    by_queue = assignment.by_queue(everybody)
    places = {handoff_id: place for queue in by_queue
              for handoff_id, place in standing.places(desk, uow, queue).items()}
    for queue, one in queueing.serving_order(by_queue, assignment.disciplines(desk, everybody)):
        why = queueing.why(one, assignment.discipline(desk, queue))
        yield _view(desk, uow, by_id[one.id], place=places.get(one.id, 0), why=why)


def _view(desk: Desk, uow: UnitOfWork, handoff: Handoff, *, place: int = 0, why: Why = "first_come") -> HandoffView:
    now, queue = desk.clock.now(), desk.policy.queues.get(handoff.queue)
    answer_by = None
    if handoff.offered_to is not None and handoff.offered_at is not None:
        answer_by = handoff.offered_at + (queue.answer_within if queue else NO_LIMIT)
    return HandoffView(
        handoff, uow.conversations.get(handoff.conversation_id), place=place, why=why, answer_by=answer_by,
        waited_s=((handoff.accepted_at or now) - handoff.requested_at).total_seconds(),
        left_s=max(0.0, (answer_by - now).total_seconds()) if answer_by else None)
