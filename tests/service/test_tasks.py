"""Tasks: who may do what, what the ticket learns of it, and how providers are evaluated."""

from datetime import timedelta

import pytest

from desk.core.agents import Agent
from desk.core.errors import IllegalTransition, Invalid, NotFound, NotYours
from desk.core.tasks import Kind, Task
from desk.service import tasks, ticket_work, tickets
from desk.service.desk import Desk
from tests.service.conftest import SetClock
from tests.service.test_ticket_work import notices
from tests.service.test_tickets import complain, facts, talk


@pytest.fixture
def zhao(desk: Desk) -> Agent:
    """A supervisor."""
    with desk.begin() as uow:
        agent = Agent(username="zhao", name="赵强", role="supervisor", password_hash="-")
        uow.add(agent)
    return agent


def a_task(desk: Desk, agent: Agent, kind: Kind = "handling", assigned_to: str = "网络运维部", number: str = "") -> Task:
    number = number or complain(desk, kind="fault").number
    tasks.create(desk, number=number, agent=agent, kind=kind, assigned_to=assigned_to, title="上门检修", detail="三楼")
    with desk.begin() as uow:
        return uow.tasks.of_ticket(number)[-1]


def supplier(desk: Desk) -> str:
    return next(iter(desk.policy.suppliers))


def test_work_is_given_to_known_departments_and_providers(desk: Desk, wang: Agent) -> None:
    """With a clock of its own and a notice; consultations, reviews and recoveries begin elsewhere."""
    task = a_task(desk, wang)
    with desk.begin() as uow:
        assert ["task"] == [one.clock for one in uow.deadlines.of(task.subject)]
    assert 1 == len(notices(desk, "department:网络运维部"))
    for kind, whom, title in (("handling", "不存在部", "x"), ("supplier", "网络运维部", "x"), ("review", "网络运维部", "x"),
                              ("consultation", "网络运维部", "x"), ("handling", "网络运维部", " ")):
        with pytest.raises(Invalid):
            tasks.create(desk, number=task.ticket_number, agent=wang, kind=kind, assigned_to=whom, title=title)  # type: ignore[arg-type]


def test_a_task_is_responded_to_and_done_once(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """Each step is a fact of the task and shows on its ticket; an illegal one leaves nothing."""
    task = a_task(desk, wang)
    clock.advance(minutes=5)
    tasks.respond(desk, task_id=task.id or 0, agent=wang)
    with pytest.raises(IllegalTransition):
        tasks.respond(desk, task_id=task.id or 0, agent=wang)
    with pytest.raises(Invalid):
        tasks.done(desk, task_id=task.id or 0, agent=wang, result=" ")
    done = tasks.done(desk, task_id=task.id or 0, agent=wang, result="换了光猫")
    assert ("done", "换了光猫", clock.now()) == (done.status, done.result, done.responded_at)
    with pytest.raises(IllegalTransition):
        tasks.cancel(desk, task_id=task.id or 0, agent=wang, result="算了")
    shown = tasks.show(desk, task_id=task.id or 0, agent=wang)
    assert ["task.opened", "task.responded", "task.done"] == [fact.name for fact in shown.facts]
    assert ["kept"] == [one.verdict for one in shown.deadlines]
    assert ["ticket.opened", "ticket.task_opened", "ticket.task_responded", "ticket.task_done"] == facts(desk, task.ticket_number)


def test_a_review_of_compensation_is_a_supervisor_s(desk: Desk, wang: Agent, zhao: Agent) -> None:
    """KF-3.5.2: whoever handled the ticket does not decide what we owe; trainers see no tasks."""
    number = complain(desk).number
    tickets.request_compensation(desk, number=number, conversation_id=talk(desk), key=None)
    with desk.begin() as uow:
        [review] = uow.tasks.of_ticket(number)
    with pytest.raises(NotYours):
        tasks.done(desk, task_id=review.id or 0, agent=wang, result="赔 50 元")
    assert "done" == tasks.done(desk, task_id=review.id or 0, agent=zhao, result="赔 50 元").status
    trainer = Agent(username="t", name="陈晨", role="trainer", password_hash="-", id=9)
    for look in (lambda: tasks.show(desk, task_id=review.id or 0, agent=trainer), lambda: tasks.search(desk, agent=trainer)):
        with pytest.raises(NotYours):
            look()
    with pytest.raises(NotFound):
        tasks.show(desk, task_id=99, agent=wang)


def test_the_department_is_told_when_everything_is_in(desk: Desk, wang: Agent) -> None:
    """Once, when the last of handling and consultation is over; a provider's work is not waited for."""
    ticket = complain(desk, kind="fault")
    first = a_task(desk, wang, number=ticket.number)
    a_task(desk, wang, kind="supplier", assigned_to=supplier(desk), number=ticket.number)
    ticket_work.involve(desk, number=ticket.number, agent=wang, departments=["IT服务部"])
    with desk.begin() as uow:
        last = next(one for one in uow.tasks.of_ticket(ticket.number) if one.kind == "consultation")
    own = f"department:{ticket.department}"
    tasks.done(desk, task_id=first.id or 0, agent=wang, result="好了")
    assert not [text for text in notices(desk, own) if "都已结束" in text]
    tasks.cancel(desk, task_id=last.id or 0, agent=wang, result="不需要了")
    assert 1 == len([text for text in notices(desk, own) if "都已结束" in text])


def test_lists_show_what_is_due_first(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """By kind and by who has to do it; what is over only when asked for."""
    late = a_task(desk, wang)
    clock.advance(hours=1)
    later, outside = a_task(desk, wang), a_task(desk, wang, kind="supplier", assigned_to=supplier(desk))
    tasks.done(desk, task_id=later.id or 0, agent=wang, result="好了")
    newest = a_task(desk, wang, assigned_to="IT服务部")

    def found(**given: object) -> list[int | None]:
        return [task.id for task, _ in tasks.search(desk, agent=wang, **given)]  # type: ignore[arg-type]

    assert [late.id, newest.id] == found(kinds=["handling"])
    assert [outside.id] == found(kinds=["supplier"])
    assert [late.id] == found(assigned_to="网络运维部")
    assert {late.id, later.id} == set(found(assigned_to="网络运维部", open_only=False))
    assert all(clocks for _, clocks in tasks.search(desk, agent=wang))


def test_a_provider_is_evaluated_from_facts(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """WW-8, HQ-4: response and completion within their promise, with n and the mean of the marks, over a period."""
    since, name = clock.now(), supplier(desk)
    within = desk.policy.suppliers[name]
    good, bad = (a_task(desk, wang, kind="supplier", assigned_to=name) for _ in range(2))
    tasks.respond(desk, task_id=good.id or 0, agent=wang)
    with pytest.raises(Invalid):
        tasks.done(desk, task_id=good.id or 0, agent=wang, result="好了")
    tasks.done(desk, task_id=good.id or 0, agent=wang, result="好了", quality=5)
    clock.advance(seconds=(within.respond_within + within.complete_within).total_seconds(), days=10)
    tasks.done(desk, task_id=bad.id or 0, agent=wang, result="拖了很久", quality=2)
    [figures] = tasks.supplier_evaluation(desk, since=since, until=clock.now())
    assert (name, 2, 3.5, 2) == (figures.supplier, figures.n, figures.quality, figures.judged)
    assert (1, 2, 1, 2) == (figures.response.successes, figures.response.n, figures.completion.successes, figures.completion.n)
    assert [] == tasks.supplier_evaluation(desk, since=since + timedelta(seconds=1), until=clock.now())
