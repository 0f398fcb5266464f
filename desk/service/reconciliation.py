"""The reconciliation of complaints: conversations, tickets and outcomes must agree; whatever does not is listed.

A sentence that looks like a complaint and has no ticket is kept as a fact (``complaint.suspected``), so that it stays
listed until a supervisor has settled it, however old it gets. Everything is read in pages, each its own transaction.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from desk.core import complaints as ledger
from desk.core import promises, tickets
from desk.core.agents import Agent
from desk.core.conversations import Message
from desk.core.errors import Conflict, NotYours
from desk.core.facts import Fact
from desk.core.tickets import Ticket
from desk.service import complaints, customer_notices, recording, staff_notices
from desk.service import tickets as desk_tickets
from desk.service.desk import Desk, UnitOfWork, once

SUBJECT, RECONCILED = "desk:complaints", "complaints.reconciled"
DAYS = 7          # how far back a nightly run looks at least
OVERLAP = timedelta(days=1)
AT_HOUR = 2       # local time from which the run of a day is due
CONVERSATIONS, MESSAGES, TICKETS = 100, 500, 100
OURS = frozenset({"reply", "consult", "result", "response"})  # the other clocks wait for the customer


@dataclass(frozen=True)
class Finding:
    """One thing that is not accounted for; ``why`` is a key of ``ledger.REASONS``.

    A sentence has ``conversation_id`` and ``seq``, and ``more`` earlier ones in the same conversation.
    """

    why: str
    at: datetime
    text: str
    conversation_id: str | None = None
    seq: int | None = None
    more: int = 0
    ticket: str | None = None

    @property
    def reason(self) -> str:
        """In words."""
        return ledger.REASONS[self.why][0]

    @property
    def todo(self) -> str:
        """What to do about it."""
        return ledger.REASONS[self.why][1]


@dataclass
class Reconciliation:
    """What a run looked at and found. ``counts`` are the complaints opened since, by how far they have come."""

    since: datetime
    conversations: int = 0
    tickets: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def reconcile(desk: Desk, *, since: datetime) -> Reconciliation:
    """Compare everything since a time, and all that is still open from before."""
    run = Reconciliation(since)
    run.conversations = _search(desk, since)
    _settle_registered(desk)
    _check_all(desk, run)
    return run


def overview(desk: Desk, *, agent: Agent, days: int = 30) -> tuple[Reconciliation, Fact | None]:
    """The ledger as it stands now, without reading conversations again, and the last nightly run."""
    if not agent.may("supervise"):
        raise NotYours("complaints")
    run = Reconciliation(desk.clock.now() - timedelta(days=days))
    _check_all(desk, run)
    return run, last_run(desk)


def last_run(desk: Desk) -> Fact | None:
    """The last nightly run: ``{"checked", "unaccounted", "day"}``."""
    with desk.begin() as uow:
        found = uow.facts.named(RECONCILED, since=desk.clock.now() - timedelta(days=60), subject=SUBJECT)
        return found[-1] if found else None


def nightly(desk: Desk) -> Reconciliation | None:
    """The run of this local day, once whatever number of processes ask; None when it is not due or was made."""
    now = desk.clock.now()
    local = now.astimezone(ZoneInfo(desk.policy.company.timezone))
    last = last_run(desk)
    if local.hour < AT_HOUR or (last is not None and last.data["day"] == local.date().isoformat()):
        return None
    earliest = now - timedelta(days=DAYS)
    run = reconcile(desk, since=min(earliest, last.at - OVERLAP) if last is not None else earliest)
    with desk.begin() as uow:
        once(uow, f"{RECONCILED}/{local.date()}", at=now, do=lambda: _report(desk, uow, run, local.date().isoformat()))
    return run


def open_for(desk: Desk, *, conversation_id: str, seq: int, agent: Agent) -> Ticket:
    """Register the suspected sentences of a conversation up to a number as a complaint, and tell the customer.

    Raises Conflict when somebody has settled them. A retry after a crash finds the ticket under its key and goes on.
    """
    if not agent.may("supervise"):
        raise NotYours("complaints")
    with desk.begin() as uow:
        said = uow.complaints.message(conversation_id, seq)
        if seq not in {fact.data["seq"] for fact in uow.complaints.unsettled(conversation_id=conversation_id)}:
            raise Conflict(ledger.sentence(conversation_id, seq))
    opened = desk_tickets.open_ticket(desk, kind="complaint", subject=said.text[:80], detail=said.text,
                                      conversation_id=conversation_id, key=f"{conversation_id}/{seq}/suspected")
    with desk.begin() as uow:
        uow.conversations.get(conversation_id, lock=True)
        ticket = uow.tickets.by_number(opened.number, lock=True)
        complaints.settle(desk, uow, conversation_id, seq, "complaint.registered", actor=f"agent:{agent.id}",
                          ticket=ticket.number)
        customer_notices.tell(desk, uow, ticket, kind="progress", text=_registered(ticket))
        return ticket


def _registered(ticket: Ticket) -> str:
    return f"您反映的问题我们已登记为投诉，编号 {ticket.number}。{ticket.promise.get('text', '我们会尽快答复您')}。"


def _report(desk: Desk, uow: UnitOfWork, run: Reconciliation, day: str) -> dict[str, Any]:
    """The fact of a run and, when it found something, a notice to the supervisors."""
    now, found = desk.clock.now(), len(run.findings)
    uow.facts.record(RECONCILED, subject=SUBJECT, actor="system", at=now, day=day, unaccounted=found,
                     checked={"conversations": run.conversations, "tickets": run.tickets})
    if found:
        staff_notices.tell(desk, uow, ["supervisors"], about=SUBJECT, key=f"{RECONCILED}/{day}", urgent=True,
                           text=f"投诉对账发现 {found} 件需要核实，请在“投诉台账”中处理。")
    return {"unaccounted": found}


# Sentences ------------------------------------------------------------------------------------------------------


def _search(desk: Desk, since: datetime) -> int:
    """Note every sentence since a time that looks like a complaint; returns how many conversations were read."""
    read, after = 0, ""
    while True:
        with desk.begin() as uow:
            page = uow.complaints.talkative(since=since, after=after, limit=CONVERSATIONS)
        if not page:
            return read
        read, after = read + len(page), page[-1]
        _search_page(desk, page, since)


def _search_page(desk: Desk, page: list[str], since: datetime) -> None:
    position = ("", 0)
    while True:
        with desk.begin() as uow:
            said = uow.complaints.said(page, since=since, after=position, limit=MESSAGES)
            _suspect(desk, uow, [one for one in said if ledger.looks_like_complaint(one)])
        if len(said) < MESSAGES:
            return
        position = (said[-1].conversation_id, said[-1].seq)


def _suspect(desk: Desk, uow: UnitOfWork, said: list[Message]) -> None:
    """Note those about which there is neither a fact nor a complaint near them."""
    opened = uow.complaints.opened_in(sorted({one.conversation_id for one in said}))
    subjects = {ledger.sentence(one.conversation_id, one.seq): one for one in said
                if not ledger.covered(one.at, [ticket.opened_at for ticket in opened.get(one.conversation_id, ())])}
    known = uow.complaints.known(list(subjects))
    for subject, one in subjects.items():
        if subject not in known:
            uow.facts.record("complaint.suspected", subject=subject, actor="system", at=desk.clock.now(),
                             conversation=one.conversation_id, seq=one.seq, said_at=one.at.isoformat())


def _settle_registered(desk: Desk) -> None:
    """Suspected sentences for which a complaint has been opened meanwhile are accounted for by it."""
    with desk.begin() as uow:
        for fact, ticket in _suspicions(uow):
            if ticket is not None:
                uow.facts.record("complaint.registered", subject=fact.subject, actor="system", at=desk.clock.now(),
                                 conversation=fact.data["conversation"], ticket=ticket.number)


def _suspicions(uow: UnitOfWork) -> list[tuple[Fact, Ticket | None]]:
    """Unsettled sentences, each with a complaint opened near it if there is one now."""
    facts = list({fact.subject: fact for fact in uow.complaints.unsettled()}.values())
    opened = uow.complaints.opened_in(sorted({fact.data["conversation"] for fact in facts}))
    return [(fact, next((ticket for ticket in opened.get(fact.data["conversation"], ())
                         if ledger.covered(datetime.fromisoformat(fact.data["said_at"]), [ticket.opened_at])), None))
            for fact in facts]


def _sentences(uow: UnitOfWork) -> list[Finding]:
    """One finding for each conversation: the last suspected sentence, and how many came before it."""
    by_conversation: Mapping[str, list[Fact]] = defaultdict(list)
    for fact, ticket in _suspicions(uow):
        if ticket is None:
            by_conversation[fact.data["conversation"]].append(fact)
    return [_sentence(uow, sorted(facts, key=lambda one: one.data["seq"])) for facts in by_conversation.values()]


def _sentence(uow: UnitOfWork, facts: list[Fact]) -> Finding:
    said = uow.complaints.message(facts[-1].data["conversation"], facts[-1].data["seq"])
    return Finding("sentence", said.at, said.text, conversation_id=said.conversation_id, seq=said.seq,
                   more=len(facts) - 1)


# Tickets --------------------------------------------------------------------------------------------------------


def _check_all(desk: Desk, run: Reconciliation) -> None:
    """Every complaint that is open or changed since: counted, and listed when it is not accounted for."""
    after = 0
    while True:
        with desk.begin() as uow:
            page = uow.complaints.tickets(since=run.since, after=after, limit=TICKETS)
            _check_page(desk, uow, page, run)
        if len(page) < TICKETS:
            break
        after = page[-1].id or 0
    with desk.begin() as uow:
        run.findings[:0] = _sentences(uow)
        run.findings += [Finding("missing", fact.at, "", ticket=fact.subject.partition(":")[2])
                         for fact in uow.complaints.without_ticket(since=run.since)]


def _check_page(desk: Desk, uow: UnitOfWork, page: list[Ticket], run: Reconciliation) -> None:
    numbers = [ticket.number for ticket in page]
    facts, notices = uow.complaints.facts_about(numbers), uow.complaints.notices_of(numbers)
    for ticket in page:
        own = facts.get(ticket.number, [])
        run.tickets += 1
        why = "disagrees"
        if ledger.agree(ticket, own, notices.get(ticket.number, ())):
            entry = ledger.entry(own)
            if ticket.opened_at >= run.since:
                run.counts[entry.state] += 1
            now = max(desk.clock.now(), own[-1].at)
            why = ledger.unaccounted(entry, now=now, overdue=_overdue(desk, ticket, own, now)) or ""
        if why:
            run.findings.append(Finding(why, ticket.opened_at, ticket.subject, ticket=ticket.number,
                                        conversation_id=ticket.conversation_id))


def _overdue(desk: Desk, ticket: Ticket, facts: list[Fact], now: datetime) -> bool:
    """Whether one of our clocks has run out without an answer, by the policy that the ticket was opened under."""
    if ticket.status not in tickets.OPEN:
        return False
    policy = desk.policy_of(ticket.promise.get("policy_version", ""))
    rules = recording.rules_of(policy, ticket.about, kind=ticket.kind)
    last = [promises.runs(rule, facts, policy.calendars)[-1:] for clock, rule in rules.items() if clock in OURS]
    return any(run.stopped_at is None and run.verdict(now) == "broken" for runs in last for run in runs)
