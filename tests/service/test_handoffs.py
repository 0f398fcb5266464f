"""From the bot to a person and back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from desk.core.agents import Agent
from desk.core.conversations import Conversation
from desk.core.errors import Conflict, IllegalTransition, Invalid, NotYours
from desk.core.handoffs import Handoff
from desk.service import agents, conversations, handoffs, standing, waits, worklist
from desk.service.desk import Desk


def a_customer(desk: Desk, name: str) -> Conversation:
    return conversations.open(desk, channel="web", channel_user=name)


def ask(desk: Desk, name: str, **kwargs: object) -> handoffs.Queued:
    given = {"reason": "request_human", "queue": "general", **kwargs}
    return handoffs.request(desk, conversation_id=a_customer(desk, name).id, summary={}, **given)  # type: ignore[arg-type]


def history(desk: Desk, *, minutes: list[float], queue: str = "general") -> None:
    """Talks of these lengths, a day ago."""
    start = desk.clock.now() - timedelta(days=1)
    with desk.begin() as uow:
        for i, length in enumerate(minutes):
            conversation = Conversation(id=f"old{i}", channel="web", channel_user=f"old{i}", created_at=start)
            uow.add(conversation)
            uow.flush()
            uow.add(Handoff(conversation_id=conversation.id, queue=queue, reason="request_human", requested_at=start,
                            accepted_at=start, ended_at=start + timedelta(minutes=length), outcome="closed"))


def texts(desk: Desk, name: str, kind: str) -> list[str]:
    talk = a_customer(desk, name)
    return [m.text for m in conversations.events(desk, conversation_id=talk.id) if m.kind == kind]


def test_emergencies_pass_and_others_stand_in_the_order_they_came(desk: Desk, wang: Agent) -> None:
    """PD-2: first come, first served, emergencies first."""
    ask(desk, "a")
    ask(desk, "b")
    ask(desk, "c", priority="emergency")
    assert ["c", "a", "b"] == [view.conversation.channel_user for view in worklist.waiting(desk, agent=wang)]


def test_asking_again_keeps_the_place(desk: Desk, wang: Agent) -> None:
    """Impatience neither loses nor wins a place, and makes no second entry."""
    first = ask(desk, "a")
    ask(desk, "b")
    again = ask(desk, "a")
    assert (first.handoff_id, 0) == (again.handoff_id, again.place)
    assert 2 == len(worklist.waiting(desk, agent=wang))


def test_only_one_agent_gets_a_conversation(desk: Desk, wang: Agent) -> None:
    """The second one is told that somebody was faster."""
    state = ask(desk, "a")
    assert wang.id is not None
    handoffs.accept(desk, handoff_id=state.handoff_id, agent_id=wang.id)
    with pytest.raises(Conflict):
        handoffs.accept(desk, handoff_id=state.handoff_id, agent_id=wang.id)


def test_an_agent_without_the_skill_cannot_take_it(desk: Desk, wang: Agent) -> None:
    """Roles and skills decide, not the URL."""
    with desk.begin() as uow:
        uow.agents.get(wang.id or 0).skills = ["technical"]
    with pytest.raises(NotYours):
        handoffs.accept(desk, handoff_id=ask(desk, "a").handoff_id, agent_id=wang.id or 0)


def test_nobody_on_duty_is_said_without_a_figure(desk: Desk) -> None:
    """An honest refusal instead of a number."""
    state = ask(desk, "a")
    assert (None, "no_agents", 0) == (state.quote, state.why_no_quote, state.on_duty)
    assert "没有客服在线" in texts(desk, "a", "queue")[0]


def test_a_quote_needs_a_basis_and_then_names_a_range(desk: Desk, wang: Agent) -> None:
    """With staff busy and history known, place gives a range; without history and prior it is refused."""
    queues = {name: replace(queue, handling=None) for name, queue in desk.policy.queues.items()}
    bare = replace(desk.policy, queues=queues)
    desk = replace(desk, policies=lambda: bare)
    for name in ("a", "b"):
        handoffs.accept(desk, handoff_id=ask(desk, name).handoff_id, agent_id=wang.id or 0)
    assert "no_history" == waits.quote(desk, queue="general")
    history(desk, minutes=[4, 5, 6, 5, 5, 7])
    state = ask(desk, "c")
    assert state.quote is not None
    assert state.quote["low_min"] < state.quote["high_min"]
    told = texts(desk, "c", "queue")[0]
    assert "下一位就是您" in told
    assert f"10 位客户里约 8 位在 {state.quote['high_min']} 分钟内接通" in told


def test_the_waiting_are_told_when_their_place_changes_and_only_then(desk: Desk, wang: Agent) -> None:
    """One message a change, none for nothing."""
    first = ask(desk, "a")
    ask(desk, "b")
    standing.refresh_places(desk)
    assert 1 == len(texts(desk, "b", "queue"))
    handoffs.accept(desk, handoff_id=first.handoff_id, agent_id=wang.id or 0)
    standing.refresh_places(desk)
    standing.refresh_places(desk)
    assert 2 == len(texts(desk, "b", "queue"))
    assert "下一位就是您" in texts(desk, "b", "queue")[-1]


def test_talk_both_ways_then_return_and_rating(desk: Desk, wang: Agent) -> None:
    """The whole way of a handoff, each word once."""
    state = ask(desk, "a")
    talk = handoffs.accept(desk, handoff_id=state.handoff_id, agent_id=wang.id or 0)
    said = handoffs.say(desk, conversation_id=talk.id, agent_id=wang.id or 0, text="您好,我是王敏", external_id="x1")
    again = handoffs.say(desk, conversation_id=talk.id, agent_id=wang.id or 0, text="您好,我是王敏", external_id="x1")
    assert said.seq == again.seq
    handoffs.give_back(desk, conversation_id=talk.id, agent_id=wang.id or 0)
    assert "bot" == conversations.get(desk, conversation_id=talk.id).owner
    assert 1 == len(texts(desk, "a", "rating"))
    assert handoffs.rate(desk, conversation_id=talk.id, score=5)
    assert handoffs.rate(desk, conversation_id=talk.id, score=4)
    with pytest.raises(Invalid):
        handoffs.rate(desk, conversation_id=talk.id, score=6)
    with desk.begin() as uow:
        rating = uow.handoffs.rating(state.handoff_id)
    assert rating is not None
    assert 4 == rating.score


def test_another_agent_cannot_speak_in_it(desk: Desk, wang: Agent) -> None:
    """Only who holds a conversation talks in it; after the end nobody does."""
    talk = handoffs.accept(desk, handoff_id=ask(desk, "a").handoff_id, agent_id=wang.id or 0)
    with pytest.raises(NotYours):
        handoffs.say(desk, conversation_id=talk.id, agent_id=(wang.id or 0) + 1, text="我来", external_id="1")
    handoffs.close(desk, conversation_id=talk.id, agent_id=wang.id or 0)
    with pytest.raises(IllegalTransition):
        handoffs.say(desk, conversation_id=talk.id, agent_id=wang.id or 0, text="还有", external_id="2")


def test_a_customer_may_leave_the_queue_in_words(desk: Desk) -> None:
    """“不等了” goes back to the bot; nobody takes the entry afterwards."""
    state = ask(desk, "a")
    talk = a_customer(desk, "a")
    conversations.receive(desk, conversation_id=talk.id, external_id="1", text="算了不等了")
    assert "bot" == conversations.get(desk, conversation_id=talk.id).owner
    with desk.begin() as uow:
        assert "abandoned" == uow.handoffs.get(state.handoff_id).outcome


def test_a_waiting_customer_who_asks_is_told_the_place(desk: Desk, wang: Agent) -> None:
    """The queue answers “还要等多久” although the bot is silent."""
    ask(desk, "a")
    talk = a_customer(desk, "a")
    conversations.receive(desk, conversation_id=talk.id, external_id="1", text="还要等多久啊")
    assert 2 == len(texts(desk, "a", "queue"))


def test_nobody_is_given_a_conversation_that_a_person_holds(desk: Desk, wang: Agent) -> None:
    """A late bot action cannot pull a conversation out of a person's hands."""
    talk = handoffs.accept(desk, handoff_id=ask(desk, "a").handoff_id, agent_id=wang.id or 0)
    with pytest.raises(IllegalTransition):
        handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={})


def test_a_deactivated_agents_conversations_go_back_to_their_place(desk: Desk, wang: Agent) -> None:
    """The customer is told, stands where they stood, and another agent may take them."""
    talk = conversations.open(desk, channel="web", channel_user="left")
    handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={})
    state = handoffs.status(desk, conversation_id=talk.id)
    assert state is not None
    assert wang.id is not None
    handoffs.accept(desk, handoff_id=state.handoff_id, agent_id=wang.id)
    agents.set_active(desk, by=agents.OPERATOR, agent_id=wang.id, active=False)
    again = handoffs.status(desk, conversation_id=talk.id)
    assert again is not None
    assert (state.handoff_id, 0) == (again.handoff_id, again.place)
    texts = [message.text for message in conversations.events(desk, conversation_id=talk.id)]
    assert any("其他客服" in text for text in texts)
