"""One-time codes: made, hashed, compared; how many may be sent and tried."""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from desk.core.customers import MAX_TRIES, Verification
from desk.core.errors import DeskError, Invalid, TooMany

LIFETIME_MINUTES = 10
LIFETIME = timedelta(minutes=LIFETIME_MINUTES)
RESEND_AFTER = timedelta(seconds=60)
CODES_A_DAY = 5
ROUNDS = 50_000
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


class WrongCode(DeskError):
    """That is not the code."""

    status = 403

    def __init__(self, tries_left: int) -> None:
        self.tries_left = tries_left
        super().__init__(f"{tries_left} tries left")


class CodeExpired(DeskError):
    """There is no code, or it is no longer valid."""

    status = 410


class ResendTooSoon(DeskError):
    """A code was sent a moment ago."""

    status = 429

    def __init__(self, wait_s: int) -> None:
        self.wait_s = wait_s
        super().__init__(f"{wait_s} s")


def mobile(text: str) -> str:
    """A mobile number as eleven digits; raises Invalid."""
    digits = re.sub(r"\D", "", text)
    if digits.startswith("86") and len(digits) == 13:
        digits = digits[2:]
    if not _MOBILE.fullmatch(digits):
        raise Invalid("phone")
    return digits


def new_code() -> str:
    """Six digits that cannot be guessed."""
    return f"{secrets.randbelow(1_000_000):06d}"


def hashed(code: str, *, conversation_id: str, phone: str) -> str:
    """The stored form: stretched, because six digits alone are soon tried, and bound to conversation and phone."""
    salt = f"{conversation_id}/{phone}".encode()
    return hashlib.pbkdf2_hmac("sha256", code.encode(), salt, ROUNDS).hex()


def attempt(verification: Verification | None, code: str, *, now: datetime) -> DeskError | None:
    """Count one try; the error to raise after the count is stored, or None when the code is right."""
    if verification is None or now >= verification.expires_at:
        return CodeExpired()
    given = hashed(code, conversation_id=verification.conversation_id, phone=verification.phone)
    right = hmac.compare_digest(given, verification.code_hash)
    if verification.verified_at is not None:  # a turn that is run again says the same code again
        return None if right else CodeExpired()
    if verification.tries >= MAX_TRIES:
        return TooMany("code")
    verification.tries += 1
    if not right:
        left = MAX_TRIES - verification.tries
        return WrongCode(left) if left else TooMany("code")
    verification.verified_at = now
    return None
