"""Time expressions are found whole, and nothing that only sounds like one."""

import pytest

from bot.nlu.times import TimeExtractor
from tests.bot.found import found

pytestmark = pytest.mark.model

RULES = TimeExtractor(TimeExtractor.get_default_config())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("查一下周六有没有空", ["周六"]),
        ("查一下下周六", ["下周六"]),
        ("周末晚点关门", ["周末"]),
        ("六点下班", ["六点"]),
        ("八点太早了", ["八点"]),
        ("三点的推到四点", ["三点", "四点"]),
        ("明天上午十点可以吗", ["明天上午十点"]),
        ("預約下週三下午兩點", ["下週三下午兩點"]),
        ("１２月５號來", ["１２月５號"]),
        ("😀周一下午", ["周一下午"]),
        ("明晚到", ["明晚"]),
        ("那三点吧", ["三点"]),
        ("您好，那个，麻烦约周日", ["周日"]),
    ],
)
def test_found(text: str, words: list[str]) -> None:
    """In the customer's own characters."""
    assert found(RULES, text, "datetime") == words


@pytest.mark.parametrize("text", ["一周三次", "等了一下午", "一上午没人", "有两点建议", "快一点", "晚点来", "早点来", "提两点意见"])
def test_no_time(text: str) -> None:
    """Durations, frequencies and points of view are no times."""
    assert found(RULES, text, "datetime") == []
