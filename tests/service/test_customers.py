"""Customer records: proven first, own only, every look on the record."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from desk.core import verification
from desk.core.agents import Agent
from desk.core.customers import Access, Customer
from desk.core.errors import Invalid, NotVerified, NotYours, TooMany
from desk.core.verification import CodeExpired, ResendTooSoon, WrongCode
from desk.service import bookings, conversations, customers, delivery, tickets
from desk.service.desk import Desk
from desk.store.unit_of_work import Store
from tests.service.conftest import SetClock

PHONE = "13800000001"


@pytest.fixture(autouse=True)
def zhang(desk: Desk) -> Customer:
    """The customer whose phone it is."""
    with desk.begin() as uow:
        customer = Customer(customer_no="C100001", name="张伟", phone=PHONE, balance_fen=12850)
        uow.add(customer)
    return customer


def talk(desk: Desk, name: str = "visitor", channel: str = "web") -> str:
    return conversations.open(desk, channel=channel, channel_user=name).id


def send(desk: Desk, *, phone: str = PHONE, name: str = "visitor", key: str | None = None) -> customers.Sent:
    return customers.send_code(desk, conversation_id=talk(desk, name), phone=phone, key=key)


def code(desk: Desk) -> str:
    """The newest code, as it stands in the SMS."""
    found = re.search(r"\d{6}", str(delivery.claim(desk, holder="me")[-1].body["text"]))
    assert found is not None
    return found[0]


def verify(desk: Desk, name: str = "visitor") -> Customer:
    send(desk, name=name)
    return customers.check_code(desk, conversation_id=talk(desk, name), code=code(desk))


def looks(store: Store) -> list[tuple[str, str]]:
    with store.begin() as uow:
        rows = uow.session.query(Access).all()
        return [(one.actor, one.purpose) for one in rows]


def test_only_the_hash_of_a_code_is_kept_with_the_verification(desk: Desk, store: Store) -> None:
    """The code itself stands in the outbox until it is sent, and nowhere after."""
    send(desk)
    row = delivery.claim(desk, holder="me")[0]
    secret = re.search(r"\d{6}", str(row.body["text"]))
    assert secret is not None
    delivery.sent(desk, row_id=row.id or 0, holder="me")
    with store.begin() as uow:
        for table in ("verifications", "outbox", "facts", "effects", "messages"):
            stored = str(uow.session.execute(text(f"SELECT * FROM {table}")).all())
            assert secret[0] not in stored, table


def test_where_a_code_went_is_shown_masked_and_the_same_for_strangers(desk: Desk) -> None:
    """Nobody learns from it whether a phone belongs to a customer."""
    known, unknown = send(desk), send(desk, phone="13800000099", name="other")
    assert ("138****0001", "138****0099") == (known.phone, unknown.phone)
    assert known.expires_at == unknown.expires_at
    assert 2 == len(delivery.claim(desk, holder="me"))


def test_what_is_no_mobile_number_gets_no_code(desk: Desk) -> None:
    """A landline cannot read an SMS."""
    with pytest.raises(Invalid):
        send(desk, phone="0571-00001001")
    assert [] == delivery.claim(desk, holder="me")


def test_the_same_effect_twice_sends_one_code(desk: Desk) -> None:
    """A turn that is run again neither sends nor complains about haste (invariant 1)."""
    assert send(desk, key="c/1/code") == send(desk, key="c/1/code")
    assert 1 == len(delivery.claim(desk, holder="me"))


def test_a_new_code_may_be_asked_for_after_a_minute(desk: Desk, clock: SetClock) -> None:
    """Sooner says how long to wait; then the new code counts and the old one no longer."""
    send(desk)
    old = code(desk)
    clock.advance(seconds=20)
    with pytest.raises(ResendTooSoon) as early:
        send(desk)
    assert 40 <= early.value.wait_s <= 41
    clock.advance(seconds=40)
    send(desk)
    new = code(desk)
    if new != old:
        with pytest.raises(WrongCode):
            customers.check_code(desk, conversation_id=talk(desk), code=old)
    assert "张伟" == customers.check_code(desk, conversation_id=talk(desk), code=new).name


def test_a_phone_gets_five_codes_a_day_from_whatever_conversations(desk: Desk, clock: SetClock) -> None:
    """Nobody is flooded, and guessing cannot go on in new windows; a day later it is possible again."""
    for n in range(verification.CODES_A_DAY):
        send(desk, name=f"v{n}")
    with pytest.raises(TooMany):
        send(desk, name="one too many")
    clock.advance(hours=24, seconds=1)
    send(desk, name="next day")


def test_five_wrong_tries_then_even_the_right_code_is_dead(desk: Desk) -> None:
    """Tries are counted although each of them fails."""
    send(desk)
    right = code(desk)
    wrong = "000000" if right != "000000" else "111111"
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongCode) as error:
            customers.check_code(desk, conversation_id=talk(desk), code=wrong)
        assert left == error.value.tries_left
    for tried in (wrong, right):
        with pytest.raises(TooMany):
            customers.check_code(desk, conversation_id=talk(desk), code=tried)
    with pytest.raises(NotVerified):
        customers.account(desk, conversation_id=talk(desk), actor="customer", purpose="balance")


def test_a_code_dies_after_ten_minutes(desk: Desk, clock: SetClock) -> None:
    """Late is expired, not wrong."""
    send(desk)
    clock.advance(minutes=10)
    with pytest.raises(CodeExpired):
        customers.check_code(desk, conversation_id=talk(desk), code=code(desk))


def test_a_code_is_worthless_in_another_conversation(desk: Desk) -> None:
    """Overheard is not proven."""
    send(desk)
    with pytest.raises(CodeExpired):
        customers.check_code(desk, conversation_id=talk(desk, "thief"), code=code(desk))


def test_a_proven_phone_without_a_record_links_nobody(desk: Desk) -> None:
    """The right code of a stranger's phone is not a customer."""
    send(desk, phone="13800000099")
    with pytest.raises(NotVerified):
        customers.check_code(desk, conversation_id=talk(desk), code=code(desk))
    assert conversations.get(desk, conversation_id=talk(desk)).customer_id is None


def test_verifying_links_the_conversation_and_the_next_one_of_the_same_user(desk: Desk, zhang: Customer) -> None:
    """The channel user is known from then on; on another channel they are not."""
    assert zhang.id == verify(desk).id
    linked = conversations.get(desk, conversation_id=talk(desk))
    assert (zhang.id, "张") == (linked.customer_id, linked.surname)
    assert conversations.get(desk, conversation_id=talk(desk, channel="wechat")).customer_id is None
    with desk.begin() as uow:
        identity = uow.customers.identity("web", "visitor")
        assert identity is not None
        assert zhang.id == identity.customer_id


def test_the_turn_that_verified_may_run_again(desk: Desk, zhang: Customer) -> None:
    """A process killed after the check says “verified” again, not “expired” (invariant 1)."""
    send(desk)
    right = code(desk)
    for _ in range(2):
        assert zhang.id == customers.check_code(desk, conversation_id=talk(desk), code=right).id


def test_what_was_registered_before_verifying_belongs_to_the_customer(desk: Desk) -> None:
    """Tickets and bookings made in the conversation are found from every other proven one."""
    ticket = tickets.open_ticket(desk, kind="fault", subject="断网", conversation_id=talk(desk), key=None)
    booking = bookings.book(desk, service_id="consulting", resource="center", key=None, contact_name="张伟",
                            starts_at=datetime(2026, 11, 25, 10, tzinfo=ZoneInfo("Asia/Shanghai")),
                            contact_phone=PHONE, conversation_id=talk(desk))
    verify(desk)
    verify(desk, "second window")
    other = talk(desk, "second window")
    assert [ticket.number] == [one.number for one in tickets.recent(desk, conversation_id=other)]
    assert [booking.number] == [one.number for one in bookings.upcoming(desk, conversation_id=other)]


def test_an_account_is_shown_to_its_own_conversation_and_each_look_is_logged(desk: Desk, store: Store) -> None:
    """Invariant 5: one row for each look, none for a refusal."""
    verify(desk)
    for _ in range(2):
        assert 12850 == customers.account(desk, conversation_id=talk(desk), actor="customer",
                                          purpose="balance").balance_fen
    with pytest.raises(NotVerified):
        customers.account(desk, conversation_id=talk(desk, "stranger"), actor="customer", purpose="balance")
    assert [("customer", "balance")] * 2 == looks(store)


def test_agents_look_under_their_own_name_if_their_role_allows(desk: Desk, store: Store, wang: Agent,
                                                               zhang: Customer) -> None:
    """A trainer sees no record and leaves no row."""
    assert "张伟" == customers.customer_for_agent(desk, customer_id=zhang.id or 0, agent=wang, purpose="回电").name
    trainer = Agent(username="t", name="陈晨", role="trainer", password_hash="-", id=9)
    with pytest.raises(NotYours):
        customers.customer_for_agent(desk, customer_id=zhang.id or 0, agent=trainer, purpose="好奇")
    assert [(f"agent:{wang.id}", "回电")] == looks(store)
