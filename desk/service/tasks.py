"""Tasks of tickets: opened, responded to, done or taken back; each step is a fact and moves the task's own clocks."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from desk.core import promises
from desk.core import tasks as rules
from desk.core import tickets as ticket_rules
from desk.core.agents import Agent
from desk.core.deadlines import Deadline
from desk.core.errors import IllegalTransition, Invalid, NotYours
from desk.core.facts import Fact
from desk.core.outbox import Outgoing
from desk.core.policy import Policy
from desk.core.tasks import Kind, SupplierFigures, SupplierWork, Task
from desk.core.tickets import Ticket
from desk.service import recording, staff_notices
from desk.service.desk import Desk, UnitOfWork
from desk.service.ticket_access import command

WORK = ("consultation", "handling")  # what a department waits for before it can answer
ENDING = (*WORK, "supplier")  # what nobody needs any more when its ticket is over
FACTS = {"responded": "task.responded", "done": "task.done", "cancelled": "task.cancelled"}


@dataclass(frozen=True)
class TaskView:
    """A task with its ticket, its clocks and what happened to it."""

    task: Task
    ticket: Ticket
    deadlines: list[Deadline]
    facts: list[Fact]


def open_task(desk: Desk, uow: UnitOfWork, ticket: Ticket, *, kind: Kind, assigned_to: str, title: str, actor: str,
              detail: str = "") -> Task:
    """A new task of a ticket that the caller has locked; who has to do it is told, for a provider the department."""
    policy = desk.policy_of(ticket.promise.get("policy_version", ""))
    task = Task(ticket_number=ticket.number, kind=kind, title=title, assigned_to=assigned_to, detail=detail,
                opened_at=desk.clock.now(), policy_version=policy.version)
    uow.add(task)
    uow.flush()
    recording.on_task(desk, uow, task, "task.opened", actor=actor, kind=kind, assigned_to=assigned_to, title=title)
    text = f"{rules.KIND_NAMES[kind]}：{title}（{_name(policy, task)}）"
    recording.on_ticket(desk, uow, ticket, "ticket.task_opened", actor=actor, task=task.id, kind=kind, text=text)
    department = ticket.department if kind == "supplier" else assigned_to
    staff_notices.tell(desk, uow, [f"department:{department}"], about=task.subject, text=text, key=f"{task.subject}/opened")
    if task.kind == "supplier":
        where = f"地址：{ticket.address}，" if ticket.address else ""
        message_supplier(desk, uow, task, key=f"{task.subject}/opened", text=(
            f"{policy.company.name}外包工单 {ticket.number}：{title}。{where}请按约定时限响应，如有疑问请联系{ticket.department}。"))
    return task


def message_supplier(desk: Desk, uow: UnitOfWork, task: Task, *, text: str, key: str) -> bool:
    """Send something to the provider of a task, once per key; False where the provider is no longer known."""
    supplier = desk.policy_of(task.policy_version).suppliers.get(task.assigned_to)
    if supplier is None:
        return False
    now = desk.clock.now()
    uow.outbox.put(Outgoing(channel="sms", address=supplier.phone, body={"text": text}, created_at=now,
                            next_attempt_at=now, dedup_key=f"{key}/provider"))
    uow.wake("outbox")
    return True


def create(desk: Desk, *, number: str, agent: Agent, kind: Kind, assigned_to: str, title: str, detail: str = "") -> Ticket:
    """An agent gives work to a department or a provider; consultations begin with ``ticket_work.involve``."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        if ticket.status not in ticket_rules.AT_WORK:
            raise IllegalTransition(f"task while {ticket.status}")
        known: Collection[str] = {"handling": desk.policy.departments(), "supplier": desk.policy.suppliers}.get(kind, ())
        if assigned_to not in known or not title.strip():
            raise Invalid("kind, assigned_to, title")
        open_task(desk, uow, ticket, kind=kind, assigned_to=assigned_to, title=title.strip(), detail=detail.strip(),
                  actor=actor)

    return command(desk, number=number, agent=agent, do=do)


def respond(desk: Desk, *, task_id: int, agent: Agent) -> Task:
    """Whoever has to do it has taken it on."""
    return _step(desk, task_id, agent, "responded")


def done(desk: Desk, *, task_id: int, agent: Agent, result: str, quality: int | None = None) -> Task:
    """It is done, with a result in words; the work of a provider is judged from 1 to 5."""
    return _step(desk, task_id, agent, "done", result=result.strip(), quality=quality)


def cancel(desk: Desk, *, task_id: int, agent: Agent, result: str) -> Task:
    """It is no longer needed, with the reason."""
    return _step(desk, task_id, agent, "cancelled", result=result.strip())


def _step(desk: Desk, task_id: int, agent: Agent, to: str, *, result: str = "", quality: int | None = None) -> Task:
    with desk.begin() as uow:
        known = uow.tasks.get(task_id)
        if not agent.may("supervise" if known.kind == "review" else "tickets"):
            raise NotYours(f"task {task_id}")
        ticket = uow.tickets.by_number(known.ticket_number, lock=True)
        task = uow.tasks.get(task_id, lock=True)
        rules.check(task, to, result=result, quality=quality)
        _record(desk, uow, ticket, task, to, actor=f"agent:{agent.id}", result=result, quality=quality)
        if to != "responded" and task.kind in WORK:
            _tell_when_all_is_done(desk, uow, ticket, task)
        return task


def _record(desk: Desk, uow: UnitOfWork, ticket: Ticket, task: Task, to: str, *, actor: str, result: str = "",
            quality: int | None = None) -> None:
    given = {key: value for key, value in {"result": result, "quality": quality}.items() if value}
    recording.on_task(desk, uow, task, FACTS[to], actor=actor, **given)
    what = f"{rules.KIND_NAMES[task.kind]}（{_name(desk.policy_of(task.policy_version), task)}）"
    recording.on_ticket(desk, uow, ticket, f"ticket.task_{to}", actor=actor, task=task.id,
                        text=f"{what}：{result}" if result else what)


def _tell_when_all_is_done(desk: Desk, uow: UnitOfWork, ticket: Ticket, task: Task) -> None:
    work = [one for one in uow.tasks.of_ticket(ticket.number) if one.kind in WORK]
    if ticket.status in ticket_rules.AT_WORK and all(one.ended_at is not None for one in work):
        staff_notices.tell(desk, uow, [f"department:{ticket.department}"], about=ticket.about,
                           text=f"{ticket.number} 的任务都已结束，请汇总处理并答复客户：{ticket.subject}",
                           key=f"{ticket.number}/all_done/{task.id}")


def cancel_rest(desk: Desk, uow: UnitOfWork, ticket: Ticket) -> None:
    """A locked ticket is over: take back the work that it asked for and that nobody has finished."""
    for known in uow.tasks.of_ticket(ticket.number):
        if known.kind in ENDING and known.ended_at is None:
            task = uow.tasks.get(known.id or 0, lock=True)
            if task.ended_at is None:
                _record(desk, uow, ticket, task, "cancelled", actor="system",
                        result=f"工单{ticket_rules.STATUS_NAMES[ticket.status]}")


def search(desk: Desk, *, agent: Agent, kinds: Collection[str] = (), assigned_to: str | None = None,
           open_only: bool = True, limit: int = 50, offset: int = 0) -> list[tuple[Task, list[Deadline]]]:
    """Tasks with their running clocks for the console, those that are due first."""
    if not agent.may("tickets"):
        raise NotYours("tasks")
    with desk.begin() as uow:
        found = uow.tasks.search(kinds=kinds, assigned_to=assigned_to, open_only=open_only, limit=min(limit, 200),
                                 offset=offset)
        running: dict[str, list[Deadline]] = {}
        for one in uow.deadlines.running([task.subject for task in found]):
            running.setdefault(one.subject, []).append(one)
        return [(task, running.get(task.subject, [])) for task in found]


def show(desk: Desk, *, task_id: int, agent: Agent) -> TaskView:
    """A task with everything about it."""
    if not agent.may("tickets"):
        raise NotYours(f"task {task_id}")
    with desk.begin() as uow:
        task = uow.tasks.get(task_id)
        return TaskView(task, uow.tickets.by_number(task.ticket_number), uow.deadlines.of(task.subject),
                        uow.facts.about(task.subject))


def supplier_evaluation(desk: Desk, *, since: datetime, until: datetime) -> list[SupplierFigures]:
    """How the providers kept their promises in a period (WW-8, HQ-4), recomputed from facts."""
    with desk.begin() as uow:
        work = [_work(desk, task, uow.facts.about(task.subject))
                for task in uow.tasks.of_suppliers(since=since, until=until)]
    return rules.evaluate(work, now=desk.clock.now())


def _work(desk: Desk, task: Task, facts: list[Fact]) -> SupplierWork:
    policy = desk.policy_of(task.policy_version)
    runs = {rule.clock: run for rule in policy.clocks_of_task(kind=task.kind, assigned_to=task.assigned_to)
            for run in promises.runs(rule, facts, policy.calendars)}
    return SupplierWork(task.assigned_to, runs.get("supplier_response"), runs.get("supplier_completion"), task.quality)


def _name(policy: Policy, task: Task) -> str:
    supplier = policy.suppliers.get(task.assigned_to)
    return supplier.name if supplier else task.assigned_to
