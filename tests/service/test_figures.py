"""The desk in figures."""

from desk.core.agents import Agent
from desk.service import conversations, customers, figures, handoffs
from desk.service.desk import Desk


def test_an_empty_desk_counts_nothing(desk: Desk) -> None:
    """No invented zeros, no error."""
    counts = figures.count(desk)
    assert ({}, {}, {}, 0) == (counts.conversations, counts.waiting, counts.outbox, counts.pending)


def test_everything_is_counted_where_it_stands(desk: Desk, wang: Agent) -> None:
    """Owners, queues, unanswered messages, unsent rows; who was accepted does not wait any more."""
    talks = [conversations.open(desk, channel="web", channel_user=name).id for name in "abcd"]
    for talk in talks[:2]:
        conversations.receive(desk, conversation_id=talk, external_id="1", text="你好")
    for talk, queue in ((talks[1], "general"), (talks[2], "technical"), (talks[3], "general")):
        state = handoffs.request(desk, conversation_id=talk, reason="request_human", summary={}, queue=queue)
    handoffs.accept(desk, handoff_id=state.handoff_id, agent_id=wang.id or 0)
    customers.send_code(desk, conversation_id=talks[0], phone="13800000001", key=None)
    counts = figures.count(desk)
    assert {"bot": 1, "queue": 2, "agent": 1} == counts.conversations
    assert {"general": 1, "technical": 1} == counts.waiting
    assert ({"pending": 1}, 1) == (counts.outbox, counts.pending)
