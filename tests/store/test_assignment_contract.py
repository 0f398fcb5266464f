"""Offers under many processes at once, on SQLite and PostgreSQL: nobody is offered twice, nobody idle is left out."""

from collections import Counter

from desk.core.agents import Agent
from desk.core.errors import Conflict, DeskError, IllegalTransition
from desk.service import agents, assignment, conversations, handoffs
from desk.service.desk import Desk
from tests.service.queue_room import hire
from tests.store.conftest import RACERS, Race

BOSS = Agent(username="boss", name="主管", role="supervisor", password_hash="-", id=999)


def a_talk(desk: Desk, name: str) -> str:
    return conversations.open(desk, channel="web", channel_user=name).id


def ask(desk: Desk, name: str) -> int:
    return handoffs.request(desk, conversation_id=a_talk(desk, name), reason="request_human", summary={}).handoff_id


def check(desk: Desk) -> None:
    """One offer a person, one person an offer, and no idle agent beside somebody unoffered whom they have not declined."""
    with desk.begin() as uow:
        waiting, crew = uow.handoffs.waiting(), assignment.crew(uow)
        offered = Counter(one.offered_to for one in waiting if one.offered_to is not None)
    assert all(count == 1 for count in offered.values()), offered
    idle = [server for server in crew if server.free > 0 and server.id not in offered]
    left = [(one.id, server.id) for one in waiting if one.offered_to is None for server in idle
            if one.queue in server.skills and server.id not in one.declined]
    assert [] == left


def facts_of(desk: Desk, handoff_id: int) -> list[str]:
    with desk.begin() as uow:
        return [fact.name for fact in uow.facts.about(f"handoff:{handoff_id}")]


def test_many_matchings_make_one_offer(desk: Desk, race: Race[object]) -> None:
    """Eight processes see a waiting customer and a free agent: the agent is asked once."""
    handoff = ask(desk, "a")
    with desk.begin() as uow:
        uow.add(Agent(username="wang", name="王敏", role="agent", password_hash="-", skills=["general"], on_duty=True))
    assert [None] * RACERS == race(lambda racer: assignment.run(desk))
    assert 1 == facts_of(desk, handoff).count("handoff.offered")
    check(desk)


def test_many_customers_at_once_ring_at_different_agents(desk: Desk, race: Race[object]) -> None:
    """Eight customers, five free agents: five ring, three wait."""
    for n in range(5):
        hire(desk, f"agent{n}")
    results = race(lambda racer: ask(desk, f"c{racer}"))
    assert all(isinstance(one, int) for one in results), results
    with desk.begin() as uow:
        assert 5 == sum(one.offered_to is not None for one in uow.handoffs.waiting())
    check(desk)


def test_accepting_and_declining_at_once_has_one_winner(desk: Desk, race: Race[object]) -> None:
    """The agent declines in one window and accepts in the other, others grab: one of all holds it."""
    staff = [hire(desk, f"agent{n}") for n in range(4)]
    handoff = ask(desk, "a")
    with desk.begin() as uow:
        rings_at = uow.handoffs.get(handoff).offered_to or 0

    def go(racer: int) -> object:
        if racer % 2:
            return handoffs.decline(desk, handoff_id=handoff, agent_id=rings_at)
        return handoffs.accept(desk, handoff_id=handoff, agent_id=staff[racer // 2])

    results = race(go)
    assert all(not isinstance(one, Exception) or isinstance(one, Conflict | IllegalTransition) for one in results), results
    assert 1 == facts_of(desk, handoff).count("handoff.accepted")
    check(desk)


def test_whatever_happens_at_once_the_invariant_holds_afterwards(desk: Desk, race: Race[object]) -> None:
    """Customers come and go, agents answer, decline, finish, leave and come back, capacity changes; nothing deadlocks."""
    staff = [hire(desk, f"agent{n}", capacity=2) for n in range(4)]

    def work(racer: int) -> object:
        me = staff[racer % len(staff)]
        for turn in range(4):
            try:
                ask(desk, f"c{racer}{turn}")
                _answer(desk, me, turn)
                if racer == 0:
                    with desk.begin() as uow:
                        agent = uow.agents.get(staff[turn])
                    agents.set_duty(desk, agent=agent, on_duty=bool(turn % 2))
                if racer == 1:
                    agents.staff(desk, by=BOSS, agent_id=staff[turn], capacity=1 + turn)
                if racer == 2:
                    handoffs.leave(desk, conversation_id=a_talk(desk, f"c{racer}{turn}"))
            except (Conflict, IllegalTransition):
                continue
        return None

    results = race(work)
    assert [] == [one for one in results if isinstance(one, DeskError | Exception)]
    check(desk)


def _answer(desk: Desk, me: int, turn: int) -> None:
    """Take or pass on what rings at me, end what I hold."""
    with desk.begin() as uow:
        ringing = next((one.id for one in uow.handoffs.waiting() if one.offered_to == me), None)
        held = [one.conversation_id for one in uow.handoffs.held_by(me)]
    if ringing is not None and turn == 2:
        handoffs.decline(desk, handoff_id=ringing, agent_id=me)
    elif ringing is not None:
        handoffs.accept(desk, handoff_id=ringing, agent_id=me)
    if held:
        handoffs.close(desk, conversation_id=held[0], agent_id=me)


def test_a_dismissal_while_customers_are_accepted_loses_nobody(desk: Desk, race: Race[object]) -> None:
    """Whoever was taken in the very moment goes back to the queue, and rings at a colleague."""
    wang, li = hire(desk, "wang", capacity=9), hire(desk, "li", capacity=9)
    waiting = [ask(desk, f"c{n}") for n in range(RACERS)]

    def go(racer: int) -> object:
        if racer == 0:
            return agents.set_active(desk, by=agents.OPERATOR, agent_id=wang, active=False)
        return handoffs.accept(desk, handoff_id=waiting[racer], agent_id=wang)

    race(go)
    with desk.begin() as uow:
        owners = Counter(uow.conversations.get(uow.handoffs.get(one).conversation_id).owner for one in waiting)
        assert [] == uow.handoffs.held_by(wang)
    assert {"queue": RACERS} == owners
    check(desk)
    with desk.begin() as uow:
        assert li in {one.offered_to for one in uow.handoffs.waiting()}
