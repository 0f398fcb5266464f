"""Quotes from what the desk knows: staff on duty and planned, what they hold, how talks and waits lately went."""

from dataclasses import replace
from datetime import timedelta

import pytest

from desk.core.agents import Agent, Shift
from desk.core.conversations import Conversation
from desk.core.handoffs import Handoff, Priority
from desk.core.policy import HandlingPrior
from desk.core.queueing import Discipline
from desk.core.waiting import Newcomers, Quote, Situation
from desk.service import agents, conversations, handoffs, lines, waits
from desk.service.desk import Desk
from tests.service.conftest import SetClock

MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk whose queues have no prior, first come first served: what it knows is what it saw."""
    return policy(desk, handling=None, discipline=Discipline())


def policy(desk: Desk, **changes: object) -> Desk:
    """The desk with all queues changed."""
    queues = {name: replace(queue, **changes) for name, queue in desk.policy.queues.items()}  # type: ignore[arg-type]
    changed = replace(desk.policy, queues=queues)
    return replace(desk, policies=lambda: changed)


def past(desk: Desk, name: str, *, days_ago: float = 0.1, waited: float = 0, minutes: float | None = 10,
         queue: str = "general", answered_s: float | None = None, rank: int = 1) -> None:
    """Somebody who came, waited some minutes, and was served for some minutes or gave up."""
    came = desk.clock.now() - timedelta(days=days_ago)
    accepted = came + waited * MINUTE if minutes is not None else None
    offered = accepted - timedelta(seconds=answered_s) if accepted and answered_s else None
    with desk.begin() as uow:
        uow.add(Conversation(id=name, channel="web", channel_user=name, created_at=came))
        uow.flush()
        uow.add(Handoff(
            conversation_id=name, queue=queue, reason="request_human", requested_at=came, rank=rank, offered_at=offered,
            accepted_at=accepted, ended_at=came + (waited + (minutes or 0)) * MINUTE,
            outcome="closed" if accepted else "abandoned"))


def history(desk: Desk, *, days_ago: float = 1, minutes: float = 10, count: int = 5, queue: str = "general") -> None:
    """Talks of one length some days ago."""
    for n in range(count):
        past(desk, f"{queue}{days_ago}{n}", days_ago=days_ago, minutes=minutes, queue=queue)


def wait(desk: Desk, name: str, *, queue: str = "general", priority: Priority = "normal") -> handoffs.Queued:
    talk = conversations.open(desk, channel="web", channel_user=name)
    return handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={}, queue=queue,
                            priority=priority)


def serve(desk: Desk, wang: Agent, name: str) -> int:
    handoff_id = wait(desk, name).handoff_id
    handoffs.accept(desk, handoff_id=handoff_id, agent_id=wang.id or 0)
    return handoff_id


def busy(desk: Desk, wang: Agent) -> None:
    """Wang holds as many as he can."""
    for name in ("held1", "held2"):
        serve(desk, wang, name)


def colleague(desk: Desk, name: str, *, skills: list[str] | None = None, capacity: int = 2, on_duty: bool = True) -> int:
    with desk.begin() as uow:
        one = Agent(username=name, name=name, role="agent", password_hash="-", on_duty=on_duty, capacity=capacity,
                    skills=list(desk.policy.queues) if skills is None else skills)
        uow.add(one)
        uow.flush()
    return one.id or 0


def joining(desk: Desk, queue: str = "general") -> Quote:
    given = waits.quote(desk, queue=queue)
    assert isinstance(given, Quote)
    return given


def seen(desk: Desk, queue: str = "general") -> Situation:
    with desk.begin() as uow:
        return lines.seen(desk, uow, queue, joining=True).situation


def test_a_free_agent_means_at_once(desk: Desk, wang: Agent) -> None:
    """Wang holds two at once and has one."""
    serve(desk, wang, "a")
    assert (0, 1) == (joining(desk).low_min, joining(desk).high_min)


def test_everybody_busy_means_a_range_that_grows_with_the_queue(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """Ten-minute talks that began two minutes ago: eight minutes for the next two, ten more for those after them."""
    history(desk)
    busy(desk, wang)
    clock.advance(minutes=2)
    assert (480, 480) == (joining(desk).low_s, joining(desk).high_s)
    for name in "ab":
        wait(desk, name)
    assert (1080, 18, 18) == (joining(desk).mid_s, joining(desk).low_min, joining(desk).high_min)


@pytest.mark.parametrize(("days_ago", "queue"), [(31, "general"), (1, "technical")])
def test_old_talks_and_other_queues_are_no_basis(desk: Desk, wang: Agent, days_ago: float, queue: str) -> None:
    """Thirty days of the same queue, or no figure."""
    busy(desk, wang)
    history(desk, days_ago=days_ago, queue=queue)
    assert "no_history" == waits.quote(desk, queue="general")


def test_the_prior_of_the_queue_stands_in_for_what_was_not_seen(desk: Desk, wang: Agent) -> None:
    """No talk yet: half of them four minutes, the first of two ends sooner."""
    desk = policy(desk, handling=HandlingPrior(4 * MINUTE, 8 * MINUTE, 10))
    busy(desk, wang)
    assert 60 < joining(desk).mid_s < 240
    assert [240.0, 480.0, 10] == joining(desk).basis["prior"]


def test_who_goes_off_duty_or_lacks_the_skill_does_not_count(desk: Desk, wang: Agent) -> None:
    """Staff that cannot serve is no staff."""
    with desk.begin() as uow:
        uow.agents.get(wang.id or 0).skills = ["technical"]
    assert "no_agents" == waits.quote(desk, queue="general")
    assert isinstance(waits.quote(desk, queue="technical"), Quote)
    agents.set_duty(desk, agent=wang, on_duty=False)
    assert "no_agents" == waits.quote(desk, queue="technical")


def test_planned_shifts_are_known_beforehand(desk: Desk, wang: Agent) -> None:
    """Who is on duty goes when the shift ends; who comes later is counted from then; who is late is not counted."""
    now = desk.clock.now()
    later, late = colleague(desk, "later", on_duty=False, capacity=3), colleague(desk, "late", on_duty=False)
    with desk.begin() as uow:
        for who, begins, ends in ((wang.id, -60, 30), (later, 20, 200), (late, -10, 100)):
            uow.add(Shift(agent_id=who or 0, starts_at=now + begins * MINUTE, ends_at=now + ends * MINUTE))
    assert ((1200, 3), (1800, -2), (12000, -3)) == seen(desk).changes


def test_two_shifts_without_a_break_are_one_and_a_shift_that_began_early_is_not_counted_twice(desk: Desk,
                                                                                             wang: Agent) -> None:
    """Wang is here already: his shift from now plus ten minutes brings nobody new, and he goes when the second ends."""
    now = desk.clock.now()
    with desk.begin() as uow:
        for begins, ends in ((10, 60), (60, 90)):
            uow.add(Shift(agent_id=wang.id or 0, starts_at=now + begins * MINUTE, ends_at=now + ends * MINUTE))
    assert ((5400, -2),) == seen(desk).changes


def test_a_queue_served_by_the_same_people_stands_in_the_same_line(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """With one agent for everything whoever has waited longest is next; with people of its own the other queue is left
    out.
    """
    history(desk)
    busy(desk, wang)
    for name, queue in (("a", "technical"), ("b", "general"), ("c", "technical")):
        wait(desk, name, queue=queue)
        clock.advance(minutes=1)
    assert (-180.0, -120.0, -60.0, 0.0) == seen(desk).line
    colleague(desk, "expert", skills=["technical"], capacity=9)
    assert 2 == len(seen(desk).line)


def test_emergencies_pass_and_are_expected_as_often_as_they_lately_came(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """Two in the last four opening hours, one of them waiting; nobody passes an emergency."""
    past(desk, "e", queue="emergency", rank=0)
    busy(desk, wang)
    first = wait(desk, "a")
    clock.advance(minutes=1)
    urgent = wait(desk, "b", queue="emergency", priority="emergency")
    with desk.begin() as uow:
        line = lines.seen(desk, uow, "general")
    assert (urgent.handoff_id, first.handoff_id) == line.ids
    assert [(2, float("-inf"))] == [(kind.seen, kind.later_s) for kind in line.situation.newcomers]


def test_classes_pass_as_far_as_ageing_lets_them(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """A member who came six minutes ago counts as one who came now plus four; a newcomer of the first class passes them."""
    desk = policy(desk, discipline=Discipline(order="classes", classes=("VIP",), ageing=10 * MINUTE))
    busy(desk, wang)
    wait(desk, "a")
    clock.advance(minutes=6)
    with desk.begin() as uow:
        for handoff in [uow.handoffs.get(n) for n in (1, 2)]:
            handoff.tier = "VIP"
    assert (240.0, 600.0) == seen(desk).line
    assert (Newcomers(2, 4 * 3600, 0.0),) == seen(desk).newcomers


def test_how_offers_were_answered_and_who_gave_up_are_part_of_the_basis(desk: Desk, wang: Agent) -> None:
    """Two served after ten minutes each, one gone after ten: half an hour of waiting for one who gave up."""
    past(desk, "a", waited=10, answered_s=20)
    past(desk, "b", waited=10, answered_s=40)
    past(desk, "c", waited=10, minutes=None)
    situation = seen(desk)
    assert (1800, {20.0, 40.0}) == (situation.patience_s, set(situation.pickups_s))


def test_in_a_line_for_each_agent_only_that_agent_counts(desk: Desk, wang: Agent) -> None:
    """Wang's line is served by Wang's two slots."""
    desk = policy(desk, discipline=Discipline(line="per_agent"))
    colleague(desk, "zhao", capacity=5)
    with desk.begin() as uow:
        assert 2 == lines.seen(desk, uow, "general", line_of=wang.id).situation.idle
        assert 7 == lines.seen(desk, uow, "general").situation.idle


def test_everybody_in_the_line_gets_a_quote_from_one_batch(desk: Desk, wang: Agent) -> None:
    """In serving order, and the same as each would get alone but for chance."""
    history(desk, count=30)
    busy(desk, wang)
    told = [wait(desk, name).handoff_id for name in "abc"]
    with desk.begin() as uow:
        quoted = waits.quotes_in(desk, uow, "general")
        alone = waits.quote_for(desk, uow, uow.handoffs.get(told[2]))
    assert told == list(quoted)
    assert quoted[told[2]].high_s == alone.high_s == 1200  # type: ignore[union-attr]


def test_a_quote_told_is_kept_and_scored_when_a_person_takes_over(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """What was told, when, under which policy; then how long it really took. A second settlement changes nothing."""
    history(desk)
    busy(desk, wang)
    quote, handoff_id = joining(desk), wait(desk, "c").handoff_id
    with desk.begin() as uow:
        waits.keep(desk, uow, uow.handoffs.get(handoff_id), quote, place=0)
        waits.settle(desk, uow, uow.handoffs.get(handoff_id))
        assert uow.quotes.of_handoff(handoff_id)[-1].outcome is None
    clock.advance(minutes=7)
    with desk.begin() as uow:
        handoff = uow.handoffs.get(handoff_id)
        handoff.accepted_at = desk.clock.now()
        waits.settle(desk, uow, handoff)
    clock.advance(minutes=7)
    with desk.begin() as uow:
        waits.settle(desk, uow, uow.handoffs.get(handoff_id))
    with desk.begin() as uow:
        stored = uow.quotes.of_handoff(handoff_id)[-1]
    assert ("accepted", 420.0, 600.0, desk.policy.version) == (
        stored.outcome, stored.actual_s, stored.high_s, stored.policy_version)
    assert stored.scored_at is not None
    assert 5 == stored.basis["handling_n"]


def test_who_gives_up_is_censored_and_the_report_says_so(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """One served within what was told, one gone: one covered, one abandoned, at nine in the morning."""
    history(desk)
    busy(desk, wang)
    clock.advance(seconds=1)
    since = desk.clock.now()
    for name, outcome in (("c", "accepted"), ("d", "abandoned")):
        handoff_id = wait(desk, name).handoff_id
        with desk.begin() as uow:
            for one in uow.quotes.of_handoff(handoff_id):
                one.at = since - timedelta(days=2)
            waits.keep(desk, uow, uow.handoffs.get(handoff_id), Quote(1, 10, low_s=60, mid_s=300, high_s=600), place=0)
        clock.advance(minutes=5)
        with desk.begin() as uow:
            handoff = uow.handoffs.get(handoff_id)
            handoff.accepted_at, handoff.ended_at = (
                (desk.clock.now(), None) if outcome == "accepted" else (None, desk.clock.now()))
            waits.settle(desk, uow, handoff)
    whole_day, nine = waits.report(desk, since=since)
    assert ("general", None, 1, 1, 1.0) == (
        whole_day.queue, whole_day.hour, whole_day.summary.n, whole_day.summary.abandoned, whole_day.summary.coverage)
    assert (9, 0.0) == (nine.hour, nine.summary.bias_s)
