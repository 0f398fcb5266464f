"""Tasks: opened, responded to, done or taken back; and what they say about the providers that did them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.errors import IllegalTransition, Invalid
from desk.core.facts import Fact
from desk.core.promises import Run
from desk.core.tasks import KIND_NAMES, MOVES, STATUS_NAMES, SupplierWork, Task, apply, check, evaluate

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
NAMES = {"responded": "task.responded", "done": "task.done", "cancelled": "task.cancelled"}


def a_task(kind: str = "handling", status: str = "open") -> Task:
    return Task(ticket_number="TS26112400010", kind=kind, title="断网", assigned_to="网络运维部",  # type: ignore[arg-type]
                opened_at=NOW, policy_version="abc", status=status, id=7)  # type: ignore[arg-type]


def step(task: Task, to: str, minutes: int = 0, **data: Any) -> None:
    check(task, to, result=data.get("result", ""), quality=data.get("quality"))
    apply(task, Fact(at=NOW + timedelta(minutes=minutes), name=NAMES[to], subject=task.subject, actor="agent:1", data=data))


@pytest.mark.parametrize("status", STATUS_NAMES)
@pytest.mark.parametrize("to", NAMES)
def test_only_what_is_open_moves(status: str, to: str) -> None:
    """Nothing is done twice and nothing done is taken back."""
    if to in MOVES[status]:
        check(a_task(status=status), to, result="好了")
    else:
        with pytest.raises(IllegalTransition):
            check(a_task(status=status), to, result="好了")


def test_what_is_over_has_a_result_and_its_times() -> None:
    """Done without a word is refused; done at once counts as responded to, taken back does not."""
    for to in ("done", "cancelled"):
        with pytest.raises(Invalid, match="result"):
            check(a_task(), to, result=" ")
    task, dropped = a_task(), a_task()
    step(task, "done", 5, result="已修复")
    step(dropped, "cancelled", 5, result="不需要了")
    after = NOW + timedelta(minutes=5)
    assert ("done", "已修复", after, after) == (task.status, task.result, task.ended_at, task.responded_at)
    assert ("cancelled", "不需要了", after, None) == (dropped.status, dropped.result, dropped.ended_at, dropped.responded_at)


@pytest.mark.parametrize(("kind", "quality", "fits"), [
    ("supplier", None, False), ("supplier", 0, False), ("supplier", 6, False), ("supplier", 1, True), ("supplier", 5, True),
    ("handling", 3, False), ("handling", None, True)])
def test_only_and_always_the_work_of_a_provider_is_judged(kind: str, quality: int | None, fits: bool) -> None:
    """HQ-4: from 1 to 5."""
    if fits:
        check(a_task(kind), "done", result="好了", quality=quality)
    else:
        with pytest.raises(Invalid, match="quality"):
            check(a_task(kind), "done", result="好了", quality=quality)


def run(due: int, stopped: int | None, by: str = "task.done") -> Run:
    return Run("supplier_completion", 1, NOW, NOW + timedelta(hours=due),
               stopped_at=None if stopped is None else NOW + timedelta(hours=stopped),
               stopped_by=None if stopped is None else by)


def test_a_provider_is_evaluated_by_what_is_decided() -> None:
    """WW-8: kept and broken count, what still runs does not, what we took back in time says nothing."""
    [figures] = evaluate([
        SupplierWork("yunjie", run(2, 1), run(24, 20), 5), SupplierWork("yunjie", run(2, 3), run(24, 30), 2),
        SupplierWork("yunjie", run(2, 2), run(24, 10, "task.cancelled")),
        SupplierWork("yunjie", run(2, None), run(48, None)),
        SupplierWork("yunjie", run(2, 5, "task.cancelled"), run(24, 5, "task.cancelled"))], now=NOW + timedelta(hours=40))
    assert ("yunjie", 5, 3.5, 2) == (figures.supplier, figures.n, figures.quality, figures.judged)
    assert (2, 5) == (figures.response.successes, figures.response.n)
    assert (1, 2) == (figures.completion.successes, figures.completion.n)


def test_nothing_done_is_no_figure() -> None:
    """No tasks, no provider; no judged work, no mean."""
    assert [] == evaluate([], now=NOW)
    [figures] = evaluate([SupplierWork("a", run(2, None), None)], now=NOW)
    assert (None, None, 0) == (figures.quality, figures.response.share, figures.completion.n)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.none() | st.integers(0, 9), st.none() | st.integers(1, 5))),
       st.integers(0, 12))
def test_every_task_counts_once_and_shares_are_of_what_was_decided(given: list[Any], hours: int) -> None:
    """For any work: the tasks add up, no share is of more than there are, a mean lies between 1 and 5."""
    now = NOW + timedelta(hours=max([hours, *(stopped or 0 for _, _, stopped, _ in given)]))
    found = evaluate([SupplierWork(name, run(due, stopped), run(due, stopped), quality)
                      for name, due, stopped, quality in given], now=now)
    assert len(given) == sum(one.n for one in found)
    assert sorted({name for name, *_ in given}) == [one.supplier for one in found]
    for one in found:
        assert one.completion.n <= one.n
        assert one.quality is None or 1 <= one.quality <= 5


def test_every_kind_and_status_has_a_name() -> None:
    """In Chinese."""
    assert set(STATUS_NAMES) == set(MOVES)
    assert all(not name.isascii() for name in (*KIND_NAMES.values(), *STATUS_NAMES.values()))
