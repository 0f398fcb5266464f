"""A ticket's life: along its path only, and never to an end without words."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.errors import IllegalTransition, Invalid
from desk.core.policy import Promise
from desk.core.tickets import KIND_NAMES, MOVES, OPEN, STATUS_NAMES, Ticket, advance, promised

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def a_ticket(status: str = "received") -> Ticket:
    return Ticket(number="TS26112400010", kind="complaint", subject="上门迟到", opened_at=NOW, status=status)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [
    ["received", "verified", "coordinated", "replied", "confirmed"], ["received", "replied", "confirmed"],
    ["received", "verified", "refused"], ["received", "coordinated", "withdrawn"],
    ["received", "replied", "coordinated", "replied", "confirmed"]])
def test_the_documented_paths_are_open(path: list[str]) -> None:
    """KF-3.2: verified, coordinated, replied, confirmed; an unhappy customer sends it back to coordination."""
    ticket = a_ticket()
    for _, to in pairwise(path):
        advance(ticket, to, result="已处理", now=NOW)  # type: ignore[arg-type]
    assert path[-1] == ticket.status
    assert (ticket.closed_at is None) == (path[-1] in OPEN)


@pytest.mark.parametrize("status", STATUS_NAMES)
@pytest.mark.parametrize("to", STATUS_NAMES)
def test_no_other_step_is_made(status: str, to: str) -> None:
    """Every step outside the table is refused and changes nothing."""
    ticket = a_ticket(status)
    if to in MOVES[status]:
        advance(ticket, to, result="已处理", now=NOW)  # type: ignore[arg-type]
        assert to == ticket.status
    else:
        with pytest.raises(IllegalTransition):
            advance(ticket, to, result="已处理", now=NOW)  # type: ignore[arg-type]
        assert (status, "", None) == (ticket.status, ticket.result, ticket.closed_at)


@pytest.mark.parametrize("to", ["replied", "refused", "withdrawn"])
@pytest.mark.parametrize("result", ["", "  \n"])
def test_nothing_is_answered_or_ended_without_words(to: str, result: str) -> None:
    """Invariant 3: an answer, a refusal and a withdrawal are recorded with their outcome."""
    ticket = a_ticket()
    with pytest.raises(Invalid):
        advance(ticket, to, result=result, now=NOW)  # type: ignore[arg-type]
    assert "received" == ticket.status


@given(st.lists(st.tuples(st.sampled_from(sorted(STATUS_NAMES)), st.sampled_from(["", "已处理"])), max_size=12))
def test_whatever_is_tried_an_ended_ticket_has_a_result(tries: list[tuple[str, str]]) -> None:
    """Invariant 3 for any history: ended means there is an outcome and the time of the end."""
    ticket = a_ticket()
    for to, result in tries:
        try:
            advance(ticket, to, result=result, now=NOW)  # type: ignore[arg-type]
        except (IllegalTransition, Invalid):
            continue
    assert ticket.is_open or (ticket.result and ticket.closed_at == NOW)


def test_a_confirmation_keeps_the_answer() -> None:
    """The result of the reply is not wiped by an empty confirmation."""
    ticket = a_ticket()
    advance(ticket, "replied", result=" 已道歉并退费 ", now=NOW)
    advance(ticket, "confirmed", result="", now=NOW)
    assert "已道歉并退费" == ticket.result


def test_a_promise_is_plain_data_with_its_article_and_policy() -> None:
    """Invariant 4: deadlines, words, cite and policy version; what is not promised is not there."""
    promise = Promise(kind="fault", text="2 小时内联系", cite=("KF-3.3.1",), reply_within=timedelta(hours=2))
    assert {"reply_by": "2026-11-24T03:30:00+00:00", "text": "2 小时内联系", "cite": ["KF-3.3.1"],
            "policy_version": "abc"} == promised(promise, now=NOW, policy_version="abc")


def test_every_kind_and_status_has_a_name_for_customers() -> None:
    """No English word reaches a customer."""
    assert set(STATUS_NAMES) == set(MOVES)
    assert all(not name.isascii() for name in (*KIND_NAMES.values(), *STATUS_NAMES.values()))
