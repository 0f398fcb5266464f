"""Recording what happens to a ticket, a task or a handoff: the fact, the state that follows, the clocks that move.

All three are one transaction, so that state and deadlines are at any time the fold of the facts. Locks are taken in the
order conversation, handoff, ticket, task; deadlines belong to the subject that is locked.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from desk.core import escalation, promises, tasks, tickets
from desk.core.calendars import Calendar
from desk.core.deadlines import Deadline
from desk.core.facts import Fact
from desk.core.handoffs import Handoff
from desk.core.policy import Policy
from desk.core.promises import ClockRule, Run
from desk.core.tasks import Task
from desk.core.tickets import Ticket
from desk.service.desk import Desk, UnitOfWork


def on_ticket(desk: Desk, uow: UnitOfWork, ticket: Ticket, name: str, *, actor: str, **data: Any) -> Fact:
    """Record a fact of a ticket that the caller has locked (or just made)."""
    policy = desk.policy_of(ticket.promise.get("policy_version", ""))
    fact = _record(desk, uow, ticket.about, name, actor, data)
    tickets.apply(ticket, fact)
    follow(uow, ticket.about, kind=ticket.kind, rules=policy.promise_for(ticket.kind).clocks(), policy=policy,
           now=fact.at)
    return fact


def on_task(desk: Desk, uow: UnitOfWork, task: Task, name: str, *, actor: str, **data: Any) -> Fact:
    """Record a fact of a task that the caller has locked (or just made and flushed)."""
    policy = desk.policy_of(task.policy_version)
    fact = _record(desk, uow, task.subject, name, actor, data)
    tasks.apply(task, fact)
    rules = policy.clocks_of_task(kind=task.kind, assigned_to=task.assigned_to)
    follow(uow, task.subject, kind=task.kind, rules=rules, policy=policy, now=fact.at)
    return fact


def on_handoff(desk: Desk, uow: UnitOfWork, handoff: Handoff, name: str, *, actor: str, **data: Any) -> Fact:
    """Record a fact of a handoff; it stands in its conversation's history too, under ``conversation:ID``."""
    subject = f"handoff:{handoff.id}"
    begun = uow.deadlines.held(subject)
    policy = desk.policy_of(begun[0].policy_version) if begun else desk.policy
    fact = _record(desk, uow, subject, name, actor, data)
    uow.facts.record(name, subject=f"conversation:{handoff.conversation_id}", actor=actor, at=fact.at,
                     handoff=handoff.id, **data)
    follow(uow, subject, kind=handoff.queue, rules=policy.clocks_of_handoff(handoff.queue), policy=policy, now=fact.at)
    return fact


def follow(uow: UnitOfWork, subject: str, *, kind: str, rules: Iterable[ClockRule], policy: Policy,
           now: datetime) -> None:
    """Bring the deadlines of a subject up to what its facts say; what ran under a policy is not lost with its rule."""
    history = uow.facts.history(subject)
    known = {(one.clock, one.run): one for one in uow.deadlines.held(subject)}
    by_clock = {rule.clock: rule for rule in rules}
    for rule in by_clock.values():
        for run in promises.runs(rule, history, policy.calendars):
            row = known.get((run.clock, run.number))
            if row is None:
                row = Deadline(subject=subject, clock=run.clock, run=run.number, kind=kind,
                               started_at=run.started_at, policy_version=policy.version)
                uow.deadlines.add(row)
            row.follow(run, now=now)
            schedule(row, run, policy=policy, calendar=policy.calendars[rule.calendar])
    for row in known.values():
        if row.clock not in by_clock and row.ended_at is None:
            run = promises.as_stored(_stored(row), history)
            row.follow(run, now=now)
            schedule(row, run, policy=policy, calendar=next(iter(policy.calendars.values())))


def schedule(row: Deadline, run: Run, *, policy: Policy, calendar: Calendar) -> None:
    """Set when the sweep has to look at a clock again."""
    step = escalation.next_step(escalation.plan(policy.escalation, run, kind=row.kind, calendar=calendar), fired=row.fired)
    row.next_at = step.at if step is not None else None


def current(row: Deadline, facts: list[Fact], *, rules: Mapping[str, ClockRule], policy: Policy) -> tuple[Run, Calendar]:
    """The run that a row is about as its facts have it now, with the calendar it runs on."""
    rule = rules.get(row.clock)
    if rule is None:
        return promises.as_stored(_stored(row), facts), next(iter(policy.calendars.values()))
    run = next(one for one in promises.runs(rule, facts, policy.calendars) if one.number == row.run)
    return run, policy.calendars[rule.calendar]


def rules_of(policy: Policy, subject: str, *, kind: str, assigned_to: str = "") -> Mapping[str, ClockRule]:
    """The clock rules of a subject by clock."""
    what = subject.partition(":")[0]
    if what == "ticket":
        rules = policy.promise_for(kind).clocks()
    elif what == "task":
        rules = policy.clocks_of_task(kind=kind, assigned_to=assigned_to)
    else:
        rules = policy.clocks_of_handoff(kind)
    return {rule.clock: rule for rule in rules}


def _stored(row: Deadline) -> Run:
    return Run(cast(promises.Clock, row.clock), row.run, row.started_at, row.due_at)


def _record(desk: Desk, uow: UnitOfWork, subject: str, name: str, actor: str, data: dict[str, Any]) -> Fact:
    """Append a fact whose time never lies before the subject's last one, even when the clock was set back."""
    facts, now = uow.facts.history(subject), desk.clock.now()
    fact = uow.facts.record(name, subject=subject, actor=actor, at=max(now, facts[-1].at) if facts else now, **data)
    uow.flush()
    return fact
