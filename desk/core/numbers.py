"""Ticket and booking numbers: prefix, day, daily sequence and a Luhn check digit, so that a slip is noticed."""

import re
from datetime import date

SHAPE = re.compile(r"(TS|BK)(\d{6})(\d{4})(\d)", re.ASCII)


def make(prefix: str, day: date, sequence: int) -> str:
    """``make("TS", date(2026, 11, 24), 1)`` is ``TS26112400010``; the sequence runs from 1 to 9999."""
    if not 1 <= sequence <= 9999:
        raise ValueError(f"sequence {sequence} outside 1..9999")
    digits = f"{day:%y%m%d}{sequence:04d}"
    return f"{prefix}{digits}{check_digit(digits)}"


def check_digit(digits: str) -> int:
    """The Luhn digit (ISO/IEC 7812-1) that makes ``digits`` plus itself valid."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def valid(number: str) -> bool:
    """Whether a number has the shape and its check digit fits."""
    match = SHAPE.fullmatch(number)
    return match is not None and check_digit(match[2] + match[3]) == int(match[4])
