"""Times as customers write them: found, understood, and never guessed."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.gateways import chinese_time
from desk.gateways.chinese_time import resolve
from tests.bench.bench_time import right
from tests.gateways.chinese_times import AUTUMN, AUTUMN_NOW, NOW, G, Row

SHANGHAI = ZoneInfo("Asia/Shanghai")
TUESDAY = datetime.fromisoformat(NOW).replace(tzinfo=SHANGHAI)
SEPTEMBER = datetime.fromisoformat(AUTUMN_NOW).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize("row", G, ids=lambda row: row[0])
def test_an_expression_means_what_people_mean_by_it(row: Row) -> None:
    """Kind, start and end, seen from a Tuesday morning in November."""
    expression, kind, start, end = row
    one = resolve(expression, now=TUESDAY)
    assert right(one, kind, start, end), one


@pytest.mark.parametrize("row", AUTUMN, ids=lambda row: row[0])
def test_public_holidays_are_the_published_ones(row: Row) -> None:
    """Make-up workdays included, seen from September."""
    expression, kind, start, end = row
    one = resolve(expression, now=SEPTEMBER)
    assert right(one, kind, start, end), one


@pytest.mark.parametrize("phrase", ["", " ", "随便", "尽快", "你好", "25点", "明天25点", "明天9:75", "13月40号", "2月30日",
                                    "11月31号", "99号", "元旦后第一个工作日", "几天后"])
def test_what_is_not_understood_is_not_guessed(phrase: str) -> None:
    """Impossible dates and hours, unpublished years and plain words are None."""
    assert resolve(phrase, now=TUESDAY) is None


@pytest.mark.parametrize(("phrase", "ambiguous"), [
    ("明天九点", True), ("明天上午九点", False), ("明天三点", False), ("明天十二点", False), ("明天15点", False), ("八点", True)])
def test_an_hour_that_may_be_morning_or_evening_is_marked(phrase: str, ambiguous: bool) -> None:
    """Nine may be either; three is never at night for a booking; a part of the day settles it."""
    one = resolve(phrase, now=TUESDAY)
    assert one is not None
    assert ambiguous == one.ambiguous


@pytest.mark.parametrize(("text", "words"), [
    ("我想约下周二下午三点剪头发", ["下周二下午三点"]), ("明天下午三点或者后天上午都行", ["明天下午三点", "后天上午"]),
    ("麻烦２８號１５：３０过来", ["２８號１５：３０"]), ("两点可以吗", ["两点"]), ("国庆后第一个工作日上门行吗", ["国庆后第一个工作日"]),
    ("请在月底前处理好", ["月底前"]), ("明天上午9点到11点半我在家", ["明天上午9点到11点半"])])
def test_times_are_found_in_the_text_as_sent(text: str, words: list[str]) -> None:
    """Whole expressions, with offsets into what the customer wrote."""
    found = chinese_time.find(text)
    assert words == [one for _, _, one in found]
    assert words == [text[start:end] for start, end, _ in found]


@pytest.mark.parametrize("text", ["麻烦快一点", "我有两点建议", "能便宜一点吗", "我住12楼", "朝阳路28号", "坐地铁2号线", "一点都不好",
                                  "等了三个小时", "我的电话13800000001", "工单TS26112400010", "1000M宽带多少钱", "有没有早一点的"])
def test_numbers_and_idioms_are_no_times(text: str) -> None:
    """Addresses, amounts and “a bit” start no booking."""
    assert [] == chinese_time.find(text)


@pytest.mark.parametrize(("phrase", "day"), [("明天三点", True), ("三点", False), ("明天", True), ("下午", False), ("28号三点", True)])
def test_it_is_known_whether_a_phrase_names_its_day(phrase: str, day: bool) -> None:
    """So that “三点” after “周六” is understood as Saturday."""
    assert day == chinese_time.names_day(phrase)


@given(st.text(alphabet="今明后天下上周月一二三十点半号到前早晚午中0123456789:-/年国庆节第个工作日 ", max_size=14),
       st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31)))
def test_whatever_is_written_gives_an_aware_answer_or_none(text: str, now: datetime) -> None:
    """No crash, no naive time, no end before its start."""
    aware = now.replace(tzinfo=SHANGHAI)
    for _, _, words in chinese_time.find(text):
        one = resolve(words, now=aware)
        if one is None:
            continue
        assert all(at is None or at.tzinfo is not None for at in (one.start, one.end))
        assert one.start is None or one.end is None or one.start <= one.end
        assert one.start is not None or one.end is not None


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("十", 10), ("十二", 12), ("二十", 20), ("三十一", 31), ("两", 2),
                                              ("〇", 0), ("", -1), ("百", -1), ("十十", -1)])
def test_numerals_up_to_ninety_nine(text: str, number: int) -> None:
    """Digits and Chinese numerals; -1 for what is neither."""
    assert number == chinese_time.number(text)
