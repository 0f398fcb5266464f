"""Telling a customer something about their ticket, and knowing that it arrived (design invariant 3).

A notice is a message in the conversation and, where a phone is known, an SMS; it has arrived when the customer's reader
has passed the message or the SMS gateway has taken the SMS. Every attempt is kept, and all of it stands in the facts of
the ticket, so that the complaint ledger (``desk.core.complaints``) can be folded from them.
"""

from desk.core.conversations import append
from desk.core.customer_notices import CustomerNotice, Kind
from desk.core.errors import NotFound
from desk.core.outbox import Outgoing
from desk.core.tickets import Ticket
from desk.service import recording
from desk.service.desk import Desk, UnitOfWork


def tell(desk: Desk, uow: UnitOfWork, ticket: Ticket, *, kind: Kind, text: str, by_phone: bool = True) -> CustomerNotice:
    """Send a notice over every channel of a ticket; the caller has locked its conversation and the ticket."""
    notice = CustomerNotice(ticket_number=ticket.number, kind=kind, text=text, at=desk.clock.now(),
                            conversation_id=ticket.conversation_id)
    uow.add(notice)
    uow.flush()
    _send(desk, uow, ticket, notice, by_phone=by_phone)
    if kind == "result":
        recording.on_ticket(desk, uow, ticket, "ticket.result_notified", actor="system", notice=notice.id)
    return notice


def again(desk: Desk, uow: UnitOfWork, ticket: Ticket) -> CustomerNotice | None:
    """Send the last result of a ticket once more over every channel, unless it arrived or was sent within the hour.

    The caller has locked conversation and ticket.
    """
    notice = last_result(uow, ticket)
    if notice is None or not notice.may_be_repeated(desk.clock.now()):
        return None
    _send(desk, uow, ticket, notice, by_phone=True)
    return notice


def by_agent(desk: Desk, uow: UnitOfWork, ticket: Ticket, *, actor: str, reached: bool) -> None:
    """A person has called the customer about the last result of a ticket; raises NotFound when none was told."""
    notice = last_result(uow, ticket)
    if notice is None:
        raise NotFound(f"result of {ticket.number}")
    notice.attempts.append({"channel": "phone", "at": desk.clock.now().isoformat(), "state": "sent" if reached else "failed",
                            "outbox": None})
    recording.on_ticket(desk, uow, ticket, "ticket.notified", actor=actor, notice=notice.id, kind=notice.kind, again=True,
                        text="电话告知处理结果" if reached else "电话未接通", channels=["phone"], waiting=[])
    if reached and notice.delivered_at is None:
        _arrived(desk, uow, ticket, notice, channel="phone")
        if ticket.conversation_id is not None:
            _point_at_first_unread(uow, ticket.conversation_id)


def last_result(uow: UnitOfWork, ticket: Ticket) -> CustomerNotice | None:
    """The newest notice of a result."""
    return next((one for one in reversed(uow.customer_notices.of_ticket(ticket.number)) if one.kind == "result"), None)


def seen(desk: Desk, *, conversation_id: str, up_to: int) -> int:
    """The customer's reader has passed a message: the notices up to it have arrived. Returns how many had not before."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id, lock=True)
        if conversation.notice_seq is None or up_to < conversation.notice_seq:
            return 0
        arrived = uow.customer_notices.undelivered(conversation_id, up_to=up_to)
        for notice in arrived:
            ticket = uow.tickets.by_number(notice.ticket_number, lock=True)
            _arrived(desk, uow, ticket, notice, channel=conversation.channel)
        _point_at_first_unread(uow, conversation_id)
        return len(arrived)


def taken(desk: Desk, uow: UnitOfWork, row: Outgoing) -> None:
    """A gateway has taken a row of the outbox: if it was a notice, that has arrived."""
    found = _of(uow, row)
    if found is not None:
        ticket, notice = found
        notice.mark(row.id or 0, "sent")
        if notice.delivered_at is None:
            _arrived(desk, uow, ticket, notice, channel=row.channel)
        if ticket.conversation_id is not None:
            _point_at_first_unread(uow, ticket.conversation_id)


def given_up(desk: Desk, uow: UnitOfWork, row: Outgoing) -> None:
    """A row of the outbox could not be sent: if it was a notice, that attempt has failed."""
    found = _of(uow, row)
    if found is not None:
        ticket, notice = found
        notice.mark(row.id or 0, "failed")
        recording.on_ticket(desk, uow, ticket, "ticket.notice_failed", actor="system", notice=notice.id,
                            channel=row.channel)


def _of(uow: UnitOfWork, row: Outgoing) -> tuple[Ticket, CustomerNotice] | None:
    """The ticket and the notice that a row is for, locked in the order that all keep."""
    notice_id = row.body.get("notice")
    if notice_id is None:
        return None
    number = uow.customer_notices.get(notice_id).ticket_number
    conversation_id = uow.tickets.by_number(number).conversation_id
    if conversation_id is not None:
        uow.conversations.get(conversation_id, lock=True)
    ticket = uow.tickets.by_number(number, lock=True)
    return ticket, uow.customer_notices.get(notice_id, lock=True)


def _arrived(desk: Desk, uow: UnitOfWork, ticket: Ticket, notice: CustomerNotice, *, channel: str) -> None:
    fact = recording.on_ticket(desk, uow, ticket, "ticket.notice_delivered", actor="system", notice=notice.id,
                               channel=channel)
    notice.delivered_at, notice.delivered_by = fact.at, channel
    if notice.kind == "result" and notice is last_result(uow, ticket):  # an older result that arrives proves nothing
        recording.on_ticket(desk, uow, ticket, "ticket.result_delivered", actor="system", notice=notice.id,
                            channel=channel)


def _point_at_first_unread(uow: UnitOfWork, conversation_id: str) -> None:
    """Let the hot path compare with the first message that is still owed, or with nothing."""
    conversation = uow.conversations.get(conversation_id)
    uow.flush()
    owed = uow.customer_notices.undelivered(conversation_id, up_to=conversation.last_seq)
    conversation.notice_seq = min((one.seq for one in owed if one.seq is not None), default=None)


def _send(desk: Desk, uow: UnitOfWork, ticket: Ticket, notice: CustomerNotice, *, by_phone: bool) -> None:
    """One more attempt over every channel, and the fact of it."""
    before = len(notice.attempts)
    if ticket.conversation_id is not None:
        _in_conversation(desk, uow, ticket, notice)
    phone = _phone(uow, ticket) if by_phone else ""
    if phone:
        _by_sms(desk, uow, notice, phone)
    made = notice.attempts[before:]
    recording.on_ticket(desk, uow, ticket, "ticket.notified", actor="system", notice=notice.id, kind=notice.kind,
                        text=notice.text, channels=[one["channel"] for one in made], again=before > 0,
                        waiting=[one["channel"] for one in made if one["state"] == "waiting"])


def _phone(uow: UnitOfWork, ticket: Ticket) -> str:
    """The phone left with the ticket, or the verified customer's own."""
    if ticket.contact_phone or ticket.customer_id is None:
        return ticket.contact_phone
    return uow.customers.get(ticket.customer_id).phone


def _in_conversation(desk: Desk, uow: UnitOfWork, ticket: Ticket, notice: CustomerNotice) -> None:
    assert ticket.conversation_id is not None
    now = desk.clock.now()
    conversation = uow.conversations.get(ticket.conversation_id, lock=True)
    message = append(conversation, kind="status", sender="system", text=notice.text, now=now,
                     payload={"ticket": ticket.number, "status": ticket.status, "notice": notice.id})
    uow.add(message)
    notice.seq = notice.seq or message.seq
    conversation.notice_seq = conversation.notice_seq or message.seq
    notice.attempts.append({"channel": conversation.channel, "at": now.isoformat(), "state": "sent", "outbox": None})
    uow.wake(f"conversation:{conversation.id}")


def _by_sms(desk: Desk, uow: UnitOfWork, notice: CustomerNotice, phone: str) -> None:
    now = desk.clock.now()
    row = Outgoing(channel="sms", address=phone, created_at=now, next_attempt_at=now,
                   body={"text": notice.text, "notice": notice.id},
                   dedup_key=f"notice:{notice.id}:sms:{len(notice.attempts)}")
    uow.outbox.put(row)
    uow.flush()
    notice.attempts.append({"channel": "sms", "at": now.isoformat(), "state": "waiting", "outbox": row.id})
    uow.wake("outbox")
