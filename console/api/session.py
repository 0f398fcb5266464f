"""Signing in and out, who am I, duty, API keys."""

from aiohttp import web

from console import views
from console.api import bodies
from console.api.call import Call, Route
from console.auth import csrf_token
from console.errors import json_response
from desk.service import agents

MAX_NAME, MAX_PASSWORD, MAX_LABEL = 60, 200, 60
TEXT = {"type": "string"}


async def sign_in(call: Call) -> web.Response:
    """A session as a cookie and as a token for programs."""
    body = await bodies.read(call.request)
    done = await call.auth.sign_in(call.request, bodies.text(body, "username", most=MAX_NAME).strip(),
                                   bodies.text(body, "password", most=MAX_PASSWORD))
    response = json_response({"agent": views.agent(done.agent), "token": done.token, "csrf": csrf_token(done.token)})
    call.auth.set_cookie(response, done.token)
    return response


async def sign_out(call: Call) -> web.Response:
    """The end of this session."""
    await call.do(agents.sign_out, token=call.signed_in.token)
    response = json_response({"signed_out": True})
    call.auth.drop_cookie(response)
    return response


async def me(call: Call) -> web.Response:
    """The signed-in agent and the token that changes by cookie may carry."""
    return json_response({"agent": views.agent(call.agent), "csrf": call.signed_in.csrf})


async def set_duty(call: Call) -> web.Response:
    """On duty or off."""
    on_duty = bodies.flag(await bodies.read(call.request), "on_duty")
    return json_response({"agent": views.agent(await call.do(agents.set_duty, agent=call.agent, on_duty=on_duty))})


async def make_key(call: Call) -> web.Response:
    """A key for a program, shown this once."""
    label = bodies.text(await bodies.read(call.request), "label", most=MAX_LABEL)
    return json_response({"key": await call.do(agents.make_key, agent=call.agent, label=label), "label": label},
                         status=201)


ROUTES = (
    Route("POST", "/session", sign_in, "登录，得到会话 Cookie 和令牌", public=True,
          body={"username": TEXT, "password": {"type": "string", "format": "password"}},
          says={"too_many": "登录失败次数太多，请 15 分钟后再试，或请管理员协助。", "invalid": "请填写用户名和密码。"}),
    Route("DELETE", "/session", sign_out, "退出登录"),
    Route("GET", "/me", me, "当前登录的人"),
    Route("PUT", "/me/duty", set_duty, "上岗或离岗", permission="converse", body={"on_duty": {"type": "boolean"}}),
    Route("POST", "/keys", make_key, "新建 API 密钥，只显示这一次", body={"label": TEXT}, status=201,
          says={"invalid": "请填写密钥的用途，不超过 60 个字。"}),
)
