"""A ticket's life: along its path only, never to an end without words, and nothing but the fold of its facts."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.calendars import WHOLE_DAY, Calendar
from desk.core.errors import IllegalTransition, Invalid
from desk.core.facts import Fact
from desk.core.policy import Promise
from desk.core.promises import PAUSES, RESUMES, TOLD
from desk.core.tickets import (
    AT_WORK,
    COMPLAINTS,
    HAPPENINGS,
    KIND_NAMES,
    MOVES,
    NEEDS_RESULT,
    OPEN,
    OUTCOME_NAMES,
    STATUS_NAMES,
    Ticket,
    apply,
    fold,
    may_happen,
    moved,
    outcome_of,
    promised,
    unanswered,
)

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
ALWAYS = Calendar("always", "全天", {"workday": WHOLE_DAY}, lambda day: "workday", ZoneInfo("Asia/Shanghai"))


def a_ticket(status: str = "received", kind: str = "complaint") -> Ticket:
    return Ticket(number="TS26112400010", kind=kind, subject="上门迟到", opened_at=NOW, status=status)  # type: ignore[arg-type]


def fact(name: str, minutes: int = 0, **data: Any) -> Fact:
    return Fact(at=NOW + timedelta(minutes=minutes), name=name, subject="ticket:TS26112400010", actor="agent:1", data=data)


def move(ticket: Ticket, to: str, result: str = "已处理", direct_to: str = "市政热线") -> None:
    apply(ticket, fact(moved(ticket, to, result=result, direct_to=direct_to), result=result))


@pytest.mark.parametrize("path", [
    ["received", "verified", "coordinated", "replied", "confirmed"], ["received", "replied", "confirmed"],
    ["received", "verified", "refused"], ["received", "coordinated", "withdrawn"],
    ["received", "replied", "coordinated", "replied", "confirmed"]])
def test_the_documented_paths_are_open(path: list[str]) -> None:
    """KF-3.2: verified, coordinated, replied, confirmed; an unhappy customer sends it back to coordination."""
    ticket = a_ticket()
    for _, to in pairwise(path):
        move(ticket, to)
    assert path[-1] == ticket.status
    assert (ticket.closed_at is None) == (path[-1] in OPEN)


@pytest.mark.parametrize("status", STATUS_NAMES)
@pytest.mark.parametrize("to", STATUS_NAMES)
def test_no_other_step_is_made(status: str, to: str) -> None:
    """Every step outside the table is refused; to go back from an answer is to be reopened."""
    ticket = a_ticket(status)
    if to in MOVES[status]:
        name = moved(ticket, to, result="已处理", direct_to="市政热线")
        assert ("ticket.reopened" if status == "replied" and to == "coordinated" else f"ticket.{to}") == name
    else:
        with pytest.raises(IllegalTransition):
            moved(ticket, to, result="已处理", direct_to="市政热线")


@pytest.mark.parametrize("to", ["replied", "refused", "withdrawn"])
@pytest.mark.parametrize("result", ["", "  \n"])
def test_nothing_is_answered_or_ended_without_words(to: str, result: str) -> None:
    """Invariant 3: an answer, a refusal and a withdrawal are recorded with their outcome."""
    with pytest.raises(Invalid, match="result"):
        moved(a_ticket(), to, result=result, direct_to="市政热线")


def test_a_refusal_says_where_to_go_instead() -> None:
    """GG-7: the reason alone is not enough."""
    with pytest.raises(Invalid, match="direct_to"):
        moved(a_ticket(), "refused", result="不归我们管", direct_to=" ")
    assert "ticket.refused" == moved(a_ticket(), "refused", result="不归我们管", direct_to="市政热线")


@pytest.mark.parametrize(("to", "given", "fault", "found"), [
    ("replied", "upheld", True, "upheld"), ("replied", "partly", True, "partly"), ("replied", "not_upheld", False, "not_upheld"),
    ("refused", None, False, "not_upheld"), ("withdrawn", None, False, "withdrawn"), ("withdrawn", "withdrawn", False, "withdrawn"),
    ("verified", None, False, None), ("confirmed", None, False, None)])
def test_a_complaint_s_outcome_belongs_to_its_answer_and_its_end(to: str, given: str | None, fault: bool,
                                                                 found: str | None) -> None:
    """Invariant 3: chosen at the answer, given by a refusal and a withdrawal."""
    assert found == outcome_of(a_ticket(), to, outcome=given, our_fault=fault)


@pytest.mark.parametrize(("kind", "to", "given", "fault"), [
    ("complaint", "replied", None, False), ("complaint", "replied", "withdrawn", False), ("complaint", "replied", "maybe", False),
    ("complaint", "replied", "not_upheld", True), ("complaint", "refused", "upheld", False),
    ("complaint", "withdrawn", None, True), ("complaint", "verified", "upheld", False), ("fault", "replied", "upheld", False),
    ("fault", "replied", None, True)])
def test_an_outcome_that_makes_no_sense_is_refused(kind: str, to: str, given: str | None, fault: bool) -> None:
    """None where one is needed, one where there is none, our fault in what is not upheld."""
    with pytest.raises(Invalid):
        outcome_of(a_ticket(kind=kind), to, outcome=given, our_fault=fault)


@pytest.mark.parametrize("name", HAPPENINGS)
@pytest.mark.parametrize("status", STATUS_NAMES)
def test_what_may_happen_depends_on_the_status(name: str, status: str) -> None:
    """Nothing happens to what is over, and no work is done on what has been answered."""
    if status in HAPPENINGS[name]:
        may_happen(a_ticket(status), name)
    else:
        with pytest.raises(IllegalTransition):
            may_happen(a_ticket(status), name)
    assert HAPPENINGS[name] in (OPEN, AT_WORK)


@given(st.lists(st.tuples(st.sampled_from(sorted(STATUS_NAMES)), st.sampled_from(["", "已处理"])), max_size=12))
def test_whatever_is_tried_an_ended_ticket_has_a_result(tries: list[tuple[str, str]]) -> None:
    """Invariant 3 for any history: ended means there is an outcome and the time of the end."""
    ticket = a_ticket()
    for to, result in tries:
        try:
            move(ticket, to, result)
        except (IllegalTransition, Invalid):
            continue
    assert ticket.is_open or (ticket.result and ticket.closed_at == NOW)


def test_the_state_is_the_fold_of_the_facts() -> None:
    """Every fact leaves its own mark and none wipes another's."""
    ticket = fold(a_ticket(), [
        fact("ticket.opened"), fact("ticket.verified", 1), fact("ticket.urged", 2), fact("ticket.urged", 3),
        fact("ticket.prioritised", 4, priority="high"), fact("ticket.assigned", 5, department="网络运维部"),
        fact("ticket.customer_asked", 6), fact("ticket.outcome_recorded", 7, outcome="partly", our_fault=True),
        fact("ticket.replied", 8, result="已道歉"), fact("ticket.confirmed", 9)])
    assert ("confirmed", 2, "high", "网络运维部", "partly", True, "已道歉") == (
        ticket.status, ticket.urged, ticket.priority, ticket.department, ticket.outcome, ticket.our_fault, ticket.result)
    assert NOW + timedelta(minutes=9) == ticket.closed_at == ticket.updated_at
    again = fold(a_ticket(), [fact("ticket.opened"), fact("ticket.replied", 1, result="好"), fact("ticket.reopened", 2)])
    assert ("coordinated", None, "好") == (again.status, again.closed_at, again.result)


@given(st.lists(st.sampled_from(["ticket.customer_asked", "ticket.customer_answered", "ticket.noted",
                                 *(f"ticket.{status}" for status in STATUS_NAMES if status != "received")])))
def test_a_ticket_waits_exactly_while_its_clocks_do(names: list[str]) -> None:
    """What is shown as waiting for the customer is what pauses the promise clocks."""
    paused = False
    for name in names:
        paused = name in PAUSES or (paused and name not in RESUMES)
    assert paused == fold(a_ticket(), map(fact, names)).waiting_for_customer


@pytest.mark.parametrize(("names", "expected"), [
    (["opened"], True), (["opened", "verified", "noted"], True), (["opened", "contacted"], False), (["opened", "replied"], False),
    (["opened", "replied", "reopened"], True), (["opened", "replied", "reopened", "contacted"], False), ([], False)])
def test_a_ticket_is_unanswered_until_a_person_told_the_customer(names: list[str], expected: bool) -> None:
    """KF-3.3.1: and again after a reopening."""
    assert expected == unanswered(fact(f"ticket.{name}") for name in names)
    assert TOLD >= {f"ticket.{name}" for name in NEEDS_RESULT}


def test_a_promise_is_plain_data_with_its_article_and_policy() -> None:
    """Invariant 4: deadlines, words, cite and policy version; what is not promised is not there."""
    promise = Promise(kind="fault", text="2 小时内联系", cite=("KF-3.3.1",), reply_within=timedelta(hours=2))
    made = promised(promise, now=NOW, policy_version="abc", calendar=ALWAYS)
    due = datetime.fromisoformat(made.pop("reply_by"))
    assert NOW + timedelta(hours=2) == due
    assert {"text": "2 小时内联系", "cite": ["KF-3.3.1"], "policy_version": "abc"} == made


def test_every_code_has_a_name_for_customers() -> None:
    """No English word reaches a customer."""
    assert set(STATUS_NAMES) == set(MOVES)
    assert set(KIND_NAMES) >= COMPLAINTS
    assert all(not name.isascii() for names in (KIND_NAMES, STATUS_NAMES, OUTCOME_NAMES) for name in names.values())
