"""Tickets: finding, reading, moving along, noting."""

from typing import Any

from aiohttp import web

from console import seeing, views
from console.api import bodies
from console.api.call import Call, Route
from console.errors import json_response
from desk.core.agents import Agent
from desk.core.errors import Invalid
from desk.core.tickets import KIND_NAMES, STATUS_NAMES
from desk.service import customers, tickets
from desk.service.desk import Desk

MAX_TEXT = 2000
PAGE, MOST = 20, 100
NUMBER = r"{number:[0-9A-Za-z]{1,20}}"


async def search(call: Call) -> web.Response:
    """Tickets by status, kind and words, newest first."""
    return json_response(await call.do(find, agent=call.agent, query=call.request.query))


def find(desk: Desk, *, agent: Agent, query: Any) -> dict[str, Any]:
    """One page of tickets, and where the next begins."""
    status, kind = query.get("status") or None, query.get("kind") or None
    if (status and status not in STATUS_NAMES) or (kind and kind not in KIND_NAMES):
        raise Invalid("status, kind")
    limit = max(1, bodies.whole(query.get("limit"), "limit", default=PAGE, most=MOST))
    offset = bodies.whole(query.get("offset"), "offset", default=0)
    text = bodies.storable(query.get("q", "").strip()[:60])
    found = tickets.search(desk, agent=agent, status=status, kind=kind, text=text or None, limit=limit + 1,
                           offset=offset)
    return {"tickets": [views.ticket(desk.policy, one) for one in found[:limit]], "limit": limit, "offset": offset,
            "next_offset": offset + limit if len(found) > limit else None}


async def show(call: Call) -> web.Response:
    """A ticket with everything that happened to it."""
    return json_response(await call.do(read, number=call.path("number"), agent=call.agent))


def read(desk: Desk, *, number: str, agent: Agent) -> dict[str, Any]:
    """A ticket as data; where it has a verified customer the look at the record is logged."""
    ticket, facts = tickets.show(desk, number=number, agent=agent)
    owner = None
    if ticket.customer_id is not None and agent.may("customers"):
        owner = customers.customer_for_agent(desk, customer_id=ticket.customer_id, agent=agent,
                                             purpose=f"ticket:{number}")
    return views.whole_ticket(desk.policy, ticket, facts, seeing.names(desk), owner)


async def advance(call: Call) -> web.Response:
    """Move a ticket along its life cycle; the customer is told of answers and ends."""
    body = await bodies.read(call.request)
    to: Any = bodies.text(body, "to", most=20)
    if to not in STATUS_NAMES:
        raise Invalid("to")
    done = await call.do(tickets.advance, number=call.path("number"), to=to, agent=call.agent,
                         result=bodies.text(body, "result", most=MAX_TEXT, default=""))
    return json_response({"ticket": views.ticket(call.policy, done)})


async def note(call: Call) -> web.Response:
    """A remark that only agents see."""
    text = bodies.text(await bodies.read(call.request), "text", most=MAX_TEXT)
    await call.do(tickets.add_note, number=call.path("number"), text=text, agent=call.agent)
    return json_response({"noted": True}, status=201)


ROUTES = (
    Route("GET", "/tickets", search, "查找工单", permission="tickets",
          query={"status": {"type": "string", "enum": list(STATUS_NAMES)},
                 "kind": {"type": "string", "enum": list(KIND_NAMES)}, "q": {"type": "string"},
                 "limit": {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE},
                 "offset": {"type": "integer", "minimum": 0, "default": 0}}),
    Route("GET", f"/tickets/{NUMBER}", show, "工单详情和经过", permission="tickets"),
    Route("POST", f"/tickets/{NUMBER}/advance", advance, "推进工单", permission="tickets",
          body={"to": {"type": "string", "enum": list(STATUS_NAMES)}, "result": {"type": "string", "default": ""}},
          says={"illegal_transition": "工单现在的状态不能这样推进，可能有同事刚处理过，请刷新后再看。",
                "invalid": "请填写处理结果：答复、不予受理和撤回都要向客户说明。"}),
    Route("POST", f"/tickets/{NUMBER}/notes", note, "添加内部备注", permission="tickets", status=201,
          body={"text": {"type": "string", "maxLength": MAX_TEXT}}, says={"invalid": "备注不能为空，最多 2000 字。"}),
)
