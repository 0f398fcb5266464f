"""What agents do on the way to an answer: writing to the customer, bringing in others, saying that the work is done."""

from datetime import datetime
from zoneinfo import ZoneInfo

from desk.core import tickets as rules
from desk.core.agents import Agent
from desk.core.errors import IllegalTransition, Invalid
from desk.core.tickets import KIND_NAMES, PRIORITIES, Ticket
from desk.service import customer_notices, recording, staff_notices, tasks
from desk.service.desk import Desk, UnitOfWork
from desk.service.ticket_access import command


def contact(desk: Desk, *, number: str, agent: Agent, text: str) -> Ticket:
    """An interim answer to the customer, sent over every channel of the ticket."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        rules.may_happen(ticket, "ticket.contacted")
        recording.on_ticket(desk, uow, ticket, "ticket.contacted", actor=actor, text=_said(text))
        customer_notices.tell(desk, uow, ticket, kind="progress", text=f"关于您的{_name(ticket)}：{text.strip()}")

    return command(desk, number=number, agent=agent, do=do)


def ask_customer(desk: Desk, *, number: str, agent: Agent, question: str) -> Ticket:
    """Ask the customer for what is missing: the clocks stand still until the answer."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        rules.may_happen(ticket, "ticket.customer_asked")
        recording.on_ticket(desk, uow, ticket, "ticket.customer_asked", actor=actor, text=_said(question))
        customer_notices.tell(desk, uow, ticket, kind="progress",
                              text=f"关于您的{_name(ticket)}，需要您补充：{question.strip()}")

    return command(desk, number=number, agent=agent, do=do)


def take_answer(desk: Desk, uow: UnitOfWork, ticket: Ticket, *, text: str, actor: str) -> None:
    """The customer has answered. Raises IllegalTransition where nothing had been asked."""
    rules.may_happen(ticket, "ticket.customer_answered")
    if not ticket.waiting_for_customer:
        raise IllegalTransition("the customer was not asked")
    recording.on_ticket(desk, uow, ticket, "ticket.customer_answered", actor=actor, text=_said(text))


def customer_wrote(desk: Desk, uow: UnitOfWork, conversation_id: str, text: str) -> None:
    """What a customer writes while no bot judges it answers what their tickets wait for: our clocks must not stand still
    for longer. The caller has locked the conversation.
    """
    for known in sorted(uow.tickets.of_conversation(conversation_id), key=lambda one: one.number):
        if known.waiting_for_customer and known.status in rules.AT_WORK:
            ticket = uow.tickets.by_number(known.number, lock=True)
            if ticket.waiting_for_customer and ticket.status in rules.AT_WORK:
                take_answer(desk, uow, ticket, text=text, actor="customer")


def involve(desk: Desk, *, number: str, agent: Agent, departments: list[str], question: str = "") -> Ticket:
    """Invite other departments to a consultation (KF-3.3.2): each gets a task of its own."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        rules.may_happen(ticket, "ticket.departments_involved")
        if not departments or not set(departments) <= set(desk.policy.departments()):
            raise Invalid("departments")
        bring_in(desk, uow, ticket, departments=departments, question=question.strip(), actor=actor)

    return command(desk, number=number, agent=agent, do=do)


def bring_in(desk: Desk, uow: UnitOfWork, ticket: Ticket, *, departments: list[str], question: str, actor: str) -> None:
    """Open a consultation task for each department that has none open. Raises Invalid when nobody new is named."""
    busy = {task.assigned_to for task in uow.tasks.of_ticket(ticket.number)
            if task.kind == "consultation" and task.ended_at is None}
    invited = [one for one in dict.fromkeys(departments) if one not in busy and one != ticket.department]
    if not invited:
        raise Invalid("departments")
    recording.on_ticket(desk, uow, ticket, "ticket.departments_involved", actor=actor, departments=invited, text=question)
    for department in invited:
        tasks.open_task(desk, uow, ticket, kind="consultation", assigned_to=department, title=ticket.subject,
                        detail=question, actor=actor)


def arrange_consultation(desk: Desk, *, number: str, agent: Agent, when: datetime, how: str) -> Ticket:
    """Set when and how the invited departments consult; they are told. Raises Invalid for a time in the past."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        rules.may_happen(ticket, "ticket.consultation_arranged")
        invited = {task.assigned_to for task in uow.tasks.of_ticket(ticket.number)
                   if task.kind == "consultation" and task.status != "cancelled"}
        if not invited:
            raise IllegalTransition("no department is involved")
        if when.tzinfo is None or when < desk.clock.now():
            raise Invalid("when")
        fact = recording.on_ticket(desk, uow, ticket, "ticket.consultation_arranged", actor=actor, text=_said(how),
                                   when=when.isoformat())
        local = when.astimezone(ZoneInfo(desk.policy.company.timezone))
        staff_notices.tell(desk, uow, [f"department:{one}" for one in sorted(invited)], about=ticket.about,
                           text=f"{_name(ticket)}：会商定在 {local.month} 月 {local.day} 日 {local:%H:%M}，{how.strip()}",
                           key=f"{ticket.number}/consultation/{fact.id}")

    return command(desk, number=number, agent=agent, do=do)


def handled(desk: Desk, *, number: str, agent: Agent, text: str) -> Ticket:
    """The problem is handled: from now on the result is owed to the customer (KF-3.3.3)."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        rules.may_happen(ticket, "ticket.handled")
        recording.on_ticket(desk, uow, ticket, "ticket.handled", actor=actor, text=_said(text))

    return command(desk, number=number, agent=agent, do=do)


def assign(desk: Desk, *, number: str, agent: Agent, department: str, reason: str = "") -> Ticket:
    """Another department becomes responsible, and is told."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        rules.may_happen(ticket, "ticket.assigned")
        if department == ticket.department or department not in desk.policy.departments():
            raise Invalid("department")
        fact = recording.on_ticket(desk, uow, ticket, "ticket.assigned", actor=actor, department=department,
                                   text=reason.strip())
        staff_notices.tell(desk, uow, [f"department:{department}"], about=ticket.about,
                           text=f"{_name(ticket)}转到本部门：{ticket.subject}", key=f"{ticket.number}/assigned/{fact.id}")

    return command(desk, number=number, agent=agent, do=do)


def set_priority(desk: Desk, *, number: str, agent: Agent, priority: str) -> Ticket:
    """Decide how urgent it is; nothing is recorded where it already is."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        rules.may_happen(ticket, "ticket.prioritised")
        if priority not in PRIORITIES:
            raise Invalid("priority")
        if priority != ticket.priority:
            recording.on_ticket(desk, uow, ticket, "ticket.prioritised", actor=actor, priority=priority)

    return command(desk, number=number, agent=agent, do=do)


def _said(text: str) -> str:
    if not text.strip():
        raise Invalid("text")
    return text.strip()


def _name(ticket: Ticket) -> str:
    return f"{KIND_NAMES[ticket.kind]}（{ticket.number}）"
