"""``desk report month|quarter PERIOD``: the reports of KF-4.2 and GC-17 on the terminal or as CSV."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from desk.settings import Settings

if TYPE_CHECKING:
    from desk.bootstrap import Application
    from desk.core.report_lines import Line

HELP = "月度评价和季度汇总，与服务目标比较"


def arguments(command: ArgumentParser) -> None:
    """What the command takes."""
    command.add_argument("action", choices=["month", "quarter"], help="month = 各部门月度评价，quarter = 季度汇总与目标")
    command.add_argument("period", help="月份如 2026-11，季度如 2026-Q4")
    command.add_argument("--csv", action="store_true", help="输出 CSV（UTF-8，可用表格软件打开）")


def run(known: Settings, given: Any) -> None:
    """Carry it out."""
    from desk import bootstrap
    from desk.core import report_lines
    from desk.core.errors import Invalid
    from desk.service import agents, reports

    def work(application: "Application") -> "list[Line]":
        desk = application.desk
        if given.action == "month":
            return reports.month_lines(desk, reports.monthly(desk, agent=agents.OPERATOR, period=given.period))
        return reports.quarter_lines(reports.quarterly(desk, agent=agents.OPERATOR, period=given.period))

    try:
        lines = bootstrap.with_application(known, work)
    except Invalid as problem:
        raise Invalid(f"{given.period} 不是可以汇总的{'月份' if given.action == 'month' else '季度'}："
                      f"请写成 {'2026-11' if given.action == 'month' else '2026-Q4'} 的样子，且不晚于今天。") from problem
    if given.csv:
        sys.stdout.write(report_lines.as_csv(given.period, lines))
    else:
        print("\n".join(_said(lines)))


def _said(lines: "list[Line]") -> Iterator[str]:
    """Each figure on a line, under the name of its department."""
    scope = None
    for one in lines:
        if one.scope != scope:
            scope = one.scope
            yield f"{scope}"
        counted = f"（n = {one.n:,}{f'，95% 区间 {one.interval}' if one.interval else ''}）" if one.n is not None else ""
        rest = "；".join(word for word in (f"目标 {one.target}" if one.target else "", one.verdict, one.note) if word)
        yield f"  {one.figure}：{one.shown}{counted}{f'  {rest}' if rest else ''}"
