"""A customer's first day at a desk started with one command, over the web chat's HTTP interface and the API alone."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from desk.supervise import free_port
from tests.system.processes import START, until
from tests.system.test_up import Running, environment
from tests.system.visitor import Visitor

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


@pytest.fixture
def url(tmp_path: Path, trained_model: Path) -> Iterator[str]:
    """``desk up`` on a new data folder, on a Tuesday at half past nine."""
    given = environment(tmp_path, trained_model, free_port()) | {"DESK_CLOCK_START": START}
    running = Running(given, tmp_path)
    yield f"http://127.0.0.1:{running.port}"
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0


def words(answers: list[dict[str, str]]) -> str:
    """What the customer reads."""
    return "\n".join(one["text"] for one in answers)


def test_a_chinese_customer_is_served_end_to_end(url: str, tmp_path: Path) -> None:
    """An inquiry, a booking, a complaint, an account, a person, and the bot again."""
    customer = Visitor(url, patience_s=30).arrive()
    assert "50 元/小时" in words(customer.say("保洁多少钱"))

    customer.say("我想约保洁，后天上午十点，文澜路8号3幢402")
    customer.say("我叫王芳，13800000012")
    booking = re.search(r"BK\d{11}", words(customer.say("确认")))
    assert booking is not None
    found = words(customer.say("我约的是什么时候"))
    assert "11月26日星期四上午10:00" in found
    assert booking[0] in found

    customer.say("我要投诉，昨天的师傅迟到两个小时，态度还很差")
    ticket = re.search(r"TS\d{11}", words(customer.say("13800000012")))
    assert ticket is not None
    assert "已受理" in words(customer.say(f"{ticket[0]} 处理得怎么样了"))

    customer.say("查一下我的账户")
    customer.say("13800000002")
    sms = tmp_path / "var/sms.log"
    until(lambda: sms.exists() and "验证码" in sms.read_text(), timeout_s=10, what="the code")
    assert "C100002" in words(customer.say(re.findall(r"验证码是 (\d{6})", sms.read_text())[-1]))

    serve_by_a_person(url, customer)
    assert "城东" in words(customer.say("城东店在哪里"))


def serve_by_a_person(url: str, customer: Visitor) -> None:
    """Nobody there at first → an agent signs in over the API and comes on duty → 转人工 rings → answer → return."""
    assert "没有客服在线" in words(customer.say("转人工"))
    agent = requests.Session()
    signed_in = agent.post(f"{url}/api/v1/session", json={"username": "wang", "password": "yunqiao-wang"}, timeout=10)
    agent.headers["Authorization"] = f"Bearer {signed_in.json()['token']}"
    assert agent.put(f"{url}/api/v1/me/duty", json={"on_duty": True}, timeout=10).ok
    customer.say("转人工")
    ringing = agent.get(f"{url}/api/v1/queue", timeout=10).json()["ringing"]
    assert ringing["conversation"] == customer.conversation
    assert agent.post(f"{url}/api/v1/handoffs/{ringing['id']}/accept", timeout=10).ok
    talk = f"{url}/api/v1/conversations/{customer.conversation}"
    assert agent.post(f"{talk}/messages", json={"id": "1", "text": "您好，我是王敏，请讲。"}, timeout=10).ok
    seq = customer.send("你们几点下班")
    customer.poll(1)
    assert "您好，我是王敏，请讲。" in words(customer.events)
    assert not [one for one in customer.events if one["seq"] > seq and one["sender"] == "bot"]
    assert agent.post(f"{talk}/return", timeout=10).ok
