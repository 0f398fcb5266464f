"""Tasks: what departments and providers owe, taking one on, ending one; the evaluation of providers."""

from datetime import date, datetime, time, timedelta
from typing import Any

from aiohttp import web

from console import case_views, seeing, views
from console.api import bodies
from console.api.call import Call, Route
from console.api.tickets import MAX_TEXT, MOST, PAGE, words
from console.errors import json_response
from desk.core.agents import Agent
from desk.core.errors import Invalid
from desk.core.tasks import KIND_NAMES
from desk.service import explaining, tasks
from desk.service.desk import Desk

ID = r"{id:\d{1,9}}"
WHERE = {"department": ("consultation", "handling", "review", "recovery"), "supplier": ("supplier",)}
EVALUATED_DAYS = 90


async def search(call: Call) -> web.Response:
    """Tasks of departments or of providers, those that are due first."""
    return json_response(await call.do(find, agent=call.agent, query=call.request.query))


def find(desk: Desk, *, agent: Agent, query: Any) -> dict[str, Any]:
    """One page of tasks, and where the next begins."""
    where, kind = query.get("where") or "department", query.get("kind") or None
    if where not in WHERE or (kind is not None and kind not in KIND_NAMES):
        raise Invalid("where, kind")
    limit = max(1, bodies.whole(query.get("limit"), "limit", default=PAGE, most=MOST))
    offset = bodies.whole(query.get("offset"), "offset", default=0)
    found = tasks.search(desk, agent=agent, kinds=[kind] if kind else WHERE[where], open_only=query.get("all") != "1",
                         assigned_to=bodies.storable(query.get("assigned_to", "")[:60]) or None, limit=limit + 1,
                         offset=offset)
    now = desk.clock.now()
    return {"tasks": [case_views.task_line(desk.policy, task, clocks, now) for task, clocks in found[:limit]],
            "limit": limit, "offset": offset, "next_offset": offset + limit if len(found) > limit else None}


async def show(call: Call) -> web.Response:
    """A task with its ticket, its clocks and what happened to it."""
    return json_response(await call.do(read, task_id=int(call.path("id")), agent=call.agent))


def read(desk: Desk, *, task_id: int, agent: Agent) -> dict[str, Any]:
    """A task as data."""
    view, names, policy = tasks.show(desk, task_id=task_id, agent=agent), seeing.names(desk), desk.policy
    why = explaining.explain(desk, number=view.task.ticket_number)
    shown = next(one for one in why.tasks if one.task.id == task_id)
    return {**case_views.task_shown(policy, shown, desk.clock.now()),
            "may_decide": agent.may("supervise" if view.task.kind == "review" else "tickets"),
            "of": views.ticket(policy, view.ticket),
            "facts": [views.fact(one, names, views.zone(policy)) for one in view.facts]}


async def respond(call: Call) -> web.Response:
    """Somebody has taken it on."""
    return await _step(call, tasks.respond)


async def done(call: Call) -> web.Response:
    """It is done; a provider's work is judged."""
    body = await bodies.read(call.request)
    quality = body.get("quality") or None
    return await _step(call, tasks.done, result=bodies.text(body, "result", most=MAX_TEXT),
                       quality=None if quality is None else bodies.whole(quality, "quality", default=0))


async def cancel(call: Call) -> web.Response:
    """It is no longer needed."""
    return await _step(call, tasks.cancel, result=bodies.text(await bodies.read(call.request), "result", most=MAX_TEXT))


async def _step(call: Call, command: Any, **given: Any) -> web.Response:
    moved = await call.do(command, task_id=int(call.path("id")), agent=call.agent, **given)
    return json_response({"task": case_views.task(call.policy, moved, None, call.app.clock.now())})


async def evaluation(call: Call) -> web.Response:
    """How providers kept their promises, over the days from one date to another."""
    return json_response(await call.do(evaluate, query=call.request.query))


def evaluate(desk: Desk, *, query: Any) -> dict[str, Any]:
    """The evaluation as data; without dates the last 90 days."""
    zone = views.zone(desk.policy)
    try:
        until = date.fromisoformat(query.get("until") or desk.clock.now().astimezone(zone).date().isoformat())
        since = date.fromisoformat(query.get("since") or (until - timedelta(days=EVALUATED_DAYS)).isoformat())
    except (ValueError, OverflowError) as error:
        raise Invalid("since, until: dates") from error
    begin, end = (datetime.combine(day, time(), zone) for day in (since, min(until, date.max - timedelta(days=1)) + timedelta(days=1)))
    return {"since": since.isoformat(), "until": until.isoformat(),
            "suppliers": [case_views.figures(desk.policy, one)
                          for one in tasks.supplier_evaluation(desk, since=begin, until=end)]}


TAKEN = "这项任务已经有人处理过，请刷新后再看。"
ROUTES = (
    Route("GET", "/tasks", search, "查找任务", permission="tickets",
          query={"where": {"type": "string", "enum": list(WHERE), "default": "department"},
                 "kind": {"type": "string", "enum": list(KIND_NAMES)}, "assigned_to": {"type": "string"},
                 "all": {"type": "string", "enum": ["1"]},
                 "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE},
                 "offset": {"type": "integer", "minimum": 0, "default": 0}}),
    Route("GET", f"/tasks/{ID}", show, "任务详情", permission="tickets"),
    Route("POST", f"/tasks/{ID}/respond", respond, "响应任务", permission="tickets", says={"illegal_transition": TAKEN}),
    Route("POST", f"/tasks/{ID}/done", done, "完成任务", permission="tickets",
          body={"result": words(), "quality": {"type": "integer", "minimum": 1, "maximum": 5, "default": None}},
          says={"illegal_transition": TAKEN, "not_yours": "赔付审核由主管决定。",
                "invalid": "请写明结果；外包商的任务还要评质量 1–5 分。"}),
    Route("POST", f"/tasks/{ID}/cancel", cancel, "取消任务", permission="tickets", body={"result": words()},
          says={"illegal_transition": TAKEN, "not_yours": "赔付审核由主管决定。", "invalid": "请写明取消的原因。"}),
    Route("GET", "/suppliers/evaluation", evaluation, "外包商评价：响应、完成和质量", permission="supervise",
          query={"since": {"type": "string", "format": "date"}, "until": {"type": "string", "format": "date"}}),
)
