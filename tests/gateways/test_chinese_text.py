"""One written form, with the way back to what the customer wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.gateways.chinese_text import fold, simplify


@pytest.mark.parametrize(("text", "folded"), [
    ("ＡＢＣ１２３", "abc123"), ("Wi-Fi", "wi-fi"), ("我要預約", "我要预约"), ("下週三下午３點", "下周三下午3点"),
    ("你好\u3000世界", "你好 世界"),
    ("１：３０，好", "1:30,好"), ("①", "1"), ("㎡", "m2"), ("", "")])
def test_folding_gives_one_form(text: str, folded: str) -> None:
    """Full-width, upper case, traditional and odd blanks disappear."""
    assert folded == fold(text).text


def test_offsets_lead_back_to_the_text_as_sent() -> None:
    """Also where one character became two."""
    text = "约３０㎡保洁"
    folded = fold(text)
    start = folded.text.index("m2")
    assert (3, 4) == folded.original(start, start + 2)
    left, right = folded.original(folded.text.index("保"), len(folded.text))
    assert "保洁" == text[left:right]


def test_an_empty_span_is_an_error() -> None:
    """Nothing stands for nothing."""
    with pytest.raises(ValueError, match="empty"):
        fold("你好").original(1, 1)


def test_taking_characters_keeps_their_places() -> None:
    """Blanks inside a number can be left out without losing the offsets."""
    text = "138 0000 0001"
    folded = fold(text)
    taken = folded.take(i for i, char in enumerate(folded.text) if not char.isspace())
    assert ("13800000001", (0, 13)) == (taken.text, taken.original(0, 11))


@given(st.text(max_size=40))
def test_any_text_folds_and_every_character_has_its_place(text: str) -> None:
    """One span a character, in order, inside the text; lone surrogates and ligatures included."""
    folded = fold(text)
    assert len(folded.text) == len(folded.offsets)
    assert list(folded.offsets) == sorted(folded.offsets)
    assert all(0 <= start < end <= len(text) for start, end in folded.offsets)


@given(st.text(alphabet="預約後天點號臺灣發財頭髮A1，乾", max_size=20))
def test_simplifying_never_changes_the_length(text: str) -> None:
    """Offsets stay true."""
    assert len(text) == len(simplify(text))


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    """What is folded stays as it is."""
    once = fold(text).text
    assert once == fold(once).text
