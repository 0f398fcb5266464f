"""Any history of a queue: customers, agents, supervisors and time in any order; the promises of queues always hold."""

import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from desk.core.agents import Agent
from desk.core.queueing import open_to
from desk.gateways.policy_files import load_policy
from desk.service import agents, assignment, clock, conversations, handoffs, lines
from desk.service.desk import Desk
from desk.store.unit_of_work import Store
from tests.service.conftest import ROOT, SetClock
from tests.service.queue_room import agent, facts, hire, stored, wait, with_discipline

pytestmark = pytest.mark.proof
BOSS = Agent(username="boss", name="主管", role="supervisor", password_hash="-", id=999)
POLICY = load_policy(ROOT / "policy")
DISCIPLINES: list[dict[str, Any]] = [
    {}, {"line": "number"}, {"line": "per_agent"}, {"order": "shortest_first", "ageing": timedelta(minutes=5)},
    {"order": "classes", "classes": ("VIP",), "ageing": timedelta(minutes=5)}]
some = st.integers(0, 7)


class QueueHistory(RuleBasedStateMachine):
    """One queue room from opening to closing."""

    @initialize(rules=st.sampled_from(DISCIPLINES))
    def open(self, rules: dict[str, Any]) -> None:
        """Three agents and a supervisor, nobody on duty."""
        self.folder = tempfile.TemporaryDirectory()
        self.clock = SetClock(datetime(2026, 11, 24, 1, 30, tzinfo=UTC))
        self.store = Store(f"sqlite:///{Path(self.folder.name)}/desk.db")
        self.store.create_tables()
        self.desk = with_discipline(Desk(begin=self.store.begin, clock=self.clock, policies=lambda: POLICY), **rules)
        self.staff = [hire(self.desk, f"a{n}", skills=("general", "technical")[: 1 + n % 2], on_duty=False) for n in range(3)]
        self.staff.append(hire(self.desk, "boss", role="supervisor", skills=(), on_duty=False))
        self.customers = 0
        self.asked: list[int] = []

    def teardown(self) -> None:
        """Nothing is left."""
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    def one_of(self, which: int) -> int:
        """Somebody who works here."""
        return self.staff[which % len(self.staff)]

    def waiting(self, which: int) -> int | None:
        """Somebody who waits."""
        with self.desk.begin() as uow:
            found = uow.handoffs.waiting()
        return found[which % len(found)].id if found else None

    @rule(urgent=st.booleans(), queue=st.sampled_from(["general", "technical"]))
    def somebody_comes(self, urgent: bool, queue: str) -> None:
        """A customer queues."""
        self.customers += 1
        self.asked.append(wait(self.desk, f"c{self.customers}", queue=queue, priority="emergency" if urgent else "normal"))

    @rule(which=some)
    def somebody_leaves(self, which: int) -> None:
        """A customer gives up."""
        handoff = self.waiting(which)
        if handoff is not None:
            handoffs.leave(self.desk, conversation_id=stored(self.desk, handoff).conversation_id)

    @precondition(lambda self: self.customers > 0)
    @rule(which=some)
    def the_agent_answers(self, which: int) -> None:
        """Whoever it rings at takes it."""
        handoff = self.waiting(which)
        if handoff is not None and (rings_at := stored(self.desk, handoff).offered_to) is not None:
            handoffs.accept(self.desk, handoff_id=handoff, agent_id=rings_at)

    @rule(which=some)
    def the_agent_declines(self, which: int) -> None:
        """Whoever it rings at passes it on."""
        handoff = self.waiting(which)
        if handoff is not None and (rings_at := stored(self.desk, handoff).offered_to) is not None:
            handoffs.decline(self.desk, handoff_id=handoff, agent_id=rings_at)

    @rule(which=some, who=some)
    def somebody_helps_themselves(self, which: int, who: int) -> None:
        """An agent takes a customer by hand, whether it rings elsewhere or not."""
        handoff, me = self.waiting(which), agent(self.desk, self.one_of(who))
        if handoff is not None and me.active and (me.role == "supervisor" or stored(self.desk, handoff).queue in me.skills):
            handoffs.accept(self.desk, handoff_id=handoff, agent_id=me.id or 0)

    @rule(who=some, back=st.booleans())
    def a_talk_ends(self, who: int, back: bool) -> None:
        """An agent closes or returns what they have held longest."""
        me = self.one_of(who)
        with self.desk.begin() as uow:
            held = uow.handoffs.held_by(me)
        if held:
            (handoffs.give_back if back else handoffs.close)(self.desk, conversation_id=held[0].conversation_id, agent_id=me)

    @rule(who=some, on_duty=st.booleans())
    def duty(self, who: int, on_duty: bool) -> None:
        """Somebody comes or goes."""
        me = agent(self.desk, self.one_of(who))
        if me.active:
            agents.set_duty(self.desk, agent=me, on_duty=on_duty)

    @rule(who=some, capacity=st.integers(1, 3))
    def capacity(self, who: int, capacity: int) -> None:
        """A supervisor changes how much somebody takes."""
        agents.staff(self.desk, by=BOSS, agent_id=self.one_of(who), capacity=capacity)

    @rule(who=some, skills=st.lists(st.sampled_from(["general", "technical"]), unique=True))
    def skills(self, who: int, skills: list[str]) -> None:
        """A supervisor changes what somebody serves."""
        agents.staff(self.desk, by=BOSS, agent_id=self.one_of(who), skills=skills)

    @precondition(lambda self: len(self.asked) > 2)
    @rule(who=st.integers(0, 2), active=st.booleans())
    def employment(self, who: int, active: bool) -> None:
        """Somebody is dismissed or comes back."""
        agents.set_active(self.desk, by=agents.OPERATOR, agent_id=self.staff[who], active=active)

    @rule(seconds=st.sampled_from([5, 30, 61, 200]))
    def time_passes(self, seconds: int) -> None:
        """The deadline clock looks afterwards."""
        self.clock.advance(seconds=seconds)
        while clock.sweep(self.desk):
            pass
        assignment.run(self.desk)

    @invariant()
    def nobody_idle_beside_somebody_unoffered(self) -> None:
        """PD-3, and at most one offer a person."""
        if not hasattr(self, "desk"):
            return
        with self.desk.begin() as uow:
            waiting, crew = uow.handoffs.waiting(), assignment.crew(uow)
        offered = Counter(one.offered_to for one in waiting if one.offered_to is not None)
        assert set(offered.values()) <= {1}
        assert set(offered) <= {server.id for server in crew}
        for one in waiting:
            if one.offered_to is None:
                idle = [server.id for server in crew if server.free > 0 and server.id not in offered
                        and open_to(lines.as_waiting(one), server, one.queue)]
                assert [] == idle

    @invariant()
    def one_owner(self) -> None:
        """A conversation waits, is held by one active agent, or is over; and nothing is offered but what waits."""
        for handoff_id in getattr(self, "asked", []):
            handoff = stored(self.desk, handoff_id)
            talk = conversations.get(self.desk, conversation_id=handoff.conversation_id)
            if handoff.waiting:
                assert ("queue", handoff_id, None) == (talk.owner, talk.handoff_id, talk.agent_id)
            elif handoff.ended_at is None:
                assert ("agent", handoff.agent_id) == (talk.owner, talk.agent_id)
                assert agent(self.desk, handoff.agent_id or 0).active
            else:
                assert talk.owner in ("bot", "closed")
            assert handoff.waiting or handoff.offered_to is None

    @invariant()
    def offers_and_their_ends_alternate(self) -> None:
        """Every offer ends once before the next begins, so that its clock has one verdict each."""
        for handoff_id in getattr(self, "asked", []):
            ringing = False
            for fact in facts(self.desk, handoff_id):
                name = fact.name.partition(".")[2]
                if name == "offered":
                    assert not ringing
                    ringing = True
                elif name in ("accepted", "declined", "pulled_back", "abandoned"):
                    assert ringing or name in ("accepted", "abandoned")
                    ringing = False
            assert ringing == (stored(self.desk, handoff_id).offered_to is not None)


TestQueueHistory = QueueHistory.TestCase
TestQueueHistory.settings = settings(max_examples=15, stateful_step_count=25, deadline=None,
                                     suppress_health_check=list(HealthCheck))
