"""Handoffs: from the bot into a queue, to one person, and back; every step is one transaction and a fact."""

from dataclasses import asdict, dataclass
from typing import Any

from desk.core import notices
from desk.core.agents import Agent
from desk.core.conversations import Conversation, Message, append, move
from desk.core.errors import Conflict, IllegalTransition, Invalid, NotYours
from desk.core.handoffs import RANK, Handoff, Outcome, Priority, Rating
from desk.core.waiting import Quote
from desk.service import waits
from desk.service.desk import Desk, UnitOfWork, once


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


@dataclass(frozen=True)
class HandoffView:
    """One line of an agent's queue or list."""

    handoff: Handoff
    conversation: Conversation
    last: Message | None
    waited_s: float


def request(desk: Desk, *, conversation_id: str, reason: str, summary: dict[str, Any], queue: str | None = None,
            priority: Priority = "normal", message_id: str | None = None, key: str | None = None) -> Queued:
    """Put a conversation into the queue of a reason; where it already waits, tell its place.

    ``message_id`` is the customer message that led here, so that the bot may finish that turn.
    Raises IllegalTransition when a person already holds it.
    """
    chosen = queue or desk.policy.queue_for(reason).id
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id, lock=True)

        def enter() -> dict[str, Any]:
            if conversation.owner == "queue":
                return {"handoff_id": conversation.handoff_id}
            if conversation.owner == "agent":
                raise IllegalTransition("agent -> queue")
            return {"handoff_id": _enter(desk, uow, conversation, queue=chosen, reason=reason, summary=summary,
                                         priority=priority, message_id=message_id)}

        done = once(uow, key, at=desk.clock.now(), do=enter)
        return queued(desk, uow, uow.handoffs.get(done["handoff_id"]))


def _enter(desk: Desk, uow: UnitOfWork, conversation: Conversation, *, queue: str, reason: str,
           summary: dict[str, Any], priority: Priority, message_id: str | None) -> int:
    now = desk.clock.now()
    handoff = Handoff(conversation_id=conversation.id, queue=queue, reason=reason, requested_at=now,
                      rank=RANK[priority], summary=summary)
    uow.add(handoff)
    uow.flush()
    assert handoff.id is not None
    move(conversation, "queue", now=now, by=message_id)
    conversation.handoff_id = handoff.id
    uow.conversations.settle_pending(conversation.id, keep=message_id)
    uow.facts.record("handoff.requested", subject=f"conversation:{conversation.id}", actor="customer", at=now,
                     handoff=handoff.id, queue=queue, reason=reason, priority=priority)
    announce_place(desk, uow, conversation, handoff)
    _wake(uow, conversation)
    return handoff.id


def announce_place(desk: Desk, uow: UnitOfWork, conversation: Conversation, handoff: Handoff) -> None:
    """Tell the customer their place unless they have been told the same; the quote is kept with the handoff.

    While the bot still owes its last words (safety first, in an emergency) nothing is said: ``turns`` calls again.
    """
    if uow.conversations.next_pending(conversation.id) is not None:
        return
    state = queued(desk, uow, handoff)
    told = {"place": state.place, "on_duty": state.on_duty, **(state.quote or {})}
    if handoff.quote is not None and all(handoff.quote.get(k) == told.get(k) for k in ("place",)) \
            and bool(handoff.quote.get("on_duty")) == bool(state.on_duty):
        return
    handoff.quote = {**told, "at": desk.clock.now().isoformat(), "policy_version": desk.policy.version}
    quote = Quote(**state.quote, basis={}) if state.quote else None
    text = notices.queue_place(place=state.place, quote=quote, on_duty=state.on_duty)
    uow.add(append(conversation, kind="queue", sender="system", text=text, now=desk.clock.now(),
                   payload={**told, "queue": handoff.queue}))
    uow.wake(f"conversation:{conversation.id}")


def queued(desk: Desk, uow: UnitOfWork, handoff: Handoff) -> Queued:
    """The present standing of a handoff."""
    quote = waits.quote_for(desk, uow, handoff)
    figures = {"low_min": quote.low_min, "high_min": quote.high_min} if isinstance(quote, Quote) else None
    assert handoff.id is not None
    return Queued(handoff_id=handoff.id, queue=handoff.queue, queue_name=desk.policy.queues[handoff.queue].name,
                  place=uow.handoffs.place(handoff), on_duty=len(uow.agents.on_duty(handoff.queue)), quote=figures,
                  why_no_quote=None if isinstance(quote, Quote) else quote)


def status(desk: Desk, *, conversation_id: str) -> Queued | None:
    """Where a conversation waits, if it does."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id)
        if conversation.owner != "queue" or conversation.handoff_id is None:
            return None
        return queued(desk, uow, uow.handoffs.get(conversation.handoff_id))


def refresh_places(desk: Desk) -> None:
    """Tell everybody whose place in a queue has changed; the waiting room's watcher calls it on every change."""
    with desk.begin() as uow:
        waiting = [(handoff.conversation_id, handoff.id) for handoff in uow.handoffs.waiting() if handoff.id]
    for conversation_id, handoff_id in waiting:
        with desk.begin() as uow:
            conversation = uow.conversations.get(conversation_id, lock=True)
            if conversation.owner == "queue" and conversation.handoff_id == handoff_id:
                announce_place(desk, uow, conversation, uow.handoffs.get(handoff_id))


def leave(desk: Desk, *, conversation_id: str, by: str = "customer") -> None:
    """Leave the queue and go on with the bot; nothing happens when the conversation does not wait."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id, lock=True)
        if conversation.owner == "queue":
            leave_in(desk, uow, conversation, by=by)


def leave_in(desk: Desk, uow: UnitOfWork, conversation: Conversation, *, by: str) -> None:
    """Leave the queue inside a transaction."""
    _end(desk, uow, conversation, outcome="abandoned", to="bot", actor=by, text=notices.left_queue())


def accept(desk: Desk, *, handoff_id: int, agent_id: int) -> Conversation:
    """One agent takes a waiting conversation; raises Conflict when somebody else has, NotYours without the skill."""
    with desk.begin() as uow:
        agent = uow.agents.get(agent_id)
        waiting = uow.handoffs.get(handoff_id)
        conversation = uow.conversations.get(waiting.conversation_id, lock=True)
        handoff = uow.handoffs.get(handoff_id, lock=True)
        _may_accept(agent, handoff)
        now = desk.clock.now()
        handoff.accepted_at, handoff.agent_id = now, agent_id
        move(conversation, "agent", now=now)
        conversation.agent_id = agent_id
        uow.conversations.settle_pending(conversation.id)
        uow.add(append(conversation, kind="status", sender="system", text=notices.accepted(agent.name), now=now,
                       payload={"owner": "agent", "agent": agent.name}))
        uow.facts.record("handoff.accepted", subject=f"conversation:{conversation.id}", actor=f"agent:{agent_id}",
                         at=now, handoff=handoff_id, waited_s=(now - handoff.requested_at).total_seconds())
        _wake(uow, conversation)
        return conversation


def _may_accept(agent: Agent, handoff: Handoff) -> None:
    if not agent.may("converse") or (agent.role == "agent" and handoff.queue not in agent.skills):
        raise NotYours(handoff.queue)
    if not handoff.waiting:
        raise Conflict(f"handoff {handoff.id}")


def requeue_held(desk: Desk, uow: UnitOfWork, agent_id: int) -> None:
    """Put what an agent holds back into its queue, in its old place: the agent cannot go on."""
    now = desk.clock.now()
    for held in uow.handoffs.held_by(agent_id):
        conversation = uow.conversations.get(held.conversation_id, lock=True)
        held.accepted_at = held.agent_id = held.quote = None
        move(conversation, "queue", now=now)
        conversation.agent_id = None
        uow.add(append(conversation, kind="status", sender="system", text=notices.requeued(), now=now,
                       payload={"owner": "queue"}))
        uow.facts.record("handoff.requeued", subject=f"conversation:{conversation.id}", actor=f"agent:{agent_id}",
                         at=now, handoff=held.id)
        _wake(uow, conversation)


def say(desk: Desk, *, conversation_id: str, agent_id: int, text: str, external_id: str) -> Message:
    """What the agent who holds a conversation says; the same external id again returns the stored message."""
    if not text.strip():
        raise Invalid("text")
    dedup_key = f"agent:{agent_id}:{conversation_id}:{external_id}"
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id, lock=True)
        known = uow.conversations.message_by_key(dedup_key)
        if known is not None:
            return known
        _held_by(conversation, agent_id)
        message = append(conversation, kind="message", sender="agent", text=text, now=desk.clock.now(),
                         payload={"agent": uow.agents.get(agent_id).name}, dedup_key=dedup_key)
        uow.add(message)
        uow.wake(f"conversation:{conversation_id}")
        return message


def give_back(desk: Desk, *, conversation_id: str, agent_id: int) -> None:
    """The agent returns the conversation to the bot; the customer is told and asked for a rating."""
    _finish(desk, conversation_id=conversation_id, agent_id=agent_id, outcome="returned")


def close(desk: Desk, *, conversation_id: str, agent_id: int) -> None:
    """The agent ends the conversation; the customer is told and asked for a rating."""
    _finish(desk, conversation_id=conversation_id, agent_id=agent_id, outcome="closed")


def _finish(desk: Desk, *, conversation_id: str, agent_id: int, outcome: Outcome) -> None:
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id, lock=True)
        _held_by(conversation, agent_id)
        back = outcome == "returned"
        _end(desk, uow, conversation, outcome=outcome, to="bot" if back else "closed", actor=f"agent:{agent_id}",
             text=notices.returned() if back else notices.closed())
        uow.add(append(conversation, kind="rating", sender="system", text=notices.ask_rating(),
                       now=desk.clock.now(), payload={"buttons": notices.RATING_BUTTONS}))


def _end(desk: Desk, uow: UnitOfWork, conversation: Conversation, *, outcome: Outcome, to: str, actor: str,
         text: str) -> None:
    assert conversation.handoff_id is not None
    now = desk.clock.now()
    handoff = uow.handoffs.get(conversation.handoff_id, lock=True)
    handoff.ended_at, handoff.outcome = now, outcome
    move(conversation, "bot" if to == "bot" else "closed", now=now)
    uow.add(append(conversation, kind="status", sender="system", text=text, now=now,
                   payload={"owner": conversation.owner}))
    uow.facts.record(f"handoff.{outcome}", subject=f"conversation:{conversation.id}", actor=actor, at=now,
                     handoff=handoff.id)
    _wake(uow, conversation)


def rate(desk: Desk, *, conversation_id: str, score: int, comment: str = "") -> bool:
    """Keep the rating of the last handoff of a conversation; False when there is none to rate.

    A second rating replaces the first. Raises Invalid for a score outside 1 to 5.
    """
    if not 1 <= score <= 5:
        raise Invalid(f"score {score}")
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id, lock=True)
        handoff = uow.handoffs.last_of(conversation_id)
        if handoff is None or handoff.accepted_at is None or handoff.id is None:
            return False
        now = desk.clock.now()
        known = uow.handoffs.rating(handoff.id)
        if known is None:
            uow.add(Rating(conversation_id=conversation_id, score=score, at=now, comment=comment,
                           handoff_id=handoff.id, agent_id=handoff.agent_id))
        else:
            known.score, known.comment, known.at = score, comment or known.comment, now
        uow.facts.record("handoff.rated", subject=f"conversation:{conversation.id}", actor="customer", at=now,
                         handoff=handoff.id, score=score)
        return True


def waiting(desk: Desk, *, agent: Agent) -> list[HandoffView]:
    """What waits in the queues an agent may serve, in serving order."""
    with desk.begin() as uow:
        everything = agent.may("supervise")
        return [_view(desk, uow, handoff) for handoff in uow.handoffs.waiting()
                if everything or handoff.queue in agent.skills]


def mine(desk: Desk, *, agent: Agent) -> list[HandoffView]:
    """The conversations an agent holds."""
    assert agent.id is not None
    with desk.begin() as uow:
        return [_view(desk, uow, handoff) for handoff in uow.handoffs.held_by(agent.id)]


def _view(desk: Desk, uow: UnitOfWork, handoff: Handoff) -> HandoffView:
    last = uow.conversations.latest(handoff.conversation_id, limit=1)
    until = handoff.accepted_at or desk.clock.now()
    return HandoffView(handoff, uow.conversations.get(handoff.conversation_id), last[0] if last else None,
                       (until - handoff.requested_at).total_seconds())


def _held_by(conversation: Conversation, agent_id: int) -> None:
    if conversation.owner != "agent":
        raise IllegalTransition(f"{conversation.owner}")
    if conversation.agent_id != agent_id:
        raise NotYours(f"agent:{conversation.agent_id}")


def _wake(uow: UnitOfWork, conversation: Conversation) -> None:
    uow.wake(f"conversation:{conversation.id}")
    uow.wake("queues")


def as_json(state: Queued) -> dict[str, Any]:
    """A standing as plain data."""
    return asdict(state)
