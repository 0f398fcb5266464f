"""Promise clocks: what is recorded is what the facts say, whenever anybody looked, checked against minutes counted."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.core.calendars import WHOLE_DAY, Calendar, Window
from desk.core.deadlines import Deadline
from desk.core.facts import Fact
from desk.core.policy import Promise
from desk.core.promises import WORDS, Clock, ClockRule, Verdict, runs
from desk.core.tickets import Ticket
from desk.gateways.policy_files import load_policy
from desk.service import clock as deadline_clock
from desk.service import recording
from desk.service.desk import Desk

SHANGHAI, MINUTE = ZoneInfo("Asia/Shanghai"), timedelta(minutes=1)
SHIPPED = load_policy(Path(__file__).parents[2] / "policy")
BEGIN = datetime(2026, 11, 20, 8, tzinfo=SHANGHAI).astimezone(UTC)  # a Friday, so that the weekend comes into it
WATCHED = 8 * 24 * 60
POLL = "poll"
NAMES = ("ticket.reopened", "ticket.contacted", "ticket.customer_asked", "ticket.customer_answered", "ticket.handled",
         "ticket.departments_involved", "ticket.consultation_arranged", "ticket.replied", "ticket.confirmed",
         "ticket.refused", "ticket.withdrawn", "ticket.result_notified", "ticket.result_delivered", "ticket.noted")
LENGTHS = (1, 30, 60, 120, 480)
STEPS = (0, 0, 1, 29, 30, 31, 59, 60, 61, 119, 120, 121, 300, 480, 900)


class Memory:
    """A desk's transaction in memory: one ticket, its facts and deadlines; the real ones are proven in tests/store."""

    def __init__(self, ticket: Ticket, policy: Any) -> None:
        self.time, self.ticket, self.known, self.rows = BEGIN, ticket, list[Fact](), list[Deadline]()
        self.facts = self.deadlines = self.tickets = self
        self.desk = Desk(begin=self.begin, clock=self, policies=lambda: policy)  # type: ignore[arg-type]

    @contextmanager
    def begin(self) -> Iterator["Memory"]:
        yield self

    def now(self) -> datetime:
        return self.time

    def by_number(self, number: str, *, lock: bool = False) -> Ticket:
        return self.ticket

    def record(self, name: str, *, subject: str, actor: str, at: datetime, **data: Any) -> Fact:
        self.known.append(Fact(at, name, subject, actor, data))
        return self.known[-1]

    def history(self, subject: str) -> list[Fact]:
        return list(self.known)

    def add(self, row: Deadline) -> None:
        row.id = len(self.rows)
        self.rows.append(row)

    def flush(self) -> None:
        pass

    def held(self, subject: str) -> list[Deadline]:
        return list(self.rows)

    def get(self, deadline_id: int) -> Deadline:
        return self.rows[deadline_id]

    def due(self, now: datetime, *, limit: int, latest: bool = False) -> list[Deadline]:
        return [row for row in self.rows if row.next_at is not None and row.next_at < now]

    def claim(self, deadline_id: int, *, now: datetime) -> Deadline | None:
        row = self.rows[deadline_id]
        return row if row.next_at is not None and row.next_at < now else None


@cache
def calendar(seed: int) -> tuple[Calendar, bytes]:
    """A random calendar, and for each minute from BEGIN whether it is open then, told from its windows alone."""
    random = Random(seed)

    def windows(most: int) -> tuple[Window, ...]:
        cuts = sorted(random.sample(range(0, 24 * 60, 5), 2 * random.randint(0, most)))
        return tuple(Window(time(a // 60, a % 60), time(b // 60, b % 60))
                     for a, b in zip(cuts[::2], cuts[1::2], strict=True))

    days = {"workday": windows(3) or (Window(time(9), time(17)),), "restday": windows(1), "holiday": ()}
    if seed % 4 == 0:
        days = dict.fromkeys(days, WHOLE_DAY)
    made = Calendar("c", "随机", days, lambda day: "workday" if day.weekday() < 5 else "restday", SHANGHAI)  # type: ignore[arg-type]
    return made, bytes(is_open(days, BEGIN + n * MINUTE) for n in range(WATCHED))


def is_open(days: dict[str, tuple[Window, ...]], at: datetime) -> bool:
    local = at.astimezone(SHANGHAI)
    return any(one.start <= local.time() and (one.end == time(0) or local.time() < one.end)
               for one in days["workday" if local.weekday() < 5 else "restday"])


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, tuple[int, ...], list[tuple[str, int]]]:
    """A calendar, the promised minutes, and what happens (or who looks) after how many minutes.

    In some histories the clock is set back now and then.
    """
    sequence = draw(st.lists(st.tuples(st.sampled_from((*NAMES, POLL, POLL)), st.sampled_from(STEPS),
                                       st.integers(0, 9)), max_size=12))
    jumping = draw(st.booleans())
    return (draw(st.integers(0, 199)), draw(st.tuples(*[st.sampled_from(LENGTHS)] * 6)),
            [(name, -step if jumping and luck == 0 else step) for name, step, luck in sequence])


def lived(case: tuple[int, tuple[int, ...], list[tuple[str, int]]], *, polled: bool = True) -> Memory:
    """Live through a history as the desk does: facts through the recording, polls through the sweep; one at the end."""
    seed, lengths, sequence = case
    promise = Promise("any", "", (), *(length * MINUTE for length in lengths), calendar="c")
    policy = replace(SHIPPED, version="random", promises={"any": promise}, calendars={"c": calendar(seed)[0]}, escalation=())
    memory = Memory(Ticket("TS1", "fault", "", BEGIN, promise={"policy_version": "random"}), policy)
    recording.on_ticket(memory.desk, memory, memory.ticket, "ticket.opened", actor="customer")  # type: ignore[arg-type]
    for name, step in sequence:
        memory.time = max(memory.time + step * MINUTE, BEGIN)
        if name != POLL:
            recording.on_ticket(memory.desk, memory, memory.ticket, name, actor="agent:1")  # type: ignore[arg-type]
        elif polled:
            deadline_clock.sweep(memory.desk)
    memory.time = max(memory.time, memory.known[-1].at)
    deadline_clock.sweep(memory.desk)
    return memory


def watched(rule: ClockRule, facts: Sequence[Fact], opened: bytes, end: int) -> list[Verdict | None]:
    """The verdicts by counting: minute after minute of open time is taken off what is left."""
    words, found = WORDS[rule.clock], list[Verdict | None]()
    running = paused = False
    left, out = 0, None  # minutes left, and the minute at which none was left
    times = [(fact.at - BEGIN) // MINUTE for fact in facts]
    for fact, (at, until) in zip(facts, pairwise([*times, end]), strict=True):
        late = running and out is not None and out < at
        if fact.name == "ticket.customer_asked":
            paused = True
        elif fact.name in ("ticket.customer_answered", "ticket.replied", "ticket.refused", "ticket.withdrawn",
                           "ticket.confirmed"):
            paused = False
        if running and fact.name in words.stops:
            found.append("broken" if late else "kept")
            running = False
        elif not running and fact.name in words.starts:
            running, left, out = True, rule.within // MINUTE, None
        elif running and left == 0 and not late:
            out = None if paused else (at if out is None else out)
        for minute in range(at, until if running and not paused and left else at):
            left -= opened[minute]
            if not left:
                out = minute + 1
                break
    if running:
        found.append("broken" if out is not None and out < end else None)
    return found


def verdicts(memory: Memory) -> dict[tuple[str, int], Verdict | None]:
    return {(row.clock, row.run): row.verdict for row in memory.rows}


@pytest.mark.proof
@pytest.mark.timeout(300)
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(histories())
def test_the_recorded_verdict_is_the_recomputed_one_for_any_polling(
        case: tuple[int, tuple[int, ...], list[tuple[str, int]]]) -> None:
    """10,000 histories with pauses, equal times, clocks set back, anybody looking at any time or never.

    What the rows say is what the fold says and what counting minutes says; each breach was recorded once.
    """
    memory = lived(case)
    made, opened = calendar(case[0])
    end = (memory.time - BEGIN) // MINUTE
    facts = [fact for fact in memory.known if fact.actor != "clock"]
    broken = set()
    for rule in memory.desk.policy.promise_for("fault").clocks():
        folded = runs(rule, memory.known, {"c": made})
        recomputed = [run.verdict(memory.time) for run in folded]
        recorded = [row for row in memory.rows if row.clock == rule.clock]
        assert recomputed == [row.verdict for row in recorded]
        assert [(run.due_at, run.stopped_at) for run in folded] == [(row.due_at, row.ended_at) for row in recorded]
        assert recomputed == watched(rule, facts, opened, end)
        broken |= {(rule.clock, run.number) for run in folded if run.verdict(memory.time) == "broken"}
    noted = [(fact.data["clock"], fact.data["run"]) for fact in memory.known if fact.actor == "clock"]
    assert sorted(broken) == sorted(noted)


@pytest.mark.proof
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(histories())
def test_looking_changes_no_verdict(case: tuple[int, tuple[int, ...], list[tuple[str, int]]]) -> None:
    """The same history, looked at often or only at its end, comes to the same verdicts while no clock is set back."""
    forward = (case[0], case[1], [(name, abs(step)) for name, step in case[2]])
    assert verdicts(lived(forward)) == verdicts(lived(forward, polled=False))


FOLDS = {
    "kept at the due instant": ("reply", [("opened", 0), ("contacted", 120)], ["kept"]),
    "broken a minute later": ("reply", [("opened", 0), ("contacted", 121)], ["broken"]),
    "asking is a first answer": ("reply", [("opened", 0), ("customer_asked", 119)], ["kept"]),
    "reopened it runs again": ("reply", [("opened", 0), ("replied", 60), ("reopened", 600), ("contacted", 721)],
                               ["kept", "broken"]),
    "time stands still while the customer owes an answer":
        ("result", [("handled", 0), ("customer_asked", 119), ("customer_answered", 900), ("replied", 901)], ["kept"]),
    "and then runs on":
        ("result", [("handled", 0), ("customer_asked", 119), ("customer_answered", 900), ("replied", 902)], ["broken"]),
    "who goes on with the work waits no longer":
        ("result", [("handled", 0), ("customer_asked", 60), ("coordinated", 100), ("replied", 161)], ["broken"]),
    "what is broken is not mended by asking":
        ("result", [("handled", 0), ("customer_asked", 121), ("replied", 122)], ["broken"]),
    "an answer while paused is in time": ("result", [("handled", 0), ("customer_asked", 10), ("replied", 900)], ["kept"]),
}


@pytest.mark.parametrize(("clock", "story", "expected"), FOLDS.values(), ids=FOLDS.keys())
def test_two_hours(clock: Clock, story: list[tuple[str, int]], expected: list[str]) -> None:
    """The rules of a clock, one by one."""
    rule = ClockRule(clock, 120 * MINUTE, "c")
    facts = [Fact(BEGIN + at * MINUTE, f"ticket.{name}", "ticket:TS1", "agent:1") for name, at in story]
    found = runs(rule, facts, {"c": calendar(0)[0]})
    assert expected == [run.verdict(facts[-1].at) for run in found]
