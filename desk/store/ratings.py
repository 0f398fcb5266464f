"""Ratings of tickets in SQL."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.core.conversations import Message
from desk.core.handoffs import Rating
from desk.store import schema

_M = schema.messages.c


class SqlRatings:
    """Implements ``desk.core.ratings.Ratings``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_ticket(self, ticket_id: int) -> Rating | None:
        """The rating of a ticket."""
        return self._session.scalar(select(Rating).where(schema.ratings.c.ticket_id == ticket_id))

    def last_question(self, conversation_id: str) -> Message | None:
        """The last message that asked for a rating."""
        query = select(Message).where(_M.conversation_id == conversation_id, _M.kind == "rating")
        return self._session.scalar(query.order_by(_M.seq.desc()).limit(1))
