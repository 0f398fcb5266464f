"""The queue: who waits, what I hold, and taking the next one."""

from typing import Any

from aiohttp import web

from console import seeing, views
from console.api.call import Call, Route
from console.errors import json_response
from desk.core.agents import Agent
from desk.service import handoffs, worklist
from desk.service.desk import Desk


async def queue(call: Call) -> web.Response:
    """What waits in the queues that I may serve, in serving order, the conversations that I hold, and what rings at me."""
    return json_response(await call.do(read, agent=call.agent))


def read(desk: Desk, *, agent: Agent) -> dict[str, Any]:
    """The queue of one agent."""
    work = worklist.read(desk, agent=agent)
    shown = [*work.waiting, *work.mine, *([work.ringing] if work.ringing else [])]
    said = seeing.last_words(desk, conversation_ids={view.conversation.id for view in shown})
    return {**views.queue(desk.policy, work, said, seeing.names(desk)), "on_duty": agent.on_duty}


async def accept(call: Call) -> web.Response:
    """Take a waiting conversation; only one agent gets it."""
    taken = await call.do(handoffs.accept, handoff_id=int(call.path("id")), agent_id=call.agent_id)
    return json_response({"conversation": views.conversation(taken, call.agent, {call.agent_id: call.agent.name})})


async def decline(call: Call) -> web.Response:
    """Pass on the customer who rings at me."""
    await call.do(handoffs.decline, handoff_id=int(call.path("id")), agent_id=call.agent_id)
    return json_response({"passed_on": True})


ROUTES = (
    Route("GET", "/queue", queue, "排队的客户和我接待中的会话", permission="converse"),
    Route("POST", r"/handoffs/{id:\d{1,9}}/accept", accept, "接入一位排队的客户", permission="converse",
          says={"conflict": "这位客户刚刚被其他同事接入，或已离开队列。", "not_yours": "您没有这个队列的技能，不能接入。",
                "illegal_transition": "这位客户已经不在排队。"}),
    Route("POST", r"/handoffs/{id:\d{1,9}}/decline", decline, "把正在呼叫自己的客户转给下一位", permission="converse",
          says={"conflict": "这位客户已经不在呼叫您。"}),
)
