"""Work on a ticket before it is answered: writing to the customer, bringing in others, saying that it is done."""

from datetime import datetime
from typing import Any

from aiohttp import web

from console import views
from console.api import bodies
from console.api.call import Call, Route
from console.api.tickets import MAX_TEXT, NUMBER, words
from console.errors import json_response
from desk.core.errors import Invalid
from desk.core.tickets import PRIORITIES
from desk.service import tasks, ticket_work, tickets

MAX_NAME, MOST_DEPARTMENTS = 60, 20


async def contact(call: Call) -> web.Response:
    """An interim answer to the customer."""
    return await _do(call, ticket_work.contact, text=await _text(call, "text"))


async def ask(call: Call) -> web.Response:
    """Ask the customer; the clocks stand still until the answer."""
    return await _do(call, ticket_work.ask_customer, question=await _text(call, "text"))


async def answered(call: Call) -> web.Response:
    """The customer's answer came another way."""
    return await _do(call, tickets.customer_answered, text=await _text(call, "text"))


async def involve(call: Call) -> web.Response:
    """Invite departments to a consultation."""
    body = await bodies.read(call.request)
    departments = body.get("departments")
    if not isinstance(departments, list) or len(departments) > MOST_DEPARTMENTS or not all(
            isinstance(one, str) for one in departments):
        raise Invalid("departments: a list of names")
    return await _do(call, ticket_work.involve, departments=departments,
                     question=bodies.text(body, "question", most=MAX_TEXT, default=""))


async def consultation(call: Call) -> web.Response:
    """Set when and how it is held; a time without a zone is the company's."""
    body = await bodies.read(call.request)
    try:
        when = datetime.fromisoformat(bodies.text(body, "when", most=40))
    except ValueError as error:
        raise Invalid("when: an ISO date and time") from error
    return await _do(call, ticket_work.arrange_consultation, how=bodies.text(body, "how", most=MAX_TEXT),
                     when=when if when.tzinfo else when.replace(tzinfo=views.zone(call.policy)))


async def handled(call: Call) -> web.Response:
    """The problem is handled; the result is owed to the customer."""
    return await _do(call, ticket_work.handled, text=await _text(call, "text"))


async def assign(call: Call) -> web.Response:
    """Another department becomes responsible."""
    body = await bodies.read(call.request)
    return await _do(call, ticket_work.assign, department=bodies.text(body, "department", most=MAX_NAME),
                     reason=bodies.text(body, "reason", most=MAX_TEXT, default=""))


async def prioritise(call: Call) -> web.Response:
    """How urgent it is."""
    return await _do(call, ticket_work.set_priority, priority=await _text(call, "priority"))


async def give(call: Call) -> web.Response:
    """Work for a department or a provider."""
    body = await bodies.read(call.request)
    kind: Any = bodies.text(body, "kind", most=20)
    return await _do(call, tasks.create, kind=kind, assigned_to=bodies.text(body, "assigned_to", most=MAX_NAME),
                     title=bodies.text(body, "title", most=200),
                     detail=bodies.text(body, "detail", most=MAX_TEXT, default=""))


async def _text(call: Call, name: str) -> str:
    return bodies.text(await bodies.read(call.request), name, most=MAX_TEXT)


async def _do(call: Call, command: Any, **given: Any) -> web.Response:
    done = await call.do(command, number=call.path("number"), agent=call.agent, **given)
    return json_response({"ticket": views.ticket(call.policy, done)})


OVER = "工单现在的状态不能这样操作，可能有同事刚处理过，请刷新后再看。"
EMPTY = {"invalid": "内容不能为空，最多 2000 字。", "illegal_transition": OVER}


def _route(path: str, handler: Any, summary: str, body: dict[str, Any], **says: str) -> Route:
    return Route("POST", f"/tickets/{NUMBER}/{path}", handler, summary, permission="tickets", body=body,
                 says={**EMPTY, **says})


ROUTES = (
    _route("contact", contact, "联系客户，告知进展", {"text": words()}),
    _route("ask", ask, "请客户补充，等待期间时限暂停", {"text": words()}),
    _route("answered", answered, "记录客户的补充，时限继续", {"text": words()},
           illegal_transition="现在没有在等客户补充，请刷新后再看。"),
    _route("departments", involve, "邀请部门会商",
           {"departments": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_DEPARTMENTS},
            "question": words(default="")}, invalid="请选择要邀请的部门；已经在会商的和负责部门不用再选。"),
    _route("consultation", consultation, "安排会商的时间和方式",
           {"when": {"type": "string", "format": "date-time"}, "how": words()},
           invalid="请填写会商时间和方式，时间不能早于现在。", illegal_transition="请先邀请部门会商，再安排时间。"),
    _route("handled", handled, "问题处理完成", {"text": words()}),
    _route("department", assign, "转给另一个部门", {"department": {"type": "string", "maxLength": MAX_NAME},
                                             "reason": words(default="")}, invalid="请选择另一个部门。"),
    _route("priority", prioritise, "调整优先级", {"priority": {"type": "string", "enum": list(PRIORITIES)}},
           invalid="请选择优先级。"),
    _route("tasks", give, "给部门或外包商派任务",
           {"kind": {"type": "string", "enum": ["handling", "supplier"]}, "assigned_to": {"type": "string"},
            "title": {"type": "string", "maxLength": 200}, "detail": words(default="")},
           invalid="请选择部门或外包商，并写明要做什么。"),
)
