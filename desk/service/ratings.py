"""What customers think of how their tickets were handled: kept, and acted on when it is low.

Asking is in ``desk.service.rating_questions``; ratings of talks with a person are in ``desk.service.handoffs``.
"""

from desk.core import ratings as rules
from desk.core.errors import IllegalTransition
from desk.core.handoffs import Rating
from desk.core.tickets import AT_WORK, Ticket
from desk.service import escalation, handoffs, rating_questions, recording
from desk.service.desk import Desk, UnitOfWork
from desk.service.ticket_access import command


def rate_ticket(desk: Desk, *, conversation_id: str, number: str, score: int, comment: str = "",
                key: str | None = None) -> Ticket:
    """Keep what the customer gives their own ticket once its result was told; a second rating replaces the first.

    Raises Invalid for a score outside 1 to 5, NotFound, NotYours, IllegalTransition while there is nothing to rate.
    """
    rules.check(score)

    def do(uow: UnitOfWork, ticket: Ticket, actor: str) -> None:
        if ticket.status in (*AT_WORK, "withdrawn") and not rating_questions.asked(uow, ticket):
            raise IllegalTransition(f"rated while {ticket.status}")
        _keep(desk, uow, ticket, conversation_id=conversation_id, score=score, comment=comment.strip(), actor=actor)

    return command(desk, number=number, conversation_id=conversation_id, key=key, do=do)


def rate_last(desk: Desk, *, conversation_id: str, score: int, comment: str = "", key: str | None = None) -> bool:
    """Keep a rating that names no ticket: of whatever was asked last, a ticket or a talk with a person.

    False when nothing was asked and no person has served. Raises Invalid for a score outside 1 to 5.
    """
    rules.check(score)
    with desk.begin() as uow:
        asked = uow.ratings.last_question(conversation_id)
    number = asked.payload.get("ticket") if asked is not None else None
    if number is None:
        return handoffs.rate(desk, conversation_id=conversation_id, score=score, comment=comment)
    rate_ticket(desk, conversation_id=conversation_id, number=number, score=score, comment=comment, key=key)
    return True


def _keep(desk: Desk, uow: UnitOfWork, ticket: Ticket, *, conversation_id: str, score: int, comment: str, actor: str) -> None:
    assert ticket.id is not None
    known = uow.ratings.of_ticket(ticket.id)
    was_low = known is not None and known.score <= rules.LOW
    fact = recording.on_ticket(desk, uow, ticket, "ticket.rated", actor=actor, score=score,
                               text=f"{score} 分：{comment}" if comment else f"{score} 分")
    if known is None:
        uow.add(Rating(conversation_id=conversation_id, score=score, at=fact.at, comment=comment, ticket_id=ticket.id))
    else:
        known.score, known.comment, known.at = score, comment or known.comment, fact.at
    if score <= rules.LOW and not was_low:
        escalation.on_event(desk, uow, ticket, "rated_low")

