"""Notices to customers: sent over every channel, seen to arrive, repeated, and never said to have arrived when not."""

import pytest

from desk.core.agents import Agent
from desk.core.customer_notices import CustomerNotice
from desk.core.customers import Customer
from desk.core.errors import NotFound
from desk.core.outbox import MAX_ATTEMPTS
from desk.core.tickets import Ticket
from desk.service import complaints, conversations, customer_notices, delivery, tickets
from desk.service.desk import Desk
from tests.service.conftest import SetClock

ME = "host:1"


def talk(desk: Desk) -> str:
    return conversations.open(desk, channel="web", channel_user="visitor").id


def answered(desk: Desk, wang: Agent, *, phone: str = "13800000001") -> Ticket:
    """A complaint with an answer on its way."""
    ticket = tickets.open_ticket(desk, kind="complaint", subject="师傅迟到", conversation_id=talk(desk), key=None,
                                 contact_phone=phone)
    return tickets.advance(desk, number=ticket.number, to="replied", agent=wang, result="已致歉", outcome="upheld")


def notice(desk: Desk, number: str) -> CustomerNotice:
    with desk.begin() as uow:
        found = customer_notices.last_result(uow, uow.tickets.by_number(number))
    assert found is not None
    return found


def facts(desk: Desk, number: str, *names: str) -> list[str]:
    with desk.begin() as uow:
        return [fact.name.removeprefix("ticket.") for fact in uow.facts.about(f"ticket:{number}")
                if fact.name.removeprefix("ticket.") in names]


def owed(desk: Desk) -> int | None:
    return conversations.get(desk, conversation_id=talk(desk)).notice_seq


def send_again(desk: Desk, number: str) -> bool:
    conversation_id = talk(desk)
    with desk.begin() as uow:
        uow.conversations.get(conversation_id, lock=True)
        return customer_notices.again(desk, uow, uow.tickets.by_number(number, lock=True)) is not None


def give_up_sms(desk: Desk, clock: SetClock) -> None:
    for _ in range(MAX_ATTEMPTS):
        for row in delivery.claim(desk, holder=ME):
            delivery.failed(desk, row_id=row.id or 0, holder=ME, error="provider away")
        clock.advance(seconds=2**MAX_ATTEMPTS)


def test_it_arrives_when_the_reader_has_passed_it_and_not_before(desk: Desk, wang: Agent) -> None:
    """One seq before is not enough; afterwards nothing is owed, and a second passing changes nothing."""
    number = answered(desk, wang).number
    seq = owed(desk)
    assert seq is not None
    assert 0 == customer_notices.seen(desk, conversation_id=talk(desk), up_to=seq - 1)
    assert [] == facts(desk, number, "notice_delivered")
    assert 1 == customer_notices.seen(desk, conversation_id=talk(desk), up_to=seq)
    assert 0 == customer_notices.seen(desk, conversation_id=talk(desk), up_to=seq)
    assert ["notice_delivered", "result_delivered"] == facts(desk, number, "notice_delivered", "result_delivered")
    assert ("web", None) == (notice(desk, number).delivered_by, owed(desk))


def test_a_notice_in_between_is_seen_although_a_later_one_is_not(desk: Desk, wang: Agent) -> None:
    """The first unread message is what is owed, not the last."""
    first = answered(desk, wang)
    first_seq = owed(desk)
    second = answered(desk, wang)
    assert first_seq == owed(desk)
    customer_notices.seen(desk, conversation_id=talk(desk), up_to=first_seq or 0)
    assert notice(desk, first.number).delivered_at is not None
    assert notice(desk, second.number).delivered_at is None
    assert owed(desk) == notice(desk, second.number).seq


def test_an_sms_that_the_gateway_took_has_arrived(desk: Desk, wang: Agent) -> None:
    """Whatever the web chat says; and then the conversation owes nothing more."""
    number = answered(desk, wang).number
    [row] = delivery.claim(desk, holder=ME)
    delivery.sent(desk, row_id=row.id or 0, holder=ME)
    found = notice(desk, number)
    assert ("sms", ["sent", "sent"]) == (found.delivered_by, [one["state"] for one in found.attempts])
    assert ["result_delivered"] == facts(desk, number, "result_delivered")
    assert owed(desk) is None


def test_an_sms_that_was_given_up_is_an_attempt_that_failed(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """A fact, a state, and nothing delivered; what is only late is neither."""
    number = answered(desk, wang).number
    [row] = delivery.claim(desk, holder=ME)
    delivery.failed(desk, row_id=row.id or 0, holder=ME, error="provider away")
    assert ["sent", "waiting"] == [one["state"] for one in notice(desk, number).attempts]
    clock.advance(minutes=10)
    give_up_sms(desk, clock)
    assert ["sent", "failed"] == [one["state"] for one in notice(desk, number).attempts]
    assert ["notice_failed"] == facts(desk, number, "notice_failed", "notice_delivered")


def test_it_is_repeated_over_every_channel_but_not_within_the_hour(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """New attempts of the same notice; the clock of the notice is not started again."""
    number = answered(desk, wang).number
    clock.advance(minutes=59)
    assert not send_again(desk, number)
    clock.advance(minutes=1)
    assert send_again(desk, number)
    assert ["web", "sms", "web", "sms"] == [one["channel"] for one in notice(desk, number).attempts]
    assert ["notified", "result_notified", "notified"] == facts(desk, number, "notified", "result_notified")
    assert 2 == len(delivery.claim(desk, holder=ME))


def test_what_arrived_is_not_repeated(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """Nobody is told twice what they have read."""
    number = answered(desk, wang).number
    customer_notices.seen(desk, conversation_id=talk(desk), up_to=owed(desk) or 0)
    clock.advance(days=1)
    assert not send_again(desk, number)


def test_three_failed_attempts_over_two_channels_let_a_complaint_end(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """And nothing less: before that the reason is told."""
    ticket = answered(desk, wang)
    give_up_sms(desk, clock)
    with desk.begin() as uow:
        assert "还没有送达" in (complaints.may_end(uow, uow.tickets.by_number(ticket.number)) or "")
    clock.advance(hours=1)
    send_again(desk, ticket.number)
    give_up_sms(desk, clock)
    with desk.begin() as uow:
        assert complaints.may_end(uow, uow.tickets.by_number(ticket.number)) is None


def test_without_a_phone_one_channel_is_never_enough(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """However often the web chat is written to."""
    ticket = answered(desk, wang, phone="")
    for _ in range(5):
        clock.advance(hours=1)
        send_again(desk, ticket.number)
    with desk.begin() as uow:
        assert complaints.may_end(uow, uow.tickets.by_number(ticket.number)) is not None


def test_a_verified_customer_s_own_phone_is_used(desk: Desk, wang: Agent) -> None:
    """Where none was left with the ticket."""
    conversation_id = talk(desk)
    with desk.begin() as uow:
        customer = Customer(customer_no="C0001", name="张伟", phone="13800000009", gender="m")
        uow.add(customer)
        uow.flush()
        uow.conversations.get(conversation_id).customer_id = customer.id
    answered(desk, wang, phone="")
    assert ["13800000009"] == [row.address for row in delivery.claim(desk, holder=ME)]


@pytest.mark.parametrize("reached", [True, False])
def test_a_call_is_an_attempt_too(desk: Desk, wang: Agent, reached: bool) -> None:
    """It arrived if the customer was reached."""
    number = answered(desk, wang, phone="").number
    complaints.spoke(desk, number=number, agent=wang, reached=reached)
    found = notice(desk, number)
    assert ("phone" if reached else None) == found.delivered_by
    assert ["web", "phone"] == [one["channel"] for one in found.attempts]
    assert (owed(desk) is None) == reached


def test_nobody_can_be_said_to_have_been_told_what_was_not_answered(desk: Desk, wang: Agent) -> None:
    """There is no result yet."""
    ticket = tickets.open_ticket(desk, kind="complaint", subject="师傅迟到", conversation_id=talk(desk), key=None)
    with pytest.raises(NotFound):
        complaints.spoke(desk, number=ticket.number, agent=wang, reached=True)
