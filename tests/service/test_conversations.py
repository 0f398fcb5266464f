"""Opening, receiving, reading back, and what an agent may see."""

import pytest

from desk.core.agents import Agent
from desk.core.conversations import Conversation
from desk.core.customers import Access, Customer, Identity
from desk.core.errors import Invalid, NotFound, NotYours
from desk.service import conversations, handoffs, tickets, worklist
from desk.service.desk import Desk
from desk.store.unit_of_work import Store
from tests.service.conftest import SetClock


@pytest.fixture
def talk(desk: Desk) -> Conversation:
    """A new conversation."""
    return conversations.open(desk, channel="web", channel_user="visitor")


def receive(desk: Desk, talk: Conversation, external_id: str, text: str = "你好") -> conversations.Received:
    return conversations.receive(desk, conversation_id=talk.id, external_id=external_id, text=text)


def staff(role: str, skills: list[str] | None = None, agent_id: int = 77) -> Agent:
    return Agent(username=role, name=role, role=role, password_hash="-", skills=skills or [], id=agent_id)  # type: ignore[arg-type]


def test_the_same_user_of_two_channels_has_two_conversations(desk: Desk, talk: Conversation) -> None:
    """Who somebody is on one channel says nothing about another."""
    assert talk.id != conversations.open(desk, channel="wechat", channel_user="visitor").id


def test_the_same_external_id_in_two_conversations_is_two_messages(desk: Desk, talk: Conversation) -> None:
    """A browser's counter starts at one for everybody."""
    other = conversations.open(desk, channel="web", channel_user="other")
    assert receive(desk, talk, "1").new
    assert receive(desk, other, "1").new


def test_a_known_user_is_recognised_at_once(desk: Desk) -> None:
    """A new conversation of a proven channel user is linked to the customer."""
    with desk.begin() as uow:
        customer = Customer(customer_no="C100001", name="欧阳锋", phone="13800000001")
        uow.add(customer)
        uow.flush()
        uow.add(Identity(channel="web", channel_user="known", customer_id=customer.id or 0,
                         verified_at=desk.clock.now()))
    opened = conversations.open(desk, channel="web", channel_user="known")
    assert customer.id == opened.customer_id


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_nothing_is_not_a_message(desk: Desk, talk: Conversation, text: str) -> None:
    """Blank text is refused and takes no number."""
    with pytest.raises(Invalid):
        receive(desk, talk, "1", text)
    assert [] == conversations.events(desk, conversation_id=talk.id)


def test_reading_goes_on_after_a_number(desk: Desk, talk: Conversation) -> None:
    """In order, from the next one, as many as asked for."""
    for n in range(5):
        receive(desk, talk, str(n), f"第{n}条")
    assert ["第3条", "第4条"] == [m.text for m in conversations.events(desk, conversation_id=talk.id, after=3)]
    assert [2, 3] == [m.seq for m in conversations.events(desk, conversation_id=talk.id, after=1, limit=2)]


def test_an_unknown_conversation_is_not_found(desk: Desk) -> None:
    """For reading and for writing."""
    with pytest.raises(NotFound):
        conversations.events(desk, conversation_id="nowhere")
    with pytest.raises(NotFound):
        conversations.receive(desk, conversation_id="nowhere", external_id="1", text="你好")


def test_writing_again_after_the_end_reaches_the_bot(desk: Desk, talk: Conversation, wang: Agent) -> None:
    """A closed conversation is opened by the customer's next message, which the bot owes an answer."""
    state = handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={})
    handoffs.accept(desk, handoff_id=state.handoff_id, agent_id=wang.id or 0)
    handoffs.close(desk, conversation_id=talk.id, agent_id=wang.id or 0)
    got = conversations.receive(desk, conversation_id=talk.id, external_id="1", text="还有个问题", holder="host:1")
    assert got.turn is not None
    assert "bot" == conversations.get(desk, conversation_id=talk.id).owner


@pytest.mark.parametrize("words", ["不等了", "取消排队", "我不想等了。", "不排队了"])
def test_leaving_the_queue_in_words(desk: Desk, talk: Conversation, words: str) -> None:
    """The queue understands what the silent bot cannot."""
    handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={})
    receive(desk, talk, "1", words)
    assert "bot" == conversations.get(desk, conversation_id=talk.id).owner


@pytest.mark.parametrize("words", ["给我回电吧", "那给我回个电话", "算了，打电话给我吧", "不等了，给我回电话", "请给我打个电话"])
def test_rather_a_call_than_the_wait(desk: Desk, talk: Conversation, words: str) -> None:
    """PD-4: whoever would rather be called leaves the queue, and the bot takes the wish up in the same turn."""
    handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={})
    got = conversations.receive(desk, conversation_id=talk.id, external_id="1", text=words, holder="host:1")
    assert "bot" == conversations.get(desk, conversation_id=talk.id).owner
    assert got.turn is not None
    assert words == got.turn.text


@pytest.mark.parametrize("words", ["怎么没人给我回电话", "别打电话给我", "你们说回电的"])
def test_talk_of_calls_is_no_wish_for_one(desk: Desk, talk: Conversation, words: str) -> None:
    """Only the plain wish gives the place up."""
    handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={})
    receive(desk, talk, "1", words)
    assert "queue" == conversations.get(desk, conversation_id=talk.id).owner


@pytest.mark.parametrize("words", ["为什么别人先接入", "凭什么后来的先", "有人插队吧"])
def test_why_others_go_first_is_explained(desk: Desk, talk: Conversation, words: str) -> None:
    """PD-5: an unfair wait seems longer; the rule of the queue is said, and the place is kept."""
    handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={})
    receive(desk, talk, "1", words)
    assert "queue" == conversations.get(desk, conversation_id=talk.id).owner
    assert "先来后到" in conversations.events(desk, conversation_id=talk.id)[-1].text


@pytest.mark.parametrize("words", ["我不想等了三天还没人上门", "别取消排队", "好的"])
def test_other_words_keep_the_place(desk: Desk, talk: Conversation, words: str) -> None:
    """A complaint about waiting is not a wish to leave."""
    handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={})
    receive(desk, talk, "1", words)
    assert "queue" == conversations.get(desk, conversation_id=talk.id).owner


def test_who_holds_it_may_take_it_or_supervises_sees_it(desk: Desk, talk: Conversation, wang: Agent) -> None:
    """Invariant 5: before, during and after, for each role."""
    assert wang.id is not None
    with pytest.raises(NotYours):
        conversations.view(desk, conversation_id=talk.id, agent=wang)
    state = handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={})
    conversations.view(desk, conversation_id=talk.id, agent=wang)
    with pytest.raises(NotYours):
        conversations.view(desk, conversation_id=talk.id, agent=staff("agent", ["technical"]))
    handoffs.accept(desk, handoff_id=state.handoff_id, agent_id=wang.id)
    with pytest.raises(NotYours):
        conversations.view(desk, conversation_id=talk.id, agent=staff("agent", ["general"]))
    handoffs.close(desk, conversation_id=talk.id, agent_id=wang.id)
    conversations.view(desk, conversation_id=talk.id, agent=wang)
    conversations.view(desk, conversation_id=talk.id, agent=staff("supervisor"))


def test_a_trainer_or_a_dismissed_agent_does_not(desk: Desk, talk: Conversation) -> None:
    """Trainers work on cleaned sentences, not on customers' conversations; nobody sees anything once dismissed."""
    handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={})
    dismissed = staff("supervisor")
    dismissed.active = False
    for agent in (staff("trainer"), dismissed):
        with pytest.raises(NotYours):
            conversations.view(desk, conversation_id=talk.id, agent=agent)
        assert [] == worklist.waiting(desk, agent=agent)


def test_seeing_the_customer_beside_it_is_logged(desk: Desk, store: Store, talk: Conversation, wang: Agent) -> None:
    """One row a look, with the agent, the customer and the conversation; tickets of the customer stand there once."""
    with desk.begin() as uow:
        customer = Customer(customer_no="C100001", name="张伟", phone="13800000001")
        uow.add(customer)
        uow.flush()
        uow.conversations.get(talk.id).customer_id = customer.id
    tickets.open_ticket(desk, kind="fault", subject="断网", conversation_id=talk.id, key=None)
    handoffs.request(desk, conversation_id=talk.id, reason="request_human", summary={})
    seen = conversations.view(desk, conversation_id=talk.id, agent=wang)
    assert seen.customer is not None
    assert ("张伟", 1) == (seen.customer.name, len(seen.tickets))
    with store.begin() as uow:
        rows = uow.session.query(Access).all()
    assert [(f"agent:{wang.id}", customer.id, f"conversation:{talk.id}")] == [
        (row.actor, row.customer_id, row.purpose) for row in rows]


def test_the_time_of_the_last_message_is_kept(desk: Desk, talk: Conversation, clock: SetClock) -> None:
    """For reminders and channel limits."""
    clock.advance(minutes=3)
    receive(desk, talk, "1")
    assert clock.now() == conversations.get(desk, conversation_id=talk.id).last_customer_at
