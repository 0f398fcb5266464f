"""The words for what happens to a ticket or a task: titles and texts of facts, times until something is due."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from console import words
from desk.core.escalation import STEPS
from desk.core.facts import Fact
from desk.core.promises import CLOCK_NAMES
from desk.core.tickets import OUTCOME_NAMES

TASK_FACTS = {"opened": "派发任务", "responded": "已响应", "done": "已完成", "cancelled": "已取消", "chased": "催促外包商",
              "promise_broken": "承诺未兑现"}
# What the desk notes for itself: shown small in a story.
BOOKKEEPING = frozenset({"result_notified", "notice_delivered", "result_delivered", "escalated", "task_opened", "rating_asked"})
MINUTE, HOUR, DAY = 60, 3600, 86400


def span(length: timedelta) -> str:
    """A length of time with its two largest units: 1 小时 20 分."""
    left = int(abs(length.total_seconds()))
    if left < MINUTE:
        return "不到 1 分钟"
    if left < HOUR:
        return f"{left // MINUTE} 分钟"
    (size, unit), (below, under) = ((DAY, "天"), (HOUR, "小时")) if left >= DAY else ((HOUR, "小时"), (MINUTE, "分"))
    rest = left % size // below
    return f"{left // size} {unit} {rest} {under}" if rest else f"{left // size} {unit}"


def until(due: datetime, now: datetime) -> str:
    """How long until something is due, or how long it has been."""
    length = span(due - now)
    return f"{'还剩' if now <= due else '超时'}{' ' if length[0].isdigit() else ''}{length}"


def title(fact: Fact) -> str:
    """What happened."""
    what, _, step = fact.name.partition(".")
    return (TASK_FACTS if what == "task" else words.FACTS).get(step, step)


def text(fact: Fact, zone: tzinfo) -> str:
    """The rest of what is to be said about it."""
    made = _TEXTS.get(fact.name.partition(".")[2])
    if made is not None:
        return made(fact.data, zone)
    return str(fact.data.get("text") or fact.data.get("result") or fact.data.get("reason") or "")


def _joined(*parts: str) -> str:
    return "，".join(part for part in parts if part)


def _channel(data: Mapping[str, Any], zone: tzinfo) -> str:
    return words.CHANNELS.get(str(data.get("channel", "")), str(data.get("channel", "")))


def _broken(data: Mapping[str, Any], zone: tzinfo) -> str:
    due = words.moment(datetime.fromisoformat(str(data["due_at"])), zone)
    return f"{CLOCK_NAMES.get(str(data.get('clock')), str(data.get('clock')))}：应在 {due} 前完成"


def _outcome(data: Mapping[str, Any], zone: tzinfo) -> str:
    return _joined(OUTCOME_NAMES.get(str(data.get("outcome")), ""), "我方责任" if data.get("our_fault") else "")


def _involved(data: Mapping[str, Any], zone: tzinfo) -> str:
    invited = "、".join(data.get("departments") or ())
    return f"{invited}：{data['text']}" if data.get("text") else invited


def _arranged(data: Mapping[str, Any], zone: tzinfo) -> str:
    return _joined(words.moment(datetime.fromisoformat(str(data["when"])), zone), str(data.get("text", "")))


def _escalated(data: Mapping[str, Any], zone: tzinfo) -> str:
    steps, cites = "、".join(STEPS.get(one, one) for one in data.get("then") or ()), "、".join(data.get("cite") or ())
    return f"{steps}（依据 {cites}）" if cites else steps


_TEXTS: dict[str, Callable[[Mapping[str, Any], tzinfo], str]] = {
    "opened": lambda data, zone: str((data.get("promise") or {}).get("text") or data.get("title") or ""),
    "urged": lambda data, zone: f"第 {data.get('times', 1)} 次催办",
    "supervisor_requested": lambda data, zone: "", "apologised": lambda data, zone: "", "result_notified": lambda data, zone: "",
    "prioritised": lambda data, zone: words.PRIORITIES.get(str(data.get("priority")), ""),
    "assigned": lambda data, zone: _joined(f"转到{data.get('department', '')}", str(data.get("text", ""))),
    "confirmed": lambda data, zone: "客户没有提出异议，到期办结" if data.get("by") == "silence" else "",
    "rated": lambda data, zone: f"{data.get('score', '')} 分",
    "departments_involved": _involved, "consultation_arranged": _arranged, "outcome_recorded": _outcome,
    "escalated": _escalated, "promise_broken": _broken, "confirmation_lapsed": lambda data, zone: "",
    "notice_delivered": _channel, "result_delivered": _channel,
    "notice_failed": _channel, "chased": lambda data, zone: ""}
