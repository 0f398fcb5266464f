"""A ticket as its customer may see it: where it stands, what is promised next, what was asked, what was done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.core import tickets as rules
from desk.core.deadlines import Deadline
from desk.core.facts import Fact
from desk.core.tickets import Ticket
from desk.service import recording
from desk.service.desk import Desk, UnitOfWork
from desk.service.ticket_access import check_owner, command

OURS = frozenset({"reply", "consult", "result", "response"})
DEMANDS = frozenset({"ticket.urged", "ticket.supervisor_requested", "ticket.compensation_requested", "ticket.reopened"})
SHORTLY = timedelta(minutes=10)
LOOKED_BACK = 12


@dataclass(frozen=True)
class Outlook:
    """``due`` is the next of our clocks to come due, ``missed`` one that is past and still runs.

    Steps of the escalation path: ``done`` in all, ``now`` those that the last demand of the customer set off, ``new``
    those of them that no earlier demand had. ``again``: the same was demanded within ten minutes before.
    """

    ticket: Ticket
    due: Deadline | None
    missed: Deadline | None
    question: str
    done: frozenset[str]
    now: tuple[str, ...]
    new: frozenset[str]
    again: bool
    review_by: datetime | None


def look(desk: Desk, *, number: str, conversation_id: str) -> Outlook:
    """The outlook of a ticket for the customer of a conversation; raises NotFound, NotYours."""
    with desk.begin() as uow:
        ticket = uow.tickets.by_number(number)
        check_owner(uow, ticket, conversation_id)
        return _outlook(desk, uow, ticket)


def asked(desk: Desk, *, conversation_id: str, text: str) -> Outlook | None:
    """The ticket that waits for something from the customer of a conversation, or that ``text`` has just answered."""
    with desk.begin() as uow:
        for ticket in uow.tickets.of_conversation(conversation_id):
            if ticket.status not in rules.AT_WORK:
                continue
            if ticket.waiting_for_customer or _just_answered(desk, uow.facts.about(ticket.about), text):
                return _outlook(desk, uow, ticket)
        return None


def noticed(desk: Desk, *, conversation_id: str) -> str | None:
    """The ticket that a customer was told about, when nothing else was said to them since."""
    with desk.begin() as uow:
        latest = sorted(uow.conversations.latest(conversation_id, limit=LOOKED_BACK), key=lambda one: one.seq)
        said = [one for one in latest if one.sender != "customer" and one.kind != "rating"]
        return said[-1].payload.get("ticket") if said else None


def note(desk: Desk, *, number: str, conversation_id: str, text: str, key: str | None) -> Ticket:
    """Something the customer said about a ticket that changes nothing yet, for those who work on it."""
    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        recording.on_ticket(desk, uow, ticket, "ticket.noted", actor=actor, text=text)

    return command(desk, number=number, conversation_id=conversation_id, key=key, do=do)


def _outlook(desk: Desk, uow: UnitOfWork, ticket: Ticket) -> Outlook:
    now, facts = desk.clock.now(), uow.facts.about(ticket.about)
    ours = [one for one in uow.deadlines.running([ticket.about]) if one.clock in OURS and one.due_at is not None]
    demands = [i for i, fact in enumerate(facts) if fact.name in DEMANDS]
    last = demands[-1] if demands else len(facts)
    current, before = _steps(facts[last:]), _steps(facts[:last])
    return Outlook(
        ticket=ticket, due=next((one for one in ours if one.due_at and one.due_at > now), None),
        missed=next((one for one in ours if one.due_at and one.due_at <= now), None),
        question=_question(facts) if ticket.waiting_for_customer else "", done=frozenset((*before, *current)),
        now=current, new=frozenset(current) - frozenset(before), again=_again(facts, demands),
        review_by=_review_by(uow, ticket))


def _steps(facts: Iterable[Fact]) -> tuple[str, ...]:
    """What the rules that applied really did: a priority that was high already was not raised."""
    raised, found = False, []
    for fact in facts:
        raised = raised or (fact.name == "ticket.prioritised" and fact.actor == "policy")
        if fact.name == "ticket.escalated":
            found += [word for word in fact.data["then"] if word != "raise_priority" or raised]
    return tuple(dict.fromkeys(found))


def _question(facts: Iterable[Fact]) -> str:
    return next((str(fact.data.get("text", "")) for fact in reversed(list(facts)) if fact.name == "ticket.customer_asked"), "")


def _again(facts: list[Fact], demands: list[int]) -> bool:
    if not demands:
        return False
    last = facts[demands[-1]]
    return any(fact.name == last.name and last.at - fact.at <= SHORTLY for fact in facts[:demands[-1]])


def _just_answered(desk: Desk, facts: Iterable[Fact], text: str) -> bool:
    answers = [fact for fact in facts if fact.name == "ticket.customer_answered"]
    return bool(answers) and answers[-1].data.get("text") == text.strip() and desk.clock.now() - answers[-1].at < SHORTLY


def _review_by(uow: UnitOfWork, ticket: Ticket) -> datetime | None:
    reviews = [task.subject for task in uow.tasks.of_ticket(ticket.number) if task.kind == "review"]
    return next((one.due_at for one in uow.deadlines.running(reviews)), None)
