"""A message is stored once, answered once, and never by a bot that has lost the conversation."""


import pytest

from desk.core.agents import Agent
from desk.core.conversations import Conversation, Message
from desk.core.errors import Invalid
from desk.service import conversations, handoffs, standing, turns
from desk.service.desk import Desk
from desk.service.turns import Answer, Reply

ME, OTHER = "host:1:a", "host:2:b"


@pytest.fixture
def talk(desk: Desk) -> Conversation:
    """A new conversation."""
    return conversations.open(desk, channel="web", channel_user="visitor")


def send(desk: Desk, talk: Conversation, external_id: str, text: str = "你好", holder: str | None = ME,
         **kwargs: str) -> conversations.Received:
    return conversations.receive(desk, conversation_id=talk.id, external_id=external_id, text=text, holder=holder,
                                 **kwargs)


def answer(*texts: str) -> Answer:
    return Answer([Reply(text) for text in texts], {"intent": {"name": "greet"}}, {"service": "cleaning"}, None)


def said(desk: Desk, talk: Conversation, sender: str = "bot") -> list[str]:
    return [m.text for m in conversations.events(desk, conversation_id=talk.id) if m.sender == sender]


def test_the_same_message_twice_is_one_message(desk: Desk, talk: Conversation) -> None:
    """A retry gets the first answer's number and no second turn."""
    first, again = send(desk, talk, "m1"), send(desk, talk, "m1", text="你好啊")
    assert (first.new, again.new, again.turn) == (True, False, None)
    assert first.seq == again.seq
    assert ["你好"] == said(desk, talk, "customer")


def test_a_blank_message_is_refused(desk: Desk, talk: Conversation) -> None:
    """Nothing is stored for it."""
    with pytest.raises(Invalid):
        send(desk, talk, "m1", text="  \n")
    assert [] == said(desk, talk, "customer")


def test_two_messages_before_the_answer_are_answered_in_order(desk: Desk, talk: Conversation) -> None:
    """The second waits for the first, and the same process goes on with it."""
    first, second = send(desk, talk, "m1", "一"), send(desk, talk, "m2", "二")
    assert first.turn is not None
    assert second.turn is None
    following = turns.finish(desk, turn=first.turn, answer=answer("答一"), lease_s=15)
    assert following is not None
    assert "二" == following.text
    assert turns.finish(desk, turn=following, answer=answer("答二"), lease_s=15) is None
    assert ["答一", "答二"] == said(desk, talk)


def test_a_turn_finished_twice_speaks_once(desk: Desk, talk: Conversation) -> None:
    """A repeated finish finds its message done."""
    turn = send(desk, talk, "m1").turn
    assert turn is not None
    turns.finish(desk, turn=turn, answer=answer("答"), lease_s=15)
    turns.finish(desk, turn=turn, answer=answer("答"), lease_s=15)
    assert ["答"] == said(desk, talk)


def test_a_dead_process_is_replaced_and_its_late_answer_is_dropped(desk: Desk, talk: Conversation, clock) -> None:
    """After the lease ran out another process answers; the first one's answer does not come on top."""
    turn = send(desk, talk, "m1").turn
    assert turn is not None
    assert turns.claim(desk, conversation_id=talk.id, holder=OTHER, lease_s=15) is None
    clock.advance(seconds=16)
    assert [talk.id] == turns.overdue(desk, holder=OTHER)
    taken = turns.claim(desk, conversation_id=talk.id, holder=OTHER, lease_s=15)
    assert taken is not None
    turns.finish(desk, turn=turn, answer=answer("迟到"), lease_s=15)
    turns.finish(desk, turn=taken, answer=answer("及时"), lease_s=15)
    assert ["及时"] == said(desk, talk)


def test_the_bot_s_answer_is_dropped_once_a_person_has_taken_over(desk: Desk, talk: Conversation, wang: Agent) -> None:
    """Invariant 2: the race between a slow turn and an accepting agent ends with the bot silent."""
    turn = send(desk, talk, "m1", "转人工").turn
    assert turn is not None
    state = handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={}, message_id="1")
    assert wang.id is not None
    handoffs.accept(desk, handoff_id=state.handoff_id, agent_id=wang.id)
    turns.finish(desk, turn=turn, answer=answer("已为您转接"), lease_s=15)
    assert [] == said(desk, talk)
    assert send(desk, talk, "m2", "在吗").turn is None
    assert turns.overdue(desk, holder=OTHER) == []


def test_a_killed_process_in_the_middle_of_a_handoff_loses_no_word(desk: Desk, talk: Conversation, clock) -> None:
    """The turn that made the handoff is run again by the next process and may still announce it."""
    assert send(desk, talk, "m1", "转人工").turn is not None
    handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={}, message_id="1")
    clock.advance(seconds=16)
    taken = turns.claim(desk, conversation_id=talk.id, holder=OTHER, lease_s=15)
    assert taken is not None
    turns.finish(desk, turn=taken, answer=answer("已为您转接"), lease_s=15)
    assert ["已为您转接"] == said(desk, talk)


def test_messages_to_a_person_are_not_answered_after_the_return(desk: Desk, talk: Conversation, wang: Agent) -> None:
    """What was said to an agent is not the bot's to answer later."""
    first = send(desk, talk, "m1", "转人工").turn
    assert first is not None
    send(desk, talk, "m2", "快点")
    state = handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={}, message_id="1")
    assert wang.id is not None
    handoffs.accept(desk, handoff_id=state.handoff_id, agent_id=wang.id)
    send(desk, talk, "m3", "你好客服")
    handoffs.give_back(desk, conversation_id=talk.id, agent_id=wang.id)
    assert turns.overdue(desk, holder=OTHER) == []
    assert send(desk, talk, "m4", "谢谢").turn is None  # this process is still at the first message
    following = turns.finish(desk, turn=first, answer=answer("已为您转接"), lease_s=15)
    assert following is not None
    assert "谢谢" == following.text
    assert [] == said(desk, talk)


def test_rasa_away_keeps_the_message_and_says_so_once(desk: Desk, talk: Conversation, clock) -> None:
    """The customer is told once; the message is answered when Rasa is back."""
    turn = send(desk, talk, "m1").turn
    for _ in range(4):
        assert turn is not None
        clock.advance(seconds=4)
        turns.postpone(desk, turn=turn, delay_s=2)
        clock.advance(seconds=3)
        turn = turns.claim(desk, conversation_id=talk.id, holder=ME, lease_s=15)
    assert 1 == len(said(desk, talk, "system"))
    assert turn is not None
    turns.finish(desk, turn=turn, answer=answer("来了"), lease_s=15)
    assert ["来了"] == said(desk, talk)


def test_a_message_that_breaks_the_bot_does_not_block_the_next(desk: Desk, talk: Conversation, clock) -> None:
    """Three failures, an honest word, and the conversation goes on."""
    turn = send(desk, talk, "m1", "坏").turn
    send(desk, talk, "m2", "好")
    for _ in range(2):
        assert turn is not None
        assert turns.fail(desk, turn=turn, error="boom", lease_s=15) is None
        clock.advance(seconds=5)
        turn = turns.claim(desk, conversation_id=talk.id, holder=ME, lease_s=15)
    assert turn is not None
    following = turns.fail(desk, turn=turn, error="boom", lease_s=15)
    assert following is not None
    assert "好" == following.text
    assert 1 == len(said(desk, talk))


def test_only_an_offered_button_counts_as_one(desk: Desk, talk: Conversation) -> None:
    """A payload that the bot has not just offered is ignored: visitors cannot call intents."""
    forged = send(desk, talk, "m1", "给我", payload="/restart").turn
    assert forged is not None
    assert "payload" not in forged.payload
    offer = Answer([Reply("请选择", [{"title": "保洁", "payload": "/inform"}])], {}, {}, None)
    turns.finish(desk, turn=forged, answer=offer, lease_s=15)
    pressed = send(desk, talk, "m2", "保洁", payload="/inform").turn
    assert pressed is not None
    assert "/inform" == pressed.payload["payload"]


def test_an_open_twice_is_one_conversation(desk: Desk, talk: Conversation) -> None:
    """One person has one conversation per channel."""
    assert talk.id == conversations.open(desk, channel="web", channel_user="visitor").id


def test_the_parse_and_the_slots_are_kept_for_people(desk: Desk, talk: Conversation) -> None:
    """Agents and trainers see what the bot understood."""
    turn = send(desk, talk, "m1").turn
    assert turn is not None
    turns.finish(desk, turn=turn, answer=answer("答"), lease_s=15)
    message: Message = conversations.events(desk, conversation_id=talk.id)[0]
    assert "greet" == message.payload["parse"]["intent"]["name"]
    assert {"service": "cleaning"} == conversations.get(desk, conversation_id=talk.id).slots


def test_the_place_in_the_queue_is_told_after_the_bots_last_words(desk: Desk, talk: Conversation, wang: Agent) -> None:
    """In an emergency the safety sentence comes first, whatever the queue has to say."""
    turn = send(desk, talk, "m1", "着火了").turn
    assert turn is not None
    handoffs.request(desk, conversation_id=talk.id, reason="report_emergency", summary={}, priority="emergency",
                     message_id=turn.message_id)
    standing.refresh_places(desk)
    assert [] == said(desk, talk, "system")
    turns.finish(desk, turn=turn, answer=answer("请先撤离"), lease_s=15)
    heard = [m.text for m in conversations.events(desk, conversation_id=talk.id) if m.sender != "customer"]
    assert "请先撤离" == heard[0]
    assert 2 == len(heard)
