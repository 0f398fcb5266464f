"""The escalation rules of the policy: ``when / after / then`` in the closed vocabulary of ``desk.core.escalation``."""

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from desk.core import durations, tasks
from desk.core.escalation import BROKEN, DUE, EVENTS, STEPS, WHENS, Rule
from desk.core.tickets import KIND_NAMES
from desk.gateways.yaml_source import LONGEST, Node

OF_HANDOFFS = frozenset({"greeting_due", "offer_due", "offer_exhausted"})
OF_SUPPLIERS = frozenset({"supplier_response_due", "supplier_completion_due"})
OF_TASKS = OF_SUPPLIERS | {"task_due"}
OF_TICKETS = frozenset(WHENS) - OF_TASKS - OF_HANDOFFS
# Where a step makes sense; what is done for a task is done for its ticket.
FITTING: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(STEPS, OF_TICKETS | OF_TASKS), "notify_supervisor": frozenset(WHENS),
    "remind_customer": frozenset({"confirm_due"}), "confirm_by_silence": frozenset({"confirm_due"}),
    "notify_again": frozenset({"notice_due"}), "chase_supplier": OF_SUPPLIERS, "pull_back": frozenset({"offer_due"}),
    "tell_wait": OF_HANDOFFS, "callback_ticket": frozenset({"greeting_due", "offer_exhausted"})}
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")


def rules(file: Node, *, queues: Collection[str]) -> tuple[Rule, ...]:
    """``escalation`` of escalation.yml."""
    return tuple(file.by_id("escalation", lambda node: _rule(node, queues)).values())


def kinds_for(when: str, queues: Collection[str]) -> Collection[str]:
    """The kinds that a rule may be limited to: of tickets, of tasks, or queues."""
    if when in OF_HANDOFFS:
        return queues
    return ("supplier",) if when in OF_SUPPLIERS else tuple(tasks.KIND_NAMES) if when in OF_TASKS else tuple(KIND_NAMES)


def _rule(node: Node, queues: Collection[str]) -> Rule:
    when = node.text("when", allowed=tuple(WHENS))
    found = Rule(
        id=node.checked("id", _identifier, "应为小写字母、数字和下划线，且不是 broken"), when=when,
        then=_steps(node, when), cite=_cite(node), after=_after(node, when),
        kinds=frozenset(node.texts("kinds", default=(), allowed=kinds_for(when, queues))),
        times=node.whole("times", minimum=1, default=1))
    if node.given("times") and when in DUE:
        node.fail("times", f"只有事件才数次数：{'、'.join(EVENTS)}")
    if found.after < timedelta(0) and {"confirm_by_silence", "pull_back", "apologise"} & set(found.then):
        node.fail("after", "到期之前还不能 confirm_by_silence、pull_back 或 apologise")
    return found


def _steps(node: Node, when: str) -> tuple[str, ...]:
    steps = node.texts("then", allowed=tuple(STEPS))
    if not steps:
        node.fail("then", f"至少要写一步；可用的有 {'、'.join(STEPS)}")
    for step in steps:
        if when not in FITTING[step]:
            able = [one for one in STEPS if when in FITTING[one]]
            node.fail("then", f"{step!r} 不适用于 {when}；可用的有 {'、'.join(able)}")
    if len(set(steps)) != len(steps):
        node.fail("then", "同一步写了两次")
    return steps


def _after(node: Node, when: str) -> timedelta:
    after: timedelta = node.checked("after", _offset, "应为时长，例如 30m、-30m（到期之前）、2h、1d 或 0", default=timedelta(0))
    if node.given("after") and when not in DUE:
        node.fail("after", f"只能和到期一起写：{'、'.join(DUE)}")
    if abs(after) > LONGEST:
        node.fail("after", f"不应超过 {LONGEST.days}d")
    return after


def _offset(value: Any) -> timedelta:
    return timedelta(0) if value == 0 and not isinstance(value, bool) else durations.read(value)


def _cite(node: Node) -> tuple[str, ...]:
    cite = node.texts("cite")
    if not cite:
        node.fail("cite", "至少要写一个条款编号，例如 KF-3.5.1")
    return cite


def _identifier(value: Any) -> str:
    if value == BROKEN or not _ID.fullmatch(value):
        raise ValueError(value)
    return str(value)
