"""The complaint ledger: how it stands, what is not accounted for, and what a supervisor does about it."""

from typing import Any

from aiohttp import web

from console import views
from console.api import bodies
from console.api.call import Call, Route
from console.errors import json_response
from console.masking import masked
from desk.core.agents import Agent
from desk.core.complaints import REASONS, STATE_NAMES
from desk.core.errors import Invalid
from desk.core.facts import Fact
from desk.core.tickets import OUTCOME_NAMES
from desk.service import complaints, reconciliation
from desk.service.desk import Desk
from desk.service.reconciliation import Finding, Reconciliation

DAYS, MOST_DAYS, MAX_REASON = 30, 365, 500
AT_LEAST = {"concluded": ("concluded", "delivered", "ended"), "delivered": ("delivered", "ended"), "ended": ("ended",)}
SENTENCE = r"{conversation:[0-9A-Za-z_-]{1,40}}/{seq:\d{1,9}}"
NUMBER = r"{number:[0-9A-Za-z]{1,20}}"


async def ledger(call: Call) -> web.Response:
    """The ledger as it stands now."""
    return json_response(await call.do(read, agent=call.agent, query=call.request.query))


def read(desk: Desk, *, agent: Agent, query: Any) -> dict[str, Any]:
    """Counts, findings and the last nightly run as data."""
    why = query.get("why") or None
    if why and why not in REASONS:
        raise Invalid("why")
    days = max(1, bodies.whole(query.get("days"), "days", default=DAYS, most=MOST_DAYS))
    run, last = reconciliation.overview(desk, agent=agent, days=days)
    return {"days": days, "counts": _counts(run), "why": why or "",
            "reasons": [{"why": name, "name": said, "count": sum(one.why == name for one in run.findings)}
                        for name, (said, _) in REASONS.items()],
            "findings": [_finding(one) for one in run.findings if why in (None, one.why)],
            "last_run": _run(last) if last else None}


def _counts(run: Reconciliation) -> list[dict[str, Any]]:
    """Registered since, and how many of those came at least so far; then what is not accounted for, however old."""
    reached = [{"name": STATE_NAMES[state], "count": sum(run.counts[one] for one in states)}
               for state, states in AT_LEAST.items()]
    return [{"name": "登记", "count": sum(run.counts.values())}, *reached, {"name": "待核", "count": len(run.findings)}]


def _finding(one: Finding) -> dict[str, Any]:
    return {"why": one.why, "reason": one.reason, "todo": one.todo, "at": one.at.isoformat(), "text": masked(one.text),
            "conversation": one.conversation_id, "seq": one.seq, "more": one.more, "ticket": one.ticket}


def _run(fact: Fact) -> dict[str, Any]:
    return {"at": fact.at.isoformat(), "unaccounted": fact.data["unaccounted"], **fact.data["checked"]}


async def register(call: Call) -> web.Response:
    """Sentences up to one become a complaint; the customer is told its number."""
    made = await call.do(reconciliation.open_for, conversation_id=call.path("conversation"), seq=int(call.path("seq")),
                         agent=call.agent)
    return json_response({"ticket": views.ticket(call.policy, made)}, status=201)


async def dismiss(call: Call) -> web.Response:
    """Sentences up to one are no complaint."""
    reason = bodies.text(await bodies.read(call.request), "reason", most=MAX_REASON)
    done = await call.do(complaints.dismiss, conversation_id=call.path("conversation"), seq=int(call.path("seq")),
                         agent=call.agent, reason=reason)
    return json_response({"dismissed": done})


async def notify(call: Call) -> web.Response:
    """Send the result once more over every channel."""
    return json_response({"sent": await call.do(complaints.notify_again, number=call.path("number"), agent=call.agent)})


async def spoke(call: Call) -> web.Response:
    """The customer was called about the result."""
    reached = bodies.flag(await bodies.read(call.request), "reached")
    return json_response({"reached": await call.do(complaints.spoke, number=call.path("number"), agent=call.agent,
                                                   reached=reached)})


async def conclude(call: Call) -> web.Response:
    """Record the outcome of a complaint that ended without one."""
    outcome = bodies.text(await bodies.read(call.request), "outcome", most=20)
    return json_response({"recorded": await call.do(complaints.conclude, number=call.path("number"), agent=call.agent,
                                                    outcome=outcome)})


GONE = {"conflict": "这句话刚刚有人处理过了，请刷新后再看。"}
ROUTES = (
    Route("GET", "/complaints", ledger, "投诉台账：进度、待核清单和上次对账", permission="supervise",
          query={"days": {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "default": DAYS},
                 "why": {"type": "string", "enum": list(REASONS)}}),
    Route("POST", f"/complaints/sentences/{SENTENCE}/register", register, "把客户的话登记为投诉",
          permission="supervise", status=201, says=GONE),
    Route("POST", f"/complaints/sentences/{SENTENCE}/dismiss", dismiss, "注明客户的话不是投诉", permission="supervise",
          body={"reason": {"type": "string", "maxLength": MAX_REASON}},
          says={**GONE, "invalid": "请写明不是投诉的理由，最多 500 字。"}),
    Route("POST", f"/complaints/{NUMBER}/notify", notify, "再次通知处理结果（一小时内不重复）", permission="tickets"),
    Route("POST", f"/complaints/{NUMBER}/calls", spoke, "记录电话告知处理结果", permission="tickets",
          body={"reached": {"type": "boolean"}}, says={"not_found": "这件投诉还没有向客户答复过，请先在工单中答复。"}),
    Route("POST", f"/complaints/{NUMBER}/outcome", conclude, "补记处理结论", permission="tickets",
          body={"outcome": {"type": "string", "enum": list(OUTCOME_NAMES)}},
          says={"conflict": "这件投诉已有处理结论。", "invalid": "请选择处理结论。"}),
)
