"""How the API shows work on tickets: promise clocks, tasks, what customers and staff were told, what may be done next."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from console import case_words, words
from console.masking import masked
from desk.core.customer_notices import CustomerNotice
from desk.core.deadlines import Deadline
from desk.core.durations import spoken
from desk.core.escalation import STEPS
from desk.core.policy import Policy
from desk.core.promises import CLOCK_NAMES
from desk.core.staff_notices import StaffNotice
from desk.core.tasks import KIND_NAMES, STATUS_NAMES, SupplierFigures, Task
from desk.core.tickets import AT_WORK, HAPPENINGS, Ticket
from desk.service.explaining import ClockShown, TaskShown

STATES = {"running": "进行中", "late": "已超时", "paused": "等客户", "kept": "已兑现", "broken": "未兑现"}
NOTICE_KINDS = {"result": "结果", "progress": "进展", "apology": "致歉", "reminder": "提醒"}
ATTEMPTS = {"waiting": "待发送", "sent": "已发送", "failed": "发送失败"}


def clock(one: ClockShown, now: datetime) -> dict[str, Any]:
    """A promise clock: what is promised, by when, how it stands, and what follows when nothing is done."""
    state = _state(one.due_at, one.stopped_at, one.recomputed or one.recorded, now)
    ahead = next((step for step in one.steps if step.taken_at is None and step.at is not None and step.at > now), None)
    return {"clock": one.clock, "name": one.name, "run": one.number, "cite": list(one.cite),
            "within": spoken(one.within) if one.within else "",
            "started_at": one.started_at.isoformat(), "due_at": _iso(one.due_at), "stopped_at": _iso(one.stopped_at),
            "state": state, "state_name": STATES[state], "left": _left(one, state, now),
            "late": state in ("late", "broken"), "ticking": state in ("running", "late"),
            "next": {"at": ahead.at.isoformat(), "steps": [STEPS.get(word, word) for word in ahead.then]}
            if ahead is not None and ahead.at is not None and state in ("running", "late") else None}


def _state(due: datetime | None, stopped: datetime | None, verdict: str | None, now: datetime) -> str:
    if stopped is not None:
        return verdict or "kept"
    if due is None:
        return "paused"
    return "late" if now > due else "running"


def _left(one: ClockShown, state: str, now: datetime) -> str:
    if state == "paused":
        return f"暂停，还剩 {case_words.span(one.left)}" if one.left is not None else "暂停"
    if one.due_at is None:
        return ""
    if state == "broken" and one.stopped_at is not None:
        return f"晚了 {case_words.span(one.stopped_at - one.due_at)}"
    return case_words.until(one.due_at, now) if state in ("running", "late") else ""


def in_order(clocks: Iterable[ClockShown], now: datetime) -> list[dict[str, Any]]:
    """Clocks as data: what runs first, by what is due first, then what is over."""
    return sorted((clock(one, now) for one in clocks),
                  key=lambda one: (one["stopped_at"] is not None, one["due_at"] or one["started_at"]))


def task(policy: Policy, one: Task, due: datetime | None, now: datetime) -> dict[str, Any]:
    """A task as a line; ``due`` is its next clock."""
    supplier = policy.suppliers.get(one.assigned_to)
    return {"id": one.id, "ticket": one.ticket_number, "kind": one.kind, "kind_name": KIND_NAMES[one.kind],
            "title": masked(one.title), "detail": masked(one.detail), "assigned_to": one.assigned_to,
            "assigned_name": supplier.name if supplier else one.assigned_to, "status": one.status,
            "status_name": STATUS_NAMES[one.status], "opened_at": one.opened_at.isoformat(),
            "responded_at": _iso(one.responded_at), "ended_at": _iso(one.ended_at), "result": masked(one.result),
            "quality": one.quality, "supplier_phone": supplier.phone if supplier else None,
            "due_at": _iso(due), "left": case_words.until(due, now) if due and one.ended_at is None else "",
            "late": due is not None and one.ended_at is None and now > due,
            "ticking": due is not None and one.ended_at is None}


def task_shown(policy: Policy, one: TaskShown, now: datetime) -> dict[str, Any]:
    """A task of a ticket with its clocks."""
    due = min((shown.due_at for shown in one.clocks if shown.stopped_at is None and shown.due_at), default=None)
    return {**task(policy, one.task, due, now), "clocks": in_order(one.clocks, now)}


def task_line(policy: Policy, one: Task, deadlines: Iterable[Deadline], now: datetime) -> dict[str, Any]:
    """A task in a list."""
    first = min((row for row in deadlines if row.due_at is not None), key=lambda row: row.due_at or now, default=None)
    return {**task(policy, one, first.due_at if first else None, now),
            "due_clock": CLOCK_NAMES.get(first.clock) if first else None}


def told(one: CustomerNotice) -> dict[str, Any]:
    """A notice to the customer with every attempt to bring it over."""
    state = "delivered" if one.delivered_at else "tried" if one.tried_enough else "unread"
    by = words.CHANNELS.get(one.delivered_by or "", one.delivered_by)
    names = {"delivered": f"已送达（{by}）", "tried": "多次未送达", "unread": "未读"}
    return {"id": one.id, "kind": one.kind, "kind_name": NOTICE_KINDS.get(one.kind, one.kind), "text": masked(one.text),
            "at": one.at.isoformat(), "state": state, "state_name": names[state], "delivered_at": _iso(one.delivered_at),
            "attempts": [{"channel_name": words.CHANNELS.get(made["channel"], made["channel"]), "at": made["at"],
                          "state": made["state"], "state_name": ATTEMPTS.get(made["state"], made["state"])}
                         for made in one.attempts]}


def staff_notice(one: StaffNotice) -> dict[str, Any]:
    """A notice to the people of the desk, and where it leads."""
    what, _, which = one.subject.partition(":")
    group, _, name = one.audience.partition(":")
    audience = {"supervisors": "主管", "agent": "我"}.get(group, name)
    places = {"ticket": f"/console/tickets/{which}", "task": f"/console/tasks/{which}", "conversation": f"/console?c={which}",
              "complaints": "/console/complaints"}
    return {"id": one.id, "audience": one.audience, "audience_name": audience, "subject": one.subject,
            "text": masked(one.text), "at": one.at.isoformat(), "urgent": one.urgent, "link": places.get(what)}


def possible(one: Ticket) -> list[str]:
    """What may be done to a ticket beside moving it along."""
    return sorted(name.removeprefix("ticket.") for name, statuses in HAPPENINGS.items() if one.status in statuses) + (
        ["task"] if one.status in AT_WORK else [])


def figures(policy: Policy, one: SupplierFigures) -> dict[str, Any]:
    """A provider's evaluation."""
    def share(of: Any) -> dict[str, Any]:
        return {"kept": of.successes, "n": of.n, "share": of.share, "low": of.low, "high": of.high}

    supplier = policy.suppliers.get(one.supplier)
    return {"supplier": one.supplier, "name": supplier.name if supplier else one.supplier, "n": one.n,
            "response": share(one.response), "completion": share(one.completion), "quality": one.quality, "judged": one.judged}


def departments(policy: Policy, but: str = "") -> list[str]:
    """Departments to choose from."""
    return [one for one in policy.departments() if one != but]


def suppliers(policy: Policy) -> Mapping[str, str]:
    """Providers to choose from."""
    return {one.id: one.name for one in policy.suppliers.values()}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
