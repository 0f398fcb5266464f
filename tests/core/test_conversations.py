"""Who may speak in a conversation, and when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.conversations import MOVES, Conversation, Turn, append, bot_may_speak, move, turn_is_free
from desk.core.errors import IllegalTransition

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def a_conversation() -> Conversation:
    return Conversation(id="c", channel="web", channel_user="u", created_at=NOW)


def a_turn(conversation: Conversation, message_id: str = "1") -> Turn:
    return Turn(conversation_id="c", message_id=message_id, seq=int(message_id), text="你好", payload={},
                owner_version=conversation.owner_version, holder="h")


def test_every_change_of_owner_is_a_new_version() -> None:
    """Two owners never share a version."""
    conversation = a_conversation()
    for owner in ("queue", "agent", "bot", "closed", "bot"):
        before = conversation.owner_version
        move(conversation, owner, now=NOW)
        assert (conversation.owner, conversation.owner_version) == (owner, before + 1)


def test_a_closed_conversation_does_not_jump_to_an_agent() -> None:
    """Only moves of the table are made, and a refused one changes nothing."""
    conversation = a_conversation()
    move(conversation, "closed", now=NOW)
    with pytest.raises(IllegalTransition):
        move(conversation, "agent", now=NOW)
    assert (conversation.owner, conversation.owner_version) == ("closed", 1)


def test_the_turn_that_asked_for_a_person_may_finish_its_sentence() -> None:
    """The bot's announcement of the handoff it made itself still reaches the customer."""
    conversation = a_conversation()
    turn = a_turn(conversation, "7")
    move(conversation, "queue", now=NOW, by="7")
    assert bot_may_speak(conversation, turn)
    assert not bot_may_speak(conversation, Turn(**{**turn.__dict__, "message_id": "6"}))


def test_after_a_person_accepted_the_bot_is_silent() -> None:
    """Not even the turn that asked for the person may speak once they are there."""
    conversation = a_conversation()
    turn = a_turn(conversation, "7")
    move(conversation, "queue", now=NOW, by="7")
    move(conversation, "agent", now=NOW)
    assert not bot_may_speak(conversation, turn)


@given(st.lists(st.sampled_from(["bot", "queue", "agent", "closed"]), max_size=12))
def test_no_history_lets_an_old_turn_speak_to_a_person_s_customer(moves: list[str]) -> None:
    """Invariant 2 for any history: under an agent, no turn begun at any time may speak."""
    conversation = a_conversation()
    turns = [a_turn(conversation)]
    for to in moves:
        if to in MOVES[conversation.owner]:
            move(conversation, to, now=NOW, by="1")  # type: ignore[arg-type]
            turns.append(a_turn(conversation))
        if conversation.owner == "agent":
            assert not any(bot_may_speak(conversation, turn) for turn in turns)


def test_messages_are_numbered_without_gaps() -> None:
    """Readers can ask for everything after a number."""
    conversation = a_conversation()
    numbers = [append(conversation, kind="message", sender="bot", text="x", now=NOW).seq for _ in range(3)]
    assert [1, 2, 3] == numbers


def test_a_lease_keeps_others_out_until_it_runs_out() -> None:
    """A dead process is replaced, a live one is not disturbed."""
    conversation = a_conversation()
    conversation.turn_holder, conversation.turn_until = "a", NOW + timedelta(seconds=10)
    assert turn_is_free(conversation, holder="a", now=NOW)
    assert not turn_is_free(conversation, holder="b", now=NOW + timedelta(seconds=9))
    assert turn_is_free(conversation, holder="b", now=NOW + timedelta(seconds=10))
