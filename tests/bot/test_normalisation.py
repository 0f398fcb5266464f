"""Normalised text is regular, never empty by our doing, and every character knows where it came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.normalisation import normalise
from desk.gateways.chinese_text import fold

CHINESE = st.text(
    alphabet=st.one_of(
        st.sampled_from("您好请问麻烦那个谢谢宽带維修預約國慶呃嗯，。！？!?~ 　aA１２３Ⅲ㎡①½ﬁ\u0301"), st.characters()
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("您好，请问宽带怎么收费", "宽带怎么收费"),
        ("請問後天上午可以維修嗎？謝謝", "后天上午可以维修吗?"),
        ("那个，麻烦您查一下ＴＳ２６１１２４", "查一下ts261124"),
        ("快点快点！！！！", "快点快点!"),
        ("快快快快快", "快快"),
        ("13800000000", "13800000000"),
        ("你好", "你好"),
        ("谢谢", "谢谢"),
        ("👍👍", "好好"),
        ("OK👌", "ok好"),
        ("您好，谢谢", "谢谢"),
        ("你好像没听懂", "你好像没听懂"),
        ("额度是多少", "额度是多少"),
        ("", ""),
        ("？？？", "?"),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    """Fillers go unless they are the message; repetition is collapsed, digits never."""
    assert normalise(text).text == expected


@given(CHINESE)
def test_every_character_maps_into_the_original(text: str) -> None:
    """Spans are inside the original, in order and never empty."""
    result = normalise(text)
    assert len(result.text) == len(result.offsets)
    previous = 0
    for start, end in result.offsets:
        assert 0 <= start < end <= len(text)
        assert start >= previous
        previous = start


@given(CHINESE)
def test_a_message_with_content_is_never_emptied(text: str) -> None:
    """Where the customer wrote a letter, a letter is left."""
    if any(char.isalnum() for char in fold(text).text):
        assert any(char.isalnum() for char in normalise(text).text)


@given(CHINESE)
def test_kept_characters_come_from_their_span(text: str) -> None:
    """The first original character of a span folds to something containing the kept character (simplification aside)."""
    result = normalise(text)
    for char, (start, _) in zip(result.text, result.offsets, strict=True):
        folded = fold(text[start]).text
        assert char in folded or ord(char) > 0x2E80


def test_offsets_survive_stripping_and_folding() -> None:
    """A span found in the normalised text is the customer's own words."""
    text = "您好，請問後天上午ＯＫ嗎"
    result = normalise(text)
    at = result.text.index("后天上午")
    assert text[slice(*result.original(at, at + 4))] == "後天上午"
