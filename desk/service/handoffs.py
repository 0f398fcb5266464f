"""Handoffs: from the bot into a queue, to one person, and back; every step is one transaction and a fact."""

from typing import Any

from desk.core import notices, queueing
from desk.core.agents import Agent
from desk.core.conversations import Conversation, Message, append, move
from desk.core.errors import Conflict, IllegalTransition, Invalid, NotYours
from desk.core.handoffs import RANK, Handoff, Outcome, Priority, Rating
from desk.core.policy import Queue
from desk.service import assignment, lines, recording, standing, tickets, waits
from desk.service import handoff_steps as handoff_steps  # enters its words into the escalation path
from desk.service.desk import Desk, UnitOfWork, once
from desk.service.standing import Queued


def request(desk: Desk, *, conversation_id: str, reason: str, summary: dict[str, Any], queue: str | None = None,
            priority: Priority = "normal", message_id: str | None = None, key: str | None = None) -> Queued:
    """Put a conversation into the queue of a reason; where it already waits, tell its place.

    ``message_id`` is the customer message that led here, so that the bot may finish that turn.
    Raises IllegalTransition when a person already holds it.
    """
    chosen = desk.policy.queues.get(queue or "") or desk.policy.queue_for(reason)
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id, lock=True)

        def enter() -> dict[str, Any]:
            if conversation.owner == "queue":
                return {"handoff_id": conversation.handoff_id}
            if conversation.owner == "agent":
                raise IllegalTransition("agent -> queue")
            asked = Handoff(conversation_id=conversation.id, queue=chosen.id, reason=reason, rank=RANK[priority],
                            requested_at=desk.clock.now(), summary=summary)
            return {"handoff_id": _enter(desk, uow, conversation, asked, chosen, message_id=message_id)}

        done = once(uow, key, at=desk.clock.now(), do=enter)
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id, lock=True)
        return standing.welcome(desk, uow, conversation, uow.handoffs.get(done["handoff_id"]))


def _enter(desk: Desk, uow: UnitOfWork, conversation: Conversation, handoff: Handoff, queue: Queue, *,
           message_id: str | None) -> int:
    uow.handoffs.lock_queues()
    _stand_in_line(desk, uow, conversation, handoff, queue)
    uow.add(handoff)
    uow.flush()
    assert handoff.id is not None
    move(conversation, "queue", now=handoff.requested_at, by=message_id)
    conversation.handoff_id = handoff.id
    uow.conversations.settle_pending(conversation.id, keep=message_id)
    recording.on_handoff(desk, uow, handoff, "handoff.requested", actor="customer", queue=queue.id,
                         reason=handoff.reason, priority="emergency" if handoff.rank == 0 else "normal")
    assignment.match(desk, uow)
    _wake(uow, conversation)
    return handoff.id


def _stand_in_line(desk: Desk, uow: UnitOfWork, conversation: Conversation, handoff: Handoff, queue: Queue) -> None:
    """What the queue's rules go by (PD-1, PD-2): class, expected length, number. Who has lines of their own joins one
    in the matching.
    """
    if conversation.customer_id is not None:
        handoff.tier = uow.customers.get(conversation.customer_id).tier
    if queue.discipline.order == "shortest_first":
        since = desk.clock.now() - lines.HANDLING
        prior_s = queue.handling.median.total_seconds() if queue.handling else 0.0
        handoff.expected_s = queueing.expected_s(
            uow.handoffs.handling_times_s(queue.id, since=since, reason=handoff.reason),
            uow.handoffs.handling_times_s(queue.id, since=since), prior_s=prior_s)
    if queue.discipline.line == "number":
        day = desk.clock.now().astimezone(desk.policy.calendars[queue.calendar].timezone).date()
        handoff.number = queueing.ticket_number(queue.letter, uow.count(f"call {queue.letter}{day:%y%m%d}"))


def status(desk: Desk, *, conversation_id: str) -> Queued | None:
    """Where a conversation waits, if it does."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id)
        if conversation.owner != "queue" or conversation.handoff_id is None:
            return None
        return standing.queued(desk, uow, uow.handoffs.get(conversation.handoff_id))


def leave(desk: Desk, *, conversation_id: str, by: str = "customer") -> None:
    """Leave the queue and go on with the bot; nothing happens when the conversation does not wait."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id, lock=True)
        if conversation.owner == "queue":
            leave_in(desk, uow, conversation, by=by)


def leave_in(desk: Desk, uow: UnitOfWork, conversation: Conversation, *, by: str, text: str = "") -> None:
    """Leave the queue inside a transaction; the customer is told so, in other words if given."""
    _end(desk, uow, conversation, outcome="abandoned", to="bot", actor=by, text=text or notices.left_queue())


def accept(desk: Desk, *, handoff_id: int, agent_id: int) -> Conversation:
    """One agent takes a waiting conversation, whether it rings at them, at somebody else or nowhere.

    Raises Conflict when somebody else has it, NotYours without the skill.
    """
    with desk.begin() as uow:
        conversation, handoff = _lock_both(uow, handoff_id)
        agent = uow.agents.get(agent_id)
        _may_accept(agent, handoff)
        now, asked = desk.clock.now(), handoff.offered_to
        handoff.accept(agent_id, now=now)
        move(conversation, "agent", now=now)
        conversation.agent_id = agent_id
        uow.conversations.settle_pending(conversation.id)
        uow.add(append(conversation, kind="status", sender="system", text=notices.accepted(agent.name), now=now,
                       payload={"owner": "agent", "agent": agent.name}))
        recording.on_handoff(desk, uow, handoff, "handoff.accepted", actor=f"agent:{agent_id}", asked=asked,
                             waited_s=(now - handoff.requested_at).total_seconds())
        waits.settle(desk, uow, handoff)
        assignment.match(desk, uow)
        _wake(uow, conversation)
        return conversation


def _may_accept(agent: Agent, handoff: Handoff) -> None:
    if not agent.may("converse") or (agent.role == "agent" and handoff.queue not in agent.skills):
        raise NotYours(handoff.queue)
    if not handoff.waiting:
        raise Conflict(f"handoff {handoff.id}")


def decline(desk: Desk, *, handoff_id: int, agent_id: int) -> None:
    """Pass the customer who rings on to the next one at once; raises Conflict when they no longer ring at this agent."""
    with desk.begin() as uow:
        conversation, handoff = _lock_both(uow, handoff_id)
        if not handoff.waiting or handoff.offered_to != agent_id:
            raise Conflict(f"handoff {handoff_id}")
        assignment.take_back(desk, uow, handoff, "handoff.declined", actor=f"agent:{agent_id}")
        assignment.match(desk, uow)
        assignment.give_up_if_stuck(desk, uow, handoff)
        _wake(uow, conversation)


def _lock_both(uow: UnitOfWork, handoff_id: int) -> tuple[Conversation, Handoff]:
    conversation = uow.conversations.get(uow.handoffs.get(handoff_id).conversation_id, lock=True)
    return conversation, uow.handoffs.get(handoff_id, lock=True)


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
        _greet(desk, uow, conversation, agent_id)
        uow.wake(f"conversation:{conversation_id}")
        return message


def _greet(desk: Desk, uow: UnitOfWork, conversation: Conversation, agent_id: int) -> None:
    """The first words of a person (JC-5); tickets that nobody had answered count as contacted."""
    assert conversation.handoff_id is not None
    if uow.handoffs.get(conversation.handoff_id).greeted_at is None:
        handoff = uow.handoffs.get(conversation.handoff_id, lock=True)
        handoff.greeted_at = recording.on_handoff(desk, uow, handoff, "handoff.greeted", actor=f"agent:{agent_id}").at
        tickets.answered_in_conversation(desk, uow, conversation.id, agent_id)


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
    handoff.ended_at, handoff.outcome, handoff.offered_to = now, outcome, None
    if handoff.agent_id is not None:
        uow.agents.get(handoff.agent_id).idle_since = now
    move(conversation, "bot" if to == "bot" else "closed", now=now)
    uow.add(append(conversation, kind="status", sender="system", text=text, now=now,
                   payload={"owner": conversation.owner}))
    recording.on_handoff(desk, uow, handoff, f"handoff.{outcome}", actor=actor,
                         lasted_s=(now - (handoff.accepted_at or handoff.requested_at)).total_seconds())
    waits.settle(desk, uow, handoff)
    assignment.match(desk, uow)
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


def _held_by(conversation: Conversation, agent_id: int) -> None:
    if conversation.owner != "agent":
        raise IllegalTransition(f"{conversation.owner}")
    if conversation.agent_id != agent_id:
        raise NotYours(f"agent:{conversation.agent_id}")


def _wake(uow: UnitOfWork, conversation: Conversation) -> None:
    uow.wake(f"conversation:{conversation.id}")
    uow.wake("queues")
