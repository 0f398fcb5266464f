"""Turns: the bot's right to answer one message, kept under a lease so that a killed process is replaced.

A turn is claimed with the message it answers, renewed while Rasa works, and finished in one transaction that
writes the replies only if the owner version still allows it (design invariants 1 and 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from desk.core import notices
from desk.core.conversations import Conversation, Turn, append, bot_may_speak, turn_is_free
from desk.service import standing
from desk.service.desk import Desk, UnitOfWork

MAX_FAILURES = 3


@dataclass(frozen=True)
class Reply:
    """One message of the bot; buttons are ``{"title", "payload"}``."""

    text: str
    buttons: list[dict[str, str]] = field(default_factory=list)
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What Rasa made of a message."""

    replies: Sequence[Reply]
    parse: dict[str, Any]
    slots: dict[str, Any]
    active_loop: str | None


def claim(desk: Desk, *, conversation_id: str, holder: str, lease_s: float) -> Turn | None:
    """Claim the next unanswered message of a conversation, if there is one and nobody is at it."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(conversation_id, lock=True)
        if not turn_is_free(conversation, holder=holder, now=desk.clock.now()):
            return None
        return claim_in(desk, uow, conversation, holder=holder, lease_s=lease_s)


def claim_in(desk: Desk, uow: UnitOfWork, conversation: Conversation, *, holder: str,
             lease_s: float) -> Turn | None:
    """Claim inside a transaction that holds the conversation's lock; releases the lease when nothing is left."""
    message = uow.conversations.next_pending(conversation.id)
    mid_handoff = message is not None and conversation.owner_moved_by == str(message.seq)
    if message is None or not (conversation.owner == "bot" or (conversation.owner == "queue" and mid_handoff)):
        conversation.turn_holder = conversation.turn_until = None
        return None
    now = desk.clock.now()
    conversation.turn_holder, conversation.turn_until = holder, now + timedelta(seconds=lease_s)
    before = uow.conversations.previous_customer_at(conversation.id, message.seq)
    version = conversation.owner_version - (1 if conversation.owner == "queue" else 0)
    return Turn(conversation_id=conversation.id, message_id=str(message.seq), seq=message.seq, text=message.text,
                payload={**message.payload, "channel": conversation.channel, "surname": conversation.surname,
                         "customer_verified": conversation.customer_id is not None},
                owner_version=version, holder=holder,
                idle_s=(message.at - before).total_seconds() if before else None)


def finish(desk: Desk, *, turn: Turn, answer: Answer, lease_s: float) -> Turn | None:
    """Write the replies of a turn and go on with the next message, all in one transaction.

    Replies are dropped when a person has taken over meanwhile; nothing at all is written when the lease went to
    another process. Returns the next turn of the same conversation, if one waits.
    """
    with desk.begin() as uow:
        conversation = uow.conversations.get(turn.conversation_id, lock=True)
        message = uow.conversations.next_pending(turn.conversation_id)
        if conversation.turn_holder == turn.holder and message is not None and message.seq == turn.seq:
            message.turn = "done"
            message.payload["parse"] = answer.parse
            conversation.slots, conversation.active_loop = dict(answer.slots), answer.active_loop
            if bot_may_speak(conversation, turn):
                _write(desk, uow, conversation, answer.replies)
            _after_the_last_word(desk, uow, conversation)
        elif conversation.turn_holder != turn.holder:
            return None
        return claim_in(desk, uow, conversation, holder=turn.holder, lease_s=lease_s)


def _write(desk: Desk, uow: UnitOfWork, conversation: Conversation, replies: Sequence[Reply]) -> None:
    for reply in replies:
        payload: dict[str, Any] = {**reply.custom}
        if reply.buttons:
            payload["buttons"] = reply.buttons
        uow.add(append(conversation, kind="message", sender="bot", text=reply.text, now=desk.clock.now(),
                       payload=payload))
    if replies:
        uow.wake(f"conversation:{conversation.id}")


def _after_the_last_word(desk: Desk, uow: UnitOfWork, conversation: Conversation) -> None:
    """A turn that led into a queue is over: now the customer is told their place."""
    uow.flush()
    if conversation.owner == "queue" and conversation.handoff_id is not None:
        standing.announce_place(desk, uow, conversation, uow.handoffs.get(conversation.handoff_id))


def postpone(desk: Desk, *, turn: Turn, delay_s: float) -> None:
    """Rasa cannot answer now: give the turn up until later, and tell the customer once that it was received."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(turn.conversation_id, lock=True)
        message = uow.conversations.next_pending(turn.conversation_id)
        if conversation.turn_holder != turn.holder or message is None or message.seq != turn.seq:
            return
        conversation.turn_holder = f"postponed:{turn.holder}"
        conversation.turn_until = desk.clock.now() + timedelta(seconds=delay_s)
        waited = desk.clock.now() - message.at
        if waited > timedelta(seconds=5) and not message.payload.get("told_late") and conversation.owner == "bot":
            message.payload["told_late"] = True
            uow.add(append(conversation, kind="status", sender="system", text=notices.late(),
                           now=desk.clock.now(), payload={"owner": "bot"}))
            uow.wake(f"conversation:{conversation.id}")


def fail(desk: Desk, *, turn: Turn, error: str, lease_s: float) -> Turn | None:
    """The bot broke on a message: try again, and after MAX_FAILURES tell the customer and go on to the next."""
    with desk.begin() as uow:
        conversation = uow.conversations.get(turn.conversation_id, lock=True)
        message = uow.conversations.next_pending(turn.conversation_id)
        if conversation.turn_holder != turn.holder or message is None or message.seq != turn.seq:
            return None
        failures = message.payload.get("failures", 0) + 1
        message.payload["failures"] = failures
        now = desk.clock.now()
        uow.facts.record("turn.failed", subject=f"conversation:{conversation.id}", actor="system", at=now,
                         seq=turn.seq, error=error[:300])
        if failures < MAX_FAILURES:
            conversation.turn_holder = f"failed:{turn.holder}"
            conversation.turn_until = now + timedelta(seconds=0.5 * 2**failures)
            return None
        message.turn = "done"
        if bot_may_speak(conversation, turn):
            _write(desk, uow, conversation, [Reply(notices.failed())])
        _after_the_last_word(desk, uow, conversation)
        return claim_in(desk, uow, conversation, holder=turn.holder, lease_s=lease_s)


def renew(desk: Desk, *, holder: str, conversation_ids: Sequence[str], lease_s: float) -> None:
    """Keep the leases of a process that is alive."""
    until = desk.clock.now() + timedelta(seconds=lease_s)
    for conversation_id in sorted(conversation_ids):
        with desk.begin() as uow:
            conversation = uow.conversations.get(conversation_id, lock=True)
            if conversation.turn_holder == holder:
                conversation.turn_until = until


def overdue(desk: Desk, *, holder: str, limit: int = 50) -> list[str]:
    """Conversations with an unanswered message that this process may claim."""
    with desk.begin() as uow:
        return uow.conversations.with_pending(holder=holder, now=desk.clock.now(), limit=limit)


def release_all(desk: Desk) -> None:
    """Free every lease: at the start of the only web process of a SQLite desk, whose predecessor is dead."""
    with desk.begin() as uow:
        uow.conversations.release_turns()
