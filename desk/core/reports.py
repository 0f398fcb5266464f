"""Reports: every department's month (KF-4.1, KF-4.2) and the quarter against the targets of YW-5 (GC-17).

Pure: rows in (``desk.core.report_rows``), figures out. A row belongs to the period in which its moment lies, in the
company's time zone. Shares carry Wilson intervals; a target is called met or missed only when the evidence says so.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from desk.core.periods import Period
from desk.core.report_rows import HandoffRow, Lodged, PromiseRow, Rows, ServiceRow, TicketRow
from desk.core.service_faults import Service, Upheld
from desk.core.statistics import Durations, Share, difference
from desk.core.targets import Judged, census, sampled

Direction = Literal["better", "worse", "unclear"]

SATISFIED = 4  # scores of 4 and 5 count as satisfied
EVERY_ONE = 1.0  # YW-5 allows no response later than its limit


@dataclass(frozen=True)
class Promised:
    """Promises of one kind: the share kept among those decided, and how many are still running."""

    kept: Share
    running: int


@dataclass(frozen=True)
class PeriodFigures:
    """What happened in a period. Tickets, complaints, reopenings and urgings are those of tickets opened in it,
    promises those begun in it, answers and results those given in it, so that every event counts in one period. What is
    open or overdue is so at its end, or now.
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
    complaints_handled: int
    unaccounted: tuple[str, ...]
    our_fault: int
    reopened: int
    urged: int
    still_open: int
    overdue: int

    @property
    def opened(self) -> int:
        """All tickets opened in it."""
        return sum(self.tickets.values())

    @property
    def complaints_working(self) -> int:
        """Complaints that are still worked on within their promises."""
        return self.complaints - self.complaints_handled - len(self.unaccounted)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.tickets or self.promises or self.first_response.n or self.resolution.n or self.satisfaction.n
                    or self.faults.n or self.complaints or self.still_open)


def count(rows: Rows, *, period: Period, now: datetime) -> PeriodFigures:
    """Count a period; one that has not ended yet is counted up to now."""
    opened = [row for row in rows.tickets if period.contains(row.opened_at)]
    promises = [row for row in rows.promises if period.contains(row.at)]
    complaints = [row for row in rows.complaints if period.contains(row.opened_at)]
    standing = [row for row in rows.standing if row.at == min(period.end, now)]
    scores = [row for row in rows.ratings if period.contains(row.at)]
    return PeriodFigures(
        period=period,
        tickets=dict(Counter(row.kind for row in opened).most_common()),
        by_service=dict(Counter(row.service_id for row in opened if row.service_id).most_common()),
        promises={clock: _promised([row for row in promises if row.clock == clock])
                  for clock in sorted({row.clock for row in promises})},
        all_promises=_promised(promises),
        first_response=Durations.of(row.first_response_s for row in rows.tickets if period.contains(row.answered_at)),
        resolution=Durations.of(row.resolution_s for row in rows.tickets if period.contains(row.resolved_at)),
        satisfaction=Share.of(sum(row.n for row in scores if row.score >= SATISFIED), sum(row.n for row in scores)),
        faults=_faults(rows.services, period),
        complaints=len(complaints),
        complaints_handled=sum(row.state == "handled" for row in complaints),
        unaccounted=tuple(row.number for row in complaints if row.state == "amiss"),
        our_fault=sum(row.our_fault for row in opened),
        reopened=sum(row.reopened for row in opened),
        urged=sum(row.urged for row in opened),
        still_open=sum(row.open for row in standing),
        overdue=sum(row.overdue for row in standing))


def _promised(rows: Sequence[PromiseRow]) -> Promised:
    kept = sum(row.kept for row in rows)
    return Promised(Share.of(kept, kept + sum(row.broken for row in rows)), sum(row.running for row in rows))


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
    first answer is known or overdue, and every complaint is handled, still worked on in time, or amiss.
    """
    quarter, before = (count(rows, period=each, now=now) for each in (period, period.before))
    opened = [row for row in rows.tickets if period.contains(row.opened_at)]
    answered, unanswered = _responses(opened, timedelta(hours=targets["response_hours"]), now)
    handled = Share.of(quarter.complaints_handled, quarter.complaints_handled + len(quarter.unaccounted))
    return QuarterlySummary(quarter, before, (
        sampled("satisfaction", quarter.satisfaction, targets["satisfaction"]),
        sampled("fault_rate", quarter.faults, targets["fault_rate"], at_most=True),
        census("response", answered, EVERY_ONE, undecided=unanswered),
        census("complaints_handled", handled, targets["complaints_handled"], undecided=quarter.complaints_working)))


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


class Reports(Protocol):
    """Reading for reports; periods are half open, ``start <= moment < end``."""

    def first_at(self) -> datetime | None:
        """When the first ticket was opened."""

    def tickets(self, start: datetime, end: datetime) -> list[TicketRow]:
        """Tickets opened in a period, and those that a person answered, or were told a result, in it."""

    def promises(self, start: datetime, end: datetime, *, now: datetime) -> list[tuple[str, str, int, int, int]]:
        """Promises to customers and tasks of departments begun in a period: department, clock, kept, broken, running."""

    def standing(self, at: datetime) -> list[tuple[str, int, int]]:
        """What was open just before an instant: department, open, of that overdue."""

    def complaints(self, start: datetime, end: datetime, *, now: datetime) -> list[Lodged]:
        """Complaints opened in a period."""

    def ratings(self, start: datetime, end: datetime) -> list[tuple[str | None, str | None, int, int]]:
        """Scores given in a period: department of the ticket or queue of the handoff, score, how often."""

    def bookings(self, start: datetime, end: datetime) -> dict[str, int]:
        """Bookings whose time came in a period, by service."""

    def upheld(self, start: datetime, end: datetime) -> list[Upheld]:
        """Complaints opened in a period and upheld at least in part."""

    def services_of(self, start: datetime, end: datetime) -> list[Service]:
        """Services begun in a period by customers with a complaint that ``upheld`` finds for the same period."""

    def handoffs(self, start: datetime, end: datetime, *, now: datetime) -> list[HandoffRow]:
        """Customers who began to wait for a person in a period."""

    def opened(self, start: datetime, end: datetime) -> int:
        """How many tickets were opened in a period."""

    def broken(self, start: datetime, end: datetime) -> int:
        """How many promises were seen to break in a period."""
