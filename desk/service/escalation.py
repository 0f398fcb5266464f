"""Carrying out the steps of the escalation path; one function for each word of ``then`` (``desk.core.escalation``).

Words for a customer who waits for a person are carried out by ``desk.service.handoff_steps``, which enters them in
``HANDOFF_STEPS``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from desk.core import escalation as rules
from desk.core import path_texts
from desk.core.deadlines import Deadline
from desk.core.escalation import Rule
from desk.core.handoffs import Handoff
from desk.core.policy import Policy
from desk.core.tasks import Task
from desk.core.tickets import Ticket
from desk.service import complaints, customer_notices, recording, staff_notices, tasks
from desk.service.desk import Desk, UnitOfWork


@dataclass(frozen=True)
class Cause:
    """Why a step is taken: the rule, and the clock or event behind it. ``key`` makes each step one of its kind."""

    rule: Rule
    key: str
    deadline: Deadline | None = None
    task: Task | None = None


Act = Callable[[Desk, UnitOfWork, Ticket, Cause], None]
HandoffAct = Callable[[Desk, UnitOfWork, Handoff, Cause], None]
HANDOFF_STEPS: dict[str, HandoffAct] = {}


def on_event(desk: Desk, uow: UnitOfWork, ticket: Ticket, event: str, *, times: int = 1) -> list[Rule]:
    """Take the steps that something that happened to a locked ticket calls for; returns the rules that applied.

    The event's own fact has been recorded: its id tells one event from the next of its kind.
    """
    found = rules.on_event(_policy(desk, ticket).escalation, event, kind=ticket.kind, times=times)
    facts = uow.facts.history(ticket.about)
    for rule in found:
        take(desk, uow, ticket, Cause(rule, key=f"{ticket.about}/{rule.id}/{facts[-1].id if facts else 0}"))
    return found


def take(desk: Desk, uow: UnitOfWork, ticket: Ticket, cause: Cause) -> None:
    """Take every step of a rule for a ticket whose conversation is locked too, and record it."""
    for word in cause.rule.then:
        STEPS[word](desk, uow, ticket, cause)
    recording.on_ticket(desk, uow, ticket, "ticket.escalated", actor="policy", rule=cause.rule.id,
                        then=list(cause.rule.then), cite=list(cause.rule.cite))


def take_for_handoff(desk: Desk, uow: UnitOfWork, handoff: Handoff, cause: Cause) -> None:
    """Take every step of a rule for a locked handoff, and record it."""
    for word in cause.rule.then:
        HANDOFF_STEPS[word](desk, uow, handoff, cause)
    recording.on_handoff(desk, uow, handoff, "handoff.escalated", actor="policy", rule=cause.rule.id,
                         then=list(cause.rule.then), cite=list(cause.rule.cite))


def _apologise(desk: Desk, uow: UnitOfWork, ticket: Ticket, cause: Cause) -> None:
    """Once for each run of a clock, however many rules ask for it."""
    missed = cause.deadline
    what = f"{missed.subject}/{missed.clock}/{missed.run}" if missed is not None else cause.key
    if any(fact.name == "ticket.apologised" and fact.data["over"] == what for fact in uow.facts.history(ticket.about)):
        return
    text = path_texts.apology(ticket, cause.rule, missed, running=uow.deadlines.running([ticket.about]),
                              now=desk.clock.now(), zone=_zone(desk, ticket))
    recording.on_ticket(desk, uow, ticket, "ticket.apologised", actor="policy", over=what)
    customer_notices.tell(desk, uow, ticket, kind="apology", text=text)


def _notify_supervisor(desk: Desk, uow: UnitOfWork, ticket: Ticket, cause: Cause) -> None:
    _notify(desk, uow, ticket, cause, audience="supervisors", urgent=True)


def _notify_department(desk: Desk, uow: UnitOfWork, ticket: Ticket, cause: Cause) -> None:
    task = cause.task
    department = task.assigned_to if task is not None and task.kind != "supplier" else ticket.department
    _notify(desk, uow, ticket, cause, audience=f"department:{department}", urgent=False)


def _notify(desk: Desk, uow: UnitOfWork, ticket: Ticket, cause: Cause, *, audience: str, urgent: bool,
            text: str = "") -> None:
    said = text or path_texts.staff_notice(ticket, cause.rule, cause.deadline, title=cause.task.title if cause.task else "",
                                           now=desk.clock.now(), zone=_zone(desk, ticket))
    staff_notices.tell(desk, uow, [audience], about=cause.task.subject if cause.task else ticket.about, text=said,
                       key=cause.key, urgent=urgent)


def _raise_priority(desk: Desk, uow: UnitOfWork, ticket: Ticket, cause: Cause) -> None:
    if ticket.is_open and ticket.priority == "normal":
        recording.on_ticket(desk, uow, ticket, "ticket.prioritised", actor="policy", priority="high")


def _review_compensation(desk: Desk, uow: UnitOfWork, ticket: Ticket, cause: Cause) -> None:
    _once(desk, uow, ticket, "review", "核定责任与赔付（KF-3.5.2）")


def _recovery_task(desk: Desk, uow: UnitOfWork, ticket: Ticket, cause: Cause) -> None:
    _once(desk, uow, ticket, "recovery", "联系客户，弥补服务不足")


def _once(desk: Desk, uow: UnitOfWork, ticket: Ticket, kind: str, title: str) -> None:
    """One task of a kind is enough for a ticket, whatever number of rules ask for it."""
    if all(task.kind != kind for task in uow.tasks.of_ticket(ticket.number)):
        tasks.open_task(desk, uow, ticket, kind=kind, assigned_to=ticket.department, title=title,  # type: ignore[arg-type]
                        actor="policy")


def _remind_customer(desk: Desk, uow: UnitOfWork, ticket: Ticket, cause: Cause) -> None:
    if ticket.status == "replied":
        by = cause.deadline.due_at if cause.deadline is not None else None
        text = path_texts.reminder(ticket, by=by, now=desk.clock.now(), zone=_zone(desk, ticket))
        customer_notices.tell(desk, uow, ticket, kind="reminder", text=text)


def _confirm_by_silence(desk: Desk, uow: UnitOfWork, ticket: Ticket, cause: Cause) -> None:
    """Ends an answered ticket; a complaint whose answer may not have arrived stays, and a supervisor hears of it."""
    if ticket.status != "replied":
        return
    why_not = complaints.may_end(uow, ticket)
    if why_not is not None:
        _notify(desk, uow, ticket, cause, audience="supervisors", urgent=True,
                text=f"{path_texts.named(ticket)}：不能按无异议办结。{why_not}")
        return
    recording.on_ticket(desk, uow, ticket, "ticket.confirmed", actor="policy", by="silence")
    tasks.cancel_rest(desk, uow, ticket)
    customer_notices.tell(desk, uow, ticket, kind="progress", text=path_texts.settled(ticket))


def _notify_again(desk: Desk, uow: UnitOfWork, ticket: Ticket, cause: Cause) -> None:
    customer_notices.again(desk, uow, ticket)


def _chase_supplier(desk: Desk, uow: UnitOfWork, ticket: Ticket, cause: Cause) -> None:
    """Presses the provider of the task, or of every open supplier task when the whole ticket is pressed for."""
    policy, now = _policy(desk, ticket), desk.clock.now()
    owed = [cause.task] if cause.task is not None else [
        uow.tasks.get(task.id or 0, lock=True) for task in uow.tasks.of_ticket(ticket.number)]
    for task in owed:
        if task.kind != "supplier" or task.ended_at is not None:
            continue
        text = path_texts.chase(policy.company.name, ticket, task.title, cause.deadline, now=now,
                                zone=_zone(desk, ticket))
        if tasks.message_supplier(desk, uow, task, text=text, key=f"{cause.key}/{task.subject}/chase"):
            recording.on_task(desk, uow, task, "task.chased", actor="policy", supplier=task.assigned_to, rule=cause.rule.id)


def _policy(desk: Desk, ticket: Ticket) -> Policy:
    return desk.policy_of(ticket.promise.get("policy_version", ""))


def _zone(desk: Desk, ticket: Ticket) -> ZoneInfo:
    return ZoneInfo(_policy(desk, ticket).company.timezone)


STEPS: dict[str, Act] = {
    "apologise": _apologise, "notify_supervisor": _notify_supervisor, "notify_department": _notify_department,
    "raise_priority": _raise_priority, "review_compensation": _review_compensation, "recovery_task": _recovery_task,
    "remind_customer": _remind_customer, "confirm_by_silence": _confirm_by_silence, "notify_again": _notify_again,
    "chase_supplier": _chase_supplier}
