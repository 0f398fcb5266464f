"""Ratings: asked once with the result, kept for the ticket, and followed up when they are low."""

import pytest

from desk.core.agents import Agent
from desk.core.conversations import Message
from desk.core.errors import IllegalTransition, Invalid, NotFound, NotYours
from desk.core.handoffs import Rating
from desk.core.tasks import Task
from desk.core.tickets import Ticket
from desk.service import conversations, handoffs, ratings, tickets
from desk.service.desk import Desk
from tests.service.conftest import SetClock


def talk(desk: Desk, name: str = "visitor") -> str:
    return conversations.open(desk, channel="web", channel_user=name).id


def opened(desk: Desk, name: str = "visitor") -> Ticket:
    return tickets.open_ticket(desk, kind="fault", subject="宽带断网", conversation_id=talk(desk, name), key=None)


def replied(desk: Desk, wang: Agent, name: str = "visitor") -> Ticket:
    ticket = opened(desk, name)
    return tickets.advance(desk, number=ticket.number, to="replied", agent=wang, result="已修复")


def asked(desk: Desk, name: str = "visitor") -> list[Message]:
    return [one for one in conversations.events(desk, conversation_id=talk(desk, name)) if one.kind == "rating"]


def rate(desk: Desk, number: str, score: int, *, name: str = "visitor", key: str | None = None, comment: str = "") -> None:
    ratings.rate_ticket(desk, conversation_id=talk(desk, name), number=number, score=score, comment=comment, key=key)


def kept(desk: Desk, ticket: Ticket) -> Rating | None:
    with desk.begin() as uow:
        return uow.ratings.of_ticket(ticket.id or 0)


def recovery(desk: Desk, number: str) -> list[Task]:
    with desk.begin() as uow:
        return [task for task in uow.tasks.of_ticket(number) if task.kind == "recovery"]


def facts(desk: Desk, number: str, name: str) -> int:
    with desk.begin() as uow:
        return sum(fact.name == name for fact in uow.facts.about(f"ticket:{number}"))


def test_the_result_asks_for_a_rating_after_it_was_told(desk: Desk, wang: Agent) -> None:
    """The last thing in the conversation, with a button for each score that names the ticket."""
    number = replied(desk, wang).number
    *_, result, question = conversations.events(desk, conversation_id=talk(desk))
    assert ("status", "rating") == (result.kind, question.kind)
    assert number in question.text
    assert [f'/rate_service{{"rating":"{score}","ticket_no":"{number}"}}' for score in (5, 4, 3, 2, 1)] == [
        button["payload"] for button in question.payload["buttons"]]


def test_a_ticket_is_rated_once_however_often_it_is_answered(desk: Desk, wang: Agent) -> None:
    """A reopened ticket does not ask again; other steps do not ask at all."""
    number = replied(desk, wang).number
    tickets.reopen(desk, number=number, conversation_id=talk(desk), key=None, reason="又断了")
    tickets.advance(desk, number=number, to="replied", agent=wang, result="换了光猫")
    refused = opened(desk).number
    tickets.advance(desk, number=refused, to="refused", agent=wang, result="不在服务范围", direct_to="当地运营商")
    assert [number] == [one.payload["ticket"] for one in asked(desk)]
    assert (1, 0) == (facts(desk, number, "ticket.rating_asked"), facts(desk, refused, "ticket.rating_asked"))


def test_a_score_is_kept_for_the_ticket_and_a_later_one_replaces_it(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """One row, the last word counts, both are facts; a comment is not lost with a second score."""
    ticket = replied(desk, wang)
    rate(desk, ticket.number, 3, comment="有点慢")
    clock.advance(hours=1)
    rate(desk, ticket.number, 5)
    found = kept(desk, ticket)
    assert found is not None
    assert (5, "有点慢", clock.now(), None) == (found.score, found.comment, found.at, found.handoff_id)
    assert 2 == facts(desk, ticket.number, "ticket.rated")


def test_the_same_press_counts_once(desk: Desk, wang: Agent) -> None:
    """A turn carried out twice leaves one fact."""
    number = replied(desk, wang).number
    for _ in range(2):
        rate(desk, number, 4, key="c/m1/rate")
    assert 1 == facts(desk, number, "ticket.rated")


@pytest.mark.parametrize(("score", "tasks"), [(1, 1), (2, 1), (3, 0), (5, 0)])
def test_a_low_score_opens_a_recovery_task(desk: Desk, wang: Agent, score: int, tasks: int) -> None:
    """Scores of 1 and 2 by the policy's rule; the task is the department's, the supervisors hear of it."""
    ticket = replied(desk, wang)
    rate(desk, ticket.number, score)
    assert [ticket.department] * tasks == [task.assigned_to for task in recovery(desk, ticket.number)]
    with desk.begin() as uow:
        assert tasks == len([one for one in uow.staff_notices.unseen(["supervisors"]) if ticket.number in one.text])


def test_scoring_low_again_opens_no_second_task(desk: Desk, wang: Agent) -> None:
    """Once per ticket, and who was low already is not new; going up and down again is, but the task is there."""
    number = replied(desk, wang).number
    for score in (1, 2, 5, 1):
        rate(desk, number, score)
    assert 1 == len(recovery(desk, number))
    assert 2 == facts(desk, number, "ticket.escalated")


def test_only_the_own_ticket_and_only_with_a_result_can_be_rated(desk: Desk, wang: Agent) -> None:
    """Somebody else's is refused, so is one without an answer and a number that does not exist."""
    number, waiting = replied(desk, wang).number, opened(desk).number
    for who, which, score, error in (("stranger", number, 5, NotYours), ("visitor", waiting, 5, IllegalTransition),
                                     ("visitor", "TS0", 5, NotFound), ("visitor", number, 6, Invalid),
                                     ("visitor", number, 0, Invalid)):
        with pytest.raises(error):
            rate(desk, which, score, name=who)
    assert 0 == facts(desk, number, "ticket.rated")


def served(desk: Desk, wang: Agent) -> int:
    """A person talks to the customer and gives back."""
    state = handoffs.request(desk, conversation_id=talk(desk), reason="request_human", summary={}, queue="general")
    assert wang.id is not None
    handoffs.accept(desk, handoff_id=state.handoff_id, agent_id=wang.id)
    handoffs.give_back(desk, conversation_id=talk(desk), agent_id=wang.id)
    return state.handoff_id


def test_a_rating_without_a_number_is_about_what_was_asked_last(desk: Desk, wang: Agent) -> None:
    """A ticket or a talk with a person, whichever asked later; the other keeps what it has."""
    assert not ratings.rate_last(desk, conversation_id=talk(desk), score=5)
    ticket, handoff = replied(desk, wang), served(desk, wang)
    assert ratings.rate_last(desk, conversation_id=talk(desk), score=4)
    assert kept(desk, ticket) is None
    later = replied(desk, wang)
    assert ratings.rate_last(desk, conversation_id=talk(desk), score=2)
    with desk.begin() as uow:
        of_talk = uow.handoffs.rating(handoff)
    of_ticket = kept(desk, later)
    assert of_talk is not None
    assert of_ticket is not None
    assert (4, 2) == (of_talk.score, of_ticket.score)
    assert 1 == len(recovery(desk, later.number))
