"""The pages: what they show, to whom, and that nothing a customer writes becomes markup."""

import re
from pathlib import Path

import aiohttp
import pytest

from console.pages.table import PAGES
from desk.service import tickets
from tests.console.stand import Client, ConsoleStand

CONSOLE = Path(__file__).parents[2] / "console"
HOSTILE = '<script>alert(1)</script>"\'><img src=x onerror=alert(2)>'
OPEN = [page.path for page in PAGES if "{" not in page.path]


def a_ticket(stand: ConsoleStand, **given: str) -> str:
    """A complaint's number."""
    talk = stand.customer()
    return tickets.open_ticket(stand.app.desk, kind="complaint", conversation_id=talk.id, key=None,
                               **{"subject": "师傅迟到", **given}).number  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [page.path for page in PAGES if not page.public])
async def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(http: aiohttp.ClientSession, path: str) -> None:
    """The wanted page is remembered."""
    wanted = path.partition("{")[0] + ("1?a=1" if "{" in path else "")
    async with http.get(wanted, allow_redirects=False) as response:
        assert 302 == response.status
        where = response.headers["Location"]
    assert where.startswith("/console/login?next=")
    async with http.get(where) as response:
        assert f'data-then="{wanted}"' in await response.text()


@pytest.mark.parametrize("evil", ["https://evil.example", "//evil.example", "/console/../../evil", "/\\evil.example",
                                  "javascript:alert(1)", "/console//evil.example", "/console/login"])
async def test_signing_in_never_leads_elsewhere(http: aiohttp.ClientSession, evil: str) -> None:
    """Only addresses of the console are taken."""
    async with http.get("/console/login", params={"next": evil}) as response:
        then = re.search(r'data-then="([^"]*)"', await response.text())
    assert then is not None
    assert "/console" == then[1] or (then[1].startswith("/console/") and "evil.example" not in then[1])


@pytest.mark.parametrize("path", [*OPEN, "/console/nothing", "/console/tickets/TS0"])
async def test_every_page_forbids_what_is_inline(http: aiohttp.ClientSession, admin: Client, path: str) -> None:
    """A strict policy on each, error pages too, and nothing in the markup that would need less."""
    async with http.get(path, headers=admin.headers) as response:
        policy, text = response.headers["Content-Security-Policy"], await response.text()
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=)", text)
    assert 'lang="zh-CN"' in text


async def test_hostile_words_are_shown_as_words(stand: ConsoleStand, wang: Client) -> None:
    """In lists, details, stories and the search box."""
    number = a_ticket(stand, subject=HOSTILE, detail=HOSTILE, contact_name=HOSTILE[:60], address=HOSTILE)
    tickets.add_note(stand.app.desk, number=number, text=HOSTILE, agent=stand.agent("wang"))
    for path in ("/console/tickets", f"/console/tickets/{number}", f"/console/tickets?q={HOSTILE}",
                 f"/console?c={HOSTILE}"):
        status, text = await wang.page(path)
        assert 200 == status
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert "&lt;script&gt;alert(1)" in (await wang.page(f"/console/tickets/{number}"))[1]


def test_modules_never_make_markup_from_text() -> None:
    """In the browser text goes in as text."""
    for module in (CONSOLE / "static").glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(",
                             module.read_text()), module.name


async def test_static_files_are_served_and_nothing_else(http: aiohttp.ClientSession) -> None:
    """What pages and modules name exists; what lies beside the folder does not."""
    named = {name for file in [*(CONSOLE / "templates").glob("*.html"), *(CONSOLE / "static").glob("*.js")]
             for name in re.findall(r"/console/static/([\w.]+)", file.read_text())}
    assert named == {file.name for file in (CONSOLE / "static").iterdir()}
    for name in named:
        async with http.get(f"/console/static/{name}") as response:
            assert 200 == response.status, name
    async with http.get("/console/static/..%2Froutes.py") as response:
        assert 404 == response.status


async def test_trainers_are_told_honestly_that_the_studio_is_not_open(chen: Client) -> None:
    """No queue, no tickets, no duty: what there is not."""
    status, text = await chen.page("/console")
    assert (200, True) == (status, "训练工作室还没有开放" in text)
    assert not re.search(r'id="duty"|id="waiting"|/console/tickets', text)
    assert "尚未开放" in (await chen.page("/studio"))[1]


async def test_only_steps_that_exist_are_offered(stand: ConsoleStand, wang: Client) -> None:
    """An ended ticket offers none and says so."""
    number = a_ticket(stand)
    _, text = await wang.page(f"/console/tickets/{number}")
    assert {"verified", "coordinated", "replied", "refused", "withdrawn"} == set(
        re.findall(r'name="to" value="(\w+)"', text))
    tickets.advance(stand.app.desk, number=number, to="refused", agent=stand.agent("wang"), result="不在受理范围",
                    direct_to="市政热线")
    _, text = await wang.page(f"/console/tickets/{number}")
    assert ('name="to"' in text, "已经结束，不能再办理" in text) == (False, True)


async def test_lists_say_what_is_empty_and_how_to_go_on(stand: ConsoleStand, wang: Client) -> None:
    """No tickets at all, none for a filter, and pages of twenty."""
    assert "还没有工单" in (await wang.page("/console/tickets"))[1]
    for i in range(21):
        a_ticket(stand, subject=f"第{i}件")
    assert "没有符合条件的工单" in (await wang.page("/console/tickets?kind=fault"))[1]
    _, first = await wang.page("/console/tickets?kind=complaint")
    assert ("/console/tickets?kind=complaint&amp;offset=20" in first, "较新的" in first) == (True, False)
    _, second = await wang.page("/console/tickets?kind=complaint&offset=20")
    assert ("第0件" in second, "较早的" in second, "较新的" in second) == (True, False, True)


async def test_supervisors_see_the_load_and_only_admins_change_people(zhao: Client, admin: Client) -> None:
    """Hiring and dismissing is the admin's, and not for their own account; capacity, skills and shifts are any
    supervisor's.
    """
    _, seen = await zhao.page("/console/agents")
    assert ("王敏" in seen, 'data-action="/api/v1/agents"' in seen, "/active" in seen) == (True, False, False)
    assert 4 == len(re.findall(r'data-action="/api/v1/agents/\d+/shifts"', seen))
    _, changed = await admin.page("/console/agents")
    assert 4 == len(re.findall(r'data-action="/api/v1/agents/\d+/active"', changed))
    assert 'data-action="/api/v1/agents"' in changed


@pytest.mark.parametrize(("path", "status"), [("/console/nothing", 404), ("/console/tickets/TS0", 404),
                                              ("/console/tickets?status=x", 422), ("/console/agents", 403)])
async def test_error_pages_say_what_to_do(wang: Client, path: str, status: int) -> None:
    """In Chinese, with a way back."""
    got, text = await wang.page(path)
    assert (status, True) == (got, "回到工作台" in text)


async def test_a_mistake_in_the_policy_is_shown_to_who_supervises(
        stand: ConsoleStand, wang: Client, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad edit changes nothing, so somebody must be told on every page; agents cannot mend it and are not bothered."""
    monkeypatch.setattr(stand.app.policies, "problem", "policy/sla.yml:15: promises[0].reply_within: 应为时长")
    assert "policy/sla.yml:15" in (await admin.page("/console/tickets"))[1]
    assert "policy/sla.yml:15" not in (await wang.page("/console/tickets"))[1]
