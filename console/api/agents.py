"""Agents: who works here and when, what they serve and how much, adding somebody, letting somebody go."""

from typing import Any

from aiohttp import web

from console import views
from console.api import bodies
from console.api.call import Call, Route
from console.errors import json_response
from desk.core.agents import PERMISSIONS, Agent
from desk.core.errors import Invalid
from desk.gateways import passwords
from desk.service import agents
from desk.service.desk import Desk

MIN_PASSWORD, MAX_PASSWORD, MAX_NAME = 8, 200, 60


async def everybody(call: Call) -> web.Response:
    """All agents with the number of conversations they hold."""
    found = await call.do(agents.everybody, agent=call.agent)
    return json_response({"agents": [{**views.agent(one), "load": load} for one, load in found]})


async def create(call: Call) -> web.Response:
    """A new agent."""
    made = await call.do(_create, by=call.agent, body=await bodies.read(call.request))
    return json_response({"agent": views.agent(made)}, status=201)


async def staff(call: Call) -> web.Response:
    """Skills and capacity of somebody, with effect at once."""
    body = await bodies.read(call.request)
    if "skills" not in body and "capacity" not in body:
        raise Invalid("skills or capacity")
    changed = await call.do(agents.staff, by=call.agent, agent_id=int(call.path("id")),
                            skills=_skills(body) if "skills" in body else None,
                            capacity=bodies.whole(body["capacity"], "capacity", default=0) if "capacity" in body else None)
    return json_response({"agent": views.agent(changed)})


async def shifts(call: Call) -> web.Response:
    """Planned shifts that are not over, by their beginning."""
    planned = await call.do(agents.shifts, agent=call.agent)
    return json_response({"shifts": [views.shift(call.policy, one) for one in planned]})


async def plan_shift(call: Call) -> web.Response:
    """Plan when somebody is on duty."""
    body, zone = await bodies.read(call.request), views.zone(call.policy)
    planned = await call.do(agents.plan_shift, by=call.agent, agent_id=int(call.path("id")),
                            starts_at=bodies.moment(body, "starts_at", zone), ends_at=bodies.moment(body, "ends_at", zone))
    return json_response({"shift": views.shift(call.policy, planned)}, status=201)


async def drop_shift(call: Call) -> web.Response:
    """Take a planned shift back."""
    await call.do(agents.drop_shift, by=call.agent, shift_id=int(call.path("id")))
    return json_response({"dropped": True})


def _skills(body: dict[str, Any]) -> list[str]:
    skills = body.get("skills", [])
    if not isinstance(skills, list) or not all(isinstance(skill, str) for skill in skills):
        raise Invalid("skills: a list of queue ids")
    return skills


def _create(desk: Desk, *, by: Agent, body: dict[str, Any]) -> Agent:
    password = bodies.text(body, "password", most=MAX_PASSWORD)
    role: Any = bodies.text(body, "role", most=20)
    if len(password) < MIN_PASSWORD or role not in PERMISSIONS:
        raise Invalid("password, role")
    return agents.create(desk, by=by, username=bodies.text(body, "username", most=MAX_NAME).strip(),
                         name=bodies.text(body, "name", most=MAX_NAME).strip(), role=role, skills=_skills(body),
                         password_hash=passwords.hashed(password),
                         capacity=bodies.whole(body.get("capacity"), "capacity", default=3))


async def set_active(call: Call) -> web.Response:
    """Deactivate or reactivate somebody."""
    active = bodies.flag(await bodies.read(call.request), "active")
    return json_response({"agent": views.agent(await call.do(agents.set_active, by=call.agent, active=active,
                                                             agent_id=int(call.path("id"))))})


ROUTES = (
    Route("GET", "/agents", everybody, "所有人员和他们接待中的会话数", permission="supervise"),
    Route("POST", "/agents", create, "新建人员", permission="administer", status=201,
          body={"username": {"type": "string"}, "name": {"type": "string"},
                "role": {"type": "string", "enum": list(PERMISSIONS)},
                "password": {"type": "string", "format": "password", "minLength": MIN_PASSWORD},
                "skills": {"type": "array", "items": {"type": "string"}, "default": []},
                "capacity": {"type": "integer", "minimum": 1, "maximum": 20, "default": 3}},
          says={"conflict": "这个用户名已经有人使用，请换一个。",
                "invalid": "请填写用户名、姓名和角色，密码至少 8 位，同时接待数为 1 到 20。"}),
    Route("PATCH", r"/agents/{id:\d{1,9}}", staff, "调整技能和同时接待数，立即生效", permission="supervise",
          body={"skills": {"type": "array", "items": {"type": "string"}, "default": []},
                "capacity": {"type": "integer", "minimum": 1, "maximum": 20, "default": 3}},
          says={"invalid": "同时接待数为 1 到 20，技能要选已有的队列。"}),
    Route("GET", "/shifts", shifts, "还没有结束的排班", permission="supervise"),
    Route("POST", r"/agents/{id:\d{1,9}}/shifts", plan_shift, "安排一个班次，不写时区按公司所在时区", permission="supervise",
          status=201, body={"starts_at": {"type": "string", "format": "date-time"},
                            "ends_at": {"type": "string", "format": "date-time"}},
          says={"invalid": "请填写开始和结束时间：结束晚于开始，一个班次不超过 24 小时，不能是过去的时间。",
                "conflict": "这个人在这段时间已经有班次了。"}),
    Route("DELETE", r"/shifts/{id:\d{1,9}}", drop_shift, "取消一个班次", permission="supervise"),
    Route("PUT", r"/agents/{id:\d{1,9}}/active", set_active, "停用或恢复人员", permission="administer",
          body={"active": {"type": "boolean"}}, says={"not_yours": "只有管理员能停用人员，而且不能停用自己。"}),
)
