"""The charts of the reports, from their figures."""

from collections.abc import Iterable, Mapping, Sequence

from console.charts import Bar, Column, Drawing, Tone, bars, columns, number, percent, sparkline
from desk.core.periods import Period
from desk.core.report_lines import aim
from desk.core.reports import MonthlyEvaluation, QueueEvaluation
from desk.core.statistics import Share
from desk.core.targets import Judged, Verdict, sampled
from desk.core.tickets import KIND_NAMES
from desk.service.reports import Glance, Month, Quarter

TONES: Mapping[Verdict, Tone] = {"met": "good", "missed": "bad", "open": "open"}


def of_month(month: Month, targets: Mapping[str, float]) -> list[Drawing]:
    """Satisfaction, promises, faults and kinds."""
    shown = [one for one in month.departments if not one.month.empty]
    rated = [(one, sampled("satisfaction", one.month.satisfaction, targets["satisfaction"])) for one in shown
             if one.month.satisfaction.n]
    served = [(one, sampled("fault_rate", one.month.faults, targets["fault_rate"], at_most=True)) for one in shown
              if one.month.faults.n]
    return [_targets("各部门满意度", rated, top=1), _promises(shown), _targets("各部门服务故障率", served),
            bars([Bar(KIND_NAMES.get(kind, kind), n) for kind, n in month.company.month.tickets.items()],
                 title="受理工单类型（件）", words=number)]


def of_queues(queues: Sequence[QueueEvaluation], names: Mapping[str, str]) -> Drawing:
    """Whether a person greeted within the promised time (JC-5)."""
    return bars([_bar(names.get(one.queue, one.queue), one.greeted) for one in queues if one.greeted.n],
                title="各队列按时问候率", top=1)


def of_quarter(quarter: Quarter) -> list[Drawing]:
    """How the months went, and satisfaction by department beside its target."""
    months = [Column(_short(one.period), (one.opened, one.complaints)) for one in quarter.months]
    satisfaction = quarter.company.targets[0]
    by_month = [_bar(_short(one.period), one.satisfaction, sampled("satisfaction", one.satisfaction, satisfaction.target))
                for one in quarter.months]
    departments = [_bar(name, one.targets[0].share, one.targets[0]) for name, one in quarter.departments
                   if one.targets[0].share.n]
    aimed = {"target": satisfaction.target, "target_label": f"目标 {aim(satisfaction)}", "top": 1}
    return [columns(months, series=("受理工单", "投诉"), title="各月受理工单和投诉（件）"),
            bars(by_month, title="各月满意度", **aimed), bars(departments, title="各部门满意度", **aimed)]  # type: ignore[arg-type]


def of_overview(glances: Sequence[Glance]) -> list[tuple[str, Drawing, str]]:
    """The last months as small lines, oldest first: what, the line, the last value."""
    old_first = glances[::-1]
    tickets, broken = [one.opened for one in old_first], [one.broken for one in old_first]
    satisfied = [one.satisfaction.share for one in old_first]
    last = satisfied[-1]
    return [("受理工单", sparkline(tickets, title="各月受理工单", words=number), f"{tickets[-1]:,} 件"),
            ("满意度", sparkline(satisfied, title="各月满意度"), "暂无评价" if last is None else percent(last)),
            ("超时承诺", sparkline(broken, title="各月超时的承诺", words=number), f"{broken[-1]:,} 项")]


def _targets(title: str, found: Sequence[tuple[MonthlyEvaluation, Judged]], top: float | None = None) -> Drawing:
    rows = [_bar(one.department, judged.share, judged) for one, judged in found]
    target = found[0][1] if found else None
    return bars(rows, title=title, top=top, target=target.target if target else None,
                target_label=f"目标 {aim(target)}" if target else "")


def _promises(shown: Iterable[MonthlyEvaluation]) -> Drawing:
    return bars([_bar(one.department, one.month.all_promises.kept) for one in shown if one.month.all_promises.kept.n],
                title="各部门承诺兑现率", top=1)


def _bar(label: str, share: Share, judged: Judged | None = None) -> Bar:
    known = share.n > 0
    return Bar(label, share.share, share.low if known else None, share.high if known else None, note=f"n={share.n:,}",
               tone=TONES[judged.verdict] if judged is not None and known else "plain")


def _short(period: Period) -> str:
    return f"{period.start.month} 月"
