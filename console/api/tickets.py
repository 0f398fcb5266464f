"""Tickets: finding, reading, moving along. What agents do on the way is in ``console.api.casework``."""

from typing import Any

from aiohttp import web

from console import case_views, seeing, views
from console.api import bodies
from console.api.call import Call, Route
from console.errors import json_response
from desk.core.agents import Agent
from desk.core.errors import Invalid
from desk.core.tickets import COMPLAINTS, KIND_NAMES, OUTCOME_NAMES, OWED_NAMES, STATUS_NAMES
from desk.service import customers, explaining, tickets
from desk.service.desk import Desk

MAX_TEXT = 2000
PAGE, MOST = 20, 100
NUMBER = r"{number:[0-9A-Za-z]{1,20}}"
SORTS = ("new", "due")


async def search(call: Call) -> web.Response:
    """Tickets by status, kind, what is owed and words, newest first or by what is due first."""
    return json_response(await call.do(find, agent=call.agent, query=call.request.query))


def find(desk: Desk, *, agent: Agent, query: Any) -> dict[str, Any]:
    """One page of tickets, and where the next begins."""
    status, kind, owed = (_one_of(query, name, names) for name, names in (
        ("status", STATUS_NAMES), ("kind", KIND_NAMES), ("owed", OWED_NAMES)))
    sort = _one_of(query, "sort", SORTS) or ("due" if owed else "new")
    limit = max(1, bodies.whole(query.get("limit"), "limit", default=PAGE, most=MOST))
    offset = bodies.whole(query.get("offset"), "offset", default=0)
    text = bodies.storable(query.get("q", "").strip()[:60])
    found = tickets.search(desk, agent=agent, status=status, kind=kind, text=text or None, owed=owed,
                           by_due=sort == "due", limit=limit + 1, offset=offset)
    due = tickets.due(desk, numbers=[one.number for one in found[:limit]])
    return {"tickets": [views.ticket(desk.policy, one, due.get(one.number)) for one in found[:limit]],
            "limit": limit, "offset": offset, "sort": sort, "next_offset": offset + limit if len(found) > limit else None}


def _one_of(query: Any, name: str, known: Any) -> Any:
    given = query.get(name) or None
    if given is not None and given not in known:
        raise Invalid(name)
    return given


async def show(call: Call) -> web.Response:
    """A ticket with its clocks, its tasks, what the customer was told and everything that happened to it."""
    return json_response(await call.do(read, number=call.path("number"), agent=call.agent))


def read(desk: Desk, *, number: str, agent: Agent) -> dict[str, Any]:
    """A ticket as data; where it has a verified customer the look at the record is logged."""
    ticket, facts = tickets.show(desk, number=number, agent=agent)
    owner = None
    if ticket.customer_id is not None and agent.may("customers"):
        owner = customers.customer_for_agent(desk, customer_id=ticket.customer_id, agent=agent,
                                             purpose=f"ticket:{number}")
    why, policy, now = explaining.explain(desk, number=number), desk.policy, desk.clock.now()
    return {**views.whole_ticket(policy, ticket, facts, seeing.names(desk), owner,
                                 tickets.due(desk, numbers=[number]).get(number)),
            "clocks": case_views.in_order(why.clocks, now),
            "tasks": [case_views.task_shown(policy, one, now) for one in why.tasks],
            "notices": [case_views.told(one) for one in tickets.told(desk, number=number, agent=agent)],
            "possible": case_views.possible(ticket), "complaint": ticket.kind in COMPLAINTS}


async def advance(call: Call) -> web.Response:
    """Move a ticket along its life cycle; the customer is told of answers and ends."""
    body = await bodies.read(call.request)
    to: Any = bodies.text(body, "to", most=20)
    if to not in STATUS_NAMES:
        raise Invalid("to")
    done = await call.do(tickets.advance, number=call.path("number"), to=to, agent=call.agent,
                         result=bodies.text(body, "result", most=MAX_TEXT, default=""),
                         outcome=bodies.text(body, "outcome", most=20, default="") or None,
                         our_fault=bodies.flag(body, "our_fault") if "our_fault" in body else False,
                         direct_to=bodies.text(body, "direct_to", most=MAX_TEXT, default=""))
    return json_response({"ticket": views.ticket(call.policy, done)})


async def confirm(call: Call) -> web.Response:
    """The customer has told an agent that it is settled."""
    done = await call.do(tickets.confirm, number=call.path("number"), agent=call.agent)
    return json_response({"ticket": views.ticket(call.policy, done)})


async def reopen(call: Call) -> web.Response:
    """The customer has told an agent that it is not settled."""
    reason = bodies.text(await bodies.read(call.request), "reason", most=MAX_TEXT)
    done = await call.do(tickets.reopen, number=call.path("number"), agent=call.agent, reason=reason)
    return json_response({"ticket": views.ticket(call.policy, done)})


async def note(call: Call) -> web.Response:
    """A remark that only agents see."""
    text = bodies.text(await bodies.read(call.request), "text", most=MAX_TEXT)
    await call.do(tickets.add_note, number=call.path("number"), text=text, agent=call.agent)
    return json_response({"noted": True}, status=201)


def words(**more: Any) -> dict[str, Any]:
    """The schema of a text that people write."""
    return {"type": "string", "maxLength": MAX_TEXT, **more}


ROUTES = (
    Route("GET", "/tickets", search, "查找工单", permission="tickets",
          query={"status": {"type": "string", "enum": list(STATUS_NAMES)},
                 "kind": {"type": "string", "enum": list(KIND_NAMES)},
                 "owed": {"type": "string", "enum": list(OWED_NAMES)}, "q": {"type": "string"},
                 "sort": {"type": "string", "enum": list(SORTS)},
                 "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE},
                 "offset": {"type": "integer", "minimum": 0, "default": 0}}),
    Route("GET", f"/tickets/{NUMBER}", show, "工单详情：时限、任务、通知和经过", permission="tickets"),
    Route("POST", f"/tickets/{NUMBER}/advance", advance, "推进工单", permission="tickets",
          body={"to": {"type": "string", "enum": list(STATUS_NAMES)}, "result": words(default=""),
                "outcome": {"type": "string", "enum": ["", *OUTCOME_NAMES], "default": ""},
                "our_fault": {"type": "boolean", "default": False}, "direct_to": words(default="")},
          says={"illegal_transition": "工单现在的状态不能这样推进，可能有同事刚处理过，请刷新后再看。",
                "invalid": "请写明处理结果；答复投诉还要选处理结论，不予受理还要写清客户可以去哪里办。"}),
    Route("POST", f"/tickets/{NUMBER}/confirm", confirm, "客户确认已解决，办结工单", permission="tickets"),
    Route("POST", f"/tickets/{NUMBER}/reopen", reopen, "客户反映未解决，重新办理", permission="tickets",
          body={"reason": words()}, says={"invalid": "请写明客户为什么不满意。"}),
    Route("POST", f"/tickets/{NUMBER}/notes", note, "添加内部备注", permission="tickets", status=201,
          body={"text": words()}, says={"invalid": "备注不能为空，最多 2000 字。"}),
)
