"""Tickets: promised with the rule behind it, seen by their owner, moved along by agents, never ended in silence."""

from datetime import timedelta

import pytest

from desk.core.agents import Agent
from desk.core.errors import IllegalTransition, Invalid, NotFound, NotYours
from desk.core.tickets import Ticket
from desk.service import conversations, delivery, tickets
from desk.service.desk import Desk
from tests.service.conftest import SetClock


def talk(desk: Desk, name: str = "visitor") -> str:
    return conversations.open(desk, channel="web", channel_user=name).id


def complain(desk: Desk, *, kind: str = "complaint", key: str | None = None, name: str = "visitor",
             **kwargs: str) -> Ticket:
    return tickets.open_ticket(desk, kind=kind, subject="师傅迟到", conversation_id=talk(desk, name), key=key,  # type: ignore[arg-type]
                               **{"contact_phone": "13800000001", **kwargs})  # type: ignore[arg-type]


def told(desk: Desk, name: str = "visitor") -> list[str]:
    events = conversations.events(desk, conversation_id=talk(desk, name))
    return [message.text for message in events if message.kind == "status"]


def facts(desk: Desk, number: str) -> list[str]:
    with desk.begin() as uow:
        return [fact.name for fact in uow.facts.about(f"ticket:{number}")]


def test_the_promise_is_stored_with_its_article_and_policy(desk: Desk) -> None:
    """Invariant 4: what was promised stays, whatever the policy says later."""
    ticket = complain(desk)
    with desk.begin() as uow:
        promise = uow.tickets.by_number(ticket.number).promise
        opened = uow.facts.about(f"ticket:{ticket.number}")[0]
    now = desk.clock.now()
    assert (now + timedelta(hours=2)).isoformat() == promise["reply_by"]
    assert (now + timedelta(hours=12)).isoformat() == promise["result_by"]
    assert "KF-3.3.1" in promise["cite"]
    assert desk.policy.version == promise["policy_version"]
    assert ("ticket.opened", promise) == (opened.name, opened.data["promise"])


def test_an_emergency_has_its_own_promise_and_priority(desk: Desk) -> None:
    """ZX-3.3: six hours at the latest, around the clock."""
    ticket = complain(desk, kind="emergency")
    assert ("emergency", ["ZX-3.3"]) == (ticket.priority, ticket.promise["cite"])


def test_the_department_is_the_service_s_or_the_queue_s(desk: Desk) -> None:
    """Somebody is responsible from the first moment."""
    assert "家政服务部" == complain(desk, service_id="cleaning").department
    assert "投诉专席" == complain(desk).department
    assert complain(desk, service_id="teleport").service_id is None


def test_the_same_effect_twice_is_one_ticket(desk: Desk) -> None:
    """A turn that is run again registers nothing new (invariant 1)."""
    first, again = complain(desk, key="c/1/ticket"), complain(desk, key="c/1/ticket")
    assert first.number == again.number
    assert 1 == len(tickets.recent(desk, conversation_id=talk(desk)))
    assert complain(desk, key="c/2/ticket").number != first.number


def test_urging_counts_once_a_message_and_raises_the_priority(desk: Desk) -> None:
    """Pressed twice in two messages is two; the same message again is none."""
    number = complain(desk).number
    for key in ("c/1/urge", "c/1/urge", "c/2/urge"):
        urged = tickets.urge(desk, number=number, conversation_id=talk(desk), key=key)
    assert (2, "high") == (urged.urged, urged.priority)
    assert ["ticket.opened", "ticket.urged", "ticket.urged"] == facts(desk, number)


def test_urging_never_lowers_an_emergency(desk: Desk) -> None:
    """High is less than emergency."""
    number = complain(desk, kind="emergency").number
    assert "emergency" == tickets.urge(desk, number=number, conversation_id=talk(desk), key=None).priority


def test_an_ended_ticket_can_be_neither_urged_nor_withdrawn(desk: Desk) -> None:
    """Nothing happens to what is over."""
    number = complain(desk).number
    tickets.withdraw(desk, number=number, conversation_id=talk(desk), key=None)
    with pytest.raises(IllegalTransition):
        tickets.urge(desk, number=number, conversation_id=talk(desk), key=None)
    with pytest.raises(IllegalTransition):
        tickets.withdraw(desk, number=number, conversation_id=talk(desk), key=None)


def test_withdrawing_records_who_and_why(desk: Desk) -> None:
    """Invariant 3: a recorded outcome, also when the customer took it back, also when the turn runs twice."""
    number = complain(desk).number
    for _ in range(2):
        gone = tickets.withdraw(desk, number=number, conversation_id=talk(desk), key="c/2/withdraw", reason="已解决")
    assert ("withdrawn", "已解决", desk.clock.now()) == (gone.status, gone.result, gone.closed_at)
    assert ["ticket.opened", "ticket.withdrawn"] == facts(desk, number)


def test_another_conversation_neither_sees_nor_touches_it(desk: Desk) -> None:
    """Invariant 5: knowing the number is not enough."""
    number, stranger = complain(desk).number, talk(desk, "stranger")
    for touch in (tickets.urge, tickets.withdraw):
        with pytest.raises(NotYours):
            touch(desk, number=number, conversation_id=stranger, key=None)
    with pytest.raises(NotYours):
        tickets.find(desk, number=number, conversation_id=stranger)
    assert [] == tickets.recent(desk, conversation_id=stranger)
    assert ["ticket.opened"] == facts(desk, number)


def test_an_unknown_number_is_not_found(desk: Desk) -> None:
    """And is told apart from somebody else's."""
    with pytest.raises(NotFound):
        tickets.find(desk, number="TS26112499999", conversation_id=talk(desk))


@pytest.mark.parametrize("to", ["replied", "refused", "withdrawn"])
def test_an_agent_cannot_end_it_without_a_result(desk: Desk, wang: Agent, to: str) -> None:
    """Invariant 3: nothing closes silently; a refused step leaves no trace and tells nobody."""
    number = complain(desk).number
    with pytest.raises(Invalid):
        tickets.advance(desk, number=number, to=to, agent=wang, result=" ")  # type: ignore[arg-type]
    assert "received" == tickets.find(desk, number=number, conversation_id=talk(desk)).status
    assert (["ticket.opened"], []) == (facts(desk, number), told(desk))


@pytest.mark.parametrize("to", ["replied", "refused", "withdrawn"])
def test_an_answer_and_every_end_are_told_in_the_same_step(desk: Desk, wang: Agent, to: str) -> None:
    """Status, result, notice in the conversation and SMS are one transaction."""
    number = complain(desk).number
    tickets.advance(desk, number=number, to=to, agent=wang, result="已向您致歉")  # type: ignore[arg-type]
    assert 1 == len(told(desk))
    assert number in told(desk)[0]
    assert "已向您致歉" in told(desk)[0]
    assert [("13800000001", told(desk)[0])] == [(row.address, row.body["text"])
                                                for row in delivery.claim(desk, holder="me")]
    assert ["ticket.opened", f"ticket.{to}", "ticket.notified"] == facts(desk, number)


def test_when_the_notice_cannot_be_written_nothing_is_closed(desk: Desk, wang: Agent,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    """The step and its notice stand or fall together."""
    number = complain(desk).number

    def broken(*args: object, **kwargs: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(tickets, "append", broken)
        with pytest.raises(OSError, match="disk full"):
            tickets.advance(desk, number=number, to="replied", agent=wang, result="已处理")
    assert "received" == tickets.find(desk, number=number, conversation_id=talk(desk)).status
    assert (["ticket.opened"], []) == (facts(desk, number), told(desk))


def test_the_whole_way_of_a_complaint(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """KF-3.2 from receipt to confirmation; inner steps are not announced, answers are, a second answer again."""
    number = complain(desk).number
    for to, result in (("verified", ""), ("coordinated", ""), ("replied", "已致歉"), ("coordinated", ""),
                       ("replied", "已退费"), ("confirmed", "")):
        clock.advance(minutes=10)
        tickets.advance(desk, number=number, to=to, agent=wang, result=result)  # type: ignore[arg-type]
    ticket, history = tickets.show(desk, number=number, agent=wang)
    assert ("confirmed", "已退费", clock.now()) == (ticket.status, ticket.result, ticket.closed_at)
    assert 3 == len(told(desk)) == len(delivery.claim(desk, holder="me"))
    assert f"agent:{wang.id}" == history[1].actor


def test_who_may_not_handle_tickets_does_not(desk: Desk) -> None:
    """A trainer sees no customers' requests (invariant 5)."""
    number, trainer = complain(desk).number, Agent(username="t", name="陈晨", role="trainer", password_hash="-", id=9)
    with pytest.raises(NotYours):
        tickets.advance(desk, number=number, to="replied", agent=trainer, result="好")
    with pytest.raises(NotYours):
        tickets.show(desk, number=number, agent=trainer)
    with pytest.raises(NotYours):
        tickets.search(desk, agent=trainer)
    with pytest.raises(NotYours):
        tickets.add_note(desk, number=number, text="看看", agent=trainer)


def test_a_note_is_for_agents_only(desk: Desk, wang: Agent) -> None:
    """It stands in the history and reaches no customer."""
    number = complain(desk).number
    tickets.add_note(desk, number=number, text="客户很急", agent=wang)
    _, history = tickets.show(desk, number=number, agent=wang)
    assert "客户很急" == history[-1].data["text"]
    assert ([], []) == (told(desk), delivery.claim(desk, holder="me"))


def test_agents_find_tickets(desk: Desk, wang: Agent) -> None:
    """By kind, status and text, newest first; wildcards in the text are plain characters."""
    first, second = complain(desk, contact_name="张伟"), complain(desk, kind="fault", contact_name="王芳")

    def found(**kwargs: object) -> list[str]:
        return [one.number for one in tickets.search(desk, agent=wang, **kwargs)]  # type: ignore[arg-type]

    assert [second.number, first.number] == found()
    assert [second.number] == found(kind="fault")
    assert [first.number] == found(text="张伟") == found(text=first.number)
    assert [] == found(status="confirmed") == found(text="%")
    assert [first.number] == found(limit=1, offset=1)


def test_a_customer_sees_open_tickets_first(desk: Desk, clock: SetClock) -> None:
    """Then the newest."""
    numbers = []
    for _ in range(3):
        clock.advance(minutes=1)
        numbers.append(complain(desk).number)
    tickets.withdraw(desk, number=numbers[2], conversation_id=talk(desk), key=None)
    assert [numbers[1], numbers[0], numbers[2]] == [
        one.number for one in tickets.recent(desk, conversation_id=talk(desk))]
