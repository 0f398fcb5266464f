"""Conversations: reading one, following it, speaking in it, ending it."""

import asyncio

from aiohttp import web

from console import seeing, views
from console.api import bodies
from console.api.call import Call, Route
from console.errors import json_response
from desk.core.errors import Invalid
from desk.service import conversations, handoffs

MAX_WAIT_S = 25.0
POLL_S = 5.0
MAX_ID = 100
ID = r"{id:[0-9A-Za-z_-]{1,40}}"
HELD = {"not_yours": "这个会话不由您接待，不能这样操作。", "illegal_transition": "这个会话已经不在人工服务中。"}


async def show(call: Call) -> web.Response:
    """The transcript with what the bot understood, the customer, tickets, bookings; looking at a record is logged."""
    view = await call.do(conversations.view, conversation_id=call.path("id"), agent=call.agent)
    return json_response(views.whole(call.policy, view, call.agent, await call.do(seeing.names)))


async def events(call: Call) -> web.Response:
    """What happened after a number; waits for the first event if asked, and checks the right to see it each time."""
    after = bodies.whole(call.request.query.get("after"), "after", default=0)
    wait_s = bodies.seconds(call.request.query.get("wait"), "wait", most=MAX_WAIT_S)
    names = await call.do(seeing.names)
    deadline = asyncio.get_running_loop().time() + wait_s
    with call.readers.reader(f"conversation:{call.path('id')}") as waiter:
        while True:
            waiter.clear()
            agent = await call.auth.agent(call.signed_in.token)
            conversation, messages = await call.do(seeing.follow, conversation_id=call.path("id"), agent=agent,
                                                   after=after)
            left = deadline - asyncio.get_running_loop().time()
            if messages or left <= 0 or call.readers.stopped:
                break
            await waiter.pause(min(left, POLL_S))
    return json_response({"conversation": views.conversation(conversation, agent, names),
                          "events": [views.message(one) for one in messages],
                          "next": messages[-1].seq if messages else after})


async def say(call: Call) -> web.Response:
    """Speak to the customer; the same id again is the same message."""
    body = await bodies.read(call.request)
    own_id = bodies.text(body, "id", most=MAX_ID)
    if not own_id.isprintable():
        raise Invalid("id: printable characters")
    said = await call.do(handoffs.say, conversation_id=call.path("id"), agent_id=call.agent_id, external_id=own_id,
                         text=bodies.text(body, "text", most=call.app.settings.message_max_chars))
    return json_response({"message": views.message(said), "seq": said.seq})


async def give_back(call: Call) -> web.Response:
    """Return the conversation to the bot."""
    await call.do(handoffs.give_back, conversation_id=call.path("id"), agent_id=call.agent_id)
    return json_response({"owner": "bot"})


async def close(call: Call) -> web.Response:
    """End the conversation."""
    await call.do(handoffs.close, conversation_id=call.path("id"), agent_id=call.agent_id)
    return json_response({"owner": "closed"})


ROUTES = (
    Route("GET", f"/conversations/{ID}", show, "会话全貌：记录、客户、工单、预约", permission="converse",
          says={"not_yours": "这个会话不由您接待，也不在您能接的队列里。"}),
    Route("GET", f"/conversations/{ID}/events", events, "某个序号之后的消息，可长轮询", permission="converse",
          query={"after": {"type": "integer", "minimum": 0}, "wait": {"type": "number", "minimum": 0, "maximum": 25}},
          says={"not_yours": "这个会话不由您接待，也不在您能接的队列里。"}),
    Route("POST", f"/conversations/{ID}/messages", say, "对客户说话，同一 id 只算一次", permission="converse",
          body={"id": {"type": "string", "maxLength": MAX_ID}, "text": {"type": "string"}},
          says={**HELD, "invalid": "消息不能为空，也不能太长。"}),
    Route("POST", f"/conversations/{ID}/return", give_back, "归还给智能助手", permission="converse", says=HELD),
    Route("POST", f"/conversations/{ID}/close", close, "结束会话", permission="converse", says=HELD),
)
