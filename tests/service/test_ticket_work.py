"""What agents do on the way to an answer: each one fact, the right clocks, the right people told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from desk.core.agents import Agent
from desk.core.errors import IllegalTransition, Invalid, NotYours
from desk.core.tickets import Ticket
from desk.service import conversations, handoffs, tasks, ticket_work, tickets
from desk.service.desk import Desk
from tests.service.conftest import SetClock
from tests.service.test_tickets import FULL, complain, facts, talk, told

LATER = timedelta(hours=3)
WORK: dict[str, Callable[[Desk, str, Agent], Ticket]] = {
    "contact": lambda desk, number, agent: ticket_work.contact(desk, number=number, agent=agent, text="师傅明早到"),
    "ask_customer": lambda desk, number, agent: ticket_work.ask_customer(desk, number=number, agent=agent, question="几楼？"),
    "involve": lambda desk, number, agent: ticket_work.involve(desk, number=number, agent=agent, departments=["网络运维部"]),
    "handled": lambda desk, number, agent: ticket_work.handled(desk, number=number, agent=agent, text="换了猫"),
    "assign": lambda desk, number, agent: ticket_work.assign(desk, number=number, agent=agent, department="网络运维部"),
    "set_priority": lambda desk, number, agent: ticket_work.set_priority(desk, number=number, agent=agent, priority="high"),
    "create": lambda desk, number, agent: tasks.create(desk, number=number, agent=agent, kind="handling",
                                                       assigned_to="网络运维部", title="上门"),
}


def clocks(desk: Desk, number: str) -> dict[str, Any]:
    with desk.begin() as uow:
        return {one.clock: one for one in uow.deadlines.of(f"ticket:{number}")}


def notices(desk: Desk, *audiences: str) -> list[str]:
    with desk.begin() as uow:
        return [one.text for one in uow.staff_notices.unseen(list(audiences))]


@pytest.mark.parametrize("name", WORK)
def test_only_who_handles_tickets_works_on_them(desk: Desk, name: str) -> None:
    """Invariant 5: a trainer changes nothing."""
    number, trainer = complain(desk).number, Agent(username="t", name="陈晨", role="trainer", password_hash="-", id=9)
    with pytest.raises(NotYours):
        WORK[name](desk, number, trainer)
    assert ["ticket.opened"] == facts(desk, number)


@pytest.mark.parametrize("name", WORK)
def test_nothing_is_worked_on_that_is_over(desk: Desk, wang: Agent, name: str) -> None:
    """A refused command leaves no trace."""
    number = complain(desk).number
    tickets.withdraw(desk, number=number, conversation_id=talk(desk), key=None)
    before = facts(desk, number)
    with pytest.raises(IllegalTransition):
        WORK[name](desk, number, wang)
    assert before == facts(desk, number)


def test_an_interim_answer_reaches_the_customer_and_keeps_the_promise(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """KF-3.3.1: told with the number; the reply clock stops, the ticket goes on."""
    number = complain(desk).number
    clock.advance(minutes=30)
    WORK["contact"](desk, number, wang)
    assert [f"关于您的投诉（{number}）：师傅明早到"] == told(desk)
    assert ["kept", "kept"] == [clocks(desk, number)[name].verdict for name in ("reply", "response")]
    assert "received" == tickets.find(desk, number=number, conversation_id=talk(desk)).status
    with pytest.raises(Invalid):
        ticket_work.contact(desk, number=number, agent=wang, text=" ")


def test_the_clocks_stand_still_while_the_customer_owes_an_answer(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """Asked, hours pass, answered: what was left is left; the same message answers once; nobody answers unasked."""
    number = complain(desk).number
    with pytest.raises(IllegalTransition):
        tickets.customer_answered(desk, number=number, agent=wang, text="三楼")
    WORK["involve"](desk, number, wang)
    clock.advance(minutes=50)
    assert WORK["ask_customer"](desk, number, wang).waiting_for_customer
    assert "几楼？" in told(desk)[0]
    clock.advance(hours=9)
    assert clocks(desk, number)["consult"].due_at is None
    for _ in range(2):
        after = tickets.customer_answered(desk, number=number, conversation_id=talk(desk), key="c/4/answer", text="三楼")
    assert not after.waiting_for_customer
    assert clock.now() + timedelta(hours=7, minutes=10) == clocks(desk, number)["consult"].due_at
    assert 1 == facts(desk, number).count("ticket.customer_answered")


def test_what_the_customer_writes_to_people_is_the_answer(desk: Desk, wang: Agent) -> None:
    """No clock of ours stands still longer than the customer is silent; what is written to the bot, the bot judges."""
    asked, other, conversation_id = complain(desk).number, complain(desk).number, talk(desk)
    WORK["ask_customer"](desk, asked, wang)
    conversations.receive(desk, conversation_id=conversation_id, external_id="1", text="转人工")
    assert "ticket.customer_answered" not in facts(desk, asked)
    handoffs.request(desk, conversation_id=conversation_id, reason="request_human", summary={})
    for external_id in ("2", "2", "3"):
        conversations.receive(desk, conversation_id=conversation_id, external_id=external_id, text="三楼")
    assert 1 == facts(desk, asked).count("ticket.customer_answered")
    assert ["ticket.opened"] == facts(desk, other)


def test_invited_departments_get_a_task_each_and_a_notice(desk: Desk, wang: Agent) -> None:
    """KF-3.3.2: not the one that is responsible, nobody twice while they are at it, nobody unknown."""
    number = complain(desk).number
    ticket_work.involve(desk, number=number, agent=wang, departments=["网络运维部", "网络运维部", "投诉专席"], question="线路？")
    with desk.begin() as uow:
        [task] = uow.tasks.of_ticket(number)
    assert ("consultation", "网络运维部", "线路？") == (task.kind, task.assigned_to, task.detail)
    assert clocks(desk, number)["consult"].due_at == desk.clock.now() + timedelta(hours=8)
    assert 1 == len(notices(desk, "department:网络运维部"))
    for wrong in ([], ["网络运维部"], ["投诉专席"], ["不存在部"]):
        with pytest.raises(Invalid):
            ticket_work.involve(desk, number=number, agent=wang, departments=wrong)
    tasks.done(desk, task_id=task.id or 0, agent=wang, result="线路正常")
    ticket_work.involve(desk, number=number, agent=wang, departments=["网络运维部"], question="再查一次")
    assert 2 == facts(desk, number).count("ticket.departments_involved")


def test_a_consultation_is_arranged_with_those_invited(desk: Desk, wang: Agent) -> None:
    """KF-3.3.2: it stops the clock and tells them when and how; not without guests, not in the past."""
    number = complain(desk).number

    def arrange(after: timedelta) -> Ticket:
        return ticket_work.arrange_consultation(desk, number=number, agent=wang, when=desk.clock.now() + after, how="电话会议")

    with pytest.raises(IllegalTransition):
        arrange(LATER)
    WORK["involve"](desk, number, wang)
    with pytest.raises(Invalid):
        arrange(-LATER)
    arrange(LATER)
    assert "kept" == clocks(desk, number)["consult"].verdict
    assert any("11 月 24 日 12:30，电话会议" in text for text in notices(desk, "department:网络运维部"))


def test_when_the_work_is_done_the_result_is_owed(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """KF-3.3.3: twelve hours from the handling, kept by telling the customer."""
    number = complain(desk).number
    WORK["handled"](desk, number, wang)
    assert desk.clock.now() + timedelta(hours=12) == clocks(desk, number)["result"].due_at
    assert [] == told(desk)
    clock.advance(hours=1)
    tickets.advance(desk, number=number, to="replied", agent=wang, result="好了", outcome="upheld")
    assert "kept" == clocks(desk, number)["result"].verdict


def test_another_department_is_told_that_it_is_theirs(desk: Desk, wang: Agent) -> None:
    """A known one, and not the one that has it."""
    number = complain(desk).number
    assert "网络运维部" == WORK["assign"](desk, number, wang).department
    assert 1 == len(notices(desk, "department:网络运维部"))
    for wrong in ("网络运维部", "不存在部"):
        with pytest.raises(Invalid):
            ticket_work.assign(desk, number=number, agent=wang, department=wrong)


def test_a_priority_is_set_once(desk: Desk, wang: Agent) -> None:
    """What it already is leaves no fact, what it cannot be is refused."""
    number = complain(desk).number
    for _ in range(2):
        assert "high" == WORK["set_priority"](desk, number, wang).priority
    assert 1 == facts(desk, number).count("ticket.prioritised")
    with pytest.raises(Invalid):
        ticket_work.set_priority(desk, number=number, agent=wang, priority="huge")


@pytest.mark.parametrize("to", ["refused", "withdrawn", "confirmed"])
def test_what_is_over_takes_its_open_work_back(desk: Desk, wang: Agent, to: str) -> None:
    """Nobody works for a ticket that is closed; a review of compensation goes on."""
    number = complain(desk).number
    WORK["involve"](desk, number, wang)
    tickets.request_compensation(desk, number=number, conversation_id=talk(desk), key=None)
    if to == "confirmed":
        tickets.advance(desk, number=number, to="replied", agent=wang, result="好了", **FULL["replied"])
        tickets.confirm(desk, number=number, conversation_id=talk(desk), key=None)
    else:
        tickets.advance(desk, number=number, to=to, agent=wang, result="不办了", **FULL[to])  # type: ignore[arg-type]
    with desk.begin() as uow:
        assert {"consultation": "cancelled", "review": "open"} == {one.kind: one.status for one in uow.tasks.of_ticket(number)}
        task = next(one for one in uow.tasks.of_ticket(number) if one.kind == "consultation")
        assert [None] == [one.next_at for one in uow.deadlines.of(task.subject)]
