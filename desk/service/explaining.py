"""Why a ticket's deadlines are what they are: each clock with its rule, policy version, verdict and steps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from desk.core import escalation
from desk.core.calendars import Calendar
from desk.core.deadlines import Deadline
from desk.core.escalation import BROKEN, Rule
from desk.core.facts import Fact
from desk.core.policy import Policy
from desk.core.promises import CLOCK_NAMES, PAUSES, RESUMES, ClockRule, Run, Verdict
from desk.core.tasks import Task
from desk.core.tickets import Ticket
from desk.service import recording
from desk.service.desk import Desk, UnitOfWork

Stretch = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class StepShown:
    """A step of the escalation path: to be taken at ``at``, taken at ``taken_at`` (None: still to come)."""

    rule_id: str
    then: tuple[str, ...]
    cite: tuple[str, ...]
    at: datetime | None
    taken_at: datetime | None = None


@dataclass(frozen=True)
class ClockShown:
    """One run of a clock. ``recorded`` is the verdict in the database, ``recomputed`` the one that the facts give.

    ``within`` is None where the rule it was promised by is no longer known.
    """

    subject: str
    clock: str
    name: str
    number: int
    within: timedelta | None
    calendar: str
    cite: tuple[str, ...]
    policy_version: str
    started_at: datetime
    due_at: datetime | None
    left: timedelta | None
    stopped_at: datetime | None
    stopped_by: str | None
    pauses: tuple[Stretch, ...]
    recorded: Verdict | None
    recomputed: Verdict | None
    agrees: bool
    steps: tuple[StepShown, ...]


@dataclass(frozen=True)
class TaskShown:
    """A task of the ticket with its clocks."""

    task: Task
    clocks: tuple[ClockShown, ...]


@dataclass(frozen=True)
class Explanation:
    """A ticket with all of its clocks and those of its tasks; ``events`` are steps that something happening set off.

    ``version_known`` is False where the version it was promised under was not kept, so that today's rules are shown.
    """

    ticket: Ticket
    zone: ZoneInfo
    at: datetime
    policy_version: str
    version_known: bool
    text: str
    cite: tuple[str, ...]
    clocks: tuple[ClockShown, ...]
    tasks: tuple[TaskShown, ...]
    events: tuple[StepShown, ...]

    @property
    def agrees(self) -> bool:
        """Whether every recorded verdict is what the facts give."""
        return all(one.agrees for one in (*self.clocks, *(clock for task in self.tasks for clock in task.clocks)))


def explain(desk: Desk, *, number: str) -> Explanation:
    """Everything behind the deadlines of a ticket; raises NotFound."""
    with desk.begin() as uow:
        ticket = uow.tickets.by_number(number)
        version = str(ticket.promise.get("policy_version", ""))
        policy, history = desk.policy_of(version), uow.facts.about(ticket.about)
        taken = [fact for fact in history if fact.name == "ticket.escalated"]
        shown = _Shown(desk, uow, taken)
        tasks = tuple(TaskShown(task, shown.clocks(task.subject, kind=task.kind, assigned_to=task.assigned_to))
                      for task in uow.tasks.of_ticket(number))
        return Explanation(
            ticket=ticket, zone=ZoneInfo(policy.company.timezone), at=desk.clock.now(), policy_version=version,
            version_known=policy.version == version, text=str(ticket.promise.get("text", "")),
            cite=tuple(ticket.promise.get("cite", ())), clocks=shown.clocks(ticket.about, kind=ticket.kind), tasks=tasks,
            events=_events(policy, taken))


class _Shown:
    """Puts together what is shown of the clocks of a ticket and its tasks."""

    def __init__(self, desk: Desk, uow: UnitOfWork, taken: Sequence[Fact]) -> None:
        self._desk, self._uow, self._taken = desk, uow, taken

    def clocks(self, subject: str, *, kind: str, assigned_to: str = "") -> tuple[ClockShown, ...]:
        """The clocks of a subject, in order of beginning."""
        facts = self._uow.facts.about(subject)
        found = []
        for row in self._uow.deadlines.of(subject):
            policy = self._desk.policy_of(row.policy_version)
            rules = recording.rules_of(policy, subject, kind=kind, assigned_to=assigned_to)
            run, calendar = recording.current(row, facts, rules=rules, policy=policy)
            found.append(self._clock(row, rules.get(row.clock), run, facts, policy=policy, calendar=calendar))
        return tuple(found)

    def _clock(self, row: Deadline, rule: ClockRule | None, run: Run, facts: Sequence[Fact], *, policy: Policy,
               calendar: Calendar) -> ClockShown:
        now = max([self._desk.clock.now(), *(fact.at for fact in facts)])
        recomputed = run.verdict(now)
        planned = escalation.plan(policy.escalation, run, kind=row.kind, calendar=calendar)
        return ClockShown(
            subject=row.subject, clock=row.clock, name=CLOCK_NAMES[row.clock], number=row.run,
            within=rule.within if rule else None, calendar=calendar.name if rule else "", cite=rule.cite if rule else (),
            policy_version=row.policy_version, started_at=row.started_at, due_at=row.due_at, left=run.left,
            stopped_at=row.ended_at, stopped_by=run.stopped_by, pauses=_pauses(row, facts), recorded=row.verdict,
            recomputed=recomputed, agrees=_agrees(row, run, recomputed, now),
            steps=tuple(self._steps(row, {rule.id: rule for rule in policy.escalation}, planned)))

    def _steps(self, row: Deadline, rules: Mapping[str, Rule], planned: Iterable[escalation.Step]) -> Iterable[StepShown]:
        """What was taken, then what is still to come."""
        due = {step.rule_id: step.at for step in planned}
        for rule_id in row.fired:
            if rule_id in rules:
                rule = rules[rule_id]
                yield StepShown(rule_id, rule.then, rule.cite, due.get(rule_id), self._taken_at(rule_id, row))
        for rule_id, at in due.items():
            if rule_id not in row.fired and rule_id != BROKEN:
                rule = rules[rule_id]
                yield StepShown(rule_id, rule.then, rule.cite, at)

    def _taken_at(self, rule_id: str, row: Deadline) -> datetime | None:
        return next((fact.at for fact in self._taken if fact.data.get("rule") == rule_id and fact.at >= row.started_at), None)


def _agrees(row: Deadline, run: Run, recomputed: Verdict | None, now: datetime) -> bool:
    """Whether a row is what the facts give; a breach that the sweep has still to note is no contradiction."""
    if (row.due_at, row.ended_at) != (run.due_at, run.stopped_at):
        return False
    pending = row.verdict is None and row.next_at is not None and row.next_at <= now
    return row.verdict == recomputed or pending


def _pauses(row: Deadline, facts: Iterable[Fact]) -> tuple[Stretch, ...]:
    """When the clock stood still because the customer owed an answer."""
    found: list[Stretch] = []
    since: datetime | None = None
    for fact in facts:
        if fact.name in PAUSES and since is None:
            since = fact.at
        elif fact.name in RESUMES and since is not None:
            found.append((since, fact.at))
            since = None
    if since is not None:
        found.append((since, None))
    return tuple((max(start, row.started_at), end) for start, end in found
                 if (end is None or end > row.started_at) and (row.ended_at is None or start < row.ended_at))


def _events(policy: Policy, taken: Iterable[Fact]) -> tuple[StepShown, ...]:
    rules = {rule.id: rule for rule in policy.escalation if rule.clock is None}
    return tuple(StepShown(rule.id, rule.then, rule.cite, None, fact.at)
                 for fact in taken if (rule := rules.get(str(fact.data.get("rule")))) is not None)
