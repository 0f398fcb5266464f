"""One-time codes: five tries, ten minutes, bound to one conversation and one phone."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.customers import MAX_TRIES, Verification
from desk.core.errors import Invalid, TooMany
from desk.core.verification import LIFETIME, CodeExpired, WrongCode, attempt, hashed, mobile, new_code

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
PHONE = "13800000001"


def sent(code: str = "123456") -> Verification:
    return Verification(conversation_id="c", phone=PHONE, sent_at=NOW, expires_at=NOW + LIFETIME,
                        code_hash=hashed(code, conversation_id="c", phone=PHONE))


@pytest.mark.parametrize("text", ["13800000001", "138 0000 0001", "138-0000-0001", "+86 13800000001", "86-13800000001",
                                  "我的手机号是13800000001。"])
def test_a_mobile_number_is_read_as_people_write_it(text: str) -> None:
    """Blanks, dashes, country code and words around it do not matter."""
    assert PHONE == mobile(text)


@pytest.mark.parametrize("text", ["", "1380000000", "138000000011", "12800000001", "0571-00001001", "一三八", "1380000000１"])
def test_what_is_no_mobile_number_is_refused(text: str) -> None:
    """No code goes to a landline or a fragment."""
    with pytest.raises(Invalid):
        mobile(text)


@given(st.text(alphabet="0123456789０１２３٣abc+- ", max_size=16))
def test_a_mobile_number_is_eleven_plain_digits_or_refused(text: str) -> None:
    """Whatever is typed: a number that can be dialled, or Invalid."""
    try:
        number = mobile(text)
    except Invalid:
        return
    assert re.fullmatch(r"1[3-9][0-9]{9}", number)


def test_codes_are_six_digits_that_differ() -> None:
    """Leading zeros stay; fifty codes are not the same one."""
    codes = {new_code() for _ in range(50)}
    assert all(re.fullmatch(r"[0-9]{6}", code) for code in codes)
    assert len(codes) > 40


def test_the_right_code_verifies() -> None:
    """No error, and the time is kept."""
    verification = sent()
    assert attempt(verification, "123456", now=NOW) is None
    assert NOW == verification.verified_at


def test_five_tries_then_dead() -> None:
    """Each failure says what is left; after the fifth even the right code is refused."""
    verification = sent()
    errors = [attempt(verification, "000000", now=NOW) for _ in range(MAX_TRIES)]
    assert [4, 3, 2, 1] == [error.tries_left for error in errors if isinstance(error, WrongCode)]
    assert isinstance(errors[-1], TooMany)
    assert isinstance(attempt(verification, "123456", now=NOW), TooMany)
    assert verification.verified_at is None


def test_the_fifth_try_may_still_be_right() -> None:
    """Four slips are forgiven."""
    verification = sent()
    for _ in range(4):
        attempt(verification, "000000", now=NOW)
    assert attempt(verification, "123456", now=NOW) is None


def test_a_code_dies_after_ten_minutes() -> None:
    """A second before the end it works, at the end it does not."""
    assert attempt(sent(), "123456", now=NOW + LIFETIME - timedelta(seconds=1)) is None
    assert isinstance(attempt(sent(), "123456", now=NOW + LIFETIME), CodeExpired)


def test_no_code_was_sent() -> None:
    """Nothing to compare with is not a wrong code."""
    assert isinstance(attempt(None, "123456", now=NOW), CodeExpired)


def test_a_turn_that_is_run_again_verifies_again_but_nothing_else_does() -> None:
    """The same code in the same conversation gives the same answer (invariant 1); a used code opens no guessing."""
    verification = sent()
    attempt(verification, "123456", now=NOW)
    assert attempt(verification, "123456", now=NOW) is None
    assert isinstance(attempt(verification, "654321", now=NOW), CodeExpired)
    assert isinstance(attempt(verification, "123456", now=NOW + LIFETIME), CodeExpired)


def test_the_stored_form_is_bound_to_conversation_and_phone() -> None:
    """The hash does not show the code and is worthless elsewhere."""
    stored = hashed("123456", conversation_id="c", phone=PHONE)
    assert "123456" not in stored
    assert 3 == len({stored, hashed("123456", conversation_id="d", phone=PHONE),
                     hashed("123456", conversation_id="c", phone="13800000002")})
