"""Conversations and their messages in SQL."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from desk.core.conversations import Conversation, Message
from desk.core.errors import NotFound
from desk.store import schema


class SqlConversations:
    """Implements ``desk.core.conversations.Conversations``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, conversation_id: str, *, lock: bool = False) -> Conversation:
        """The conversation, locked if asked; raises NotFound."""
        found = self._session.get(Conversation, conversation_id, with_for_update=lock or None,
                                  populate_existing=lock)
        if found is None:
            raise NotFound(conversation_id)
        return found

    def find(self, channel: str, channel_user: str) -> Conversation | None:
        """The conversation of one person on one channel."""
        return self._session.scalar(select(Conversation).filter_by(channel=channel, channel_user=channel_user))

    def message_by_key(self, dedup_key: str) -> Message | None:
        """The message stored under a channel's own id."""
        return self._session.scalar(select(Message).filter_by(dedup_key=dedup_key))

    def messages(self, conversation_id: str, *, after: int = 0, limit: int = 200) -> list[Message]:
        """Messages with a higher sequence number, oldest first."""
        table = schema.messages.c
        query = (select(Message).where(table.conversation_id == conversation_id, table.seq > after)
                 .order_by(table.seq).limit(limit))
        return list(self._session.scalars(query))

    def latest(self, conversation_id: str, *, limit: int = 200) -> list[Message]:
        """The newest messages, oldest of them first."""
        table = schema.messages.c
        query = (select(Message).where(table.conversation_id == conversation_id)
                 .order_by(table.seq.desc()).limit(limit))
        return list(self._session.scalars(query))[::-1]

    def next_pending(self, conversation_id: str) -> Message | None:
        """The oldest customer message that the bot has not answered."""
        table = schema.messages.c
        query = (select(Message).where(table.conversation_id == conversation_id, table.turn == "pending")
                 .order_by(table.seq).limit(1))
        return self._session.scalar(query)

    def settle_pending(self, conversation_id: str, *, keep: str | None = None) -> None:
        """Mark every unanswered customer message as nobody's turn, but the one to keep."""
        table = schema.messages.c
        self._session.execute(
            update(Message).where(table.conversation_id == conversation_id, table.turn == "pending",
                                  table.seq != int(keep or 0)).values(turn="none"))

    def with_pending(self, *, holder: str, now: datetime, limit: int) -> list[str]:
        """Conversations with an unanswered message and a turn that ``holder`` may claim."""
        messages, conversations = schema.messages.c, schema.conversations.c
        free = or_(conversations.turn_holder.is_(None), conversations.turn_holder == holder,
                   conversations.turn_until <= now)
        query = (select(messages.conversation_id)
                 .join(schema.conversations, conversations.id == messages.conversation_id)
                 .where(messages.turn == "pending", conversations.owner.in_(("bot", "queue")), free)
                 .group_by(messages.conversation_id).order_by(messages.conversation_id).limit(limit))
        return list(self._session.scalars(query))

    def previous_customer_at(self, conversation_id: str, before_seq: int) -> datetime | None:
        """When the customer last wrote before a message."""
        table = schema.messages.c
        query = (select(table.at).where(table.conversation_id == conversation_id, table.seq < before_seq,
                                        table.sender == "customer").order_by(table.seq.desc()).limit(1))
        return self._session.scalar(query)

    def release_turns(self) -> None:
        """Free every lease."""
        self._session.execute(update(Conversation).where(schema.conversations.c.turn_holder.is_not(None))
                              .values(turn_holder=None, turn_until=None))
