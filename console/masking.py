"""Hides phone numbers in everything that agents read, wherever a customer wrote them."""

import re
from typing import Any

from desk.core.customers import masked_phone

# A Chinese mobile number with or without +86, grouped or not, in ASCII or full-width digits.
_MOBILE = re.compile(r"(?<!\d)(?:[+＋]?[8８][6６][\s-]?)?([1１][3-9３-９]\d(?:[\s-]?\d){8})(?!\d)")


def masked(text: str) -> str:
    """The text with every mobile number as 138****0000."""
    return _MOBILE.sub(lambda found: masked_phone("".join(c for c in found[1] if c.isdigit())), text)


def masked_all(value: Any) -> Any:
    """Plain data with every string in it masked."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: masked_all(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked_all(one) for one in value]
    return masked(str(value)) if isinstance(value, int) and not isinstance(value, bool) and value > 10**10 else value


def phone(number: str) -> str:
    """A stored phone as agents see it; empty stays empty."""
    return masked_phone(number) if number else ""
