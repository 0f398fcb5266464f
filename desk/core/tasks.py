"""Tasks: work that a ticket needs from somebody, each with its own clock.

consultation (KF-3.3.2: an invited department gives its opinion) · handling (a department does the work) · supplier
(WW-8, HQ-4: an outsourced provider, whose response and completion are recorded for its evaluation) · review
(KF-3.5.2: whether we owe compensation) · recovery (a customer was dissatisfied).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from desk.core.errors import IllegalTransition, Invalid
from desk.core.facts import Fact
from desk.core.promises import Run
from desk.core.statistics import Share

Kind = Literal["consultation", "handling", "supplier", "review", "recovery"]
Status = Literal["open", "responded", "done", "cancelled"]
KIND_NAMES: dict[str, str] = {"consultation": "会商意见", "handling": "处理任务", "supplier": "外包工单",
                              "review": "赔付审核", "recovery": "服务补救"}
STATUS_NAMES: dict[str, str] = {"open": "待处理", "responded": "已响应", "done": "已完成", "cancelled": "已取消"}
MOVES: dict[str, frozenset[str]] = {"open": frozenset({"responded", "done", "cancelled"}),
                                    "responded": frozenset({"done", "cancelled"}),
                                    "done": frozenset(), "cancelled": frozenset()}


@dataclass
class Task:
    """One piece of work; ``assigned_to`` is a department, or the id of a supplier for kind supplier."""

    ticket_number: str
    kind: Kind
    title: str
    assigned_to: str
    opened_at: datetime
    policy_version: str
    status: Status = "open"
    detail: str = ""
    responded_at: datetime | None = None
    ended_at: datetime | None = None
    result: str = ""
    quality: int | None = None
    promise: dict[str, Any] = field(default_factory=dict)
    id: int | None = None

    @property
    def subject(self) -> str:
        """What its facts are about."""
        return f"task:{self.id}"


def check(task: Task, to: str, *, result: str = "", quality: int | None = None) -> None:
    """Whether a move is possible. Raises IllegalTransition.

    What is over has a result in words, and the work of a provider is judged from 1 to 5: without that Invalid.
    """
    if to not in MOVES[task.status]:
        raise IllegalTransition(f"{task.status} -> {to}")
    if to in ("done", "cancelled") and not result.strip():
        raise Invalid("result")
    judged = task.kind == "supplier" and to == "done"
    if judged != (quality is not None) or (quality is not None and not 1 <= quality <= 5):
        raise Invalid("quality")


def apply(task: Task, fact: Fact) -> None:
    """Take in one fact; the state of a task is the fold of its facts."""
    if fact.name == "task.responded":
        task.status, task.responded_at = "responded", fact.at
    elif fact.name in ("task.done", "task.cancelled"):
        task.status = "done" if fact.name == "task.done" else "cancelled"
        task.ended_at, task.result = fact.at, str(fact.data.get("result", ""))
        task.quality = fact.data.get("quality")
        task.responded_at = task.responded_at or (fact.at if task.status == "done" else None)


@dataclass(frozen=True)
class SupplierWork:
    """One task of a provider: its two clocks, and how good the work was if it is done."""

    supplier: str
    response: Run | None
    completion: Run | None
    quality: int | None = None


@dataclass(frozen=True)
class SupplierFigures:
    """A provider's evaluation (WW-8, HQ-4): of ``n`` tasks, the shares kept of those decided, and the mean quality."""

    supplier: str
    n: int
    response: Share
    completion: Share
    quality: float | None
    judged: int


def evaluate(work: Iterable[SupplierWork], *, now: datetime) -> list[SupplierFigures]:
    """The figures of each provider, by name. What we took back before it was due says nothing about the provider."""
    by_supplier: dict[str, list[SupplierWork]] = {}
    for one in work:
        by_supplier.setdefault(one.supplier, []).append(one)
    return [_figures(supplier, by_supplier[supplier], now) for supplier in sorted(by_supplier)]


def _figures(supplier: str, work: list[SupplierWork], now: datetime) -> SupplierFigures:
    marks = [one.quality for one in work if one.quality is not None]
    return SupplierFigures(supplier, len(work), _kept((one.response for one in work), now),
                           _kept((one.completion for one in work), now),
                           sum(marks) / len(marks) if marks else None, len(marks))


def _kept(runs: Iterable[Run | None], now: datetime) -> Share:
    decided = [(run.verdict(now), run.stopped_by) for run in runs if run is not None]
    return Share.counted(verdict == "kept" for verdict, by in decided
                         if verdict == "broken" or (verdict == "kept" and by != "task.cancelled"))


class Tasks(Protocol):
    """Stored tasks."""

    def get(self, task_id: int, *, lock: bool = False) -> Task:
        """The task; raises NotFound."""

    def of_ticket(self, number: str) -> list[Task]:
        """The tasks of a ticket, oldest first."""

    def search(self, *, kinds: Collection[str] = (), assigned_to: str | None = None, open_only: bool = True,
               limit: int = 50, offset: int = 0) -> list[Task]:
        """Tasks for the console: those that are due first, then the newest. No kinds mean every kind."""

    def of_suppliers(self, *, since: datetime, until: datetime) -> list[Task]:
        """Supplier tasks opened in a period, for the evaluation of providers (WW-8)."""
