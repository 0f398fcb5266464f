"""Escalation: what happens when a promise comes due or is broken, as rules in a closed vocabulary.

A rule reads ``when`` (a clock comes due, or something happens) / ``after`` (how long after that; negative: before) /
``then`` (the steps). What the words mean is here and in ``desk.service.escalation``; which rules there are is policy.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.core.calendars import Calendar
from desk.core.promises import CLOCK_NAMES, Run

DUE = {f"{clock}_due": clock for clock in CLOCK_NAMES}
EVENTS: dict[str, str] = {
    "ticket_urged": "客户催办", "supervisor_requested": "客户要找负责人", "compensation_requested": "客户要求赔付",
    "rated_low": "客户评价 1–2 分", "fault_ours": "确认是我方责任", "ticket_reopened": "客户认为没有解决",
    "offer_exhausted": "没有人接听"}
WHENS: dict[str, str] = {**{f"{clock}_due": f"{name}到期" for clock, name in CLOCK_NAMES.items()}, **EVENTS}
STEPS: dict[str, str] = {
    "apologise": "向客户致歉", "notify_department": "提醒责任部门", "notify_supervisor": "通知主管",
    "raise_priority": "提高优先级", "review_compensation": "发起赔付审核", "recovery_task": "安排服务补救",
    "remind_customer": "提醒客户确认", "confirm_by_silence": "按无异议办结", "notify_again": "再次通知客户",
    "chase_supplier": "催外包商", "pull_back": "收回并转给下一位客服", "callback_ticket": "登记回电",
    "tell_wait": "告知客户等待情况"}
BROKEN = "broken"  # the step that every clock has: noting that its promise was not kept


@dataclass(frozen=True)
class Rule:
    """One rule. ``kinds`` limits it to kinds of tickets, queues or tasks; ``times`` to the n-th urging from there on."""

    id: str
    when: str
    then: tuple[str, ...]
    cite: tuple[str, ...]
    after: timedelta = timedelta(0)
    kinds: frozenset[str] = frozenset()
    times: int = 1

    @property
    def clock(self) -> str | None:
        """The clock whose due time the rule waits for; None for rules about events."""
        return DUE.get(self.when)

    def concerns(self, kind: str) -> bool:
        """Whether it holds for a kind of ticket (queue, task)."""
        return not self.kinds or kind in self.kinds


@dataclass(frozen=True)
class Step:
    """Something to do at an instant; ``rule_id`` is BROKEN for noting the breach."""

    at: datetime
    rule_id: str


def plan(rules: Iterable[Rule], run: Run, *, kind: str, calendar: Calendar) -> list[Step]:
    """The steps of a clock in order, breach included; none while it is paused or when its promise was kept.

    Of a clock that was stopped too late the steps from its due time to the stop are still owed, so that it does not
    matter who came first, the sweep or the stop.
    """
    if run.due_at is None or run.kept:
        return []
    due, stopped = run.due_at, run.stopped_at
    steps = [Step(due, BROKEN)]
    for rule in rules:
        if rule.clock == run.clock and rule.concerns(kind):
            at = calendar.subtract(due, -rule.after) if rule.after < timedelta(0) else calendar.add(due, rule.after)
            steps.append(Step(max(at, run.started_at), rule.id))
    owed = [step for step in steps if stopped is None or due <= step.at < stopped]
    return sorted(owed, key=lambda step: (step.at, step.rule_id != BROKEN))


def next_step(steps: Iterable[Step], *, fired: Collection[str]) -> Step | None:
    """The first step that has not been taken."""
    return next((step for step in steps if step.rule_id not in fired), None)


def on_event(rules: Iterable[Rule], event: str, *, kind: str, times: int = 1) -> list[Rule]:
    """The rules that an event sets off: of several for the same event those with the highest ``times`` reached."""
    able = [rule for rule in rules if rule.when == event and rule.concerns(kind) and rule.times <= times]
    most = max((rule.times for rule in able), default=0)
    return [rule for rule in able if rule.times == most]
