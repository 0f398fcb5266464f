"""Reports: a month of every department, a quarter against its targets."""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from console.api.call import Call, Route
from console.errors import json_response
from desk.core.report_lines import aim, missing
from desk.core.reports import MonthlyEvaluation, PeriodFigures, QueueEvaluation
from desk.core.statistics import Share
from desk.core.targets import Judged
from desk.core.tasks import SupplierFigures
from desk.service import reports

PERIOD = r"{period:[0-9A-Za-z-]{1,10}}"
SAYS = {"invalid": "请写明月份（如 2026-11）或季度（如 2026-Q4），且不晚于今天。"}


async def month(call: Call) -> web.Response:
    """The month of the company, its departments, queues and providers (KF-4.2)."""
    found = await call.do(reports.monthly, agent=call.agent, period=call.path("period"))
    return json_response({
        "period": found.period.name, "made_at": found.made_at.isoformat(), "ended": found.ended,
        "company": _evaluation(found.company), "departments": [_evaluation(one) for one in found.departments],
        "queues": [_queue(one) for one in found.queues], "suppliers": [_supplier(one) for one in found.suppliers]})


async def quarter(call: Call) -> web.Response:
    """The quarter against the targets of YW-5 (GC-17)."""
    found = await call.do(reports.quarterly, agent=call.agent, period=call.path("period"))
    return json_response({
        "period": found.period.name, "made_at": found.made_at.isoformat(), "ended": found.ended,
        "targets": [_target(one) for one in found.company.targets], "figures": _figures(found.company.quarter),
        "months": [_figures(one) for one in found.months],
        "departments": [{"department": name, "targets": [_target(target) for target in one.targets],
                         "figures": _figures(one.quarter)} for name, one in found.departments]})


def _evaluation(one: MonthlyEvaluation) -> dict[str, Any]:
    return {"department": one.department, "month": _figures(one.month), "before": _figures(one.before),
            "trends": {name: asdict(trend) for name, trend in one.trends.items()}}


def _figures(one: PeriodFigures) -> dict[str, Any]:
    return {
        "period": one.period.name, "tickets": dict(one.tickets), "services": dict(one.by_service),
        "promises": {clock: {**_share(promised.kept), "running": promised.running} for clock, promised in one.promises.items()},
        "all_promises": {**_share(one.all_promises.kept), "running": one.all_promises.running},
        "first_response_s": asdict(one.first_response), "resolution_s": asdict(one.resolution),
        "satisfaction": _share(one.satisfaction), "faults": _share(one.faults),
        "complaints": {"opened": one.complaints, "handled": one.complaints_handled, "working": one.complaints_working,
                       "unaccounted": list(one.unaccounted)},
        "our_fault": one.our_fault, "reopened": one.reopened, "urged": one.urged, "open": one.still_open,
        "overdue": one.overdue}


def _share(one: Share) -> dict[str, Any]:
    return {"share": one.share, **asdict(one)}


def _target(one: Judged) -> dict[str, Any]:
    return {"name": one.name, "target": one.target, "aim": aim(one), "verdict": one.verdict, "needed": one.needed,
            "census": one.census, "missing": missing(one), **_share(one.share)}


def _queue(one: QueueEvaluation) -> dict[str, Any]:
    return {"queue": one.queue, "n": one.n, "abandoned": _share(one.abandoned), "greeted": _share(one.greeted),
            "waited_s": asdict(one.waited), "handled_s": asdict(one.handled)}


def _supplier(one: SupplierFigures) -> dict[str, Any]:
    return {"supplier": one.supplier, "n": one.n, "response": _share(one.response), "completion": _share(one.completion),
            "quality": one.quality, "judged": one.judged}


ROUTES = (
    Route("GET", f"/reports/month/{PERIOD}", month, "月度评价（KF-4.2）", permission="supervise", says=SAYS),
    Route("GET", f"/reports/quarter/{PERIOD}", quarter, "季度汇总与服务目标（GC-17、YW-5）", permission="supervise", says=SAYS),
)
