"""Tickets: opened with a receipt, looked at by those they belong to, answered, confirmed, reopened, taken back.

What agents do on the way to an answer is in ``desk.service.ticket_work``.
"""

from typing import Any

from desk.core import tickets as rules
from desk.core.agents import Agent
from desk.core.conversations import Conversation
from desk.core.customer_notices import CustomerNotice
from desk.core.deadlines import Deadline
from desk.core.errors import IllegalTransition, NotYours
from desk.core.facts import Fact
from desk.core.policy import Policy
from desk.core.tickets import Kind, Owed, Status, Ticket
from desk.service import complaints, customer_notices, escalation, rating_questions, recording, tasks, ticket_work
from desk.service.desk import Desk, UnitOfWork
from desk.service.ticket_access import check_owner, command, effect

ENDS = ("refused", "withdrawn", "confirmed")
EVENTS = {"ticket.urged": "ticket_urged", "ticket.supervisor_requested": "supervisor_requested",
          "ticket.compensation_requested": "compensation_requested", "ticket.reopened": "ticket_reopened"}


def open_ticket(desk: Desk, *, kind: Kind, subject: str, conversation_id: str, key: str | None, detail: str = "",
                service_id: str | None = None, contact_name: str = "", contact_phone: str = "", address: str = "",
                fields: dict[str, Any] | None = None, priority: str = "normal") -> Ticket:
    """Register a request once per key; the promise in force is stored with it."""
    def make(uow: UnitOfWork) -> str:
        return open_in(desk, uow, uow.conversations.get(conversation_id), kind=kind, subject=subject, detail=detail,
                       service_id=service_id, contact_name=contact_name, contact_phone=contact_phone, address=address,
                       fields=fields, priority=priority).number

    return effect(desk, key, make)


def open_in(desk: Desk, uow: UnitOfWork, conversation: Conversation, *, kind: Kind, subject: str, detail: str = "",
            service_id: str | None = None, contact_name: str = "", contact_phone: str = "", address: str = "",
            fields: dict[str, Any] | None = None, priority: str = "normal", actor: str = "customer") -> Ticket:
    """Register a request inside a transaction."""
    now, policy = desk.clock.now(), desk.policy
    zone = next(iter(policy.calendars.values())).timezone
    service, promise = policy.services.get(service_id or ""), policy.promise_for(kind)
    ticket = Ticket(
        number=uow.next_number("TS", now.astimezone(zone).date()), kind=kind, subject=subject[:200],
        opened_at=now, detail=detail, service_id=service.id if service else None,
        department=service.department if service else policy.queue_for(kind).name,
        priority="emergency" if kind == "emergency" else priority,  # type: ignore[arg-type]
        conversation_id=conversation.id, customer_id=conversation.customer_id, contact_name=contact_name,
        contact_phone=contact_phone, address=address, fields=fields or {},
        promise=rules.promised(promise, now=now, policy_version=policy.version,
                               calendar=policy.calendars[promise.calendar]))
    uow.add(ticket)
    recording.on_ticket(desk, uow, ticket, "ticket.opened", actor=actor, kind=kind, promise=ticket.promise)
    _bring_in(desk, uow, ticket, policy)
    return ticket


def _bring_in(desk: Desk, uow: UnitOfWork, ticket: Ticket, policy: Policy) -> None:
    """Whoever the service needs from the start: other departments (KF-3.2), a provider for its faults (WW-8, HQ-4)."""
    service = policy.services.get(ticket.service_id or "")
    if service is None:
        return
    others = [department for department in service.departments if department != ticket.department]
    if others:
        ticket_work.bring_in(desk, uow, ticket, departments=others, question="", actor="policy")
    if service.supplier and ticket.kind == "fault":
        tasks.open_task(desk, uow, ticket, kind="supplier", assigned_to=service.supplier, title=ticket.subject,
                        detail=ticket.detail, actor="policy")


def find(desk: Desk, *, number: str, conversation_id: str) -> Ticket:
    """A ticket for the customer of a conversation; raises NotFound, or NotYours for somebody else's."""
    with desk.begin() as uow:
        ticket = uow.tickets.by_number(number)
        check_owner(uow, ticket, conversation_id)
        return ticket


def recent(desk: Desk, *, conversation_id: str) -> list[Ticket]:
    """The tickets of a conversation and of its verified customer: open ones first, then the newest."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id)
        found = {one.number: one for one in uow.tickets.of_conversation(conversation_id)}
        if conversation.customer_id is not None:
            found |= {one.number: one for one in uow.tickets.of_customer(conversation.customer_id)}
    newest = sorted(found.values(), key=lambda one: one.opened_at, reverse=True)
    return sorted(newest, key=lambda one: not one.is_open)


def urge(desk: Desk, *, number: str, conversation_id: str, key: str | None) -> Ticket:
    """Press for speed: counted, and whatever the policy says about the n-th time."""
    return _demand(desk, "ticket.urged", number=number, conversation_id=conversation_id, key=key)


def request_supervisor(desk: Desk, *, number: str, conversation_id: str, key: str | None) -> Ticket:
    """Ask for whoever is in charge."""
    return _demand(desk, "ticket.supervisor_requested", number=number, conversation_id=conversation_id, key=key)


def request_compensation(desk: Desk, *, number: str, conversation_id: str, key: str | None, text: str = "") -> Ticket:
    """Ask for compensation (KF-3.5.2)."""
    return _demand(desk, "ticket.compensation_requested", number=number, conversation_id=conversation_id, key=key,
                   text=text)


def _demand(desk: Desk, name: str, *, number: str, conversation_id: str, key: str | None, **data: str) -> Ticket:
    """Something that the customer asks for on the way and that the escalation path answers."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        rules.may_happen(ticket, name)
        _record_and_escalate(desk, uow, ticket, name, actor, **data)

    return command(desk, number=number, conversation_id=conversation_id, key=key, do=do)


def customer_answered(desk: Desk, *, number: str, text: str, conversation_id: str | None = None,
                      key: str | None = None, agent: Agent | None = None) -> Ticket:
    """What we had asked the customer for has come, in the conversation or through an agent: the clocks go on."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        ticket_work.take_answer(desk, uow, ticket, text=text, actor=actor)

    return command(desk, number=number, conversation_id=conversation_id, key=key, agent=agent, do=do)


def confirm(desk: Desk, *, number: str, conversation_id: str | None = None, key: str | None = None,
            agent: Agent | None = None) -> Ticket:
    """The answer is accepted, said by the customer or told to an agent.

    Raises CannotEnd while a complaint's outcome or the arrival of its notice is missing (design invariant 3).
    """
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        _move(desk, uow, ticket, "confirmed", actor)

    return command(desk, number=number, conversation_id=conversation_id, key=key, agent=agent, do=do)


def reopen(desk: Desk, *, number: str, reason: str = "", conversation_id: str | None = None, key: str | None = None,
           agent: Agent | None = None) -> Ticket:
    """The answer did not solve it: back to coordination, and the clocks of the answer begin anew."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        if ticket.status != "replied":
            raise IllegalTransition(f"{ticket.status} -> coordinated")
        _move(desk, uow, ticket, "coordinated", actor, text=reason.strip())

    return command(desk, number=number, conversation_id=conversation_id, key=key, agent=agent, do=do)


def withdraw(desk: Desk, *, number: str, conversation_id: str, key: str | None, reason: str = "") -> Ticket:
    """Take a ticket back; raises IllegalTransition when it has been answered or has ended."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        _move(desk, uow, ticket, "withdrawn", actor, result=reason.strip() or "客户撤回")

    return command(desk, number=number, conversation_id=conversation_id, key=key, do=do)


def advance(desk: Desk, *, number: str, to: Status, agent: Agent, result: str = "", outcome: str | None = None,
            our_fault: bool = False, direct_to: str = "") -> Ticket:
    """An agent moves a ticket along; an answer, a refusal and the end are told to the customer in the same step.

    The answer to a complaint records its outcome and whether we are to blame; a refusal says where to go instead (GG-7).
    """
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        _move(desk, uow, ticket, to, actor, result=result.strip(), outcome=outcome, our_fault=our_fault,
              direct_to=direct_to.strip())
        if to in (*ENDS, "replied"):
            customer_notices.tell(desk, uow, ticket, kind="result" if to in rules.NEEDS_RESULT else "progress",
                                  text=_progress(ticket))
        if to == "replied":
            rating_questions.ask(desk, uow, ticket)

    return command(desk, number=number, agent=agent, do=do)


def _move(desk: Desk, uow: UnitOfWork, ticket: Ticket, to: str, actor: str, *, outcome: str | None = None,
          our_fault: bool = False, **words: str) -> None:
    """One step along the path with all that belongs to it; whether the customer is told is the caller's matter."""
    name = rules.moved(ticket, to, result=words.get("result", ""), direct_to=words.get("direct_to", ""))
    found = rules.outcome_of(ticket, to, outcome=outcome, our_fault=our_fault)
    missing = complaints.may_end(uow, ticket, by_customer=actor == "customer") if to == "confirmed" else None
    if missing is not None:
        raise rules.CannotEnd(missing)
    if found is not None:
        recording.on_ticket(desk, uow, ticket, "ticket.outcome_recorded", actor=actor, outcome=found, our_fault=our_fault)
    if to == "refused":
        words["result"] = f"{words['result'].rstrip('。')}。您可以这样办理：{words['direct_to']}"
    data = {key: value for key, value in words.items() if value}
    if name == "ticket.reopened":
        _record_and_escalate(desk, uow, ticket, name, actor, **data)
    else:
        recording.on_ticket(desk, uow, ticket, name, actor=actor, **data)
    if our_fault:
        escalation.on_event(desk, uow, ticket, "fault_ours")
    if to in ENDS:
        tasks.cancel_rest(desk, uow, ticket)


def _record_and_escalate(desk: Desk, uow: UnitOfWork, ticket: Ticket, name: str, actor: str, **data: Any) -> None:
    times = 1 + sum(fact.name == name for fact in uow.facts.about(ticket.about))
    recording.on_ticket(desk, uow, ticket, name, actor=actor, times=times, **data)
    escalation.on_event(desk, uow, ticket, EVENTS[name], times=times)


def answered_in_conversation(desk: Desk, uow: UnitOfWork, conversation_id: str, agent_id: int) -> None:
    """A person has written to the customer: tickets of the conversation that nobody had answered count as contacted.

    The caller has locked the conversation.
    """
    for known in sorted(uow.tickets.of_conversation(conversation_id), key=lambda one: one.number):
        if known.status in rules.AT_WORK and rules.unanswered(uow.facts.about(known.about)):
            ticket = uow.tickets.by_number(known.number, lock=True)
            if ticket.status in rules.AT_WORK:
                recording.on_ticket(desk, uow, ticket, "ticket.contacted", actor=f"agent:{agent_id}",
                                    text="在会话中答复了客户")


def add_note(desk: Desk, *, number: str, text: str, agent: Agent) -> None:
    """A remark that only agents see."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        recording.on_ticket(desk, uow, ticket, "ticket.noted", actor=actor, text=text)

    command(desk, number=number, agent=agent, do=do)


def search(desk: Desk, *, agent: Agent, status: str | None = None, kind: str | None = None, text: str | None = None,
           owed: Owed | None = None, by_due: bool = False, limit: int = 50, offset: int = 0) -> list[Ticket]:
    """Tickets for the console, newest first or by what is due first."""
    if not agent.may("tickets"):
        raise NotYours("tickets")
    with desk.begin() as uow:
        return uow.tickets.search(status=status, kind=kind, text=text, owed=owed, now=desk.clock.now(), by_due=by_due,
                                  limit=min(limit, 200), offset=offset)


def due(desk: Desk, *, numbers: list[str]) -> dict[str, Deadline]:
    """The next clock of ours that comes due, by ticket; none where nothing runs or the customer owes an answer."""
    with desk.begin() as uow:
        found: dict[str, Deadline] = {}
        for one in uow.deadlines.running([f"ticket:{number}" for number in numbers]):
            if one.due_at is not None and one.clock != "confirm":
                found.setdefault(one.subject.removeprefix("ticket:"), one)
        return found


def show(desk: Desk, *, number: str, agent: Agent) -> tuple[Ticket, list[Fact]]:
    """A ticket with everything that happened to it."""
    if not agent.may("tickets"):
        raise NotYours(number)
    with desk.begin() as uow:
        return uow.tickets.by_number(number), uow.facts.about(f"ticket:{number}")


def told(desk: Desk, *, number: str, agent: Agent) -> list[CustomerNotice]:
    """What the customer was told of a ticket, and whether it arrived."""
    if not agent.may("tickets"):
        raise NotYours(number)
    with desk.begin() as uow:
        return uow.customer_notices.of_ticket(number)


def _progress(ticket: Ticket) -> str:
    """What the customer reads of a step: where it stands, the outcome, what was found, what comes next."""
    head = f"您的{rules.KIND_NAMES[ticket.kind]}（{ticket.number}）有新进展：{rules.STATUS_NAMES[ticket.status]}。"
    outcome = f"核实结论：{rules.OUTCOME_NAMES[ticket.outcome]}。" if ticket.outcome and ticket.status == "replied" else ""
    result = ticket.result if ticket.status != "confirmed" else ""
    after = "如果问题没有解决，请告诉我们，我们会继续处理。" if ticket.status == "replied" else ""
    return f"{head}{outcome}{result}{'' if not after or result.endswith(('。', '！', '？')) else '。'}{after}"
