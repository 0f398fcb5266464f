"""Which steps the escalation path holds, when each is due, and which of them a stop leaves undone."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from desk.core.calendars import WHOLE_DAY, Calendar, Window
from desk.core.escalation import BROKEN, DUE, EVENTS, WHENS, Rule, next_step, on_event, plan
from desk.core.promises import CLOCK_NAMES, WORDS, Run

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 24, 9, tzinfo=SHANGHAI)
DUE_AT = START + 2 * HOUR


def calendar(*windows: Window) -> Calendar:
    return Calendar("c", "c", {"workday": windows}, lambda day: "workday", SHANGHAI)


ALWAYS = calendar(*WHOLE_DAY)
RULES = (Rule("soon", "reply_due", ("notify_department",), (), after=-30 * MINUTE),
         Rule("late", "reply_due", ("apologise",), ()),
         Rule("later", "reply_due", ("notify_supervisor",), (), after=2 * HOUR),
         Rule("other_clock", "result_due", ("apologise",), ()),
         Rule("faults", "reply_due", ("raise_priority",), (), after=HOUR, kinds=frozenset({"fault"})))


def run(*, due: datetime | None = DUE_AT, stopped: datetime | None = None) -> Run:
    return Run("reply", 1, START, due, stopped_at=stopped)


def planned(one: Run, *, kind: str = "inquiry", hours: Calendar = ALWAYS) -> list[tuple[str, datetime]]:
    return [(step.rule_id, step.at.astimezone(SHANGHAI)) for step in plan(RULES, one, kind=kind, calendar=hours)]


def test_steps_come_in_order_and_the_breach_before_what_it_calls_for() -> None:
    """Only rules of this clock and kind; the breach is noted first among what is due at the same instant."""
    assert [("soon", DUE_AT - 30 * MINUTE), (BROKEN, DUE_AT), ("late", DUE_AT), ("later", DUE_AT + 2 * HOUR)
            ] == planned(run())
    assert ("faults", DUE_AT + HOUR) in planned(run(), kind="fault")


def test_offsets_are_open_time() -> None:
    """Two hours after five o'clock at an office that closes at six are ten o'clock next morning."""
    office = calendar(Window(time(9), time(18)))
    due = START.replace(hour=17)
    steps = dict(planned(run(due=due), hours=office))
    assert START.replace(day=25, hour=10) == steps["later"]
    assert START.replace(hour=16, minute=30) == steps["soon"]


def test_a_reminder_never_lies_before_the_beginning() -> None:
    """A promise of ten minutes is reminded of at once."""
    assert ("soon", START) == planned(run(due=START + 10 * MINUTE))[0]


@pytest.mark.parametrize("one", [run(due=None), run(stopped=DUE_AT), run(stopped=START)],
                         ids=["paused", "stopped at the due instant", "stopped at once"])
def test_nothing_is_owed_while_paused_or_when_kept(one: Run) -> None:
    """Not even a reminder."""
    assert [] == planned(one)


def test_a_late_stop_leaves_what_came_before_it() -> None:
    """From the due time to the stop; a step that falls on the stop itself comes too late to be needed."""
    assert [BROKEN, "late"] == [rule for rule, _ in planned(run(stopped=DUE_AT + HOUR))]
    assert [BROKEN, "late"] == [rule for rule, _ in planned(run(stopped=DUE_AT + 2 * HOUR))]
    assert [BROKEN, "late", "later"] == [rule for rule, _ in planned(run(stopped=DUE_AT + 2 * HOUR + MINUTE))]


def test_the_next_step_is_the_first_not_taken() -> None:
    """None when all were."""
    steps = plan(RULES, run(), kind="inquiry", calendar=ALWAYS)
    following = next_step(steps, fired=["soon", BROKEN])
    assert following is not None
    assert "late" == following.rule_id
    assert next_step(steps, fired=["soon", BROKEN, "late", "later"]) is None


@pytest.mark.parametrize(("times", "expected"), [(1, ["first"]), (2, ["first"]), (3, ["third"]), (9, ["third"])])
def test_of_several_rules_for_an_event_the_highest_reached_holds(times: int, expected: list[str]) -> None:
    """The third urging calls for more than the first, not for both."""
    rules = (Rule("first", "ticket_urged", ("raise_priority",), ()),
             Rule("third", "ticket_urged", ("notify_supervisor",), (), times=3),
             Rule("other", "rated_low", ("recovery_task",), ()))
    assert expected == [rule.id for rule in on_event(rules, "ticket_urged", kind="fault", times=times)]


def test_every_clock_can_be_waited_for_and_has_words() -> None:
    """The vocabulary is closed: a clock without facts that move it, or without a name, could not be explained."""
    assert set(CLOCK_NAMES) == set(WORDS) == set(DUE.values())
    assert set(WHENS) == set(DUE) | set(EVENTS)
    assert DUE_AT.astimezone(UTC) == run().due_at
