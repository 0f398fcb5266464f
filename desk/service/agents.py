"""Agents: signing in and out, duty, keys, who works here, what they serve and when."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.core.agents import Agent, AgentSession, Role, Shift
from desk.core.errors import Conflict, Invalid, NotYours, TooMany
from desk.service import assignment
from desk.service.desk import Desk

FAILURES, WINDOW = 5, timedelta(minutes=15)
KEY_LIFETIME = timedelta(days=365)
PLANNED_AHEAD, LONGEST_SHIFT = timedelta(days=92), timedelta(hours=24)
MOST_AT_ONCE = 20
# Whoever may run commands on the machine: makes the first admin.
OPERATOR = Agent(username="operator", name="操作员", role="admin", password_hash="")
Matches = Callable[[str | None, str], bool]


@dataclass(frozen=True)
class SignedIn:
    """An agent and the token that proves it; only the token's hash is stored."""

    agent: Agent
    token: str


class WrongPassword(NotYours):
    """Username or password is wrong."""

    status = 401


class NotSignedIn(NotYours):
    """Sign in first."""

    status = 401


def sign_in(desk: Desk, *, username: str, password: str, matches: Matches, lifetime: timedelta) -> SignedIn:
    """A new session. Raises WrongPassword, or TooMany after FAILURES failures within WINDOW."""
    now = desk.clock.now()
    with desk.begin() as uow:
        if uow.agents.failed_logins(username, since=now - WINDOW) >= FAILURES:
            raise TooMany("sign-in")
        agent = uow.agents.by_username(username)
    good = matches(agent.password_hash if agent is not None and agent.active else None, password)
    with desk.begin() as uow:
        if not good or agent is None:
            uow.facts.record("agent.login_failed", subject=f"agent:{username[:60]}", actor="system", at=now)
        else:
            uow.facts.record("agent.signed_in", subject=f"agent:{username}", actor=f"agent:{agent.id}", at=now)
    if not good or agent is None:
        raise WrongPassword()
    return SignedIn(agent, _issue(desk, agent, kind="session", lifetime=lifetime))


def make_key(desk: Desk, *, agent: Agent, label: str) -> str:
    """An API key with the rights of its agent; shown once."""
    return _issue(desk, agent, kind="key", lifetime=KEY_LIFETIME, label=label[:60])


def _issue(desk: Desk, agent: Agent, *, kind: str, lifetime: timedelta, label: str = "") -> str:
    token = secrets.token_urlsafe(32)
    now = desk.clock.now()
    assert agent.id is not None
    with desk.begin() as uow:
        uow.add(AgentSession(token_hash=_hash(token), agent_id=agent.id, kind=kind,  # type: ignore[arg-type]
                             created_at=now, expires_at=now + lifetime, label=label))
    return token


def who(desk: Desk, *, token: str) -> Agent:
    """The agent behind a token; raises NotSignedIn."""
    with desk.begin() as uow:
        session = uow.agents.session(_hash(token))
        if session is None or session.expires_at <= desk.clock.now():
            raise NotSignedIn()
        agent = uow.agents.get(session.agent_id)
    if not agent.active:
        raise NotSignedIn()
    return agent


def sign_out(desk: Desk, *, token: str) -> None:
    """End a session; doing it twice is doing it once."""
    with desk.begin() as uow:
        uow.agents.drop_session(_hash(token))


def set_duty(desk: Desk, *, agent: Agent, on_duty: bool) -> Agent:
    """Go on or off duty; whoever waits is offered, or passed on, at once. Conversations that are held stay held."""
    assert agent.id is not None
    with desk.begin() as uow:
        uow.handoffs.lock_queues()
        stored = uow.agents.get(agent.id)
        if stored.on_duty == on_duty:
            return stored
        actor, now = f"agent:{agent.id}", desk.clock.now()
        if on_duty:
            stored.on_duty, stored.idle_since = True, now
            uow.facts.record("agent.on_duty", subject=f"agent:{stored.username}", actor=actor, at=now)
            assignment.welcome(uow, agent.id)
        else:
            assignment.set_off_duty(desk, uow, stored, actor=actor)
        assignment.match(desk, uow)
        uow.wake("queues")
    assignment.run(desk)
    return stored


def everybody(desk: Desk, *, agent: Agent) -> list[tuple[Agent, int]]:
    """All agents with the number of conversations they hold, for those who supervise."""
    if not agent.may("supervise"):
        raise NotYours("agents")
    with desk.begin() as uow:
        loads = uow.agents.loads()
        return [(one, loads.get(one.id or 0, 0)) for one in uow.agents.all()]


def create(desk: Desk, *, by: Agent, username: str, name: str, role: Role, password_hash: str,
           skills: list[str], capacity: int = 3) -> Agent:
    """A new agent; raises Invalid for an empty name or unknown skill, Conflict for a taken username."""
    if not by.may("administer"):
        raise NotYours("agents")
    _check(desk, skills=skills, capacity=capacity)
    if not username.strip() or not name.strip():
        raise Invalid("username, name")
    with desk.begin() as uow:
        if uow.agents.by_username(username) is not None:
            raise Conflict(username)
        agent = Agent(username=username, name=name, role=role, password_hash=password_hash, skills=skills,
                      capacity=capacity, created_at=desk.clock.now())
        uow.add(agent)
        uow.facts.record("agent.created", subject=f"agent:{username}", actor=f"agent:{by.id}",
                         at=desk.clock.now(), role=role)
    return agent


def staff(desk: Desk, *, by: Agent, agent_id: int, skills: list[str] | None = None,
          capacity: int | None = None) -> Agent:
    """Change what somebody serves and how much at once (PD-3), with effect at once both ways.

    Nobody loses a conversation by it: who holds more than their new capacity just gets no new one.
    """
    if not by.may("supervise"):
        raise NotYours("agents")
    _check(desk, skills=skills or [], capacity=1 if capacity is None else capacity)
    with desk.begin() as uow:
        uow.handoffs.lock_queues()
        agent = uow.agents.get(agent_id)
        agent.skills = list(agent.skills if skills is None else skills)
        agent.capacity = agent.capacity if capacity is None else capacity
        uow.facts.record("agent.restaffed", subject=f"agent:{agent.username}", actor=f"agent:{by.id}",
                         at=desk.clock.now(), skills=list(agent.skills), capacity=agent.capacity)
        assignment.match(desk, uow)
        uow.wake("queues")
    assignment.run(desk)
    return agent


def shifts(desk: Desk, *, agent: Agent) -> list[Shift]:
    """Planned shifts from now on, for those who supervise."""
    if not agent.may("supervise"):
        raise NotYours("shifts")
    now = desk.clock.now()
    with desk.begin() as uow:
        return uow.agents.shifts(since=now, until=now + PLANNED_AHEAD)


def plan_shift(desk: Desk, *, by: Agent, agent_id: int, starts_at: datetime, ends_at: datetime) -> Shift:
    """Plan when somebody is on duty; wait quotes count on it. Raises Invalid for a time that is over or too long."""
    if not by.may("supervise"):
        raise NotYours("shifts")
    now = desk.clock.now()
    if not (now < ends_at < now + PLANNED_AHEAD and timedelta(0) < ends_at - starts_at <= LONGEST_SHIFT):
        raise Invalid("starts_at, ends_at")
    with desk.begin() as uow:
        agent = uow.agents.get(agent_id)
        planned = uow.agents.shifts(since=starts_at, until=ends_at)
        if any(shift.agent_id == agent_id for shift in planned):
            raise Conflict(f"shift of {agent.username}")
        shift = Shift(agent_id=agent_id, starts_at=starts_at, ends_at=ends_at)
        uow.add(shift)
        uow.facts.record("agent.shift_planned", subject=f"agent:{agent.username}", actor=f"agent:{by.id}", at=now,
                         starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat())
        uow.wake("queues")
    return shift


def drop_shift(desk: Desk, *, by: Agent, shift_id: int) -> None:
    """Take a planned shift back; raises NotFound."""
    if not by.may("supervise"):
        raise NotYours("shifts")
    with desk.begin() as uow:
        uow.agents.drop_shift(shift_id)
        uow.facts.record("agent.shift_dropped", subject=f"shift:{shift_id}", actor=f"agent:{by.id}", at=desk.clock.now())
        uow.wake("queues")


def set_active(desk: Desk, *, by: Agent, agent_id: int, active: bool) -> Agent:
    """Deactivate or reactivate somebody; what they held goes to others. Nobody can lock themselves out."""
    if not by.may("administer") or by.id == agent_id:
        raise NotYours("agents")
    with desk.begin() as uow:
        uow.handoffs.lock_queues()
        agent = uow.agents.get(agent_id)
        agent.active = active
        agent.on_duty = agent.on_duty and active
        uow.facts.record("agent.activated" if active else "agent.deactivated", subject=f"agent:{agent.username}",
                         actor=f"agent:{by.id}", at=desk.clock.now())
        assignment.match(desk, uow)
        uow.wake("queues")
    assignment.run(desk)
    return agent


def _check(desk: Desk, *, skills: list[str], capacity: int) -> None:
    unknown = [skill for skill in skills if skill not in desk.policy.queues]
    if unknown or not 1 <= capacity <= MOST_AT_ONCE:
        raise Invalid("、".join(unknown) or "capacity")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
