"""Passwords are kept as argon2id."""

import pytest

from desk.gateways.passwords import hashed, matches

STORED = hashed("云桥-secret-1")


def test_the_stored_form_is_salted_argon2id() -> None:
    """The same password twice has two forms, and neither shows it."""
    assert STORED.startswith("$argon2id$")
    assert hashed("云桥-secret-1") != STORED
    assert "secret" not in STORED


def test_the_right_password_matches() -> None:
    """Chinese characters included."""
    assert matches(STORED, "云桥-secret-1")


@pytest.mark.parametrize("password", ["", "云桥-secret-2", "云桥-secret-1 ", "nobody has this password"])
def test_any_other_does_not(password: str) -> None:
    """Neither nearly right nor empty."""
    assert not matches(STORED, password)


@pytest.mark.parametrize("stored", [None, "", "-", "$argon2id$broken"])
def test_nobody_signs_in_without_a_stored_password(stored: str | None) -> None:
    """A missing or broken hash matches nothing, not even the stand-in's own words."""
    assert not matches(stored, "nobody has this password")
    assert not matches(stored, "")
