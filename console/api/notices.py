"""Notices to the people of the desk: what I have still to look at, live; putting one away."""

import asyncio
from typing import Any

from aiohttp import web

from console import case_views
from console.api import bodies
from console.api.call import Call, Route
from console.errors import json_response
from desk.core.agents import Agent
from desk.service import staff_notices
from desk.service.desk import Desk

MAX_WAIT_S, POLL_S = 25.0, 10.0
MOST = 100


async def unseen(call: Call) -> web.Response:
    """What I have not looked at; with ``mark`` and ``wait`` the answer comes when it is another than then."""
    wait_s = bodies.seconds(call.request.query.get("wait"), "wait", most=MAX_WAIT_S)
    known, loop = call.request.query.get("mark"), asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    with call.readers.reader("staff") as waiter:
        while True:
            waiter.clear()
            found = await call.do(read, agent=await call.auth.agent(call.signed_in.token))
            left = deadline - loop.time()
            if found["mark"] != known or left <= 0 or call.readers.stopped:
                return json_response(found)
            await waiter.pause(min(left, POLL_S))


def read(desk: Desk, *, agent: Agent) -> dict[str, Any]:
    """The notices with their number and a mark that changes with them."""
    found = staff_notices.unseen(desk, agent=agent, limit=MOST)
    return {"notices": [case_views.staff_notice(one) for one in found], "count": len(found),
            "urgent": sum(one.urgent for one in found), "more": len(found) == MOST,
            "mark": f"{max((one.id or 0 for one in found), default=0)}.{len(found)}"}


async def seen(call: Call) -> web.Response:
    """Somebody has looked: nobody else needs to."""
    done = await call.do(staff_notices.seen, agent=call.agent, notice_id=int(call.path("id")))
    return json_response({"notice": case_views.staff_notice(done)})


ROUTES = (
    Route("GET", "/notices", unseen, "我还没看的提醒，可长轮询", permission="tickets",
          query={"mark": {"type": "string"}, "wait": {"type": "number", "minimum": 0, "maximum": MAX_WAIT_S}}),
    Route("POST", r"/notices/{id:\d{1,9}}/seen", seen, "标为已看", permission="tickets",
          says={"not_yours": "这条提醒不是给您的。"}),
)
