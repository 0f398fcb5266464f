"""Lists of tickets and tasks by what is due, over both databases."""

from datetime import timedelta

from desk.core.agents import Agent
from desk.service import conversations, tasks, ticket_work, tickets
from desk.service.desk import Desk
from tests.store.conftest import NOW


def test_what_is_due_first_comes_first(desk: Desk) -> None:
    """Overdue, due soon, waiting for the customer and open are told apart; what has no due time comes last."""
    with desk.begin() as uow:
        agent = Agent(username="wang", name="王敏", role="agent", password_hash="-")
        uow.add(agent)
    talk = conversations.open(desk, channel="web", channel_user="a").id

    def opened(kind: str) -> str:
        return tickets.open_ticket(desk, kind=kind, subject=kind, conversation_id=talk, key=None).number  # type: ignore[arg-type]

    slow, fast, asked, gone = opened("emergency"), opened("fault"), opened("inquiry"), opened("praise")
    ticket_work.ask_customer(desk, number=asked, agent=agent, question="几楼？")
    tickets.withdraw(desk, number=gone, conversation_id=talk, key=None)

    def found(owed: str | None, after: timedelta) -> list[str]:
        with desk.begin() as uow:
            return [one.number for one in uow.tickets.search(owed=owed, now=NOW + after, by_due=True)]  # type: ignore[arg-type]

    assert [fast, slow, gone, asked] == found(None, timedelta(0))
    assert [fast, slow, asked] == found("open", timedelta(0))
    assert ([], [fast]) == (found("overdue", timedelta(hours=2)), found("soon", timedelta(hours=2)))
    assert [fast, slow] == found("overdue", timedelta(hours=7))
    assert [asked] == found("waiting", timedelta(0))
    for department in ("网络运维部", "IT服务部"):
        tasks.create(desk, number=slow, agent=agent, kind="handling", assigned_to=department, title=department)
    first, second = ((task.id or 0) for task, _ in tasks.search(desk, agent=agent))
    with desk.begin() as uow:
        row = uow.deadlines.of(f"task:{min(first, second)}")[0]
        row.due_at = NOW - timedelta(hours=1)
    assert [min(first, second), max(first, second)] == [task.id for task, _ in tasks.search(desk, agent=agent)]
    tasks.done(desk, task_id=first, agent=agent, result="好了")
    assert [second] == [task.id for task, _ in tasks.search(desk, agent=agent)]
