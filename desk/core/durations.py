"""Lengths of time as policy files write them (``1h30m``) and as people read them (“1 小时 30 分钟”)."""

import re
from datetime import timedelta

_WRITTEN = re.compile(r"(-?)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_UNITS = ((86400, "d", "天"), (3600, "h", "小时"), (60, "m", "分钟"), (1, "s", "秒"))


def read(text: str) -> timedelta:
    """``2h``, ``1h30m``, ``60s``, ``-1d``; a day is 24 hours. Raises ValueError."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None or not any(match.groups()[1:]):
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if match[1] else length


def written(length: timedelta) -> str:
    """As ``read`` reads it, hours up to three days as hours: ``72h``, ``7d``, ``1h30m``, ``-30m``, ``0m``."""
    parts = _parts(length)
    return ("-" if length < timedelta(0) else "") + ("".join(f"{n}{unit}" for n, unit, _ in parts) or "0m")


def spoken(length: timedelta) -> str:
    """In Chinese words, without a sign: “72 小时”, “1 小时 30 分钟”, “60 秒”."""
    return " ".join(f"{n} {name}" for n, _, name in _parts(length)) or "0 分钟"


def _parts(length: timedelta) -> list[tuple[int, str, str]]:
    left = abs(round(length.total_seconds()))
    largest = 1 if left <= 60 else 3600 if left <= 72 * 3600 else 86400
    found = []
    for size, unit, name in _UNITS:
        if size <= largest:
            n, left = divmod(left, size)
            found.append((n, unit, name))
    return [part for part in found if part[0]]
