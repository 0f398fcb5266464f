"""Notices to the people of the desk: written for those who should look, read by them, done when one of them has."""

from desk.core.agents import Agent
from desk.core.errors import NotYours
from desk.core.staff_notices import StaffNotice
from desk.service.desk import Desk, UnitOfWork


def tell(desk: Desk, uow: UnitOfWork, audiences: list[str], *, about: str, text: str, key: str,
         urgent: bool = False) -> None:
    """Write a notice for each audience, once per key, and wake whoever watches."""
    for audience in audiences:
        uow.staff_notices.put(StaffNotice(audience=audience, subject=about, text=text, at=desk.clock.now(),
                                          dedup_key=f"{key}/{audience}", urgent=urgent))
    uow.wake("staff")


def unseen(desk: Desk, *, agent: Agent, limit: int = 100) -> list[StaffNotice]:
    """What somebody has still to look at, the urgent first, then the newest."""
    with desk.begin() as uow:
        found = uow.staff_notices.unseen(_audiences(desk, agent), limit=limit)
    return sorted(found, key=lambda one: not one.urgent)


def seen(desk: Desk, *, agent: Agent, notice_id: int) -> StaffNotice:
    """Somebody has looked: nobody else needs to. Raises NotFound, or NotYours for what is meant for others."""
    with desk.begin() as uow:
        notice = uow.staff_notices.get(notice_id)
        if notice.audience not in _audiences(desk, agent):
            raise NotYours(notice.audience)
        if notice.seen_at is None:
            notice.seen_at, notice.seen_by = desk.clock.now(), agent.id
            uow.wake("staff")
        return notice


def _audiences(desk: Desk, agent: Agent) -> list[str]:
    """Agents belong to queues, not to departments: whoever handles tickets sees the notices of every department."""
    departments = [f"department:{name}" for name in desk.policy.departments()] if agent.may("tickets") else []
    return [f"agent:{agent.id}", *departments, *(["supervisors"] if agent.may("supervise") else [])]
