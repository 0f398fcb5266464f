"""Customer records: only after verification, only the customer's own, every look written down."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.core import verification
from desk.core.agents import Agent
from desk.core.customers import Access, Customer, Identity, Verification, masked_phone
from desk.core.errors import NotVerified, NotYours, TooMany
from desk.core.outbox import Outgoing
from desk.service.desk import Desk, UnitOfWork, once


@dataclass(frozen=True)
class Sent:
    """Where a code went; the same whether the phone belongs to a customer or not."""

    phone: str
    expires_at: datetime


def send_code(desk: Desk, *, conversation_id: str, phone: str, key: str | None) -> Sent:
    """Send a one-time code. Raises Invalid for what is no mobile number, ResendTooSoon, TooMany for the day."""
    number = verification.mobile(phone)
    now = desk.clock.now()
    with desk.begin() as uow:
        def send() -> dict[str, str]:
            _may_send(uow, conversation_id, number, now)
            return {"expires_at": _send(uow, conversation_id, number, now).isoformat()}

        done = once(uow, key, at=now, do=send)
    return Sent(masked_phone(number), datetime.fromisoformat(done["expires_at"]))


def _may_send(uow: UnitOfWork, conversation_id: str, phone: str, now: datetime) -> None:
    last = uow.customers.latest_verification(conversation_id)
    if last is not None and last.phone == phone and now - last.sent_at < verification.RESEND_AFTER:
        raise verification.ResendTooSoon(int((verification.RESEND_AFTER - (now - last.sent_at)).total_seconds()) + 1)
    if uow.customers.codes_sent(phone, since=now - timedelta(days=1)) >= verification.CODES_A_DAY:
        raise TooMany("codes for this phone today")


def _send(uow: UnitOfWork, conversation_id: str, phone: str, now: datetime) -> datetime:
    code = verification.new_code()
    one = Verification(conversation_id=conversation_id, phone=phone, sent_at=now,
                       code_hash=verification.hashed(code, conversation_id=conversation_id, phone=phone),
                       expires_at=now + verification.LIFETIME)
    uow.add(one)
    uow.flush()
    text = f"您的验证码是 {code}，{verification.LIFETIME_MINUTES} 分钟内有效。请勿告诉他人。"
    uow.outbox.put(Outgoing(channel="sms", address=phone, body={"text": text, "secret": True}, created_at=now,
                            next_attempt_at=now, dedup_key=f"verification:{one.id}"))
    uow.wake("outbox")
    return one.expires_at


def check_code(desk: Desk, *, conversation_id: str, code: str) -> Customer:
    """Verify a code and link the channel's user to the customer.

    Raises WrongCode, CodeExpired or TooMany (the try stays counted), NotVerified when nobody has this phone.
    """
    with desk.begin() as uow:
        last = uow.customers.latest_verification(conversation_id, lock=True)
        error = verification.attempt(last, code, now=desk.clock.now())
        customer = uow.customers.by_phone(last.phone) if last is not None and error is None else None
        if customer is not None:
            _link(desk, uow, conversation_id, customer)
    if error is not None:
        raise error
    if customer is None:
        raise NotVerified("no customer with this phone")
    return customer


def _link(desk: Desk, uow: UnitOfWork, conversation_id: str, customer: Customer) -> None:
    assert customer.id is not None
    now = desk.clock.now()
    conversation = uow.conversations.get(conversation_id, lock=True)
    conversation.customer_id, conversation.surname = customer.id, customer.name[:1]
    known = uow.customers.identity(conversation.channel, conversation.channel_user)
    if known is None:
        uow.add(Identity(channel=conversation.channel, channel_user=conversation.channel_user,
                         customer_id=customer.id, verified_at=now))
    else:
        known.customer_id, known.verified_at = customer.id, now
    for ticket in uow.tickets.of_conversation(conversation_id):
        ticket.customer_id = ticket.customer_id or customer.id
    for booking in uow.bookings.of_conversation(conversation_id, since=now):
        booking.customer_id = booking.customer_id or customer.id
    uow.facts.record("customer.verified", subject=f"customer:{customer.customer_no}", actor="customer", at=now,
                     conversation=conversation_id)


def account(desk: Desk, *, conversation_id: str, actor: str, purpose: str) -> Customer:
    """The record of the customer in a conversation; the look is logged. Raises NotVerified."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id)
        if conversation.customer_id is None:
            raise NotVerified(conversation_id)
        return _look(desk, uow, conversation.customer_id, actor=actor, purpose=purpose)


def customer_for_agent(desk: Desk, *, customer_id: int, agent: Agent, purpose: str) -> Customer:
    """A record for an agent whose role allows it; the look is logged."""
    if not agent.may("customers"):
        raise NotYours("customers")
    with desk.begin() as uow:
        return _look(desk, uow, customer_id, actor=f"agent:{agent.id}", purpose=purpose)


def _look(desk: Desk, uow: UnitOfWork, customer_id: int, *, actor: str, purpose: str) -> Customer:
    customer = uow.customers.get(customer_id)
    uow.add(Access(at=desk.clock.now(), actor=actor, customer_id=customer_id, purpose=purpose[:80]))
    return customer
