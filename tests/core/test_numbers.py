"""Numbers that notice a slip of the tongue or the finger."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.numbers import check_digit, make, valid

number = st.builds(make, st.sampled_from(["TS", "BK"]), st.dates(date(2024, 1, 1), date(2099, 12, 31)),
                   st.integers(1, 9999))


def test_the_documented_number() -> None:
    """Prefix, day, daily sequence, check digit."""
    assert "TS26112400010" == make("TS", date(2026, 11, 24), 1)


def test_the_check_digit_is_luhn_s() -> None:
    """ISO/IEC 7812-1 on its well-known example."""
    assert 3 == check_digit("7992739871")


@given(number)
def test_what_is_made_is_valid(one: str) -> None:
    """Every number we give out is taken back."""
    assert valid(one)


@given(number, st.integers(2, 12), st.integers(1, 9))
def test_any_wrong_digit_is_noticed(one: str, place: int, shift: int) -> None:
    """One digit misheard never gives another valid number."""
    wrong = one[:place] + str((int(one[place]) + shift) % 10) + one[place + 1:]
    assert not valid(wrong)


@given(number, st.integers(2, 11))
def test_any_two_neighbours_swapped_are_noticed_but_for_09(one: str, place: int) -> None:
    """Luhn's only blind spot is 09 and 90."""
    a, b = one[place], one[place + 1]
    swapped = one[:place] + b + a + one[place + 2:]
    assert valid(swapped) == (a == b or {a, b} == {"0", "9"})


@pytest.mark.parametrize("text", ["", "TS", "TS2611240001", "TS261124000108", "XX26112400018", "ts26112400018",
                                  " TS26112400010", "TS2611240001〇", "TS２６１１２４０００１０"])
def test_other_shapes_are_no_numbers(text: str) -> None:
    """Shape first, then the digit; only plain digits count."""
    assert not valid(text)


@pytest.mark.parametrize("sequence", [0, 10_000])
def test_a_day_has_9999_numbers(sequence: int) -> None:
    """A sequence outside the four digits is an error, not a longer number."""
    with pytest.raises(ValueError, match="outside"):
        make("TS", date(2026, 11, 24), sequence)
