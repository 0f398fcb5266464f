"""Reports from what is stored: the month of every department, the quarter against YW-5, and the months at a glance.

Everything is read in one transaction that keeps nobody waiting, a month at a time (``desk.store.reports``), and turned
into figures by ``desk.core.reports``. Figures are those of today: what happens to an old ticket later shows in its month.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from desk.core import complaints as ledger
from desk.core import report_lines, service_faults
from desk.core import reports as figures
from desk.core.agents import Agent
from desk.core.errors import Invalid, NotYours
from desk.core.facts import Fact
from desk.core.periods import Period
from desk.core.policy import Policy
from desk.core.report_lines import Line
from desk.core.report_rows import (
    ComplaintRow,
    ComplaintState,
    Lodged,
    PromiseRow,
    RatingRow,
    Rows,
    ServiceRow,
    StandingRow,
)
from desk.core.reports import MonthlyEvaluation, PeriodFigures, QuarterlySummary, QueueEvaluation
from desk.core.statistics import Share
from desk.core.tasks import SupplierFigures
from desk.service import tasks
from desk.service.desk import Desk, UnitOfWork

MONTHS_SHOWN, QUARTERS_SHOWN, PAGE = 12, 8, 500


@dataclass(frozen=True)
class Month:
    """Everything the centre evaluates in a month (KF-4.2): the company, departments, queues, providers."""

    period: Period
    made_at: datetime
    company: MonthlyEvaluation
    departments: list[MonthlyEvaluation]
    queues: list[QueueEvaluation]
    suppliers: list[SupplierFigures]

    @property
    def ended(self) -> bool:
        """Whether the month is over."""
        return self.made_at >= self.period.end


@dataclass(frozen=True)
class Quarter:
    """What the committee looks at (GC-17): the company against YW-5, its departments, and the quarter's months."""

    period: Period
    made_at: datetime
    company: QuarterlySummary
    departments: list[tuple[str, QuarterlySummary]]
    months: list[PeriodFigures]

    @property
    def ended(self) -> bool:
        """Whether the quarter is over."""
        return self.made_at >= self.period.end


@dataclass(frozen=True)
class Glance:
    """One month in the overview."""

    period: Period
    opened: int
    broken: int
    satisfaction: Share


def monthly(desk: Desk, *, agent: Agent, period: str) -> Month:
    """A month beside the month before. Raises NotYours, Invalid for a name that is no month or lies ahead."""
    month, now = _period(desk, agent, period, months=1), desk.clock.now()
    with desk.look() as uow:
        before, rows = (_rows(desk, uow, one, now=now) for one in (month.before, month))
    both, policy = before + rows, desk.policy
    return Month(
        month, now, figures.evaluate(both, department="全公司", period=month, now=now),
        figures.monthly(both, period=month, now=now, departments=policy.departments()),
        figures.queues(both, period=month),
        tasks.supplier_evaluation(desk, since=month.start, until=month.end))


def quarterly(desk: Desk, *, agent: Agent, period: str) -> Quarter:
    """A quarter beside the one before. Raises NotYours, Invalid for a name that is no quarter or lies ahead."""
    quarter, now = _period(desk, agent, period, months=3), desk.clock.now()
    with desk.look() as uow:
        before, rows = (_together(_rows(desk, uow, one, now=now) for one in whole.parts if one.start < now)
                        for whole in (quarter.before, quarter))
    both, targets = before + rows, desk.policy.targets
    names = dict.fromkeys([*desk.policy.departments(), *both.departments()])
    return Quarter(
        quarter, now, figures.quarterly(both, period=quarter, targets=targets, now=now),
        [(name, figures.quarterly(both.of(name), period=quarter, targets=targets, now=now)) for name in names],
        [figures.count(rows, period=one, now=now) for one in quarter.parts if one.start < now])


def month_lines(desk: Desk, month: Month) -> list[Line]:
    """A month line by line: the company, departments that had anything, queues, providers."""
    policy = desk.policy
    evaluations = [month.company, *(one for one in month.departments if not (one.month.empty and one.before.empty))]
    return [*(line for one in evaluations for line in report_lines.of_department(one)),
            *(line for one in month.queues for line in report_lines.of_queue(one, queue_name(policy, one.queue))),
            *(line for one in month.suppliers for line in report_lines.of_supplier(one, supplier_name(policy, one.supplier)))]


def quarter_lines(quarter: Quarter) -> list[Line]:
    """A quarter line by line: the targets of the company, then of departments that had anything."""
    return [*report_lines.of_targets("全公司", quarter.company.targets),
            *(line for name, one in quarter.departments if not one.quarter.empty
              for line in report_lines.of_targets(name, one.targets))]


def overview(desk: Desk, *, agent: Agent) -> tuple[list[Glance], list[Period]]:
    """The last months with tickets, newest first, and the quarters they lie in."""
    _must_supervise(agent)
    zone, now = _zone(desk.policy), desk.clock.now()
    with desk.look() as uow:
        first = uow.reports.first_at() or now
        months = list(_back_to(Period.month_of(now, zone), first, most=MONTHS_SHOWN))
        glances = [_glance(uow, one) for one in months]
    return glances, list(_back_to(Period.quarter_of(now, zone), first, most=QUARTERS_SHOWN))


def _glance(uow: UnitOfWork, month: Period) -> Glance:
    start, end = month.start, month.end
    scores = uow.reports.ratings(start, end)
    satisfied = sum(n for _, _, score, n in scores if score >= figures.SATISFIED)
    return Glance(month, uow.reports.opened(start, end), uow.reports.broken(start, end),
                  Share.of(satisfied, sum(n for *_, n in scores)))


def _back_to(period: Period, first: datetime, *, most: int) -> Iterable[Period]:
    for _ in range(most):
        yield period
        if period.start <= first:
            return
        period = period.before


def _period(desk: Desk, agent: Agent, name: str, *, months: int) -> Period:
    _must_supervise(agent)
    period = Period.named(name, _zone(desk.policy))
    if period.months != months or period.start > desk.clock.now():
        raise Invalid("period")
    return period


def _together(months: Iterable[Rows]) -> Rows:
    found = Rows()
    for rows in months:
        found = found + rows
    return found


def _rows(desk: Desk, uow: UnitOfWork, month: Period, *, now: datetime) -> Rows:
    """Everything of one month."""
    start, end, policy = month.start.astimezone(UTC), month.end.astimezone(UTC), desk.policy
    until = min(end, now)
    rows = Rows(
        tickets=uow.reports.tickets(start, end),
        promises=[PromiseRow(department, clock, start, *n)
                  for department, clock, *n in uow.reports.promises(start, end, now=now)],
        standing=[StandingRow(department, until, *n) for department, *n in uow.reports.standing(until)],
        complaints=_complaints(uow, uow.reports.complaints(start, end, now=now), now=now),
        ratings=[RatingRow(department or queue_name(policy, queue), score, start, n)
                 for department, queue, score, n in uow.reports.ratings(start, end)],
        handoffs=uow.reports.handoffs(start, end, now=now))
    return rows + Rows(services=_services(desk, uow, month, rows, until=until))


def _services(desk: Desk, uow: UnitOfWork, month: Period, rows: Rows, *, until: datetime) -> list[ServiceRow]:
    """Services carried out in a month; complaints about them may come until 30 days after."""
    since, later = month.start - 2 * service_faults.WITHIN, month.end + service_faults.WITHIN
    blamed = service_faults.blame(uow.reports.upheld(since, later), uow.reports.services_of(since, later))
    departments = {service.id: service.department for service in desk.policy.services.values()}
    return service_faults.carried_out(month, tickets=rows.tickets, bookings=uow.reports.bookings(month.start, until),
                                      department_of=departments, blamed=blamed)


def _complaints(uow: UnitOfWork, lodged: list[Lodged], *, now: datetime) -> list[ComplaintRow]:
    """What has become of complaints. Those that plainly ended well need no look at their facts; the ledger says it of
    the rest.
    """
    rest = [one.number for one in lodged if not one.settled]
    facts = {number: found for place in range(0, len(rest), PAGE)
             for number, found in uow.complaints.facts_about(rest[place:place + PAGE]).items()}
    return [ComplaintRow(one.number, one.department, one.opened_at,
                         "handled" if one.settled else _state(one, facts.get(one.number, []), now)) for one in lodged]


def _state(one: Lodged, facts: list[Fact], now: datetime) -> ComplaintState:
    if not facts:
        return "amiss"
    entry = ledger.entry(facts)
    if ledger.unaccounted(entry, now=now, overdue=one.overdue):
        return "amiss"
    return "handled" if entry.state in ("delivered", "ended") else "working"


def supplier_name(policy: Policy, supplier_id: str) -> str:
    """What a provider is called."""
    supplier = policy.suppliers.get(supplier_id)
    return supplier.name if supplier is not None else supplier_id


def queue_name(policy: Policy, queue_id: str | None) -> str:
    """What a queue is called; it is the department of those who serve it."""
    queue = policy.queues.get(queue_id or "")
    return queue.name if queue is not None else queue_id or "其他"


def _zone(policy: Policy) -> ZoneInfo:
    return ZoneInfo(policy.company.timezone)


def _must_supervise(agent: Agent) -> None:
    if not agent.may("supervise"):
        raise NotYours("reports")
