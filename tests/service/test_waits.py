"""Quotes from what the desk knows: staff on duty, what they hold, how long talks lately took."""

from datetime import timedelta

import pytest

from desk.core.agents import Agent
from desk.core.conversations import Conversation
from desk.core.handoffs import Handoff
from desk.core.waiting import Quote
from desk.service import agents, conversations, handoffs, waits
from desk.service.desk import Desk


def history(desk: Desk, *, days_ago: float, minutes: float, count: int = 5, queue: str = "general") -> None:
    """Talks of one length that ended some days ago."""
    ended = desk.clock.now() - timedelta(days=days_ago)
    with desk.begin() as uow:
        for n in range(count):
            name = f"{queue}{days_ago}{n}"
            uow.add(Conversation(id=name, channel="web", channel_user=name, created_at=ended))
            uow.flush()
            start = ended - timedelta(minutes=minutes)
            uow.add(Handoff(conversation_id=name, queue=queue, reason="request_human", requested_at=start,
                            accepted_at=start, ended_at=ended, outcome="closed"))


def wait(desk: Desk, name: str) -> handoffs.Queued:
    talk = conversations.open(desk, channel="web", channel_user=name)
    return handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={}, queue="general")


def serve(desk: Desk, wang: Agent, name: str) -> None:
    handoffs.accept(desk, handoff_id=wait(desk, name).handoff_id, agent_id=wang.id or 0)


def figures(desk: Desk) -> tuple[int, int]:
    given = waits.quote(desk, queue="general")
    assert isinstance(given, Quote)
    return given.low_min, given.high_min


def test_a_free_agent_means_at_once(desk: Desk, wang: Agent) -> None:
    """Wang holds two at once and has one."""
    serve(desk, wang, "a")
    assert (0, 1) == figures(desk)


def test_everybody_busy_means_a_range_that_grows_with_the_queue(desk: Desk, wang: Agent) -> None:
    """Ten-minute talks, two at a time: the gap is five minutes on average."""
    for name in "ab":
        serve(desk, wang, name)
    history(desk, days_ago=1, minutes=10)
    first = figures(desk)
    assert first[0] < 5 < first[1]
    wait(desk, "c")
    second = figures(desk)
    assert first[0] <= second[0]
    assert first[1] < second[1]


@pytest.mark.parametrize(("days_ago", "queue"), [(31, "general"), (1, "technical")])
def test_old_talks_and_other_queues_are_no_basis(desk: Desk, wang: Agent, days_ago: float, queue: str) -> None:
    """Thirty days of the same queue, or no figure."""
    for name in "ab":
        serve(desk, wang, name)
    history(desk, days_ago=days_ago, minutes=10, queue=queue)
    assert "no_history" == waits.quote(desk, queue="general")


def test_who_goes_off_duty_or_lacks_the_skill_does_not_count(desk: Desk, wang: Agent) -> None:
    """Staff that cannot serve is no staff."""
    with desk.begin() as uow:
        uow.agents.get(wang.id or 0).skills = ["technical"]
    assert "no_agents" == waits.quote(desk, queue="general")
    assert isinstance(waits.quote(desk, queue="technical"), Quote)
    agents.set_duty(desk, agent=wang, on_duty=False)
    assert "no_agents" == waits.quote(desk, queue="technical")


def test_the_quote_is_kept_with_its_policy(desk: Desk, wang: Agent) -> None:
    """Invariant 4: what was told, when, under which policy."""
    for name in "ab":
        serve(desk, wang, name)
    history(desk, days_ago=1, minutes=10)
    state = wait(desk, "c")
    with desk.begin() as uow:
        kept = uow.handoffs.get(state.handoff_id).quote
    assert kept is not None
    assert state.quote is not None
    assert {**state.quote, "place": 0, "on_duty": 1, "at": desk.clock.now().isoformat(),
            "policy_version": desk.policy.version} == kept
