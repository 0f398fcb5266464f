"""``desk complaints reconcile``: lists every complaint that is not accounted for; exit code 1 when there is one."""

import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from desk.settings import Settings

if TYPE_CHECKING:
    from desk.bootstrap import Application
    from desk.service.reconciliation import Finding, Reconciliation

HELP = "核对投诉：会话、工单和处理结论是否都对得上"


def arguments(command: ArgumentParser) -> None:
    """What the command takes."""
    command.add_argument("action", choices=["reconcile"], help="reconcile = 对账，列出每一件没有交代的投诉")
    command.add_argument("--days", type=int, default=30, help="核对最近多少天的会话（默认 30）；未办结的投诉不论多久都核对")


def run(known: Settings, given: Any) -> None:
    """Carry it out."""
    from desk import bootstrap
    from desk.service import reconciliation

    def work(application: "Application") -> "tuple[Reconciliation, list[str]]":
        desk = application.desk
        found = reconciliation.reconcile(desk, since=desk.clock.now() - timedelta(days=given.days))
        return found, [line(one, ZoneInfo(desk.policy.company.timezone)) for one in found.findings]

    found, lines = bootstrap.with_application(known, work)
    checked = f"核对了最近 {given.days} 天的 {found.conversations} 个会话和 {found.tickets} 件投诉"
    if not lines:
        print(f"{checked}，全部对得上。")
        return
    print(f"{checked}，{len(lines)} 件没有交代：", *lines, sep="\n")
    sys.exit(1)


def line(one: "Finding", zone: ZoneInfo) -> str:
    """One finding: when, where, what was said, why it is listed, what to do."""
    where = one.ticket or f"会话 {one.conversation_id} 第 {one.seq} 句"
    more = f"（另有 {one.more} 句）" if one.more else ""
    said = " ".join(one.text.split())[:60]
    return f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}\t{where}\t{said}{more}\t{one.reason}\t{one.todo}"
