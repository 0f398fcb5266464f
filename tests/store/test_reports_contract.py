"""Every query of the reports gives the same on SQLite and PostgreSQL."""

from dataclasses import replace
from datetime import datetime, timedelta

from desk.core.agents import Agent
from desk.core.bookings import Booking
from desk.core.handoffs import Handoff, Rating
from desk.core.statistics import Share
from desk.service import agents, conversations, ratings, reports, tasks, ticket_work, tickets
from desk.service.desk import Desk
from tests.store.conftest import NOW


class NextDay:
    """The day after everything happened."""

    def now(self) -> datetime:
        """Aware UTC."""
        return NOW + timedelta(hours=2)


def test_a_month_and_a_quarter_on_either_database(desk: Desk) -> None:
    """A fault with a task, answered and rated; a complaint upheld about it; a booking, a wait and its rating."""
    wang = Agent(username="wang", name="王敏", role="agent", password_hash="-")
    with desk.begin() as uow:
        uow.add(wang)
    talk = conversations.open(desk, channel="web", channel_user="visitor").id
    fault, complaint = (tickets.open_ticket(desk, kind=kind, subject="断网", conversation_id=talk, key=None,
                                            service_id="it_support").number for kind in ("fault", "complaint"))
    tasks.create(desk, number=fault, agent=wang, kind="handling", assigned_to="IT服务部", title="换网线")
    ticket_work.contact(desk, number=fault, agent=wang, text="马上来")
    tickets.advance(desk, number=fault, to="replied", agent=wang, result="已修复")
    ratings.rate_ticket(desk, conversation_id=talk, number=fault, score=2)
    tickets.advance(desk, number=complaint, to="replied", agent=wang, result="属实", outcome="upheld", our_fault=True)
    handoff = Handoff(conversation_id=talk, queue="general", reason="request_human", requested_at=NOW,
                      accepted_at=NOW + timedelta(seconds=20), ended_at=NOW + timedelta(minutes=5), outcome="closed")
    with desk.begin() as uow:
        uow.add(handoff)
        uow.add(Booking(number="BK1", service_id="it_support", resource="onsite", starts_at=NOW - timedelta(days=1),
                        ends_at=NOW, created_at=NOW - timedelta(days=2), conversation_id=talk))
        uow.flush()
        uow.add(Rating(conversation_id=talk, score=5, at=NOW, handoff_id=handoff.id))

    desk = replace(desk, clock=NextDay())
    month = reports.monthly(desk, agent=agents.OPERATOR, period="2026-11")
    it, = (one.month for one in month.departments if one.department == "IT服务部")
    assert it.tickets == {"fault": 1, "complaint": 1}
    assert {clock: (one.kept, one.running) for clock, one in it.promises.items()} == {
        "reply": (Share.of(2, 2), 0), "response": (Share.of(2, 2), 0), "task": (Share.of(0, 0), 3)}  # handling, recovery, review
    assert (it.first_response.n, it.resolution.n, it.satisfaction) == (2, 2, Share.of(0, 1))
    assert it.faults == Share.of(1, 2)
    assert (it.complaints, it.complaints_working, it.still_open, it.overdue) == (1, 1, 2, 0)
    queue, = month.queues
    assert (queue.n, queue.waited.p50, queue.greeted) == (1, 20, Share.of(0, 0))
    quarter = reports.quarterly(desk, agent=agents.OPERATOR, period="2026-Q4")
    assert quarter.company.quarter.satisfaction == Share.of(1, 2)
    glances, _ = reports.overview(desk, agent=agents.OPERATOR)
    assert [(one.opened, one.satisfaction, one.broken) for one in glances] == [(2, Share.of(1, 2), 0)]
