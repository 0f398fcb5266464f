"""Figures inside the texts of a policy: ``{reply}`` is filled in from the promise in force, so that a text cannot
say another deadline than the one that is kept.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

from desk.core import durations
from desk.core.calendars import WHOLE_DAY, Calendar
from desk.core.policy import Promise, TaskPromise
from desk.core.promises import ClockRule
from desk.core.tickets import KIND_NAMES
from desk.gateways.yaml_source import Node

_PLACE = re.compile(r"\{([^{}]*)\}")


def of_promise(clocks: list[ClockRule], calendars: Mapping[str, Calendar], *, prefix: str = "") -> dict[str, str]:
    """The lengths of a promise by clock in words: ``{"reply": "2 小时"}``; where it does not run at all hours, with that."""
    return {f"{prefix}{rule.clock}": _within(rule, calendars) for rule in clocks}


def of_policy(promises: Mapping[str, Promise], tasks: Mapping[str, TaskPromise], targets: Mapping[str, float],
              calendars: Mapping[str, Calendar]) -> dict[str, str]:
    """Everything that a text about the whole policy may quote: any request's, each kind's, the tasks', the targets."""
    found = of_promise(promises["any"].clocks(), calendars)
    for kind in KIND_NAMES:
        found |= of_promise((promises.get(kind) or promises["any"]).clocks(), calendars, prefix=f"{kind}_")
    found |= {f"{kind}_task": _words(task.within, calendars[task.calendar]) for kind, task in tasks.items()}
    return found | {name: f"{value:g} 小时" if name.endswith("_hours") else f"{value * 100:g}%"
                    for name, value in targets.items()}


def filled(node: Node, key: str, known: Mapping[str, str]) -> str:
    """The text of a key with its figures; a name that stands for none is a mistake."""
    def figure(match: re.Match[str]) -> str:
        if match[1] not in known:
            node.fail(key, f"{{{match[1]}}} 没有对应的数字；可用的有 {'、'.join(f'{{{name}}}' for name in known)}")
        return known[match[1]]

    return _PLACE.sub(figure, node.text(key))


def _within(rule: ClockRule, calendars: Mapping[str, Calendar]) -> str:
    return _words(rule.within, calendars[rule.calendar])


def _words(within: timedelta, calendar: Calendar) -> str:
    always = not calendar.set_days and calendar.within is None and all(
        calendar.days.get(kind) == WHOLE_DAY for kind in ("workday", "restday", "holiday"))
    said = durations.spoken(within)
    return said if always else f"{said}（{calendar.name}）"
