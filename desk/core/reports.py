"""Reports: every department's month (KF-4.1, KF-4.2) and the quarter against the targets of YW-5 (GC-17).

Pure: plain rows in, figures out. A row belongs to the period in which its moment lies, in the company's time zone.
Shares carry Wilson intervals; a target is called met or missed only when the evidence says so.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from desk.core.periods import Period
from desk.core.promises import Run
from desk.core.statistics import Durations, Share, difference
from desk.core.targets import Judged, census, sampled

Direction = Literal["better", "worse", "unclear"]

SATISFIED = 4  # scores of 4 and 5 count as satisfied
EVERY_ONE = 1.0  # YW-5 allows no response later than its limit


@dataclass(frozen=True)
class TicketRow:
    """A ticket with the runs of its promise clocks. Seconds count from opening, around the clock: to the first answer
    of a person, and to the result. ``accounted``: not a complaint, or one the ledger has no complaint about.
    """

    number: str
    kind: str
    department: str
    opened_at: datetime
    closed_at: datetime | None = None
    service_id: str | None = None
    runs: tuple[Run, ...] = ()
    first_response_s: float | None = None
    resolution_s: float | None = None
    reopened: int = 0
    urged: int = 0
    accounted: bool = True
    our_fault: bool = False

    @property
    def answered_at(self) -> datetime | None:
        """When it was first answered."""
        return self._after(self.first_response_s)

    @property
    def resolved_at(self) -> datetime | None:
        """When the result was told."""
        return self._after(self.resolution_s)

    def open_at(self, at: datetime) -> bool:
        """Whether something was owed just before an instant."""
        return self.opened_at < at and (self.closed_at is None or self.closed_at >= at)

    def overdue_at(self, at: datetime) -> bool:
        """Whether it was open just before an instant with a promise past due and not yet stopped."""
        return self.open_at(at) and any(run.due_at is not None and run.due_at < at and run.started_at < at
                                        and (run.stopped_at is None or run.stopped_at >= at) for run in self.runs)

    def _after(self, seconds: float | None) -> datetime | None:
        return None if seconds is None else self.opened_at + timedelta(seconds=seconds)


@dataclass(frozen=True)
class RatingRow:
    """A score from 1 to 5."""

    department: str
    score: int
    at: datetime


@dataclass(frozen=True)
class ServiceRow:
    """Services carried out on a day (``at`` lies in it), and how many of these turned out faulty."""

    department: str
    at: datetime
    done: int
    faulty: int


@dataclass(frozen=True)
class HandoffRow:
    """A customer's wait for a person. ``greeting_kept`` is None while it is not decided."""

    queue: str
    requested_at: datetime
    waited_s: float | None = None
    outcome: str | None = None
    handled_s: float | None = None
    greeting_kept: bool | None = None


@dataclass(frozen=True)
class Rows:
    """What reports are made from: every ticket that was open at some moment of the period or of the one before it,
    and the ratings, services and handoffs of both.
    """

    tickets: Sequence[TicketRow] = ()
    ratings: Sequence[RatingRow] = ()
    services: Sequence[ServiceRow] = ()
    handoffs: Sequence[HandoffRow] = ()

    def of(self, department: str) -> "Rows":
        """One department's; handoffs belong to queues, not to departments."""
        return replace(self, tickets=[row for row in self.tickets if row.department == department],
                       ratings=[row for row in self.ratings if row.department == department],
                       services=[row for row in self.services if row.department == department], handoffs=())

    def departments(self) -> list[str]:
        """Every department that occurs."""
        return sorted({row.department for rows in (self.tickets, self.ratings, self.services) for row in rows})


@dataclass(frozen=True)
class Promised:
    """Promises of one kind: the share kept among those decided, and how many are still running."""

    kept: Share
    running: int


@dataclass(frozen=True)
class PeriodFigures:
    """What happened in a period. Tickets, complaints, reopenings and urgings are those of tickets opened in it,
    promises those begun in it, answers and results those given in it, so that every event counts in one period.
    """

    period: Period
    tickets: Mapping[str, int]
    by_service: Mapping[str, int]
    promises: Mapping[str, Promised]
    all_promises: Promised
    first_response: Durations
    resolution: Durations
    satisfaction: Share
    faults: Share
    complaints: int
    unaccounted: tuple[str, ...]
    our_fault: int
    reopened: int
    urged: int
    still_open: int
    overdue: int


def count(rows: Rows, *, period: Period, now: datetime) -> PeriodFigures:
    """Count a period; one that has not ended yet is counted up to now."""
    until = min(period.end, now)
    opened = [row for row in rows.tickets if period.contains(row.opened_at)]
    runs = [run for row in rows.tickets for run in row.runs if period.contains(run.started_at)]
    return PeriodFigures(
        period=period,
        tickets=dict(Counter(row.kind for row in opened).most_common()),
        by_service=dict(Counter(row.service_id for row in opened if row.service_id).most_common()),
        promises={clock: _promised([run for run in runs if run.clock == clock], now)
                  for clock in sorted({run.clock for run in runs})},
        all_promises=_promised(runs, now),
        first_response=Durations.of(row.first_response_s for row in rows.tickets if period.contains(row.answered_at)),
        resolution=Durations.of(row.resolution_s for row in rows.tickets if period.contains(row.resolved_at)),
        satisfaction=Share.counted(row.score >= SATISFIED for row in rows.ratings if period.contains(row.at)),
        faults=_faults(rows.services, period),
        complaints=sum(row.kind == "complaint" for row in opened),
        unaccounted=tuple(row.number for row in opened if row.kind == "complaint" and not row.accounted),
        our_fault=sum(row.our_fault for row in opened),
        reopened=sum(row.reopened for row in opened),
        urged=sum(row.urged for row in opened),
        still_open=sum(row.open_at(until) for row in rows.tickets),
        overdue=sum(row.overdue_at(until) for row in rows.tickets))


def _promised(runs: Sequence[Run], now: datetime) -> Promised:
    verdicts = Counter(run.verdict(now) for run in runs)
    return Promised(Share.of(verdicts["kept"], verdicts["kept"] + verdicts["broken"]), verdicts[None])


def _faults(services: Iterable[ServiceRow], period: Period) -> Share:
    carried_out = [row for row in services if period.contains(row.at)]
    return Share.of(sum(row.faulty for row in carried_out), sum(row.done for row in carried_out))


@dataclass(frozen=True)
class Trend:
    """A share's change against the period before, with the interval of the change (Newcombe 1998)."""

    change: float | None
    low: float | None
    high: float | None
    direction: Direction


def trend(now: Share, before: Share, *, more_is_better: bool = True) -> Trend:
    """Better or worse only when the whole interval of the change lies on one side of zero."""
    interval = difference(now, before)
    if interval is None or now.share is None or before.share is None:
        return Trend(None, None, None, "unclear")
    low, high = interval
    rising = low > 0
    certain = rising or high < 0
    direction: Direction = "unclear" if not certain else "better" if rising == more_is_better else "worse"
    return Trend(now.share - before.share, low, high, direction)


@dataclass(frozen=True)
class MonthlyEvaluation:
    """One department's month beside the month before (KF-4.2). Trends are of satisfaction, promises and faults."""

    department: str
    month: PeriodFigures
    before: PeriodFigures
    trends: Mapping[str, Trend]


def monthly(rows: Rows, *, period: Period, now: datetime, departments: Iterable[str] = ()) -> list[MonthlyEvaluation]:
    """Every department's month: first those named, even when nothing happened there, then any other with rows."""
    return [evaluate(rows.of(name), department=name, period=period, now=now)
            for name in dict.fromkeys([*departments, *rows.departments()])]


def evaluate(rows: Rows, *, department: str, period: Period, now: datetime) -> MonthlyEvaluation:
    """The evaluation of rows that belong together: one department's, or all."""
    month, before = (count(rows, period=each, now=now) for each in (period, period.before))
    return MonthlyEvaluation(department, month, before, {
        "satisfaction": trend(month.satisfaction, before.satisfaction),
        "promises": trend(month.all_promises.kept, before.all_promises.kept),
        "faults": trend(month.faults, before.faults, more_is_better=False)})


@dataclass(frozen=True)
class QueueEvaluation:
    """How people waited in one queue and were greeted (JC-5). ``waited`` is of those a person accepted."""

    queue: str
    n: int
    abandoned: Share
    greeted: Share
    waited: Durations
    handled: Durations


def queues(rows: Rows, *, period: Period) -> list[QueueEvaluation]:
    """Every queue in which somebody waited in the period, by id."""
    asked = [row for row in rows.handoffs if period.contains(row.requested_at)]
    return [_queue(name, [row for row in asked if row.queue == name]) for name in sorted({row.queue for row in asked})]


def _queue(name: str, asked: Sequence[HandoffRow]) -> QueueEvaluation:
    return QueueEvaluation(
        name, len(asked),
        abandoned=Share.counted(row.outcome == "abandoned" for row in asked),
        greeted=Share.counted(row.greeting_kept for row in asked if row.greeting_kept is not None),
        waited=Durations.of(row.waited_s for row in asked if row.outcome != "abandoned"),
        handled=Durations.of(row.handled_s for row in asked))


@dataclass(frozen=True)
class QuarterlySummary:
    """The quarter for the committee (GC-17): its figures, and YW-5's targets with their verdicts."""

    quarter: PeriodFigures
    before: PeriodFigures
    targets: tuple[Judged, ...]


def quarterly(rows: Rows, *, period: Period, targets: Mapping[str, float], now: datetime) -> QuarterlySummary:
    """Sum up a quarter of the whole company (or, with ``rows.of``, of one department) against the policy's targets.

    Satisfaction and faults are samples of how services turn out. Responses and complaints are censuses: every ticket's
    first answer is known or overdue, and a complaint is accounted for or it is not.
    """
    quarter, before = (count(rows, period=each, now=now) for each in (period, period.before))
    opened = [row for row in rows.tickets if period.contains(row.opened_at)]
    answered, unanswered = _responses(opened, timedelta(hours=targets["response_hours"]), now)
    accounted = Share.of(quarter.complaints - len(quarter.unaccounted), quarter.complaints)
    return QuarterlySummary(quarter, before, (
        sampled("satisfaction", quarter.satisfaction, targets["satisfaction"]),
        sampled("fault_rate", quarter.faults, targets["fault_rate"], at_most=True),
        census("response", answered, EVERY_ONE, undecided=unanswered),
        census("complaints_handled", accounted, targets["complaints_handled"])))


def _responses(opened: Iterable[TicketRow], limit: timedelta, now: datetime) -> tuple[Share, int]:
    """The share answered within the limit, and how many may still be; a ticket that ended within it unanswered
    (withdrawn) is owed nothing.
    """
    answers = [_answered_in_time(row, limit, now) for row in opened
               if row.answered_at or row.closed_at is None or row.closed_at > row.opened_at + limit]
    return Share.counted(answer for answer in answers if answer is not None), answers.count(None)


def _answered_in_time(row: TicketRow, limit: timedelta, now: datetime) -> bool | None:
    due = row.opened_at + limit
    if row.answered_at is not None:
        return row.answered_at <= due
    return False if now > due else None
