"""The stored ticket is the fold of its facts, whatever is tried in whatever order; what is refused changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.core import promises
from desk.core.agents import Agent
from desk.core.errors import DeskError
from desk.core.tasks import Task
from desk.core.tasks import apply as apply_to_task
from desk.core.tickets import COMPLAINTS, KIND_NAMES, OUTCOME_NAMES, STATUS_NAMES, Ticket, fold
from desk.gateways.policy_files import load_policy
from desk.service import conversations, customer_notices, tasks, ticket_work, tickets
from desk.service.desk import Desk, UnitOfWork
from desk.store.unit_of_work import Store
from tests.service.conftest import ROOT, SetClock

pytestmark = pytest.mark.proof
LIMITS = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DEPARTMENTS = ["网络运维部", "IT服务部", "投诉专席", "不存在部"]
Do = Callable[["Bench"], object]


class Bench:
    """One ticket of one customer on a desk that stands for the whole module, and those who work on it."""

    def __init__(self, desk: Desk, agents: list[Agent], kind: str, service_id: str | None) -> None:
        self.desk, self.agents = desk, agents
        self.talk = conversations.open(desk, channel="web", channel_user="a").id
        opened = tickets.open_ticket(desk, kind=kind, subject="x", conversation_id=self.talk, key=None,  # type: ignore[arg-type]
                                     service_id=service_id, contact_phone="13800000001")
        self.number = opened.number
        kept = ("number", "kind", "subject", "opened_at", "department", "priority", "promise")
        self.opening: dict[str, Any] = {name: getattr(opened, name) for name in kept}

    def state(self) -> dict[str, Any]:
        """Everything stored about the ticket."""
        with self.desk.begin() as uow:
            return {"ticket": asdict(uow.tickets.by_number(self.number)),
                    "facts": len(uow.facts.about(f"ticket:{self.number}")),
                    "tasks": [asdict(one) for one in uow.tasks.of_ticket(self.number)],
                    "notices": [asdict(one) for one in uow.customer_notices.of_ticket(self.number)],
                    "clocks": [asdict(one) for one in uow.deadlines.of(f"ticket:{self.number}")]}


def by_agent(function: Callable[..., object], **given: Any) -> st.SearchStrategy[Do]:
    """A command of somebody who may or may not work on tickets."""
    return st.builds(lambda who, **chosen: lambda bench: function(
        bench.desk, number=bench.number, agent=bench.agents[who], **chosen), st.sampled_from([0, 0, 0, 0, 0, 0, 0, 1]), **given)


def by_customer(function: Callable[..., object], **given: Any) -> st.SearchStrategy[Do]:
    """A command of the customer, now and then the same message again."""
    return st.builds(lambda key, **chosen: lambda bench: function(
        bench.desk, number=bench.number, conversation_id=bench.talk,
        key=key and f"{bench.number}/{key}/{function.__name__}", **chosen), st.sampled_from([None, "1", "2"]), **given)


def on_a_task(function: Callable[..., object], **given: Any) -> st.SearchStrategy[Do]:
    """A command on one of the ticket's tasks, if it has any."""
    def do(bench: Bench, which: int, chosen: dict[str, Any]) -> None:
        with bench.desk.begin() as uow:
            found = uow.tasks.of_ticket(bench.number)
        if found:
            function(bench.desk, task_id=found[which % len(found)].id, agent=bench.agents[0], **chosen)
    return st.builds(lambda which, **chosen: lambda bench: do(bench, which, chosen), st.integers(0, 5), **given)


def read(bench: Bench) -> None:
    """The customer sees what was sent."""
    with bench.desk.begin() as uow:
        seq = uow.conversations.get(bench.talk).last_seq
    customer_notices.seen(bench.desk, conversation_id=bench.talk, up_to=seq)


def speak(bench: Bench) -> None:
    """A person writes in the conversation."""
    with bench.desk.begin() as uow:
        uow.conversations.get(bench.talk, lock=True)
        tickets.answered_in_conversation(bench.desk, uow, bench.talk, bench.agents[0].id or 0)


def arrange(desk: Desk, *, number: str, agent: Agent, hours: int) -> None:
    """A consultation some hours from now, or in the past."""
    ticket_work.arrange_consultation(desk, number=number, agent=agent, when=desk.clock.now() + timedelta(hours=hours), how="电话")


def step(desk: Desk, *, number: str, agent: Agent, to: str, our_fault: bool) -> None:
    """A step with all that its kind of ticket needs."""
    with desk.begin() as uow:
        complaint = to == "replied" and uow.tickets.by_number(number).kind in COMPLAINTS
    tickets.advance(desk, number=number, to=to, agent=agent, result="已处理", direct_to="市政热线",  # type: ignore[arg-type]
                    outcome="upheld" if complaint else None, our_fault=our_fault and complaint)


WORDS = st.sampled_from(["", "已处理", "已处理"])
OUTCOMES = st.none() | st.sampled_from(sorted(OUTCOME_NAMES))
ENDS: st.SearchStrategy[Do] = st.one_of(
    by_agent(tickets.advance, to=st.sampled_from(sorted(STATUS_NAMES)), result=WORDS, outcome=OUTCOMES,
             our_fault=st.booleans(), direct_to=WORDS),
    by_agent(step, to=st.just("refused"), our_fault=st.just(False)), by_customer(tickets.withdraw))
WORK: st.SearchStrategy[Do] = st.one_of(
    by_agent(step, to=st.sampled_from(["verified", "coordinated", "replied", "replied"]), our_fault=st.booleans()),
    by_agent(ticket_work.contact, text=WORDS), by_agent(ticket_work.ask_customer, question=WORDS),
    by_agent(ticket_work.involve, departments=st.lists(st.sampled_from(DEPARTMENTS), max_size=3)),
    by_agent(arrange, hours=st.sampled_from([-1, 2])), by_agent(ticket_work.handled, text=WORDS),
    by_agent(ticket_work.assign, department=st.sampled_from(DEPARTMENTS)),
    by_agent(ticket_work.set_priority, priority=st.sampled_from(["normal", "high", "emergency", "huge"])),
    by_agent(tickets.confirm), by_agent(tickets.reopen), by_agent(tickets.customer_answered, text=WORDS),
    by_agent(tickets.add_note, text=st.just("看看")),
    by_agent(tasks.create, kind=st.sampled_from(["handling", "supplier", "review"]),
             assigned_to=st.sampled_from([*DEPARTMENTS, "yunjie"]), title=WORDS),
    by_customer(tickets.confirm), by_customer(tickets.reopen), by_customer(tickets.urge),
    by_customer(tickets.customer_answered, text=WORDS), by_customer(tickets.request_supervisor),
    by_customer(tickets.request_compensation), on_a_task(tasks.respond), on_a_task(tasks.cancel, result=WORDS),
    on_a_task(tasks.done, result=WORDS, quality=st.none() | st.integers(0, 6)), st.just(read), st.just(speak))
COMMANDS = st.integers(0, 15).flatmap(lambda chance: ENDS if chance == 15 else WORK)  # ends seldom, or nothing happens


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, SetClock, list[Agent]]]:
    """A real desk on a real SQLite with an agent and a trainer."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('fold')}/desk.db")
    store.create_tables()
    policy, clock = load_policy(ROOT / "policy"), SetClock(datetime(2026, 11, 24, 1, 30, tzinfo=UTC))
    desk = Desk(begin=store.begin, clock=clock, policies=lambda: policy)
    people = [Agent(username=name, name=name, role=role, password_hash="-")  # type: ignore[arg-type]
              for name, role in (("wang", "supervisor"), ("chen", "trainer"))]
    with desk.begin() as uow:
        for agent in people:
            uow.add(agent)
    yield desk, clock, people
    store.close()


@LIMITS
@given(kind=st.sampled_from(["complaint", "complaint", "compensation", *sorted(KIND_NAMES)]),
       service_id=st.sampled_from([None, "leased_line_repair", "property_repair"]),
       history=st.lists(st.tuples(COMMANDS, st.sampled_from([0, 1, 40, 300, -5])), min_size=6, max_size=30))
def test_state_is_the_fold_and_refusals_leave_no_trace(standing: tuple[Desk, SetClock, list[Agent]], kind: str,
                                                       service_id: str | None, history: list[tuple[Do, int]]) -> None:
    """After any commands, legal or not, by those who may or not, with the clock set forwards and back."""
    desk, clock, people = standing
    bench = Bench(desk, people, kind, service_id)
    for do, minutes in history:
        clock.advance(minutes=minutes)
        before = bench.state()
        try:
            do(bench)
        except DeskError:
            assert before == bench.state()
    with desk.begin() as uow:
        check(desk, uow, bench)


def check(desk: Desk, uow: UnitOfWork, bench: Bench) -> None:
    """Ticket, tasks and clocks are what their facts say, and time among facts never goes back."""
    stored = uow.tickets.by_number(bench.number)
    facts = uow.facts.about(stored.about)
    folded = fold(Ticket(**bench.opening), facts)
    for name in ("status", "priority", "department", "urged", "result", "outcome", "our_fault", "waiting_for_customer",
                 "updated_at", "closed_at"):
        assert getattr(folded, name) == getattr(stored, name), name
    assert [fact.at for fact in facts] == sorted(fact.at for fact in facts)
    for rule in desk.policy.promise_for(stored.kind).clocks():
        runs = promises.runs(rule, facts, desk.policy.calendars)
        rows = [one for one in uow.deadlines.of(stored.about) if one.clock == rule.clock]
        assert [(run.due_at, run.stopped_at) for run in runs] == [(one.due_at, one.ended_at) for one in rows]
    assert stored.is_open or stored.kind not in ("complaint", "compensation") or stored.outcome is not None
    for task in uow.tasks.of_ticket(bench.number):
        check_task(uow, task)


def check_task(uow: UnitOfWork, task: Task) -> None:
    """A task is what its facts say."""
    again = Task(ticket_number=task.ticket_number, kind=task.kind, title=task.title, assigned_to=task.assigned_to,
                 opened_at=task.opened_at, policy_version=task.policy_version)
    for fact in uow.facts.about(task.subject):
        apply_to_task(again, fact)
    for name in ("status", "responded_at", "ended_at", "result", "quality"):
        assert getattr(again, name) == getattr(task, name), name
