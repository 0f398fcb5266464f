"""The pages of reports: months and quarters at a glance, a month of every department, a quarter against its targets.

Each of the two comes as a page, as a page to print (``?format=print``) and as a file (``?format=csv``).
"""

from typing import Any

from aiohttp import web

from console import report_charts, views, words
from console.pages.rendering import HEADERS, Renderer, Visit
from desk.core import report_lines
from desk.core.agents import Agent
from desk.core.errors import NotFound
from desk.core.periods import Period
from desk.core.policy import Policy
from desk.core.report_lines import Line
from desk.service import reports
from desk.service.desk import Desk

PERIOD = "{period:[0-9A-Za-z-]{1,10}}"


async def overview(visit: Visit, renderer: Renderer) -> web.Response:
    """The last months and quarters, and how the months went."""
    assert visit.caller is not None
    glances, quarters = await visit.app.call(reports.overview, agent=visit.caller.agent)
    wanted = visit.request.query.get("period")
    if wanted is not None:
        kind = "quarter" if "Q" in wanted else "month"
        raise web.HTTPSeeOther(str(visit.request.rel_url.with_path(f"/console/reports/{kind}/{wanted[:10]}").with_query({})))
    return renderer.page(visit, "reports.html", lines=report_charts.of_overview(glances),
                         months=[(one, title(one.period)) for one in glances],
                         quarters=[(one, title(one)) for one in quarters])


async def month(visit: Visit, renderer: Renderer) -> web.Response:
    """A month of every department (KF-4.2)."""
    assert visit.caller is not None
    found, lines = await visit.app.call(_month, agent=visit.caller.agent, period=visit.request.match_info["period"])
    policy = visit.app.desk.policy
    queues = {queue.id: queue.name for queue in policy.queues.values()}
    return _answer(
        visit, renderer, "report_month.html", found, lines, report=found, whole=report_lines.of_department(found.company),
        departments=[(one, [line for line in report_lines.of_department(one) if line.tells])
                     for one in found.departments if not one.month.empty],
        idle=[one.department for one in found.departments if one.month.empty],
        services=[(words.service(policy, service_id), n) for service_id, n in found.company.month.by_service.items()],
        charts=report_charts.of_month(found, policy.targets), queue_chart=report_charts.of_queues(found.queues, queues),
        queues=[line for one in found.queues for line in report_lines.of_queue(one, queues.get(one.queue, one.queue))],
        suppliers=[line for one in found.suppliers
                   for line in report_lines.of_supplier(one, reports.supplier_name(policy, one.supplier))])


async def quarter(visit: Visit, renderer: Renderer) -> web.Response:
    """A quarter against the targets of YW-5 (GC-17)."""
    assert visit.caller is not None
    found, lines = await visit.app.call(_quarter, agent=visit.caller.agent, period=visit.request.match_info["period"])
    return _answer(
        visit, renderer, "report_quarter.html", found, lines, report=found,
        verdicts=[(line, judged.verdict) for line, judged in zip(
            report_lines.of_targets("全公司", found.company.targets), found.company.targets, strict=True)],
        departments=[(name, list(zip(report_lines.of_targets(name, one.targets), one.targets, strict=True)))
                     for name, one in found.departments if not one.quarter.empty],
        months=[(title(one.period), one) for one in found.months], charts=report_charts.of_quarter(found))


def title(period: Period) -> str:
    """2026 年 11 月, 2026 年第 4 季度."""
    if period.months == 1:
        return f"{period.start.year} 年 {period.start.month} 月"
    return f"{period.start.year} 年第 {(period.start.month + 2) // 3} 季度"


def _month(desk: Desk, *, agent: Agent, period: str) -> tuple[reports.Month, list[Line]]:
    found = reports.monthly(desk, agent=agent, period=period)
    return found, reports.month_lines(desk, found)


def _quarter(desk: Desk, *, agent: Agent, period: str) -> tuple[reports.Quarter, list[Line]]:
    found = reports.quarterly(desk, agent=agent, period=period)
    return found, reports.quarter_lines(found)


def _answer(visit: Visit, renderer: Renderer, template: str, found: reports.Month | reports.Quarter, lines: list[Line],
            **context: Any) -> web.Response:
    """The report in the form that was asked for. Raises NotFound for another."""
    form = visit.request.query.get("format", "page")
    if form == "csv":
        return _file(found.period.name, lines)
    if form not in ("page", "print"):
        raise NotFound("format")
    policy: Policy = visit.app.desk.policy
    later = found.period.after if found.ended else None
    return renderer.page(
        visit, template, layout="report_print.html" if form == "print" else "base.html", printable=form == "print",
        title=title(found.period), made=words.moment(found.made_at, views.zone(policy)), ended=found.ended,
        here=visit.request.path, earlier=_step(found.period.before), later=_step(later) if later else None, **context)


def _step(period: Period) -> tuple[str, str]:
    return period.name, title(period)


def _file(name: str, lines: list[Line]) -> web.Response:
    kind = "quarter" if "Q" in name else "month"
    return web.Response(
        body=report_lines.as_csv(name, lines).encode("utf-8"), content_type="text/csv", charset="utf-8",
        headers={**HEADERS, "Content-Disposition": f'attachment; filename="report-{kind}-{name}.csv"'})
