"""Notices to the people of the desk: each to those whom it concerns, once, until one of them has looked."""

import pytest

from desk.core.agents import Agent
from desk.core.errors import NotFound, NotYours
from desk.service import staff_notices
from desk.service.desk import Desk
from tests.service.conftest import SetClock


def tell(desk: Desk, *audiences: str, key: str = "k", urgent: bool = False) -> None:
    with desk.begin() as uow:
        staff_notices.tell(desk, uow, list(audiences), about="ticket:TS1", text=f"{key}", key=key, urgent=urgent)


def person(desk: Desk, role: str) -> Agent:
    with desk.begin() as uow:
        agent = Agent(username=role, name=role, role=role, password_hash="-")  # type: ignore[arg-type]
        uow.add(agent)
    return agent


def test_who_sees_what(desk: Desk, wang: Agent) -> None:
    """Supervisors theirs, whoever handles tickets every department's, everybody their own, trainers nothing else."""
    boss, trainer, root = person(desk, "supervisor"), person(desk, "trainer"), person(desk, "admin")
    tell(desk, "supervisors", "department:网络运维部", f"agent:{wang.id}", f"agent:{trainer.id}")

    def seen_by(agent: Agent) -> set[str]:
        return {one.audience for one in staff_notices.unseen(desk, agent=agent)}

    assert {"department:网络运维部", f"agent:{wang.id}"} == seen_by(wang)
    assert {"supervisors", "department:网络运维部"} == seen_by(boss) == seen_by(root)
    assert {f"agent:{trainer.id}"} == seen_by(trainer)


def test_one_look_is_enough(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """Who looked and when is kept, also when somebody looks again; what is for others cannot be put away."""
    boss = person(desk, "supervisor")
    tell(desk, "supervisors", "department:网络运维部")
    own = staff_notices.unseen(desk, agent=wang)[0]
    first = clock.now()
    staff_notices.seen(desk, agent=wang, notice_id=own.id or 0)
    clock.advance(minutes=1)
    again = staff_notices.seen(desk, agent=boss, notice_id=own.id or 0)
    assert (first, wang.id) == (again.seen_at, again.seen_by)
    [left] = staff_notices.unseen(desk, agent=boss)
    with pytest.raises(NotYours):
        staff_notices.seen(desk, agent=wang, notice_id=left.id or 0)
    with pytest.raises(NotFound):
        staff_notices.seen(desk, agent=wang, notice_id=999)
    assert [left.id] == [one.id for one in staff_notices.unseen(desk, agent=boss)]


def test_the_same_key_is_told_once_and_the_urgent_comes_first(desk: Desk, wang: Agent) -> None:
    """A step that is taken again tells nothing new."""
    for key, urgent in (("a", False), ("b", True), ("a", False), ("c", False)):
        tell(desk, "department:网络运维部", key=key, urgent=urgent)
    assert ["b", "c", "a"] == [one.text for one in staff_notices.unseen(desk, agent=wang)]
