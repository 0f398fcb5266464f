"""Tickets, tasks and notices in a real browser: a case from receipt to answer, by keyboard, on a phone, with the bell."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desk.service import staff_notices, tickets
from tests.browser.console_desk import ConsoleDesk, sign_in

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ConsoleDesk]:
    """A running console."""
    desk = ConsoleDesk(tmp_path)
    yield desk
    desk.close()


def a_ticket(desk: ConsoleDesk, kind: str = "complaint", **given: str) -> str:
    """A ticket's number."""
    talk = desk.stand.customer()
    return tickets.open_ticket(desk.stand.app.desk, kind=kind, subject="师傅迟到", conversation_id=talk.id, key=None,  # type: ignore[arg-type]
                               **given).number  # type: ignore[arg-type]


def at(desk: ConsoleDesk, open_page: OpenPage, path: str, username: str = "wang", **size: int) -> Page:
    """A page of somebody who is signed in."""
    page = open_page(desk.login, **(size or WIDE))
    sign_in(page, username)
    page.goto(desk.stand.url + path)
    return page


def test_a_case_from_receipt_to_answer(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """Invite, see the opinion, write to the customer, ask and go on: each from its fold, one open at a time."""
    number = a_ticket(desk)
    page = at(desk, open_page, f"/console/tickets/{number}")
    expect(page.locator(".clocks")).to_contain_text("还剩 1 小时 59 分")
    page.locator("summary", has_text="联系客户").click()
    page.locator("summary", has_text="邀请部门会商").click()
    expect(page.get_by_label("告诉客户")).to_be_hidden()
    page.get_by_role("checkbox", name="网络运维部").check()
    page.get_by_label("请他们看什么").fill("线路正常吗？")
    page.get_by_role("button", name="邀请", exact=True).click()
    expect(page.locator(".clocks")).to_contain_text("会商")
    page.get_by_role("link", name="会商意见").click()
    page.get_by_role("button", name="我来处理").click()
    expect(page.locator(".heading .status")).to_have_text("已响应")
    page.locator("summary", has_text="完成").click()
    page.get_by_label("意见").fill("线路正常")
    page.get_by_role("button", name="完成任务").click()
    expect(page.locator(".heading .status")).to_have_text("已完成")
    page.get_by_role("link", name=number).click()
    expect(page.locator(".opinion")).to_have_text("线路正常")
    page.locator("summary", has_text="请客户补充").click()
    page.get_by_label("要客户补充什么").fill("几楼？")
    page.get_by_role("button", name="发给客户，暂停计时").click()
    expect(page.locator(".heading")).to_contain_text("等客户补充")


def test_a_refusal_asks_where_to_go_instead(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """GG-7: the form does not go without it; other kinds than complaints are asked for no outcome."""
    page = at(desk, open_page, f"/console/tickets/{a_ticket(desk, 'fault')}")
    page.locator("summary", has_text="不予受理").click()
    page.get_by_label("原因").last.focus()
    form = page.locator("form", has=page.get_by_label("客户可以去哪里办"))
    form.get_by_label("原因").fill("不归我们管")
    form.get_by_role("button").click()
    expect(form.get_by_label("客户可以去哪里办")).to_have_js_property("validity.valueMissing", True)
    form.get_by_label("客户可以去哪里办").fill("市政热线 12345")
    form.get_by_role("button").click()
    expect(page.locator(".timeline")).to_contain_text("您可以这样办理：市政热线 12345")
    expect(page.get_by_text("已经结束，不能再办理")).to_be_visible()
    expect(page.get_by_text("处理结论", exact=True)).to_have_count(0)


def test_by_keyboard_alone(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """A fold is opened, filled and sent without a mouse."""
    page = at(desk, open_page, f"/console/tickets/{a_ticket(desk)}")
    page.locator("summary", has_text="联系客户").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("master is on the way")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".timeline")).to_contain_text("master is on the way")


def test_the_bell_follows_and_a_look_puts_away(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """Live on any page with a word of what it is; the list grows by itself; seen on the way to the ticket."""
    number = a_ticket(desk)
    page = at(desk, open_page, "/console/tickets", username="zhao")
    expect(page.locator("#bell-count")).to_be_hidden()

    def tell(key: str, *, urgent: bool = False) -> None:
        with desk.stand.app.desk.begin() as uow:
            staff_notices.tell(desk.stand.app.desk, uow, ["supervisors"], about=f"ticket:{number}", text=f"要看看{key}",
                               key=key, urgent=urgent)

    tell("甲", urgent=True)
    expect(page.locator("#bell-count")).to_have_text("1")
    expect(page.get_by_text("要看看甲")).to_be_visible()
    page.get_by_role("link", name="提醒，1 条未看").click()
    expect(page.locator("#notices li")).to_have_count(1)
    tell("乙")
    expect(page.locator("#notices li")).to_have_count(2)
    page.get_by_role("button", name="标为已看").last.click()
    expect(page.locator("#notices li")).to_have_count(1)
    page.get_by_role("link", name="查看").click()
    expect(page.locator(".heading h1")).to_have_text("师傅迟到")
    expect(page.locator("#bell-count")).to_be_hidden()


def test_a_phone_shows_all_of_it(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """Nothing is wider than the screen, what can be done stands before what was, and the bell can be reached."""
    number = a_ticket(desk, "fault", service_id="property_repair", address="云桥市朝阳路 12 号")
    with desk.stand.app.desk.begin() as uow:
        [task] = uow.tasks.of_ticket(number)
    page = at(desk, open_page, "/console/tickets?owed=open", username="zhao", **PHONE)
    for path in ("/console/tickets?owed=open", f"/console/tickets/{number}", "/console/tasks?where=supplier",
                 f"/console/tasks/{task.id}", "/console/notices"):
        page.goto(desk.stand.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        expect(page.locator("#bell")).to_be_in_viewport(ratio=1)
    page.goto(f"{desk.stand.url}/console/tickets/{number}")
    tops = [page.locator(one).bounding_box() for one in (".case-top", ".case-actions", ".case-rest")]
    assert sorted(tops, key=lambda box: (box or {}).get("y", 0)) == tops  # type: ignore[index, attr-defined]
