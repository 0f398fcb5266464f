"""Ratings of tickets: asked once, with the result (MF-5, PA-15); 1 is bad, 5 is good. Handoffs are rated beside them."""

from typing import Protocol

from desk.core.conversations import Message
from desk.core.errors import Invalid
from desk.core.handoffs import Rating
from desk.core.notices import RATING_BUTTONS
from desk.core.tickets import KIND_NAMES, Ticket

LOW = 2  # who gives this or less is to be won back
NAMED = '"ticket_no":"{number}"'


def check(score: int) -> None:
    """Raise Invalid for a score outside 1 to 5."""
    if not 1 <= score <= 5:
        raise Invalid(f"score {score}")


def question(ticket: Ticket) -> str:
    """What the customer is asked with the result."""
    return f"{KIND_NAMES[ticket.kind]}（{ticket.number}）的处理结果您还满意吗？请打个分，帮助我们做得更好。"


def buttons(ticket: Ticket) -> list[dict[str, str]]:
    """The scores to choose from; each names the ticket."""
    named = NAMED.format(number=ticket.number)
    return [{**button, "payload": f'{button["payload"].removesuffix("}")},{named}}}'} for button in RATING_BUTTONS]


class Ratings(Protocol):
    """Stored ratings of tickets, and what was asked last."""

    def of_ticket(self, ticket_id: int) -> Rating | None:
        """The rating of a ticket."""

    def last_question(self, conversation_id: str) -> Message | None:
        """The last message that asked for a rating; its payload names the ``ticket`` if it was about one."""
