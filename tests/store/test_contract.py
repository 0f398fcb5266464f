"""What the service layer relies on, proven over SQLite and PostgreSQL alike, most of it under a race."""

from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import StatementError

from desk.core import numbers
from desk.core.agents import Agent
from desk.core.booking_rules import SlotUnavailable
from desk.core.bookings import Booking
from desk.core.conversations import Message, append
from desk.core.errors import Conflict, NotFound
from desk.core.outbox import Outgoing
from desk.service import bookings, conversations, customers, delivery, handoffs, tickets
from desk.service.desk import Desk, once
from desk.store.unit_of_work import Store

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
SLOT = datetime(2026, 11, 26, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
LAST_PLACE = {"service_id": "consulting", "resource": "center", "contact_name": "张伟", "contact_phone": "13800000001"}


def talk(desk: Desk, name: str = "visitor") -> str:
    return conversations.open(desk, channel="web", channel_user=name).id


def agent(desk: Desk, name: str) -> int:
    with desk.begin() as uow:
        one = Agent(username=name, name=name, role="agent", password_hash="-", on_duty=True,
                    skills=list(desk.policy.queues))
        uow.add(one)
        uow.flush()
    assert one.id is not None
    return one.id


def test_a_message_of_one_key_is_stored_once(desk: Desk) -> None:
    """The database itself refuses a second message under a dedup key; the transaction then never happened."""
    conversation_id = talk(desk)

    def store_it() -> None:
        with desk.begin() as uow:
            conversation = uow.conversations.get(conversation_id, lock=True)
            uow.add(append(conversation, kind="message", sender="customer", text="你好", now=NOW, dedup_key="web:1"))

    store_it()
    with pytest.raises(Conflict):
        store_it()
    assert 1 == conversations.get(desk, conversation_id=conversation_id).last_seq


def test_eight_deliveries_of_one_message_store_one(desk: Desk, race: Any) -> None:
    """Whatever the retries, one message, one number, one turn (invariant 1)."""
    conversation_id = talk(desk)
    received = race(lambda racer: conversations.receive(desk, conversation_id=conversation_id, external_id="m1",
                                                        text="你好", holder="host:1"))
    assert [1] * 8 == [one.seq for one in received]
    assert 1 == sum(one.new for one in received)
    assert 1 == sum(one.turn is not None for one in received)
    assert 1 == len(conversations.events(desk, conversation_id=conversation_id))


def test_eight_messages_at_once_are_numbered_one_to_eight(desk: Desk, race: Any) -> None:
    """Sequence numbers have neither gaps nor duplicates, and one turn is claimed."""
    conversation_id = talk(desk)
    received = race(lambda racer: conversations.receive(desk, conversation_id=conversation_id, external_id=f"m{racer}",
                                                        text="你好", holder=f"host:{racer}"))
    assert list(range(1, 9)) == sorted(one.seq for one in received)
    assert 1 == sum(one.turn is not None for one in received)


def test_eight_first_messages_of_one_visitor_open_one_conversation(desk: Desk, race: Any) -> None:
    """One person has one conversation per channel."""
    assert 1 == len({one.id for one in race(
        lambda racer: conversations.open(desk, channel="web", channel_user="visitor"))})


def test_the_last_place_goes_to_one_and_the_others_are_offered_more(desk: Desk, race: Any) -> None:
    """Capacity 1, eight customers: one Booking, seven refusals with times that are really free."""
    talks = [talk(desk, f"v{n}") for n in range(8)]
    results = race(lambda racer: bookings.book(desk, starts_at=SLOT, conversation_id=talks[racer], key=None,
                                               **LAST_PLACE))
    assert 1 == sum(isinstance(one, Booking) for one in results)
    refused = [one for one in results if isinstance(one, SlotUnavailable)]
    assert 7 == len(refused)
    assert all("full" == one.reason and one.alternatives and SLOT not in one.alternatives for one in refused)


def test_one_effect_under_one_key_however_often_it_runs_at_once(desk: Desk, race: Any) -> None:
    """Eight runs of the same turn book the last place once and all get that booking (invariant 1)."""
    conversation_id = talk(desk)
    results = race(lambda racer: bookings.book(desk, starts_at=SLOT, conversation_id=conversation_id, key="c/1/book",
                                               **LAST_PLACE))
    assert [] == [one for one in results if isinstance(one, Exception)]
    assert 1 == len({one.number for one in results})
    with desk.begin() as uow:
        assert {SLOT: 1} == uow.bookings.taken("consulting", "center", start=SLOT, end=SLOT + timedelta(hours=1))


def test_withdrawing_at_once_under_one_key_is_withdrawing_once(desk: Desk, race: Any) -> None:
    """The twin reads back what was done; it is not told that the step is impossible."""
    conversation_id = talk(desk)
    number = tickets.open_ticket(desk, kind="complaint", subject="慢", conversation_id=conversation_id, key=None).number
    results = race(lambda racer: tickets.withdraw(desk, number=number, conversation_id=conversation_id,
                                                  key="c/2/withdraw"))
    assert ["withdrawn"] * 8 == [getattr(one, "status", one) for one in results]


def test_once_carries_an_effect_out_once(desk: Desk, race: Any) -> None:
    """The bare mechanism: of eight concurrent calls with one key, one does the work and all know its result."""
    def work(racer: int) -> dict[str, Any]:
        with desk.begin() as uow:
            return once(uow, "c/1/effect", at=NOW, do=lambda: {"number": uow.next_number("TS", NOW.date())})

    assert [{"number": numbers.make("TS", NOW.date(), 1)}] * 8 == race(work)


def test_numbers_have_no_gaps_and_no_twins(desk: Desk, race: Any) -> None:
    """Eight writers, five numbers each, one of them rolling back every time: 35 numbers in a row."""
    def draw(racer: int) -> list[str]:
        drawn = []
        for _ in range(5):
            with desk.begin() as uow:
                number = uow.next_number("BK", NOW.date())
                drawn.append(number)
                if racer == 0:
                    raise LookupError
        return drawn

    drawn = [number for one in race(draw) if isinstance(one, list) for number in one]
    assert [numbers.make("BK", NOW.date(), n) for n in range(1, 36)] == sorted(drawn)


def test_two_agents_who_accept_at_once_do_not_both_get_it(desk: Desk, race: Any) -> None:
    """One owner at any instant (invariant 2): one agent, and Conflict for everybody else."""
    state = handoffs.request(desk, conversation_id=talk(desk), reason="request_human", summary={})
    agents = [agent(desk, f"agent{n}") for n in range(8)]
    results = race(lambda racer: handoffs.accept(desk, handoff_id=state.handoff_id, agent_id=agents[racer]))
    assert 7 == sum(isinstance(one, Conflict) for one in results)
    winner = next(one for one in results if not isinstance(one, Exception))
    with desk.begin() as uow:
        assert winner.agent_id == uow.handoffs.get(state.handoff_id).agent_id


def test_eight_guesses_at_once_count_as_eight(desk: Desk, race: Any) -> None:
    """Guessing in parallel does not win more than five tries."""
    conversation_id = talk(desk)
    customers.send_code(desk, conversation_id=conversation_id, phone="13800000001", key=None)
    results = race(lambda racer: customers.check_code(desk, conversation_id=conversation_id, code="no"))
    assert ["TooMany"] * 4 + ["WrongCode"] * 4 == sorted(type(one).__name__ for one in results)


def test_customers_who_swap_places_do_not_lock_each_other_out(desk: Desk, race: Any) -> None:
    """Moves that take each other's slots end in an orderly answer, never in a database error."""
    talks = [talk(desk, f"v{n}") for n in range(2)]
    visit = {"service_id": "cleaning", "resource": "onsite", "contact_name": "张伟", "contact_phone": "13800000001",
             "address": "云桥市朝阳路 1 号"}
    slots = bookings.offers(desk, service_id="cleaning", resource="onsite", day=SLOT.date()).slots
    numbers_ = [bookings.book(desk, starts_at=slots[n], conversation_id=talks[n], key=None, **visit).number
                for n in range(2)]
    for turn in range(6):
        moved = race(lambda racer, turn=turn: bookings.change(
            desk, number=numbers_[racer % 2], starts_at=slots[(racer + turn + 1) % 2], conversation_id=talks[racer % 2],
            key=None))
        assert [] == [one for one in moved if isinstance(one, Exception) and not isinstance(one, SlotUnavailable)]
    with desk.begin() as uow:
        taken = uow.bookings.taken("cleaning", "onsite", start=SLOT - timedelta(hours=9), end=SLOT + timedelta(hours=9))
    assert 2 == sum(taken.values())


def test_two_holders_never_claim_the_same_row(desk: Desk, race: Any) -> None:
    """Each of twenty rows is leased to one of eight processes."""
    with desk.begin() as uow:
        for n in range(20):
            uow.outbox.put(Outgoing(channel="sms", address="13800000001", body={"text": "好"}, dedup_key=f"k{n}",
                                    created_at=NOW, next_attempt_at=NOW))

    def claim(racer: int) -> list[int | None]:
        with desk.begin() as uow:
            return [row.id for row in uow.outbox.claim(holder=f"host:{racer}", now=NOW, limit=4)]

    claimed = [row for rows in race(claim) for row in rows]
    assert len(claimed) == len(set(claimed))
    rest = [row.id for _ in range(5) for row in delivery.claim(desk, holder="late")]
    assert 20 == len(set(claimed) | set(rest)) == len(claimed) + len(rest)


def test_an_outgoing_row_is_written_once_per_key(desk: Desk) -> None:
    """Putting the same thing in again changes nothing."""
    for text in ("一", "二"):
        with desk.begin() as uow:
            uow.outbox.put(Outgoing(channel="sms", address="13800000001", body={"text": text}, dedup_key="same",
                                    created_at=NOW, next_attempt_at=NOW))
    assert ["一"] == [row.body["text"] for row in delivery.claim(desk, holder="me")]


def test_times_come_back_as_the_same_instant_in_utc(desk: Desk) -> None:
    """Any zone in, aware UTC out, to the microsecond."""
    at = datetime(2026, 11, 24, 23, 59, 59, 123456, tzinfo=ZoneInfo("Asia/Shanghai"))
    with desk.begin() as uow:
        uow.facts.record("desk.tried", subject="desk:1", actor="system", at=at)
    with desk.begin() as uow:
        back = uow.facts.about("desk:1")[0].at
    assert (at, timedelta(0)) == (back, back.utcoffset())


def test_a_naive_time_is_refused(desk: Desk) -> None:
    """A time without a zone is a mistake, not a guess."""
    with pytest.raises(StatementError, match="naive datetime"), desk.begin() as uow:
        uow.facts.record("desk.tried", subject="desk:1", actor="system", at=datetime(2026, 11, 24))


def test_a_block_that_raises_leaves_nothing_and_wakes_nobody(store: Store, url: str) -> None:
    """All or nothing, and hints only about what was committed."""
    woken: list[str] = []
    watched = Store(url, wake=woken.append)

    def fail() -> None:
        with watched.begin() as uow:
            uow.facts.record("desk.tried", subject="desk:1", actor="system", at=NOW)
            uow.wake("queues")
            uow.agents.get(99)

    with pytest.raises(NotFound):
        fail()
    with watched.begin() as uow:
        assert [] == uow.facts.about("desk:1")
        uow.wake("outbox")
    watched.close()
    assert ["outbox"] == woken


def test_a_locked_conversation_keeps_the_next_writer_waiting(desk: Desk) -> None:
    """Read, decide, write is one step: the second writer sees what the first has written."""
    conversation_id = talk(desk)
    begun, second = Event(), Event()

    def other() -> None:
        begun.wait()
        conversations.receive(desk, conversation_id=conversation_id, external_id="late", text="后到")
        second.set()

    thread = Thread(target=other)
    thread.start()
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id, lock=True)
        begun.set()
        assert not second.wait(0.2)
        uow.add(append(conversation, kind="message", sender="bot", text="先到", now=NOW))
    thread.join()
    said: list[Message] = conversations.events(desk, conversation_id=conversation_id)
    assert [(1, "先到"), (2, "后到")] == [(one.seq, one.text) for one in said]
