"""The complaint ledger: what counts as ended, what as unaccounted for, and which sentences look like a complaint."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk.core import complaints, tickets
from desk.core.conversations import Message
from desk.core.customer_notices import CustomerNotice, enough
from desk.core.facts import Fact
from desk.core.tickets import Ticket

START = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
OPENED = ("ticket.opened", {"kind": "complaint"})
OUTCOME = ("ticket.outcome_recorded", {"outcome": "upheld"})
REPLIED = ("ticket.replied", {"result": "已致歉"})
CONFIRMED = ("ticket.confirmed", {})
DELIVERED = ("ticket.notice_delivered", {"notice": 7, "channel": "web"})


def notified(*channels: str, notice: int = 7, **data: Any) -> tuple[str, dict[str, Any]]:
    return "ticket.notified", {"notice": notice, "kind": "result", "channels": list(channels), **data}


def facts(*happened: tuple[str, dict[str, Any]], actor: str = "agent:1") -> list[Fact]:
    """One a minute, about one complaint."""
    return [Fact(START + timedelta(minutes=n), name, "ticket:TS26112400014", actor, data)
            for n, (name, data) in enumerate(happened)]


def entry(*happened: tuple[str, dict[str, Any]], actor: str = "agent:1") -> complaints.Entry:
    return complaints.entry(facts(*happened, actor=actor))


def test_three_attempts_over_two_channels_are_enough() -> None:
    """Invariant 3's second way out: neither two attempts nor one channel will do."""
    assert enough(["web", "sms", "sms"])
    assert not enough(["web", "sms"])
    assert not enough(["web"] * 5)


def test_an_attempt_that_waits_in_the_outbox_was_not_made() -> None:
    """Nobody has tried anything yet."""
    attempts = [{"channel": channel, "at": START.isoformat(), "state": state, "outbox": None}
                for channel, state in (("web", "sent"), ("web", "sent"), ("sms", "waiting"))]
    notice = CustomerNotice("TS26112400014", "result", "好", START, attempts=attempts)
    assert not notice.tried_enough
    attempts[2]["state"] = "failed"
    assert notice.tried_enough


@pytest.mark.parametrize(("happened", "state"), [
    ([OPENED], "open"),
    ([OPENED, REPLIED, notified("web"), DELIVERED], "open"),
    ([OPENED, OUTCOME, REPLIED, notified("web")], "concluded"),
    ([OPENED, OUTCOME, REPLIED, notified("web"), CONFIRMED], "concluded"),
    ([OPENED, OUTCOME, REPLIED, notified("web"), DELIVERED], "delivered"),
    ([OPENED, OUTCOME, REPLIED, notified("web"), DELIVERED, CONFIRMED], "ended"),
    ([OPENED, OUTCOME, REPLIED, notified("web"), notified("web"), notified("phone"), CONFIRMED], "ended"),
    ([OPENED, REPLIED, notified("web"), DELIVERED, CONFIRMED], "open"),
    ([OPENED, OUTCOME, ("ticket.refused", {"result": "请找物业"}), notified("web")], "concluded"),
    ([OPENED, OUTCOME, ("ticket.refused", {"result": "请找物业"}), notified("web"), DELIVERED], "ended"),
])
def test_it_ends_only_with_outcome_and_notice(happened: list[tuple[str, dict[str, Any]]], state: str) -> None:
    """Invariant 3, whatever the status of the ticket says."""
    found = entry(*happened)
    assert state == found.state
    assert (found.ended_at is not None) == (state == "ended")


def test_what_went_through_the_outbox_counts_when_it_failed() -> None:
    """An SMS that waits is no attempt, one that was given up is."""
    waiting = entry(OPENED, OUTCOME, REPLIED, notified("web", "sms", waiting=["sms"]), notified("web"))
    assert ["web", "web"] == waiting.attempts
    failed = entry(OPENED, OUTCOME, REPLIED, notified("web", "sms", waiting=["sms"]), notified("web"),
                   ("ticket.notice_failed", {"notice": 7, "channel": "sms"}))
    assert failed.told


def test_after_reopening_the_old_notice_proves_nothing() -> None:
    """The second answer must arrive too; a late delivery of the first is not it."""
    again = [OPENED, OUTCOME, REPLIED, notified("web"), DELIVERED, ("ticket.reopened", {}), REPLIED,
             notified("web", notice=9)]
    assert "concluded" == entry(*again).state == entry(*again, DELIVERED).state
    assert "delivered" == entry(*again, ("ticket.notice_delivered", {"notice": 9, "channel": "sms"})).state


def test_progress_and_apologies_are_no_result() -> None:
    """That we are sorry is not what became of it."""
    found = entry(OPENED, OUTCOME, ("ticket.notified", {"notice": 7, "kind": "apology", "channels": ["web"]}), DELIVERED)
    assert "concluded" == found.state


def test_a_customer_who_ends_it_needs_no_notice() -> None:
    """They took it back themselves; an agent who takes it back must tell them."""
    withdrawn = ("ticket.withdrawn", {"result": "客户撤回"})
    assert ("ended", "withdrawn", "customer") == ((one := entry(OPENED, withdrawn, actor="customer")).state, one.outcome,
                                                  one.delivered_by)
    assert "concluded" == entry(OPENED, withdrawn).state


def test_reasons_for_being_unaccounted_for() -> None:
    """Ended without an outcome, ended without a notice, answered but unread for a day, overdue; else none."""
    def why(*happened: tuple[str, dict[str, Any]], hours: float = 0, overdue: bool = False) -> str | None:
        return complaints.unaccounted(entry(*happened), now=START + timedelta(minutes=9, hours=hours), overdue=overdue)

    assert why(OPENED) is None
    assert "overdue" == why(OPENED, overdue=True)
    assert why(OPENED, OUTCOME, REPLIED, notified("web"), hours=23) is None
    assert "unread" == why(OPENED, OUTCOME, REPLIED, notified("web"), hours=24)
    assert why(OPENED, OUTCOME, REPLIED, notified("web"), DELIVERED, hours=24) is None
    assert "no_notice" == why(OPENED, OUTCOME, REPLIED, notified("web"), CONFIRMED)
    assert "no_outcome" == why(OPENED, REPLIED, notified("web"), DELIVERED, CONFIRMED)
    assert why(OPENED, OUTCOME, REPLIED, notified("web"), DELIVERED, CONFIRMED, overdue=True) is None


def test_row_and_facts_must_agree() -> None:
    """A row that somebody changed by hand, or a notice marked without a fact, is seen."""
    happened = facts(OPENED, OUTCOME, REPLIED, notified("web"), DELIVERED)
    row = tickets.fold(Ticket(number="TS26112400014", kind="complaint", subject="迟到", opened_at=START), happened)
    notice = CustomerNotice(row.number, "result", "好", START, delivered_at=START, id=7)
    assert complaints.agree(row, happened, [notice])
    assert not complaints.agree(row, happened, [])
    assert not complaints.agree(row, happened[:-3], [notice])
    row.status = "confirmed"
    assert not complaints.agree(row, happened, [notice])
    assert not complaints.agree(row, [], [])


@pytest.mark.parametrize(("text", "intent", "expected"), [
    ("我要投诉你们的师傅", "file_complaint", True), ("师傅迟到了两个小时", "file_complaint", True),
    ("损失谁来承担", "request_compensation", True), ("我要投诉你们的师傅", None, True), ("再不处理我就打12315", None, True),
    ("你们等着曝光吧", "abuse", True), ("把钱退了，退钱！", "out_of_scope", True), ("必须给个说法", None, True),
    ("你们几点开门", "ask_hours", False), ("谢谢", None, False), ("师傅迟到了", None, False)])
def test_sentences_that_look_like_a_complaint(text: str, intent: str | None, expected: bool) -> None:
    """By what the bot understood, or by the words; what was said to a person has no parse."""
    payload = {"parse": {"intent": {"name": intent, "confidence": 0.9}}} if intent else {}
    message = Message("c", 1, "message", "customer", text, START, payload=payload)
    assert expected == complaints.looks_like_complaint(message)


def test_a_ticket_within_a_day_covers_a_sentence() -> None:
    """On either side; one opened later does not."""
    assert complaints.covered(START, [START + timedelta(days=1)])
    assert complaints.covered(START, [START - timedelta(days=1)])
    assert not complaints.covered(START, [START + timedelta(days=1, seconds=1)])
    assert not complaints.covered(START, [])
