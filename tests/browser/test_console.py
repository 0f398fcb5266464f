"""The console in a real browser: an agent's whole way, by mouse and by keyboard, on a desk and on a phone."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from desk.service import conversations, tickets
from tests.browser.console_desk import ConsoleDesk, sign_in

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
WIDE = {"width": 1280, "height": 800}
HOSTILE = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[ConsoleDesk]:
    """A running console."""
    desk = ConsoleDesk(tmp_path)
    yield desk
    desk.close()


def said(desk: ConsoleDesk, conversation_id: str) -> list[str]:
    """What agents said in a conversation."""
    return [one.text for one in conversations.events(desk.stand.app.desk, conversation_id=conversation_id)
            if one.sender == "agent"]


def test_take_talk_and_return(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """A waiting customer appears by itself, is taken, answered, heard live, and given back to the bot."""
    page = open_page(desk.login, **WIDE)
    sign_in(page, "wang")
    expect(page.get_by_text("没有客户在等")).to_be_visible()
    talk = desk.stand.customer(verified=True)
    desk.stand.bot_answers(talk, "我要装宽带", "好的，请问地址？")
    desk.stand.waits(talk)
    expect(page).to_have_title("(1) 应答")
    page.get_by_role("button", name="接入张姓客户").click()
    expect(page.locator("#side")).to_contain_text("138****0001")
    expect(page.locator("#side")).to_contain_text("宽带新装")
    expect(page.locator("#messages")).to_contain_text("预约服务 93%")
    page.get_by_label("回复客户").fill("您好，我是王敏")
    page.keyboard.press("Enter")
    expect(page.locator(".message.agent:not(.sending)")).to_contain_text("您好，我是王敏")
    desk.stand.says(talk, "地址是朝阳路 12 号")
    expect(page.locator(".message.customer").last).to_contain_text("地址是朝阳路 12 号")
    page.get_by_role("button", name="归还机器人").click()
    page.get_by_role("button", name="归还", exact=True).click()
    expect(page.get_by_text("现在由智能助手服务")).to_be_visible()
    expect(page.get_by_text("还没有接待中的会话")).to_be_visible()
    expect(page).to_have_title("应答")
    assert "bot" == conversations.get(desk.stand.app.desk, conversation_id=talk.id).owner
    assert ["您好，我是王敏"] == said(desk, talk.id)


def test_by_keyboard_alone(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """N takes, Enter sends but not while an input method composes, Alt+E ends after a question, ? explains."""
    talk = desk.stand.customer()
    desk.stand.waits(talk)
    page = open_page(desk.login, **WIDE)
    sign_in(page, "wang")
    expect(page.locator("#waiting .line")).to_have_count(1)
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="键盘快捷键")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="键盘快捷键")).to_be_hidden()
    page.keyboard.press("n")
    box = page.get_by_label("回复客户")
    expect(box).to_be_focused()
    page.keyboard.type("ni hao")
    box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(page.locator(".message.agent")).to_have_count(0)
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second")
    page.keyboard.press("Enter")
    expect(page.locator(".message.agent:not(.sending)")).to_have_count(1)
    assert ["ni hao\nsecond"] == said(desk, talk.id)
    page.keyboard.press("Alt+e")
    page.keyboard.press("Enter")
    expect(page.get_by_text("会话已结束。客户再来消息时")).to_be_visible()
    assert "closed" == conversations.get(desk.stand.app.desk, conversation_id=talk.id).owner


def test_a_customer_rings_and_is_answered_with_enter(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """A card with the time that is left, a title that flashes; Enter answers, and nothing rings any more."""
    page = open_page(desk.login, **WIDE)
    sign_in(page, "li")
    talk = desk.stand.customer()
    desk.stand.says(talk, "网断了")
    desk.stand.waits(talk, queue="technical", reason="fault")
    card = page.get_by_label("正在呼叫您的客户")
    expect(card).to_contain_text("技术支持")
    expect(card).to_contain_text("网断了")
    expect(card).to_contain_text(re.compile(r"还剩 5\d 秒"))
    expect(page).to_have_title(re.compile("呼叫"))
    expect(page.get_by_role("button", name="接听")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("回复客户")).to_be_focused()
    expect(card).to_be_hidden()
    expect(page).to_have_title("应答")


def test_a_customer_is_passed_on_to_the_next(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """X: the card goes here and comes there, and the list says at whom it rings."""
    pages = {name: open_page(desk.login, **WIDE) for name in ("wang", "li")}
    for name, page in pages.items():
        sign_in(page, name)
    handoff = desk.stand.waits(desk.stand.customer())
    rings_at = offered_to(desk, handoff)
    first, second = pages.pop(rings_at), next(iter(pages.values()))
    expect(first.get_by_label("正在呼叫您的客户")).to_be_visible()
    first.keyboard.press("x")
    expect(second.get_by_label("正在呼叫您的客户")).to_be_visible()
    expect(first.get_by_label("正在呼叫您的客户")).to_be_hidden()
    expect(first.locator("#waiting .rings")).to_contain_text("正在呼叫")


def offered_to(desk: ConsoleDesk, handoff_id: int) -> str:
    """At whom a customer rings."""
    with desk.stand.app.desk.begin() as uow:
        return uow.agents.get(uow.handoffs.get(handoff_id).offered_to or 0).username


def test_a_supervisor_changes_capacity_and_plans_a_shift(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """Folded away under the row; both are there after saving."""
    page = open_page(desk.login, **WIDE)
    sign_in(page, "zhao")
    page.goto(f"{desk.stand.url}/console/agents")
    page.get_by_text("调整王敏的接待和班次").click()
    page.get_by_label("同时接待数").locator("visible=true").fill("5")
    page.get_by_role("button", name="保存").locator("visible=true").click()
    expect(page.get_by_role("row").filter(has_text="wang").first).to_contain_text("0 / 5")
    page.get_by_text("调整王敏的接待和班次").click()
    tomorrow = f"{datetime.now() + timedelta(days=1):%Y-%m-%d}"
    page.get_by_label("开始").locator("visible=true").fill(f"{tomorrow}T09:00")
    page.get_by_label("结束").locator("visible=true").fill(f"{tomorrow}T18:00")
    page.get_by_role("button", name="安排班次").locator("visible=true").click()
    expect(page.get_by_role("row").filter(has_text="wang").first).to_contain_text("09:00–18:00")


def test_hostile_words_stay_words(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """In the queue, the transcript and the side pane."""
    talk = desk.stand.customer()
    desk.stand.says(talk, HOSTILE)
    tickets.open_ticket(desk.stand.app.desk, kind="complaint", subject=HOSTILE, conversation_id=talk.id, key=None)
    desk.stand.waits(talk, summary={"said": HOSTILE, "slots": {"complaint_matter": HOSTILE}})
    page = open_page(desk.login, **WIDE)
    sign_in(page, "wang")
    page.locator("#waiting .line").click()
    expect(page.locator("#side .things a")).to_have_text(HOSTILE)
    expect(page.locator(".message.customer .bubble")).to_have_text(HOSTILE)
    expect(page).to_have_title("(1) 应答")


def taken(desk: ConsoleDesk, page: Page) -> str:
    """A conversation that 王敏 has just taken on a page."""
    talk = desk.stand.customer()
    desk.stand.waits(talk)
    page.get_by_role("button", name="接入访客").click()
    expect(page.get_by_label("回复客户")).to_be_visible()
    return talk.id


def test_a_message_that_did_not_get_through_can_be_sent_again(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """It is marked, nothing is lost, and it is said once."""
    page = open_page(desk.login, **WIDE)
    sign_in(page, "wang")
    talk = taken(desk, page)
    page.route("**/messages", lambda route: route.abort(), times=1)
    page.get_by_label("回复客户").fill("在的")
    page.keyboard.press("Enter")
    expect(page.locator(".message.failed")).to_contain_text("没有发出：网络不通")
    page.get_by_role("button", name="重新发送").click()
    expect(page.locator(".message.agent:not(.sending, .failed)")).to_have_count(1)
    assert ["在的"] == said(desk, talk)


def test_a_message_whose_receipt_was_lost_counts_as_sent(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """The live line brings it back under the same id: no doubt remains and nothing doubles."""
    page = open_page(desk.login, **WIDE)
    sign_in(page, "wang")
    talk = taken(desk, page)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/messages", lose, times=1)
    page.get_by_label("回复客户").fill("在的")
    page.keyboard.press("Enter")
    expect(page.locator(".message.agent:not(.sending, .failed)")).to_have_count(1)
    expect(page.locator(".message.agent")).to_have_count(1)
    assert ["在的"] == said(desk, talk)


def test_without_the_live_line_polling_goes_on(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """A proxy that breaks WebSockets slows the console down, no more."""
    page = open_page(desk.login, **WIDE)
    page.route_web_socket("**/live", lambda socket: socket.close(code=1011))
    sign_in(page, "wang")
    expect(page.get_by_text("连接中断，正在重连")).to_be_visible()
    talk = taken(desk, page)
    desk.stand.says(desk.stand.customer(), "还在吗")
    expect(page.locator(".message.customer").last).to_contain_text("还在吗")
    assert "agent" == conversations.get(desk.stand.app.desk, conversation_id=talk).owner


def test_on_a_phone_the_panes_are_tabs(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """One pane at a time, nothing wider than the screen, the way from queue to customer by thumb."""
    talk = desk.stand.customer(verified=True)
    desk.stand.waits(talk)
    page = open_page(desk.login, width=390, height=844)
    sign_in(page, "wang")
    expect(page.locator("#talk")).to_be_hidden()
    page.get_by_role("button", name="接入张姓客户").click()
    expect(page.locator("#talk")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    page.get_by_role("tab", name="客户").click()
    expect(page.get_by_text("C100001")).to_be_visible()
    page.get_by_role("tab", name="会话").click()
    expect(page.locator("#mine .line")).to_be_visible()
    for path in ("/console", "/console/tickets", "/console/tasks", "/console/notices"):
        page.goto(desk.stand.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_ticket_is_moved_along_on_its_page(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """The form asks for outcome and result; the story grows."""
    talk = desk.stand.customer()
    number = tickets.open_ticket(desk.stand.app.desk, kind="complaint", subject="师傅迟到", conversation_id=talk.id,
                                 key=None).number
    page = open_page(desk.login, **WIDE)
    sign_in(page, "wang")
    page.goto(f"{desk.stand.url}/console/tickets/{number}")
    page.locator("summary", has_text="答复").click()
    page.get_by_role("button", name="答复客户").click()
    expect(page.get_by_label("处理结果")).to_have_js_property("validity.valueMissing", True)
    page.get_by_label("部分成立").check()
    page.get_by_label("处理结果").fill("已道歉")
    page.get_by_role("button", name="答复客户").click()
    expect(page.locator(".timeline")).to_contain_text("已通知客户")
    expect(page.locator(".heading .status")).to_have_text("已答复")


def test_an_admin_adds_and_deactivates(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """Through the forms, with a question before somebody is shut out."""
    page = open_page(desk.login, **WIDE)
    sign_in(page, "admin")
    page.get_by_role("link", name="人员").click()
    page.get_by_label("用户名").fill("sun")
    page.get_by_label("姓名").fill("孙悦")
    page.get_by_label("初始密码").fill("yunqiao-sun")
    page.get_by_label("综合客服").locator("visible=true").check()
    page.get_by_role("button", name="新建").click()
    row = page.get_by_role("row").filter(has_text="孙悦").first
    expect(row).to_contain_text("综合客服")
    row.get_by_role("button", name="停用").click()
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_role("row").filter(has_text="孙悦").first).to_contain_text("已停用")
    assert not desk.stand.agent("sun").active


def test_who_is_signed_out_meanwhile_comes_back_to_the_same_page(desk: ConsoleDesk, open_page: OpenPage) -> None:
    """The page leads to the sign-in and from there back."""
    page = open_page(desk.login, **WIDE)
    sign_in(page, "wang")
    page.goto(f"{desk.stand.url}/console/tickets")
    page.context.clear_cookies()
    page.evaluate("document.getElementById('duty')?.click()")  # the bell may have noticed before
    expect(page).to_have_url(re.compile(r"/console/login\?next=.*tickets"))
    sign_in_here = page.get_by_label("用户名")
    expect(sign_in_here).to_be_visible()
