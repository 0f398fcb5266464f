"""The web-chat page as a customer meets it: on a phone and a desktop, offline and back, with a person and without."""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from desk.service import handoffs
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("DESK_SHOTS")
OpenPage = Callable[..., Page]


def shot(page: Page, name: str) -> None:
    """Keep a picture when DESK_SHOTS names a folder."""
    if SHOTS:
        page.wait_for_timeout(400)
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def box(page: Page) -> Locator:
    return page.get_by_label("输入消息")


def say(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def bubbles(page: Page) -> list[str]:
    return page.locator(".message .bubble").all_inner_texts()


def heard(page: Page, text: str) -> None:
    expect(page.locator(".message .bubble, .notice .text").get_by_text(text, exact=True)).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(320, 568), (390, 844), (1280, 800)])
def test_a_first_visit_from_greeting_to_answer(site: Site, open_page: OpenPage, width: int, height: int) -> None:
    """Examples to begin with, an answer after Enter, nothing wider than the screen."""
    page = open_page(site.url, width=width, height=height)
    expect(page.get_by_role("heading", name="您好，我是智能助手小应")).to_be_visible()
    shot(page, f"welcome-{width}")
    page.get_by_role("button", name="保洁多少钱").click()
    heard(page, "收到：保洁多少钱")
    say(page, "选")
    page.get_by_role("button", name="不用了").wait_for()
    say(page, "地址是云桥市云桥区" + "很长的路" * 30 + "https://example.com/" + "a" * 80)
    page.wait_for_timeout(500)
    say(page, "选")
    page.get_by_role("button", name="不用了").wait_for()
    shot(page, f"talk-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('#scroll').scrollWidth <= document.querySelector('#scroll').clientWidth")


def test_dark_mode_is_dark(site: Site, open_page: OpenPage) -> None:
    """The page follows the system's colours."""
    page = open_page(site.url, color_scheme="dark", reduced_motion="reduce")
    say(page, "选")
    page.get_by_role("button", name="确认").wait_for()
    shot(page, "dark-390")
    red, green, blue = map(int, re.findall(r"\d+", page.evaluate("getComputedStyle(document.documentElement).backgroundColor")))
    assert max(red, green, blue) < 60


def test_a_button_is_said_in_words_and_goes_away(site: Site, open_page: OpenPage) -> None:
    """Pressing sends the title as text and the payload beside it."""
    page = open_page(site.url, width=1280, height=800)
    say(page, "选")
    page.get_by_role("button", name="确认").click()
    heard(page, "已按按钮确认。")
    assert bubbles(page)[-2:] == ["确认", "已按按钮确认。"]
    expect(page.locator("#replies")).to_be_hidden()
    expect(box(page)).to_be_focused()


def test_enter_sends_but_not_while_an_input_method_composes(site: Site, open_page: OpenPage) -> None:
    """Shift+Enter is a new line, Enter inside a composition chooses a word; markup stays text."""
    page = open_page(site.url)
    box(page).fill("<b>一</b>")
    for composing in ({"isComposing": True}, {"keyCode": 229}):
        box(page).dispatch_event("keydown", {"key": "Enter", "bubbles": True, **composing})
    box(page).press("Shift+Enter")
    box(page).press_sequentially("二")
    assert page.locator(".message").count() == 0
    box(page).press("Enter")
    heard(page, "收到：<b>一</b>\n二")
    assert bubbles(page)[0] == "<b>一</b>\n二"


def test_history_is_there_after_a_reload(site: Site, open_page: OpenPage) -> None:
    """Same conversation, same messages, each once."""
    page = open_page(site.url)
    say(page, "你好")
    heard(page, "收到：你好")
    page.reload()
    heard(page, "收到：你好")
    assert bubbles(page) == ["你好", "收到：你好"]
    expect(page.locator("#welcome")).to_be_hidden()


def test_typing_shows_while_the_bot_works(site: Site, open_page: OpenPage) -> None:
    """Dots until the answer."""
    page = open_page(site.url)
    say(page, "慢")
    expect(page.get_by_text("正在输入")).to_be_visible()
    shot(page, "typing-390")
    site.answer_slow()
    heard(page, "收到：慢")
    expect(page.locator("#typing")).to_be_hidden()


def test_a_conversation_with_a_person(site: Site, open_page: OpenPage) -> None:
    """Place in the queue, cancelling it, the banner with the name, the rating."""
    page = open_page(site.url)
    presence = page.locator("#presence")
    site.stand.agent()
    expect(presence).to_have_text("智能助手小应为您服务")
    say(page, "转人工")
    expect(presence).to_have_text("排队中，请稍候")
    expect(page.locator("#queue")).to_contain_text("下一位就是您")
    shot(page, "queue-390")
    page.get_by_role("button", name="取消排队").click()
    expect(presence).to_have_text("智能助手小应为您服务")
    expect(page.locator("#queue")).to_be_hidden()
    say(page, "转人工")
    expect(page.locator("#queue")).to_be_visible()
    agent = site.stand.agent("李婷")
    conversation = site.stand.accept(agent)
    expect(presence).to_have_text("客服李婷正在为您服务")
    expect(page.locator("#queue")).to_be_hidden()
    site.call(handoffs.say, conversation_id=conversation, agent_id=agent, text="您好，我来帮您。", external_id="1")
    heard(page, "您好，我来帮您。")
    page.reload()
    expect(presence).to_have_text("客服李婷正在为您服务")
    site.call(handoffs.close, conversation_id=conversation, agent_id=agent)
    expect(presence).to_contain_text("会话已结束")
    shot(page, "rating-390")
    page.set_viewport_size({"width": 1280, "height": 800})
    shot(page, "rating-1280")
    expect(page.locator(".rating")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="5分 非常满意").click()
    heard(page, '收到：/rate_service{"rating":"5"}')
    expect(page.get_by_role("button", name="5分 非常满意")).to_be_disabled()
    page.reload()
    expect(page.get_by_role("button", name="5分 非常满意")).to_be_disabled()


def test_what_was_written_offline_is_sent_on_return(site: Site, open_page: OpenPage) -> None:
    """Marked as undelivered, then delivered once, in order, without a reload."""
    page = open_page(site.url)
    say(page, "一")
    heard(page, "收到：一")
    page.context.set_offline(True)
    expect(page.get_by_text("重连中…")).to_be_visible()
    say(page, "二")
    say(page, "三")
    expect(page.get_by_role("button", name="未送达，点此重发").first).to_be_visible()
    shot(page, "offline-390")
    page.context.set_offline(False)
    heard(page, "收到：三")
    assert [text for text in bubbles(page) if "收到" not in text] == ["一", "二", "三"]
    assert sum(site.rasa.turns.values()) == 3
    expect(page.locator(".resend")).to_have_count(0)
    expect(page.locator("#connection")).to_be_hidden()


def test_a_lost_acknowledgement_does_not_double_a_message(site: Site, open_page: OpenPage) -> None:
    """The page resends under the same id, and shows and sends it once."""
    page = open_page(site.url)
    dropped: list[str] = []

    def lose_first(route: Route) -> None:
        if dropped:
            route.continue_()
            return
        dropped.append(str(route.request.post_data))
        route.fetch()
        route.abort()

    page.route("**/channels/web/messages", lose_first)
    say(page, "一次")
    heard(page, "收到：一次")
    page.wait_for_timeout(3500)
    say(page, "两次")
    heard(page, "收到：两次")
    assert bubbles(page) == ["一次", "收到：一次", "两次", "收到：两次"]
    assert sum(site.rasa.turns.values()) == 2


def test_a_restart_of_the_desk_is_survived(site: Site, open_page: OpenPage) -> None:
    """The page reconnects by itself; what was said meanwhile arrives, nothing twice."""
    page = open_page(site.url)
    say(page, "一")
    heard(page, "收到：一")
    site.run(site.stand.stop())
    expect(page.get_by_text("重连中…")).to_be_visible()
    say(page, "二")
    site.run(site.stand.start())
    expect(page.locator("#connection")).to_be_hidden(timeout=20_000)
    heard(page, "收到：二")
    assert bubbles(page) == ["一", "收到：一", "二", "收到：二"]


def test_long_polling_carries_where_websockets_do_not(site: Site, open_page: OpenPage) -> None:
    """A proxy that knows no WebSocket costs no message."""
    page = open_page("about:blank")
    page.add_init_script("window.WebSocket = class { constructor() { setTimeout(() => this.onclose?.({}), 5) } close() {} }")
    page.goto(site.url)
    say(page, "你好")
    heard(page, "收到：你好")
    say(page, "再见")
    heard(page, "收到：再见")
    assert bubbles(page) == ["你好", "收到：你好", "再见", "收到：再见"]


def test_a_token_that_ends_while_the_page_is_open_is_replaced(site: Site, open_page: OpenPage) -> None:
    """The page starts over in a new conversation by itself, and delivers what was being written."""
    page = open_page(site.url)
    say(page, "旧")
    heard(page, "收到：旧")
    site.run(site.stand.stop())
    site.stand.settings = replace(site.stand.settings, secret="another")
    site.run(site.stand.start())
    expect(page.locator("#welcome")).to_be_visible(timeout=20_000)
    say(page, "新")
    heard(page, "收到：新")
    assert bubbles(page) == ["新", "收到：新"]


def test_an_expired_token_opens_a_new_conversation(site: Site, open_page: OpenPage) -> None:
    """No error page for who comes back after a long time."""
    page = open_page(site.url)
    page.evaluate("localStorage.setItem('yingda.token', 'v1.old.1.bad')")
    page.reload()
    say(page, "你好")
    heard(page, "收到：你好")


def test_everything_is_reached_by_keyboard_and_named(site: Site, open_page: OpenPage) -> None:
    """Tab reaches every control, each with a name; the log is announced politely; Escape leads back to the input."""
    page = open_page(site.url, width=1280, height=800)
    say(page, "选")
    page.get_by_role("button", name="确认").wait_for()
    log = page.get_by_role("log")
    assert log.get_attribute("aria-live") == "polite"
    box(page).fill("x")
    reached = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("(e => e.getAttribute('aria-label') || e.textContent.trim() || "
                                  "e.labels?.[0]?.textContent || e.tagName)(document.activeElement)"))
    assert {"确认", "不用了", "发送", "输入消息", "对话内容"} <= reached
    page.keyboard.press("Escape")
    expect(box(page)).to_be_focused()


def test_older_messages_come_on_request(site: Site, open_page: OpenPage) -> None:
    """A long history opens at its end; the rest is one press away, in order."""
    page = open_page(site.url)
    say(page, "开始")
    heard(page, "收到：开始")
    conversation_id = next(iter(site.rasa.turns))[0]
    for n in range(55):
        site.run(site.stand.gate.receive(conversation_id=conversation_id, external_id=f"n{n}", text=f"第{n}条"))
    heard(page, "收到：第54条")
    page.reload()
    heard(page, "收到：第54条")
    assert page.locator(".message").count() == 100
    page.get_by_role("button", name="查看更早的消息").click()
    expect(page.locator(".message")).to_have_count(112)
    numbers = page.eval_on_selector_all(".message", "items => items.map(item => Number(item.dataset.seq))")
    assert numbers == list(range(1, 113))
    expect(page.get_by_role("button", name="查看更早的消息")).to_be_hidden()


def test_another_site_embeds_the_chat_with_one_script(site: Site, open_page: OpenPage) -> None:
    """A launcher, the chat in a frame, Escape closes and gives the focus back."""
    page = open_page(site.shop, width=1280, height=800)
    launcher = page.get_by_role("button", name="在线咨询")
    launcher.click()
    frame = page.frame_locator("iframe[title='在线咨询']")
    expect(frame.get_by_role("button", name="转人工")).to_be_visible()  # the page's own code runs
    frame.get_by_label("输入消息").fill("你好")
    frame.get_by_label("输入消息").press("Enter")
    expect(frame.get_by_text("收到：你好", exact=True)).to_be_visible()
    shot(page, "embed-1280")
    frame.get_by_label("输入消息").press("Escape")
    expect(launcher).to_be_focused()
    launcher.click()
    expect(frame.get_by_label("输入消息")).to_be_focused()
    frame.get_by_role("button", name="收起对话").click()
    expect(launcher).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    shot(page, "launcher-390")
    launcher.click()
    shot(page, "embed-390")


def test_a_site_that_is_not_allowed_gets_no_frame(site: Site, open_page: OpenPage) -> None:
    """The page's policy keeps it out of foreign frames."""
    page = open_page("about:blank")
    page.set_content(f"<iframe src='{site.url}/?embed=1'></iframe>")
    page.wait_for_timeout(1500)
    assert page.frames[1].locator("#input").count() == 0
