"""What tests of queues share: customers, agents, and what was said and recorded. Not a test."""

from dataclasses import replace
from typing import Any

from desk.core.agents import Agent, Role
from desk.core.facts import Fact
from desk.core.handoffs import Handoff
from desk.core.queueing import Discipline
from desk.service import conversations, handoffs, standing
from desk.service.desk import Desk


def with_discipline(desk: Desk, **rules: Any) -> Desk:
    """The desk with every queue under one rule."""
    queues = {name: replace(queue, discipline=Discipline(**rules)) for name, queue in desk.policy.queues.items()}
    changed = replace(desk.policy, queues=queues)
    return replace(desk, policies=lambda: changed)


def hire(desk: Desk, name: str, *, role: Role = "agent", skills: tuple[str, ...] = ("general",), capacity: int = 1,
         on_duty: bool = True) -> int:
    """Somebody who works here, by id."""
    with desk.begin() as uow:
        one = Agent(username=name, name=name, role=role, password_hash="-", skills=list(skills), capacity=capacity,
                    on_duty=on_duty, created_at=desk.clock.now(), idle_since=desk.clock.now() if on_duty else None)
        uow.add(one)
        uow.flush()
    return one.id or 0


def agent(desk: Desk, agent_id: int) -> Agent:
    """Somebody as stored now."""
    with desk.begin() as uow:
        return uow.agents.get(agent_id)


def wait(desk: Desk, name: str, **given: Any) -> int:
    """A customer queues; gives the handoff."""
    talk = conversations.open(desk, channel="web", channel_user=name)
    asked = {"reason": "request_human", "queue": "general", "summary": {}, **given}
    return handoffs.request(desk, conversation_id=talk.id, **asked).handoff_id


def stored(desk: Desk, handoff_id: int) -> Handoff:
    """A handoff as stored now."""
    with desk.begin() as uow:
        return uow.handoffs.get(handoff_id)


def offered(desk: Desk, *handoff_ids: int) -> list[int | None]:
    """At whom they ring."""
    return [stored(desk, one).offered_to for one in handoff_ids]


def facts(desk: Desk, handoff_id: int) -> list[Fact]:
    """What happened to a handoff."""
    with desk.begin() as uow:
        return uow.facts.about(f"handoff:{handoff_id}")


def happened(desk: Desk, handoff_id: int) -> list[str]:
    """The names of what happened to a handoff, without the noun."""
    return [fact.name.partition(".")[2] for fact in facts(desk, handoff_id)]


def told(desk: Desk, handoff_id: int, kind: str = "queue") -> list[str]:
    """What the desk said to a customer."""
    conversation = stored(desk, handoff_id).conversation_id
    return [one.text for one in conversations.events(desk, conversation_id=conversation) if one.kind == kind]


def talk_of(desk: Desk, handoff_id: int) -> str:
    """The conversation of a handoff."""
    return stored(desk, handoff_id).conversation_id


def standing_of(desk: Desk, handoff_id: int) -> standing.Queued:
    """Where a customer stands."""
    with desk.begin() as uow:
        return standing.queued(desk, uow, uow.handoffs.get(handoff_id))
