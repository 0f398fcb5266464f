"""What customers are told and what is kept are the same figure: texts quote the promises in force."""

import re
from pathlib import Path

import pytest

from desk.core.errors import PolicyError
from desk.gateways.policy_files import load_policy, parse_policy
from tests.policy.editing import SHIPPED, edited_texts


def test_no_shipped_text_repeats_a_figure() -> None:
    """A length of time in a text that customers hear stands for a promise; 7×24 is no length."""
    lines = Path(SHIPPED / "sla.yml").read_text(encoding="utf-8").splitlines()
    assert [] == [line for line in lines if line.strip().startswith("text:") and re.search(r"\d+ ?(小时|分钟|天)(?!受理)", line)]


@pytest.mark.parametrize(("file", "old", "new", "topic", "said"), [
    ("sla.yml", "reply_within: 2h", "reply_within: 90m", "reply", "1 小时 30 分钟内答复"),
    ("sla.yml", "reply_within: 6h", "reply_within: 30m", "emergency", "最迟 30 分钟内响应"),
    ("sla.yml", "confirm_within: 72h", "confirm_within: 7d", "confirm", "7 天内没有收到"),
    ("targets.yml", "0.90", "0.95", "satisfaction", "不低于 95%"),
])
def test_a_changed_figure_is_said(file: str, old: str, new: str, topic: str, said: str) -> None:
    """The rule that a customer asks about follows the figure that the clocks use."""
    assert said not in load_policy(SHIPPED).topics[topic].text
    assert said in parse_policy(edited_texts((file, old, new))).topics[topic].text


def test_the_promise_of_a_ticket_quotes_its_own_kind() -> None:
    """The text stored with an emergency says the emergency's time."""
    changed = parse_policy(edited_texts(("sla.yml", "reply_within: 6h", "reply_within: 4h")))
    assert "最迟 4 小时内响应" in changed.promises["emergency"].text
    assert "2 小时内联系您" in changed.promises["fault"].text


def test_a_time_that_runs_in_office_hours_says_so() -> None:
    """Two hours of office time are not two hours on the clock."""
    changed = parse_policy(edited_texts(("sla.yml", "  - kind: any\n", "  - kind: any\n    calendar: office\n")))
    assert "2 小时（办公时间）内答复" in changed.topics["reply"].text


@pytest.mark.parametrize(("old", "new", "key", "allowed"), [
    ("{reply}内给您回电", "{replay}内给您回电", "promises[4].text", "{reply}、{response}、{confirm}、{notice}"),
    ("{reply}内给您回电", "{result}内给您回电", "promises[4].text", "{reply}、{response}、{confirm}、{notice}"),
    ("：{complaint_reply}内", "：{complaints_reply}内", "topics[1].text", "{complaint_reply}"),
])
def test_an_unknown_figure_is_a_mistake(old: str, new: str, key: str, allowed: str) -> None:
    """Named with file, line, key and the figures there are; so is one that its own kind does not promise."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(edited_texts(("sla.yml", old, new)))
    message = str(caught.value)
    assert re.search(r"policy/sla\.yml:\d+: ", message)
    assert f"{key}: {new[new.index('{'):new.index('}') + 1]} 没有对应的数字" in message
    assert allowed in message
