"""Promise clocks: when each began, when it is due, whether it was kept; a pure fold over facts (design invariant 4).

A clock runs on a calendar, stands still while the customer owes an answer, and may run again after a reopening. It is
kept when it is stopped at or before its due time, broken when that time has passed without a stop. Nothing here
depends on when anybody looks: the same facts give the same verdict for every polling.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from desk.core.calendars import Calendar
from desk.core.facts import Fact

Clock = Literal["reply", "consult", "result", "response", "confirm", "notice", "task", "supplier_response",
                "supplier_completion", "greeting", "offer"]
Verdict = Literal["kept", "broken"]

CLOCK_NAMES: dict[str, str] = {
    "reply": "首次答复", "consult": "会商", "result": "结果反馈", "response": "响应", "confirm": "客户确认",
    "notice": "送达通知", "task": "任务", "supplier_response": "外包响应", "supplier_completion": "外包完成",
    "greeting": "首次问候", "offer": "接听"}
ANSWERED = frozenset({"ticket.replied", "ticket.refused", "ticket.withdrawn"})
TOLD = ANSWERED | {"ticket.contacted", "ticket.customer_asked"}  # asking is answering: a person took it up

CUSTOMERS = frozenset({"confirm"})  # what the customer may do within a time: when it runs out, no promise is broken


@dataclass(frozen=True)
class Words:
    """Which facts start and stop a clock."""

    starts: frozenset[str]
    stops: frozenset[str]


WORDS: Mapping[str, Words] = {
    # KF-3.3.1: from receipt to the first answer of a person.
    "reply": Words(frozenset({"ticket.opened", "ticket.reopened"}), TOLD),
    # KF-3.3.2: from the finding that several departments are involved to the arranged consultation.
    "consult": Words(frozenset({"ticket.departments_involved"}), ANSWERED | {"ticket.consultation_arranged"}),
    # KF-3.3.3: from the handling of the problem to the result told to the customer.
    "result": Words(frozenset({"ticket.handled"}), ANSWERED),
    # YW-5: any answer at all.
    "response": Words(frozenset({"ticket.opened", "ticket.reopened"}), TOLD),
    # KF-3.2: the customer confirms the answer or has the ticket reopened.
    "confirm": Words(frozenset({"ticket.replied"}), frozenset({"ticket.confirmed", "ticket.reopened"})),
    # Invariant 3: a result that was told must also arrive.
    "notice": Words(frozenset({"ticket.result_notified"}), frozenset({"ticket.result_delivered"})),
    "task": Words(frozenset({"task.opened"}), frozenset({"task.done", "task.cancelled"})),
    "supplier_response": Words(frozenset({"task.opened"}), frozenset({"task.responded", "task.done", "task.cancelled"})),
    "supplier_completion": Words(frozenset({"task.opened"}), frozenset({"task.done", "task.cancelled"})),
    # JC-5: from queueing to the first words of a person.
    "greeting": Words(frozenset({"handoff.requested"}), frozenset({"handoff.greeted", "handoff.abandoned"})),
    "offer": Words(frozenset({"handoff.offered"}), frozenset({"handoff.accepted", "handoff.pulled_back",
                                                              "handoff.declined", "handoff.abandoned"})),
}
PAUSES = frozenset({"ticket.customer_asked"})
# Who goes on with the work no longer waits for the customer (``desk.core.tickets.apply`` says the same of the ticket).
RESUMES = ANSWERED | {"ticket.customer_answered", "ticket.verified", "ticket.coordinated", "ticket.confirmed"}


@dataclass(frozen=True)
class ClockRule:
    """What was promised: ``within`` open time of a calendar (by id), with the articles behind it."""

    clock: Clock
    within: timedelta
    calendar: str
    cite: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """One run of a clock, numbered from 1. ``due_at`` is None while it is paused with ``left`` still to go."""

    clock: Clock
    number: int
    started_at: datetime
    due_at: datetime | None
    left: timedelta | None = None
    stopped_at: datetime | None = None
    stopped_by: str | None = None

    @property
    def kept(self) -> bool:
        """Whether it was stopped in time."""
        return self.stopped_at is not None and (self.due_at is None or self.stopped_at <= self.due_at)

    def verdict(self, now: datetime) -> Verdict | None:
        """Kept or broken; None while it may still be kept. ``now`` must not lie before the last fact."""
        if self.kept:
            return "kept"
        late = self.due_at is not None and (self.stopped_at or now) > self.due_at
        return "broken" if late else None


def runs(rule: ClockRule, facts: Iterable[Fact], calendars: Mapping[str, Calendar]) -> list[Run]:
    """Every run of a clock over the facts of one subject, in order; times among facts never go back."""
    words, calendar = WORDS[rule.clock], calendars[rule.calendar]
    found: list[Run] = []
    paused = False
    for fact in facts:
        current = found[-1] if found and found[-1].stopped_at is None else None
        if fact.name in PAUSES:
            paused = True
        elif fact.name in RESUMES:
            paused = False
        if current is None and fact.name in words.starts:
            begun = Run(rule.clock, len(found) + 1, fact.at, calendar.add(fact.at, rule.within))
            found.append(replace(begun, due_at=None, left=rule.within) if paused else begun)
        elif current is not None:
            found[-1] = _step(current, fact, paused=paused, stops=words.stops, calendar=calendar)
    return found


def _step(run: Run, fact: Fact, *, paused: bool, stops: frozenset[str], calendar: Calendar) -> Run:
    if run.due_at is not None and fact.at > run.due_at:  # broken already: nothing moves its due time any more
        return replace(run, stopped_at=fact.at, stopped_by=fact.name) if fact.name in stops else run
    if fact.name in stops:
        return replace(run, stopped_at=fact.at, stopped_by=fact.name)
    if paused and run.due_at is not None:
        return replace(run, due_at=None, left=calendar.elapsed(fact.at, run.due_at))
    if not paused and run.left is not None and run.due_at is None:
        return replace(run, due_at=calendar.add(fact.at, run.left), left=None)
    return run


def as_stored(run: Run, facts: Iterable[Fact]) -> Run:
    """A run whose rule is no longer known: its due time stays what it was, and its words still stop it."""
    words, stop = WORDS[run.clock], None
    for fact in facts:
        if fact.name in words.starts and fact.at == run.started_at:
            stop = None
        elif stop is None and fact.name in words.stops and fact.at >= run.started_at:
            stop = fact
    return run if stop is None else replace(run, stopped_at=stop.at, stopped_by=stop.name)
