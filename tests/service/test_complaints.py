"""The reconciliation of complaints: what it lists, what settles it, and that it forgets nothing."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from desk.core.agents import Agent
from desk.core.errors import Conflict, Invalid, NotYours
from desk.core.tickets import Ticket
from desk.service import complaints, conversations, customer_notices, handoffs, reconciliation, tickets, turns
from desk.service.desk import Desk
from desk.service.reconciliation import Finding
from desk.service.turns import Answer, Reply
from desk.store.unit_of_work import Store
from tests.service.conftest import SetClock

COMPLAINS = "师傅态度太差，我要投诉"


@pytest.fixture
def zhao(desk: Desk) -> Agent:
    """A supervisor."""
    with desk.begin() as uow:
        agent = Agent(username="zhao", name="赵强", role="supervisor", password_hash="-", on_duty=True, skills=[])
        uow.add(agent)
    return agent


def talk(desk: Desk, name: str = "visitor") -> str:
    return conversations.open(desk, channel="web", channel_user=name).id


def say(desk: Desk, said: str, *, name: str = "visitor", intent: str | None = None) -> int:
    """The customer writes; with an intent the bot understands and answers."""
    conversation_id = talk(desk, name)
    count = desk.clock.now().timestamp() + len(conversations.events(desk, conversation_id=conversation_id))
    received = conversations.receive(desk, conversation_id=conversation_id, external_id=f"m{count}", text=said,
                                     holder="me" if intent else None)
    if received.turn is not None:
        parse = {"intent": {"name": intent, "confidence": 0.9}, "entities": []}
        turns.finish(desk, turn=received.turn, lease_s=15, answer=Answer([Reply("好的")], parse, {}, None))
    return received.seq


def complain(desk: Desk, *, name: str = "visitor", **given: Any) -> Ticket:
    return tickets.open_ticket(desk, kind=given.pop("kind", "complaint"), subject="师傅迟到", key=None,
                               conversation_id=talk(desk, name), contact_phone="13800000001", **given)


def reply(desk: Desk, number: str, agent: Agent) -> None:
    tickets.advance(desk, number=number, to="replied", agent=agent, result="已致歉", outcome="upheld")


def read_all(desk: Desk, name: str = "visitor") -> None:
    customer_notices.seen(desk, conversation_id=talk(desk, name), up_to=10**6)


def found(desk: Desk, days: float = 7) -> list[Finding]:
    return reconciliation.reconcile(desk, since=desk.clock.now() - timedelta(days=days)).findings


def whys(desk: Desk, days: float = 7) -> list[str]:
    return [one.why for one in found(desk, days)]


def test_a_sentence_without_a_ticket_is_listed_where_it_was_said(desk: Desk) -> None:
    """By its words, by its parse, and when it was said to a person; other sentences are not."""
    say(desk, "你们几点开门", intent="ask_hours")
    assert [] == found(desk)
    seq = say(desk, COMPLAINS)
    say(desk, "师傅迟到两个小时", name="second", intent="file_complaint")
    third = talk(desk, "third")
    handoffs.request(desk, conversation_id=third, reason="request_human", summary={})
    say(desk, "不给个说法我就打12315", name="third")
    listed = found(desk)
    assert {(talk(desk), seq, COMPLAINS)} <= {(one.conversation_id, one.seq, one.text) for one in listed}
    assert ["sentence"] * 3 == [one.why for one in listed]
    assert all(one.reason and one.todo for one in listed)


def test_a_ticket_within_a_day_accounts_for_it(desk: Desk, clock: SetClock) -> None:
    """Also one that is opened after the sentence was already listed."""
    say(desk, COMPLAINS)
    assert ["sentence"] == whys(desk)
    clock.advance(hours=3)
    complain(desk)
    assert [] == found(desk)
    clock.advance(hours=25)
    say(desk, "我还要投诉另一件事")
    assert ["sentence"] == [why for why in whys(desk) if why != "overdue"]


def test_a_ticket_of_another_kind_or_conversation_does_not(desk: Desk) -> None:
    """A repair is no complaint."""
    say(desk, COMPLAINS)
    complain(desk, kind="fault")
    complain(desk, name="other")
    assert ["sentence"] == whys(desk)


def test_what_was_found_once_stays_listed_when_it_leaves_the_window(desk: Desk, clock: SetClock) -> None:
    """A complaint cannot get lost by growing old; what nobody ever looked for is out."""
    say(desk, COMPLAINS)
    assert ["sentence"] == whys(desk)
    clock.advance(days=100)
    assert ["sentence"] == whys(desk)
    say(desk, COMPLAINS, name="late")
    clock.advance(days=10)
    assert 1 == len(found(desk))


def test_sentences_of_a_conversation_are_one_finding(desk: Desk) -> None:
    """The last one, and how many came before."""
    for said in (COMPLAINS, "退钱！", "我要曝光你们"):
        say(desk, said)
    [one] = found(desk)
    assert ("我要曝光你们", 2) == (one.text, one.more)


def test_dismissing_needs_a_supervisor_and_a_reason(desk: Desk, wang: Agent, zhao: Agent) -> None:
    """And is recorded with both; then it is gone for good."""
    seq = say(desk, "投诉电话是多少")
    found(desk)
    with pytest.raises(NotYours):
        complaints.dismiss(desk, conversation_id=talk(desk), seq=seq, agent=wang, reason="只是询问")
    with pytest.raises(Invalid):
        complaints.dismiss(desk, conversation_id=talk(desk), seq=seq, agent=zhao, reason=" ")
    assert ["sentence"] == whys(desk)
    assert 1 == complaints.dismiss(desk, conversation_id=talk(desk), seq=seq, agent=zhao, reason="只是询问电话")
    assert [] == found(desk)
    with pytest.raises(Conflict):
        complaints.dismiss(desk, conversation_id=talk(desk), seq=seq, agent=zhao, reason="再来一次")


def test_what_is_said_after_the_dismissed_sentence_is_listed(desk: Desk, zhao: Agent) -> None:
    """A supervisor judges only what they have seen, also when more had been found meanwhile."""
    seq = say(desk, "投诉电话是多少")
    found(desk)
    say(desk, COMPLAINS)
    found(desk)
    complaints.dismiss(desk, conversation_id=talk(desk), seq=seq, agent=zhao, reason="只是询问电话")
    [one] = found(desk)
    assert (COMPLAINS, 0) == (one.text, one.more)


def test_a_sentence_becomes_a_complaint_and_the_customer_is_told(desk: Desk, zhao: Agent, clock: SetClock) -> None:
    """With its number and its promise, days later too; nobody can do it twice."""
    seq = say(desk, COMPLAINS)
    found(desk)
    clock.advance(days=3)
    ticket = reconciliation.open_for(desk, conversation_id=talk(desk), seq=seq, agent=zhao)
    told = conversations.events(desk, conversation_id=talk(desk))[-1]
    assert ("complaint", COMPLAINS) == (ticket.kind, ticket.detail)
    assert ticket.number in told.text
    assert ticket.promise["text"] in told.text
    assert [] == found(desk)
    with pytest.raises(Conflict):
        reconciliation.open_for(desk, conversation_id=talk(desk), seq=seq, agent=zhao)
    assert 1 == len(tickets.recent(desk, conversation_id=talk(desk)))


def test_answered_but_unread_for_a_day_is_listed_until_it_is_read(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """An answer that nobody got is none."""
    number = complain(desk).number
    reply(desk, number, wang)
    clock.advance(hours=24)
    assert [] == found(desk)
    clock.advance(seconds=1)
    assert ["unread"] == whys(desk)
    read_all(desk)
    assert [] == found(desk)


def test_refused_and_not_read_is_listed_until_it_is_read(desk: Desk, wang: Agent) -> None:
    """It has ended for the agent, not for the ledger."""
    number = complain(desk).number
    tickets.advance(desk, number=number, to="refused", agent=wang, result="不属于我们的服务", outcome="not_upheld",
                    direct_to="请联系物业")
    assert ["no_notice"] == whys(desk)
    read_all(desk)
    assert [] == found(desk)


def test_open_past_its_promise_is_listed(desk: Desk, clock: SetClock, wang: Agent) -> None:
    """Two hours for the first answer; not while it may still be kept."""
    number = complain(desk).number
    clock.advance(hours=2)
    assert [] == found(desk)
    clock.advance(seconds=1)
    assert ["overdue"] == whys(desk)
    reply(desk, number, wang)
    read_all(desk)
    assert [] == found(desk)


@pytest.mark.parametrize(("change", "why"), [
    ("UPDATE tickets SET status = 'confirmed'", "disagrees"), ("UPDATE tickets SET outcome = 'upheld'", "disagrees"),
    ("DELETE FROM facts WHERE name = 'ticket.opened'", "disagrees"), ("DELETE FROM tickets", "missing")])
def test_what_was_changed_behind_the_desk_s_back_is_listed(desk: Desk, store: Store, change: str, why: str) -> None:
    """The facts are kept apart from the row, so one shows when the other was lost."""
    complain(desk)
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM deadlines"))
        connection.execute(text(change))
    assert [why] == whys(desk)


def test_a_complaint_ends_only_with_outcome_and_delivered_notice(desk: Desk, wang: Agent) -> None:
    """Invariant 3 at the door; other kinds may end as they like."""
    number = complain(desk).number
    with desk.begin() as uow:
        assert "处理结论" in (complaints.may_end(uow, uow.tickets.by_number(number)) or "")
    reply(desk, number, wang)
    with desk.begin() as uow:
        ticket = uow.tickets.by_number(number)
        assert "送达" in (complaints.may_end(uow, ticket) or "")
        assert complaints.may_end(uow, ticket, by_customer=True) is None
    read_all(desk)
    with desk.begin() as uow:
        assert complaints.may_end(uow, uow.tickets.by_number(number)) is None
    fault = complain(desk, kind="fault")
    with desk.begin() as uow:
        assert complaints.may_end(uow, fault) is None


def test_an_outcome_can_be_added_once_where_it_was_missing(desk: Desk, wang: Agent, store: Store) -> None:
    """For complaints that ended before outcomes were asked for."""
    number = complain(desk).number
    with desk.begin() as uow:
        ticket = uow.tickets.by_number(number, lock=True)
        reconciliation.recording.on_ticket(desk, uow, ticket, "ticket.refused", actor="agent:1", result="不受理")
    assert ["no_outcome"] == whys(desk)
    complaints.conclude(desk, number=number, agent=wang, outcome="not_upheld")
    assert ["no_notice"] == whys(desk)
    with pytest.raises(Conflict):
        complaints.conclude(desk, number=number, agent=wang, outcome="upheld")
    with pytest.raises(Invalid):
        complaints.conclude(desk, number=number, agent=wang, outcome="whatever")


def test_the_nightly_run_is_made_once_a_local_day(desk: Desk, clock: SetClock) -> None:
    """From two o'clock on; its result is a fact, and supervisors are told when something was found."""
    say(desk, COMPLAINS)
    first = reconciliation.nightly(desk)
    assert first is not None
    assert 1 == len(first.findings)
    assert reconciliation.nightly(desk) is None
    with desk.begin() as uow:
        [fact] = uow.facts.about("desk:complaints")
        [told] = uow.staff_notices.unseen(["supervisors"])
    assert {"conversations": 1, "tickets": 0} == fact.data["checked"]
    assert (1, True) == (fact.data["unaccounted"], "1 件" in told.text)
    clock.advance(hours=14, minutes=35)  # 00:05 of the next day
    assert reconciliation.nightly(desk) is None
    clock.advance(hours=2)
    assert reconciliation.nightly(desk) is not None


def test_a_run_that_finds_nothing_tells_nobody(desk: Desk) -> None:
    """But stands in the record."""
    reconciliation.nightly(desk)
    with desk.begin() as uow:
        assert [] == uow.staff_notices.unseen(["supervisors"])
        assert [0] == [fact.data["unaccounted"] for fact in uow.facts.about("desk:complaints")]


def test_nights_without_a_run_are_made_up_for(desk: Desk, clock: SetClock) -> None:
    """The desk stood still for a month: what was said before is found all the same."""
    reconciliation.nightly(desk)
    clock.advance(hours=1)
    say(desk, COMPLAINS)
    clock.advance(days=30)
    run = reconciliation.nightly(desk)
    assert run is not None
    assert ["sentence"] == [one.why for one in run.findings]


def test_pages_leave_nothing_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their size: conversations, sentences and tickets each go on where the last page ended."""
    for name in ("CONVERSATIONS", "MESSAGES", "TICKETS"):
        monkeypatch.setattr(reconciliation, name, 2)
    for n in range(5):
        say(desk, COMPLAINS, name=f"talks{n}")
        say(desk, "退钱", name=f"talks{n}")
        complain(desk, name=f"files{n}")
    run = reconciliation.reconcile(desk, since=desk.clock.now() - timedelta(days=1))
    assert (5, 5) == (run.conversations, run.tickets)
    assert [1] * 5 == [one.more for one in run.findings]
    assert {"open": 5} == run.counts


def test_the_overview_is_for_supervisors(desk: Desk, wang: Agent, zhao: Agent) -> None:
    """It counts by how far each has come, and does not search the conversations again."""
    reply(desk, complain(desk).number, wang)
    say(desk, COMPLAINS, name="other")
    with pytest.raises(NotYours):
        reconciliation.overview(desk, agent=wang)
    run, last = reconciliation.overview(desk, agent=zhao)
    assert ({"concluded": 1}, [], None) == (run.counts, run.findings, last)
    reconciliation.nightly(desk)
    run, last = reconciliation.overview(desk, agent=zhao)
    assert 1 == len(run.findings)
    assert last is not None
