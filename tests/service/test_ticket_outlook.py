"""What a customer is told of a ticket is what stands in its facts and clocks, and only its customer is told."""

import pytest

from desk.core.agents import Agent
from desk.core.errors import NotYours
from desk.core.tickets import Ticket
from desk.service import clock as deadline_clock
from desk.service import conversations, ticket_outlook, ticket_work, tickets
from desk.service.desk import Desk
from desk.service.ticket_outlook import Outlook
from tests.service.conftest import SetClock


def talk(desk: Desk, name: str = "visitor") -> str:
    return conversations.open(desk, channel="web", channel_user=name).id


def opened(desk: Desk) -> Ticket:
    return tickets.open_ticket(desk, kind="complaint", subject="师傅没来", conversation_id=talk(desk), key=None)


def look(desk: Desk, ticket: Ticket) -> Outlook:
    return ticket_outlook.look(desk, number=ticket.number, conversation_id=talk(desk))


def urge(desk: Desk, ticket: Ticket) -> Outlook:
    tickets.urge(desk, number=ticket.number, conversation_id=talk(desk), key=None)
    return look(desk, ticket)


def test_the_next_promise_is_the_first_answer(desk: Desk) -> None:
    """Two hours from receipt (KF-3.3.1), and nothing is missed."""
    seen = look(desk, opened(desk))
    assert seen.due is not None
    assert ("reply", None) == (seen.due.clock, seen.missed)


def test_a_missed_promise_is_said_with_what_was_really_done(desk: Desk, clock: SetClock) -> None:
    """Before the sweep has told a supervisor, nobody is said to have been told."""
    ticket = opened(desk)
    clock.advance(hours=2, minutes=1)
    before = look(desk, ticket)
    assert before.missed is not None
    assert before.due is not None
    assert ("reply", "response", frozenset()) == (before.missed.clock, before.due.clock, before.done)
    sweep_all(desk)
    assert {"apologise", "notify_supervisor", "raise_priority"} <= look(desk, ticket).done


def sweep_all(desk: Desk) -> None:
    while deadline_clock.sweep(desk):
        pass


def test_steps_of_an_urging_are_told_and_nothing_new_is_claimed(desk: Desk, clock: SetClock) -> None:
    """The priority is raised once; the third time a supervisor hears of it; ten minutes later it is no repetition."""
    ticket = opened(desk)
    first = urge(desk, ticket)
    assert (("raise_priority", "notify_department"), False) == (first.now, first.again)
    second = urge(desk, ticket)
    assert (("notify_department",), frozenset(), True) == (second.now, second.new, second.again)
    third = urge(desk, ticket)
    assert frozenset({"notify_supervisor"}) == third.new
    clock.advance(minutes=11)
    assert not urge(desk, ticket).again


def test_the_question_is_known_while_it_is_open(desk: Desk, wang: Agent) -> None:
    """And the ticket is found by it, also by the very words that have answered it, but by no others."""
    ticket = opened(desk)
    assert ticket_outlook.asked(desk, conversation_id=talk(desk), text="周三") is None
    ticket_work.ask_customer(desk, number=ticket.number, agent=wang, question="哪天约的")
    assert "哪天约的" == look(desk, ticket).question
    found = ticket_outlook.asked(desk, conversation_id=talk(desk), text="随便什么")
    assert found is not None
    assert ticket.number == found.ticket.number
    tickets.customer_answered(desk, number=ticket.number, text="周三", conversation_id=talk(desk))
    assert "" == look(desk, ticket).question
    assert ticket_outlook.asked(desk, conversation_id=talk(desk), text="周三") is not None
    assert ticket_outlook.asked(desk, conversation_id=talk(desk), text="保洁多少钱") is None


def test_the_last_notice_counts_until_something_else_is_said(desk: Desk, wang: Agent) -> None:
    """The question for a rating that follows a result does not hide it; the customer's own words neither."""
    ticket = opened(desk)
    assert ticket_outlook.noticed(desk, conversation_id=talk(desk)) is None
    tickets.advance(desk, number=ticket.number, to="replied", agent=wang, result="已道歉", outcome="upheld")
    conversations.receive(desk, conversation_id=talk(desk), external_id="m1", text="好了")
    assert ticket.number == ticket_outlook.noticed(desk, conversation_id=talk(desk))


def test_a_claim_shows_when_its_review_is_due(desk: Desk) -> None:
    """The review is a task with a clock of its own (KF-3.5.2)."""
    ticket = opened(desk)
    assert look(desk, ticket).review_by is None
    tickets.request_compensation(desk, number=ticket.number, conversation_id=talk(desk), key=None, text="赔我")
    seen = look(desk, ticket)
    assert ("review_compensation",) == seen.now
    assert seen.review_by is not None


def test_nobody_else_sees_it(desk: Desk) -> None:
    """Invariant 5."""
    ticket = opened(desk)
    with pytest.raises(NotYours):
        ticket_outlook.look(desk, number=ticket.number, conversation_id=talk(desk, "another"))
    with pytest.raises(NotYours):
        ticket_outlook.note(desk, number=ticket.number, conversation_id=talk(desk, "another"), text="x", key=None)
