"""Conversations: who owns one, what was said in it, and who may speak next.

The owner is a versioned value (design invariant 2): every change bumps ``owner_version``, and whoever
prepared an answer under an older version has lost the right to deliver it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from desk.core.errors import IllegalTransition

Owner = Literal["bot", "queue", "agent", "closed"]
Kind = Literal["message", "status", "queue", "rating", "typing"]
Sender = Literal["customer", "bot", "agent", "system"]
TurnState = Literal["none", "pending", "done"]

MOVES: dict[Owner, frozenset[Owner]] = {
    "bot": frozenset({"queue", "agent", "closed"}),
    "queue": frozenset({"agent", "bot", "closed"}),
    "agent": frozenset({"bot", "queue", "closed"}),
    "closed": frozenset({"bot"}),
}


@dataclass
class Conversation:
    """Everything said with one customer on one channel; ``last_seq`` numbers its messages from 1.

    ``notice_seq`` is the first notice of a ticket that the customer has not been seen to receive.
    """

    id: str
    channel: str
    channel_user: str
    created_at: datetime
    owner: Owner = "bot"
    owner_version: int = 0
    owner_since: datetime | None = None
    owner_moved_by: str | None = None
    agent_id: int | None = None
    handoff_id: int | None = None
    customer_id: int | None = None
    surname: str | None = None
    last_seq: int = 0
    last_customer_at: datetime | None = None
    turn_holder: str | None = None
    turn_until: datetime | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    active_loop: str | None = None
    notice_seq: int | None = None


@dataclass
class Message:
    """One event of a conversation as every reader sees it; ``turn`` tells whether the bot still owes an answer."""

    conversation_id: str
    seq: int
    kind: Kind
    sender: Sender
    text: str
    at: datetime
    payload: dict[str, Any] = field(default_factory=dict)
    dedup_key: str | None = None
    turn: TurnState = "none"
    id: int | None = None


@dataclass(frozen=True)
class Turn:
    """The right of one process to answer one customer message under one owner version."""

    conversation_id: str
    message_id: str
    seq: int
    text: str
    payload: dict[str, Any]
    owner_version: int
    holder: str
    idle_s: float | None = None


def move(conversation: Conversation, to: Owner, *, now: datetime, by: str | None = None) -> None:
    """Hand the conversation to another owner; ``by`` is the customer message that caused it, if one did.

    Raises IllegalTransition when the move is not in MOVES.
    """
    if to not in MOVES[conversation.owner]:
        raise IllegalTransition(f"{conversation.owner} -> {to}")
    conversation.owner = to
    conversation.owner_version += 1
    conversation.owner_since = now
    conversation.owner_moved_by = by
    if to in ("bot", "closed"):
        conversation.agent_id = None
        conversation.handoff_id = None


def append(conversation: Conversation, *, kind: Kind, sender: Sender, text: str, now: datetime,
           payload: dict[str, Any] | None = None, dedup_key: str | None = None,
           turn: TurnState = "none") -> Message:
    """Number the next message of a conversation; the caller stores both in one transaction."""
    conversation.last_seq += 1
    return Message(conversation_id=conversation.id, seq=conversation.last_seq, kind=kind, sender=sender,
                   text=text, at=now, payload=payload or {}, dedup_key=dedup_key, turn=turn)


def bot_may_speak(conversation: Conversation, turn: Turn) -> bool:
    """Whether the replies of a turn may still reach the customer.

    They may while the owner version is unchanged, and after the turn itself put the conversation into the
    queue (its last words announce that), but never once a person has accepted.
    """
    if conversation.owner_version == turn.owner_version:
        return conversation.owner == "bot"
    return (conversation.owner == "queue"
            and conversation.owner_moved_by == turn.message_id
            and conversation.owner_version == turn.owner_version + 1)


def turn_is_free(conversation: Conversation, *, holder: str, now: datetime) -> bool:
    """Whether ``holder`` may claim the next turn: nobody holds it, it is theirs, or the lease ran out."""
    return (conversation.turn_holder in (None, holder)
            or conversation.turn_until is None
            or conversation.turn_until <= now)


class Conversations(Protocol):
    """Stored conversations and messages."""

    def get(self, conversation_id: str, *, lock: bool = False) -> Conversation:
        """The conversation, locked against other writers if asked; raises NotFound."""

    def find(self, channel: str, channel_user: str) -> Conversation | None:
        """The conversation of one person on one channel."""

    def message_by_key(self, dedup_key: str) -> Message | None:
        """The message stored under a channel's own id."""

    def messages(self, conversation_id: str, *, after: int = 0, limit: int = 200) -> list[Message]:
        """Messages with a higher sequence number, oldest first."""

    def latest(self, conversation_id: str, *, limit: int = 200) -> list[Message]:
        """The newest messages, oldest of them first."""

    def next_pending(self, conversation_id: str) -> Message | None:
        """The oldest customer message that the bot has not answered."""

    def settle_pending(self, conversation_id: str, *, keep: str | None = None) -> None:
        """Mark every unanswered customer message as nobody's turn, but the one whose turn is under way (``keep``)."""

    def with_pending(self, *, holder: str, now: datetime, limit: int) -> list[str]:
        """Conversations with an unanswered message and a turn that ``holder`` may claim."""

    def previous_customer_at(self, conversation_id: str, before_seq: int) -> datetime | None:
        """When the customer last wrote before a message."""

    def release_turns(self) -> None:
        """Free every lease."""
