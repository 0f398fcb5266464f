"""The deadline clock: takes every due step exactly once, whatever number of processes sweep at once.

A deadline is looked at in one transaction, which locks what the deadline is about, reads both again, asks the facts
what is due now, takes those steps in order and notes them. A process that dies has done all of it or nothing. A step
that fails is rolled back and tried again in a minute; the others go on.
"""

import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import structlog

from desk.core import escalation
from desk.core.deadlines import Deadline
from desk.core.errors import DeskError, StoreUnavailable
from desk.core.escalation import BROKEN, Rule
from desk.core.facts import Fact
from desk.core.policy import Policy
from desk.core.promises import CUSTOMERS, Run
from desk.core.tickets import Ticket
from desk.service import escalation as steps
from desk.service import handoff_steps as handoff_steps  # enters its words into the escalation path
from desk.service import recording
from desk.service.desk import Desk, UnitOfWork
from desk.service.escalation import Cause

log = structlog.get_logger()
BATCH = 10  # so few that what falls due during a sweep is taken well within a second
RETRY = timedelta(minutes=1)


class StepFailed(DeskError):
    """A step of the escalation path could not be taken."""

    status = 500


@dataclass(frozen=True)
class Matter:
    """What a deadline is about, locked: its policy, and how to record and to escalate there."""

    policy: Policy
    record: Callable[..., Fact]
    take: Callable[[Cause], None]
    assigned_to: str = ""


def sweep(desk: Desk, *, limit: int = BATCH) -> int:
    """Take steps that are due now; returns how many deadlines were moved on.

    Half of what it takes has just become due, half has been due longest: so a backlog, as after an outage, is worked
    off without holding up what falls due meanwhile.
    """
    with desk.begin() as uow:
        now, half = desk.clock.now(), (limit + 1) // 2
        latest = uow.deadlines.due(now, limit=half, latest=True)
        found = [*reversed(latest), *uow.deadlines.due(now, limit=half)]
    return sum(_advance(desk, deadline_id) for deadline_id in dict.fromkeys(one.id or 0 for one in found))


def lag_s(desk: Desk) -> float:
    """By how many seconds the most overdue step is late; 0 when nothing is."""
    with desk.begin() as uow:
        earliest = uow.deadlines.next_at()
    return max((desk.clock.now() - earliest).total_seconds(), 0.0) if earliest is not None else 0.0


def wait_s(desk: Desk, *, most: float) -> float:
    """In how many seconds the next step is due, ``most`` at the most."""
    with desk.begin() as uow:
        earliest = uow.deadlines.next_at()
    return most if earliest is None else min(max((earliest - desk.clock.now()).total_seconds(), 0.0), most)


def _advance(desk: Desk, deadline_id: int) -> bool:
    """Take what is due of one deadline; steps that fail are left out and put off."""
    failed: set[str] = set()
    while True:
        try:
            with desk.begin() as uow:
                moved = _take_due(desk, uow, deadline_id, without=failed)
            break
        except StoreUnavailable:
            raise
        except StepFailed as problem:
            failed.add(problem.detail)
            _report(deadline_id, problem.detail, problem.__cause__ or problem)
        except Exception as problem:
            failed.add("")
            _report(deadline_id, "", problem)
            moved = False
            break
    if failed:
        with desk.begin() as uow:
            now = desk.clock.now()
            uow.deadlines.postpone(deadline_id, until=now + RETRY, now=now)
    return moved


def _report(deadline_id: int, step: str, problem: BaseException) -> None:
    """Where it failed, but not what the error says: a database's message quotes what customers wrote."""
    frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(problem.__traceback__)]
    log.error("deadline.failed", deadline=deadline_id, step=step, error=type(problem).__name__, at=frames[-6:])


def _take_due(desk: Desk, uow: UnitOfWork, deadline_id: int, *, without: Collection[str]) -> bool:
    row = uow.deadlines.claim(deadline_id, now=desk.clock.now())
    if row is None:
        return False
    matter = _lock(desk, uow, row)
    row, now = uow.deadlines.get(deadline_id), desk.clock.now()
    if row.next_at is None or row.next_at >= now:
        return False
    rules = recording.rules_of(matter.policy, row.subject, kind=row.kind, assigned_to=matter.assigned_to)
    while True:
        facts = uow.facts.history(row.subject)
        run, calendar = recording.current(row, facts, rules=rules, policy=matter.policy)
        plan = escalation.plan(matter.policy.escalation, run, kind=row.kind, calendar=calendar)
        step = escalation.next_step(plan, fired={*row.fired, *without})
        if step is None or step.at >= now:
            break
        _take(uow, row, matter, step.rule_id, run)
    row.follow(run, now=max(now, facts[-1].at))
    recording.schedule(row, run, policy=matter.policy, calendar=calendar)
    return True


def _take(uow: UnitOfWork, row: Deadline, matter: Matter, rule_id: str, run: Run) -> None:
    """Take one step; noted first, so that what it records schedules the one after it."""
    row.fired.append(rule_id)
    try:
        if rule_id == BROKEN:
            assert run.due_at is not None
            name = "confirmation_lapsed" if run.clock in CUSTOMERS else "promise_broken"
            matter.record(f"{row.subject.partition(':')[0]}.{name}", actor="clock", clock=run.clock, run=run.number,
                          due_at=run.due_at.isoformat())
        else:
            rule = next(rule for rule in matter.policy.escalation if rule.id == rule_id)
            matter.take(Cause(rule, key=_key(row, rule), deadline=row))
        uow.flush()
    except Exception as error:
        raise StepFailed(rule_id) from error


def _key(row: Deadline, rule: Rule) -> str:
    return f"{row.subject}/{rule.id}/{row.clock}/{row.run}"


def _lock(desk: Desk, uow: UnitOfWork, row: Deadline) -> Matter:
    """Lock what a deadline is about: conversation, then handoff or ticket, then task."""
    what, _, which = row.subject.partition(":")
    return {"ticket": _ticket, "task": _task, "handoff": _handoff}[what](desk, uow, row, which)


def _ticket(desk: Desk, uow: UnitOfWork, row: Deadline, number: str) -> Matter:
    ticket = _locked(uow, number)
    return Matter(desk.policy_of(row.policy_version), partial(recording.on_ticket, desk, uow, ticket),
                  partial(steps.take, desk, uow, ticket))


def _task(desk: Desk, uow: UnitOfWork, row: Deadline, number: str) -> Matter:
    ticket = _locked(uow, uow.tasks.get(int(number)).ticket_number)
    task = uow.tasks.get(int(number), lock=True)
    return Matter(desk.policy_of(row.policy_version), partial(recording.on_task, desk, uow, task),
                  lambda cause: steps.take(desk, uow, ticket, replace(cause, task=task)), assigned_to=task.assigned_to)


def _handoff(desk: Desk, uow: UnitOfWork, row: Deadline, number: str) -> Matter:
    uow.conversations.get(uow.handoffs.get(int(number)).conversation_id, lock=True)
    handoff = uow.handoffs.get(int(number), lock=True)
    return Matter(desk.policy_of(row.policy_version), partial(recording.on_handoff, desk, uow, handoff),
                  partial(steps.take_for_handoff, desk, uow, handoff))


def _locked(uow: UnitOfWork, number: str) -> Ticket:
    conversation_id = uow.tickets.by_number(number).conversation_id
    if conversation_id is not None:
        uow.conversations.get(conversation_id, lock=True)
    return uow.tickets.by_number(number, lock=True)
