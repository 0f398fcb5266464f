"""Signing in, roles on every route, and requests forged by other sites."""

import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from console.api import openapi
from console.api.call import Route
from console.api.table import ROUTES
from console.auth import COOKIE
from console.pages.table import PAGES
from desk import sample_data
from desk.core.agents import PERMISSIONS
from tests.console.stand import Client, ConsoleStand, sign_in

CLOSED = [route for route in ROUTES if not route.public]
RESTRICTED = [route for route in CLOSED if route.permission]
PASSWORD = sample_data.password("wang")


def address(route: Route) -> str:
    """An address of a route that leads to no record."""
    return re.sub(r"{(\w+)}", lambda found: {"number": "TS999"}.get(found[1], "999"), openapi.plain_path(route.path))


def named(route: Route) -> str:
    return f"{route.method} {openapi.plain_path(route.path)}"


async def log_in(http: aiohttp.ClientSession, username: str = "wang", password: str = PASSWORD,
                 **headers: str) -> tuple[int, dict[str, Any], Any]:
    """What a browser's sign-in gives: status, body, cookie."""
    async with http.post("/api/v1/session", json={"username": username, "password": password},
                         headers=headers) as response:
        return response.status, await response.json(), response.cookies.get(COOKIE)


async def test_the_right_password_opens_a_session_that_scripts_cannot_read(http: aiohttp.ClientSession) -> None:
    """The cookie is HttpOnly and SameSite=Strict; the answer has agent and token, never the hash."""
    status, answer, cookie = await log_in(http)
    assert (200, "wang", True) == (status, answer["agent"]["username"], bool(answer["token"]))
    assert (True, "Strict", "") == (cookie["httponly"], cookie["samesite"], cookie["secure"])
    assert "argon2" not in str(answer)
    assert (200, "王敏") == _me(await Client(http).get("/me"))


def _me(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], answer[1]["agent"]["name"]


async def test_behind_https_the_cookie_never_travels_in_clear(tmp_path: Path) -> None:
    """DESK_PUBLIC_URL with https makes it Secure."""
    stand = ConsoleStand(tmp_path, public_url="https://desk.example")
    await stand.start()
    try:
        async with aiohttp.ClientSession(stand.url) as http:
            assert (await log_in(http))[2]["secure"]
    finally:
        await stand.stop()


@pytest.mark.parametrize(("username", "password"), [("wang", "wrong"), ("nobody", PASSWORD), ("wang", PASSWORD + " ")])
async def test_a_wrong_password_and_an_unknown_name_look_alike(http: aiohttp.ClientSession, username: str,
                                                               password: str) -> None:
    """401 with the same words, no cookie."""
    status, answer, cookie = await log_in(http, username, password)
    assert (401, "wrong_password", None) == (status, answer["error"], cookie)
    assert "用户名或密码不对" in answer["message"]


async def test_guessing_is_stopped_even_for_the_right_password(http: aiohttp.ClientSession) -> None:
    """After five failures the sixth try is refused with a clear sentence; other names are free."""
    for _ in range(5):
        assert 401 == (await log_in(http, password="guess"))[0]
    status, answer, _ = await log_in(http)
    assert (429, "too_many") == (status, answer["error"])
    assert "15 分钟" in answer["message"]
    assert 200 == (await log_in(http, "li", sample_data.password("li")))[0]


async def test_signing_out_ends_the_session_and_drops_the_cookie(http: aiohttp.ClientSession, wang: Client) -> None:
    """The token is worth nothing afterwards."""
    assert 200 == (await wang.call("DELETE", "/session"))[0]
    assert 401 == (await wang.get("/me"))[0]


async def test_a_key_is_shown_once_and_has_the_rights_of_its_agent(http: aiohttp.ClientSession, wang: Client) -> None:
    """A program works with it as the agent would."""
    status, answer = await wang.post("/keys", {"label": "报表"})
    assert 201 == status
    program = Client(http, answer["key"])
    assert 200 == (await program.get("/queue"))[0]
    assert 403 == (await program.get("/agents"))[0]


async def test_who_is_deactivated_is_out_at_once(http: aiohttp.ClientSession, admin: Client, wang: Client,
                                                 stand: ConsoleStand) -> None:
    """An open session does not outlive it, and the password opens none."""
    await admin.call("PUT", f"/agents/{stand.agent('wang').id}/active", {"active": False})
    assert 401 == (await wang.get("/queue"))[0]
    assert 401 == (await log_in(http))[0]


@pytest.mark.parametrize("route", CLOSED, ids=named)
async def test_nothing_is_open_without_credentials(http: aiohttp.ClientSession, route: Route) -> None:
    """Every operation but sign-in and the document is 401, with a bad token too."""
    for token in ("", "wrong"):
        status, answer = await Client(http, token).call(route.method, address(route), {})
        assert (401, "not_signed_in") == (status, answer["error"])


@pytest.mark.parametrize("role", list(PERMISSIONS))
async def test_the_role_decides_on_every_route(http: aiohttp.ClientSession, role: str) -> None:
    """403 exactly where the role lacks the permission, whatever the rest of the request is."""
    person = await sign_in(http, {"agent": "wang", "trainer": "chen", "supervisor": "zhao", "admin": "admin"}[role])
    for route in RESTRICTED:
        status, answer = await person.call(route.method, address(route), {})
        refused = status == 403 and answer["detail"] == route.permission
        assert refused == (route.permission not in PERMISSIONS[role]), named(route)


@pytest.mark.parametrize("role", list(PERMISSIONS))
async def test_the_role_decides_on_every_page(http: aiohttp.ClientSession, role: str) -> None:
    """A page that the role does not allow is 403 when forced, and no link leads there."""
    person = await sign_in(http, {"agent": "wang", "trainer": "chen", "supervisor": "zhao", "admin": "admin"}[role])
    _, home = await person.page("/console")
    for page in (page for page in PAGES if page.permission):
        allowed = page.permission in PERMISSIONS[role]
        path = page.path.partition("{")[0].rstrip("/") + ("/999" if "{" in page.path else "")
        shown = (404, 422) if "{" in page.path else (200,)
        assert (await person.page(path))[0] in (shown if allowed else (403,)), page.path
        if "{" not in page.path:
            assert allowed == (f'href="{path}"' in home), page.path


@pytest.mark.parametrize(("headers", "expected"), [
    ({}, 403),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site", "Origin": "SELF"}, 403),
    ({"X-CSRF-Token": "wrong"}, 403),
    ({"X-CSRF-Token": "TOKEN"}, 200),
    ({"Origin": "SELF"}, 200),
    ({"Sec-Fetch-Site": "same-origin"}, 200),
])
async def test_other_sites_cannot_act_with_an_agents_cookie(http: aiohttp.ClientSession, stand: ConsoleStand,
                                                            headers: dict[str, str], expected: int) -> None:
    """A change by cookie needs our own origin or the page's token."""
    _, signed, _ = await log_in(http)
    sent = {name: value.replace("SELF", stand.url).replace("TOKEN", signed["csrf"]) for name, value in headers.items()}
    status, answer = await Client(http).call("PUT", "/me/duty", {"on_duty": False}, headers=sent)
    assert expected == status, answer
    assert (expected == 403) == stand.agent("wang").on_duty


async def test_programs_with_a_bearer_need_no_origin(wang: Client) -> None:
    """No browser adds that header by itself."""
    assert 200 == (await wang.call("PUT", "/me/duty", {"on_duty": False}, headers={"Origin": "https://x.example"}))[0]


async def test_other_sites_cannot_sign_somebody_in(http: aiohttp.ClientSession) -> None:
    """Else an agent would work under a stranger's name."""
    assert 403 == (await log_in(http, Origin="https://evil.example"))[0]
