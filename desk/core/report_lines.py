"""Reports as lines of Chinese words and numbers: what the CSV file holds, and what pages show in tables."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from desk.core.promises import CLOCK_NAMES
from desk.core.reports import Direction, MonthlyEvaluation, QueueEvaluation, Trend
from desk.core.statistics import Durations, Share
from desk.core.targets import Judged
from desk.core.tasks import SupplierFigures
from desk.core.tickets import KIND_NAMES

HEAD = ("期间", "范围", "指标", "数值", "单位", "样本数", "95%区间下限", "95%区间上限", "上期数值", "目标", "结论", "说明")
VERDICTS = {"met": "达标", "missed": "未达标", "open": "证据不足"}
DIRECTIONS: dict[Direction, str] = {"better": "改善", "worse": "变差", "unclear": "变化不明显"}
TARGETS = {"satisfaction": "满意度", "fault_rate": "服务故障率", "response": "按时响应率", "complaints_handled": "投诉处理率"}
HOUR = 3600.0
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet would take for a formula


@dataclass(frozen=True)
class Line:
    """One figure of one department, queue or provider; shares are in percent."""

    scope: str
    figure: str
    value: float | None
    unit: str
    n: int | None = None
    low: float | None = None
    high: float | None = None
    before: float | None = None
    target: str = ""
    verdict: str = ""
    note: str = ""

    @property
    def shown(self) -> str:
        """The value as people read it."""
        return shown(self.value, self.unit)

    @property
    def shown_before(self) -> str:
        """The value of the period before."""
        return shown(self.before, self.unit)

    @property
    def tells(self) -> bool:
        """Whether there is anything in it; noughts now and before tell nothing of a small department."""
        return bool(self.value or self.before or self.n)

    @property
    def interval(self) -> str:
        """The interval of a share."""
        return "" if self.low is None or self.high is None else f"{shown(self.low, '')}–{shown(self.high, self.unit)}"


def shown(value: float | None, unit: str) -> str:
    """A value with its unit: 92.3%, 5 件, 1.5 小时; nothing known is a dash."""
    if value is None:
        return "—"
    number = f"{value:,.1f}".removesuffix(".0")
    return number + unit if unit in ("%", "") else f"{number} {unit}"


def of_department(one: MonthlyEvaluation) -> list[Line]:
    """Everything about a department's month beside the month before."""
    scope, now, before = one.department, one.month, one.before
    lines = [_count(scope, "受理工单", now.opened, before.opened)]
    lines += [_count(scope, f"其中：{KIND_NAMES.get(kind, kind)}", n, before.tickets.get(kind, 0)) for kind, n in now.tickets.items()]
    lines.append(_share(scope, "承诺兑现率", now.all_promises.kept, before.all_promises.kept, one.trends["promises"],
                        note=_running(now.all_promises.running)))
    for clock, promised in now.promises.items():
        was = before.promises.get(clock)
        lines.append(_share(scope, f"其中：{CLOCK_NAMES.get(clock, clock)}", promised.kept,
                            was.kept if was else Share.of(0, 0), note=_running(promised.running)))
    lines += _durations(scope, "首次答复用时", now.first_response, before.first_response)
    lines += _durations(scope, "结果反馈用时", now.resolution, before.resolution)
    return [*lines, _share(scope, "满意度", now.satisfaction, before.satisfaction, one.trends["satisfaction"]),
            _share(scope, "服务故障率", now.faults, before.faults, one.trends["faults"]),
            _count(scope, "登记投诉", now.complaints, before.complaints),
            _count(scope, "其中：已处理并送达", now.complaints_handled, before.complaints_handled),
            _count(scope, "其中：处理中", now.complaints_working, before.complaints_working),
            _count(scope, "其中：没有交代", len(now.unaccounted), len(before.unaccounted), "、".join(now.unaccounted)),
            _count(scope, "责任在我方", now.our_fault, before.our_fault), _count(scope, "重新处理", now.reopened, before.reopened),
            _count(scope, "催办", now.urged, before.urged, unit="次"), _count(scope, "期末未结", now.still_open, before.still_open),
            _count(scope, "期末超时", now.overdue, before.overdue)]


def of_queue(one: QueueEvaluation, name: str) -> list[Line]:
    """How people waited in a queue."""
    return [_count(name, "请求人工", one.n, None, unit="次"), _share(name, "按时问候率", one.greeted),
            _share(name, "放弃率", one.abandoned), *_durations(name, "等待时长", one.waited, seconds=1, unit="秒"),
            *_durations(name, "服务时长", one.handled, seconds=60, unit="分钟")]


def of_supplier(one: SupplierFigures, name: str) -> list[Line]:
    """A provider's evaluation (WW-8, HQ-4)."""
    return [_count(name, "外包工单", one.n, None), _share(name, "按时响应率", one.response), _share(name, "按时完成率", one.completion),
            Line(name, "质量评分", one.quality, "分", n=one.judged)]


def of_targets(scope: str, targets: Iterable[Judged]) -> list[Line]:
    """YW-5's targets with what is known of each."""
    return [Line(scope, TARGETS[one.name], _percent(one.share.share), "%", one.share.n,
                 None if one.census else _percent(one.share.low), None if one.census else _percent(one.share.high),
                 target=aim(one), verdict=VERDICTS[one.verdict], note=missing(one)) for one in targets]


def aim(one: Judged) -> str:
    """What is aimed at: ≥ 90%."""
    return f"{'≤' if one.name == 'fault_rate' else '≥' if one.target < 1 else '='} {shown(one.target * 100, '%')}"


def missing(one: Judged) -> str:
    """What stands behind a verdict, or what it lacks."""
    failed = one.share.n - one.share.successes
    if one.census:
        undecided = f"{one.needed} 件还没有结果" if one.verdict == "open" else ""
        amiss = f"{failed:,} 件不符合" if failed else "逐件核对，没有不符合的" if one.share.n else "没有这类事项"
        return undecided or amiss
    if one.share.n == 0:
        return "还没有样本"
    if one.verdict != "open":
        return "95% 区间全部" + ("在目标以内" if one.verdict == "met" else "在目标以外")
    return "样本正好等于目标，再多也分不出" if one.needed is None else f"按现在的比例，还要 {one.needed:,} 个样本才能下结论"


def as_csv(period: str, lines: Iterable[Line]) -> str:
    """A CSV file that spreadsheets open as UTF-8 and in which nothing is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    for one in lines:
        writer.writerow([_cell(value) for value in (
            period, one.scope, one.figure, one.value, one.unit, one.n, one.low, one.high, one.before, one.target,
            one.verdict, one.note)])
    return "\ufeff" + out.getvalue()


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULAS) else value
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _count(scope: str, figure: str, n: int, before: int | None, note: str = "", unit: str = "件") -> Line:
    return Line(scope, figure, n, unit, before=before, note=note)


def _share(scope: str, figure: str, share: Share, before: Share | None = None, trend: Trend | None = None,
           note: str = "") -> Line:
    known = share.n > 0
    changed = DIRECTIONS[trend.direction] if trend is not None and trend.change is not None else ""
    return Line(scope, figure, _percent(share.share), "%", share.n, _percent(share.low) if known else None,
                _percent(share.high) if known else None, _percent(before.share) if before else None, verdict=changed, note=note)


def _durations(scope: str, figure: str, now: Durations, before: Durations | None = None, *, seconds: float = HOUR,
               unit: str = "小时") -> Iterator[Line]:
    for name, at in (("一半", "p50"), ("八成", "p80"), ("九成", "p90")):
        values = [None if one is None or (value := getattr(one, at)) is None else value / seconds for one in (now, before)]
        yield Line(scope, f"{figure}（{name}不超过）", values[0], unit, now.n, before=values[1])


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def _running(n: int) -> str:
    return f"另有 {n:,} 项未到期" if n else ""
