"""What the reconciliation reads is the same on every database."""

from datetime import timedelta

from sqlalchemy import text

from desk.core.agents import Agent
from desk.service import complaints, conversations, reconciliation, tickets
from desk.service.desk import Desk
from desk.store.unit_of_work import Store


def test_sentences_and_tickets_are_found_and_settled(desk: Desk, store: Store) -> None:
    """Over pages, with a lost ticket, until a supervisor has settled what was said."""
    with desk.begin() as uow:
        boss = Agent(username="zhao", name="赵静", role="supervisor", password_hash="-")
        uow.add(boss)
    talks = [conversations.open(desk, channel="web", channel_user=f"v{n}").id for n in range(3)]
    for talk in talks:
        for n, said in enumerate(("你好", "我要投诉", "12315见")):
            conversations.receive(desk, conversation_id=talk, external_id=f"m{n}", text=said)
    lost = tickets.open_ticket(desk, kind="complaint", subject="迟到", conversation_id=talks[0], key=None)
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM tickets"))
    since = desk.clock.now() - timedelta(days=1)
    found = reconciliation.reconcile(desk, since=since).findings
    assert {("sentence", talk, 3) for talk in talks} | {("missing", None, None)} == {
        (one.why, one.conversation_id, one.seq) for one in found}
    assert [lost.number] == [one.ticket for one in found if one.why == "missing"]
    assert 2 == complaints.dismiss(desk, conversation_id=talks[1], seq=3, agent=boss, reason="误会")
    reconciliation.open_for(desk, conversation_id=talks[2], seq=3, agent=boss)
    assert {talks[0]} == {one.conversation_id for one in reconciliation.reconcile(desk, since=since).findings
                          if one.why == "sentence"}


def test_pages_of_sentences_go_on_where_they_ended(desk: Desk) -> None:
    """By conversation and number together, whatever the page's size."""
    talks = sorted(conversations.open(desk, channel="web", channel_user=f"v{n}").id for n in range(3))
    for talk in talks:
        for n in range(3):
            conversations.receive(desk, conversation_id=talk, external_id=f"m{n}", text="退钱")
    since, position, read = desk.clock.now() - timedelta(days=1), ("", 0), []
    with desk.begin() as uow:
        assert talks == uow.complaints.talkative(since=since, after="", limit=10)
        assert talks[1:2] == uow.complaints.talkative(since=since, after=talks[0], limit=1)
        assert [] == uow.complaints.talkative(since=desk.clock.now() + timedelta(seconds=1), after="", limit=10)
        while page := uow.complaints.said(talks, since=since, after=position, limit=2):
            read += [(one.conversation_id, one.seq) for one in page]
            position = read[-1]
    assert [(talk, seq) for talk in talks for seq in (1, 2, 3)] == read
