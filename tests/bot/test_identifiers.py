"""Phones, numbers and ratings: found as written, valued in normal form."""

import pytest

from bot.nlu.identifiers import IdentifierExtractor
from tests.bot.found import found, values

pytestmark = pytest.mark.model

RULES = IdentifierExtractor(IdentifierExtractor.get_default_config())


@pytest.mark.parametrize(
    ("text", "kind", "words", "value"),
    [
        ("电话１３８００００００３３", "phone", "１３８００００００３３", "13800000033"),
        ("打幺三八零零零零零零二一找我", "phone", "幺三八零零零零零零二一", "13800000021"),
        ("138-0000-0078", "phone", "138-0000-0078", "13800000078"),
        ("查一下ｔｓ20261104017", "ticket_no", "ｔｓ20261104017", "TS20261104017"),
        ("😀BK20261011019", "booking_no", "BK20261011019", "BK20261011019"),
        ("客户号C000123", "customer_no", "C000123", "C000123"),
        ("打五分", "rating", "五分", "5"),
        ("给个四分吧", "rating", "四分", "4"),
        ("打5", "rating", "5", "5"),
        ("給五顆星", "rating", "五顆星", "5"),
        ("满意", "rating", "满意", "4"),
        ("不满意，没解决", "rating", "不满意", "2"),
        ("一般", "rating", "一般", "3"),
        ("一般般吧", "rating", "一般般", "3"),
        ("非常满意！", "rating", "非常满意", "5"),
    ],
)
def test_found(text: str, kind: str, words: str, value: str) -> None:
    """The span is the customer's, the value is normal."""
    assert found(RULES, text, kind) == [words]
    assert values(RULES, text, kind) == [value]


@pytest.mark.parametrize(
    "text",
    ["投诉一般几天处理完", "一般纳税人", "满意度", "服务满意度有目标没", "不满意能退不", "等了一星期", "一分钱没收", "两分钟",
     "打三个电话", "不满意的话怎么办", "驾照扣了6分"],
)
def test_no_rating(text: str) -> None:
    """A word or a number that scores nothing."""
    assert found(RULES, text, "rating") == []
