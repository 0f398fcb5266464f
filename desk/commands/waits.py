"""``desk waits report``: how true the quoted waits were."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from desk.settings import Settings

if TYPE_CHECKING:
    from desk.bootstrap import Application
    from desk.core.wait_scores import Row

HELP = "核对说过的等待时间有多准"
HEAD = ("队列", "时段", "次数", "放弃", "覆盖率（应为 80%）", "95% 区间", "中位偏差", "平均误差", "分位损失 20/50/80%")


def arguments(command: ArgumentParser) -> None:
    """What the command takes."""
    command.add_argument("action", choices=["report"], help="report = 覆盖率、偏差和分位损失，按队列和时段")
    command.add_argument("--days", type=int, default=30, help="最近多少天的报价（默认 30）")


def run(known: Settings, given: Any) -> None:
    """Carry it out."""
    from desk import bootstrap
    from desk.service import waits

    def report(application: "Application") -> "list[Row]":
        since = application.clock.now() - timedelta(days=given.days)
        return waits.report(application.desk, since=since)

    rows = bootstrap.with_application(known, report)
    if not rows:
        print(f"最近 {given.days} 天没有可核对的报价：有客户排队、听到等待时间并等到结束之后才有。")
        return
    print("\t".join(HEAD))
    for row in rows:
        print("\t".join(_cells(row)))


def _cells(row: "Row") -> list[str]:
    one = row.summary
    hour = "全天" if row.hour is None else f"{row.hour}–{row.hour + 1} 点"
    if one.coverage is None or one.pinball_s is None:
        return [row.queue, hour, str(one.n), str(one.abandoned), *["—"] * 5]
    return [row.queue, hour, str(one.n), str(one.abandoned), f"{one.coverage:.1%}",
            f"{one.coverage_low:.1%}–{one.coverage_high:.1%}", f"{(one.bias_s or 0) / 60:+.1f} 分钟",
            f"{(one.mae_s or 0) / 60:.1f} 分钟", " / ".join(f"{loss:.0f} 秒" for loss in one.pinball_s)]
