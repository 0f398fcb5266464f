"""Chinese time expressions: found in a message, and resolved against now.

The grammar here covers what people write when they book; rarer ones (lunar dates, festivals by name) go to jionlp,
whose answers are taken only where they lie in the future. Nothing is guessed silently: what is not understood is
None, and an hour that could be morning or afternoon is marked ``ambiguous``.
"""

import re
from datetime import date, datetime, time, timedelta

from desk.gateways import chinese_days as days
from desk.gateways import chinese_time_grammar as grammar
from desk.gateways.chinese_text import fold
from desk.gateways.chinese_time_grammar import Resolved, number

__all__ = ["Resolved", "find", "names_day", "resolve"]


def find(text: str) -> list[tuple[int, int, str]]:
    """Spans (in the text as sent) and words of the time expressions in a message."""
    folded = fold(text)
    spans = []
    for match in grammar.EXPRESSION.finditer(folded.text):
        words = match.group().strip(" ,，的")
        if not words or _is_idle(folded.text, match, words):
            continue
        start = match.start() + match.group().index(words)
        left, right = folded.original(start, start + len(words))
        spans.append((left, right, text[left:right]))
    return spans


def _is_idle(text: str, match: re.Match[str], words: str) -> bool:
    """“快一点” and “有两点建议” are no times; “两点” alone or at the end is."""
    if not grammar.ALONE.fullmatch(words):
        return False
    if not words.endswith("点"):
        return True
    before, after = text[:match.start()], text[match.end():]
    return words.startswith("一") or bool(re.match(r"建议|意见|问题|要求|想法|疑问|原因|水|一线|钱", after)) \
        or bool(re.search(r"[快慢好早晚多少大小高低便宜贵差有提第]$|[这说]$", before))


def resolve(phrase: str, *, now: datetime) -> Resolved | None:
    """What a phrase means, seen from ``now`` (aware); None when it is not understood."""
    text = re.sub(r"[\s的,，()（）]", "", fold(phrase).text)
    if not text:
        return None
    deadline = re.search(r"(下班前|之前|以前|(?<!节)前)$", text)
    if deadline and not re.search(r"(天|周|月|小时|分钟)前$", text):
        inner = resolve(text[:deadline.start()] + ("18:00" if "下班" in deadline[0] else ""), now=now)
        if inner and "下班" in deadline[0] and inner.start:
            return Resolved("deadline", None, inner.start)
        return Resolved("deadline", None, _end_of(inner)) if inner else None
    text = re.sub(r"(左右|之后|以后)$", lambda m: m[0] if re.search(r"(钟|时|天|周|月|期|拜|头)$", text[:m.start()]) else "", text)
    parts = re.split(r"到|至|~|—|(?<=[点半分日号\d])-(?=.*[点时号日:])", text, maxsplit=1)
    if len(parts) == 2 and all(parts):
        return _between(parts[0], parts[1], now)
    return _moment(text, now) or (None if re.search(grammar.CLOCK, text) and _clock(text) is None else days.library(text, now))


def _end_of(one: Resolved) -> datetime | None:
    return one.start if one.kind == "time" else (one.end or one.start)


def _between(left: str, right: str, now: datetime) -> Resolved | None:
    start = _moment(left, now)
    if start is None or start.start is None:
        return None
    part = re.search(grammar.PART, left)
    same_part = part[0] if part and not re.search(grammar.PART, right) and re.search(r"[点时:]", right) else ""
    week = re.match(grammar.WEEK, left)
    if week and re.match(r"(周|星期|礼拜)", right):
        right = re.sub(r"^(周|星期|礼拜)", week[0], right)
    end = _moment(same_part + right, start.start if start.kind == "time" else now)
    if end is None or end.start is None:
        return None
    finish = end.start if end.kind == "time" else end.end
    if start.kind == "time" and finish is not None and finish <= start.start:
        finish = finish + timedelta(hours=12)
    if finish is None or finish < start.start:
        return None
    return Resolved("range", start.start, finish, ambiguous=start.ambiguous)


def _moment(text: str, now: datetime) -> Resolved | None:
    soon = _after_hours(text, now)
    if soon is not None:
        return soon
    day, rest = days.day_of(text, now)
    part = re.search(grammar.PART, rest)
    clock = _clock(rest[part.end():] if part else rest)
    if clock is None and re.search(grammar.CLOCK, rest):
        return None  # an hour that no clock shows
    if re.search(grammar.SAME, rest) and day is not None:
        clock = (now.hour, now.minute)
    if isinstance(day, Resolved):
        return day if clock is None and part is None else None
    if day is None and clock is None and part is None:
        return None
    leftover = re.sub(grammar.PART, "", rest, count=1)
    if clock is None and part is None and leftover and not re.fullmatch(rf"(?:{grammar.WEEKDAY}|吧|那天|去|来)*", leftover):
        return None
    return _compose(day, part[0] if part else None, clock, now)


def _compose(day: date | None, part: str | None, clock: tuple[int, int] | None, now: datetime) -> Resolved:
    base = day or now.date()
    zone = now.tzinfo
    if clock is None:
        if part is None:
            return days.whole_day(base, now)
        return Resolved("part", *days.bounds(base, now), part=grammar.PARTS[part])
    hour, minute = clock
    ambiguous = part is None and 1 <= hour <= 11
    if part is not None:
        hour = _in_part(part, hour)
    start = datetime.combine(base, time(hour % 24, minute), zone) + timedelta(days=hour // 24)
    if ambiguous and (hour < 7 or (day is None and start <= now)):
        start += timedelta(hours=12)
    if day is None and start <= now:
        start += timedelta(days=1)
    return Resolved("time", start, part=grammar.PARTS[part] if part else None, ambiguous=ambiguous and 7 <= hour <= 11)


def _in_part(part: str, hour: int) -> int:
    kind = grammar.PARTS[part]
    if kind in ("pm", "eve") and hour < 12 and not (part in ("半夜", "夜里") and hour < 6):
        return hour + 12
    if kind == "eve" and hour == 12:
        return 24
    return hour + 12 if kind == "noon" and hour < 4 else hour


def _clock(text: str) -> tuple[int, int] | None:
    colon = re.search(r"(\d{1,2}):(\d{2})", text)
    if colon:
        return _valid(int(colon[1]), int(colon[2]))
    match = re.search(rf"({grammar.N})(?:点钟?|时)(整|半|[一三]刻|过?{grammar.N}分?)?", text)
    if match is None:
        return None
    tail = match[2] or ""
    minute = {"": 0, "整": 0, "半": 30, "一刻": 15, "三刻": 45}.get(tail)
    return _valid(number(match[1]), number(re.sub(r"[过分]", "", tail)) if minute is None else minute)


def _valid(hour: int, minute: int) -> tuple[int, int] | None:
    return (hour, minute) if 0 <= hour <= 24 and 0 <= minute < 60 else None


def _after_hours(text: str, now: datetime) -> Resolved | None:
    match = re.fullmatch(rf"({grammar.N}|半)个?(半)?(分钟|小时|钟头)(?:以后|之后|过后|后)", text)
    if match is None:
        return None
    unit = timedelta(minutes=1) if match[3] == "分钟" else timedelta(hours=1)
    amount = 0.5 if match[1] == "半" else number(match[1]) + (0.5 if match[2] else 0)
    return Resolved("time", (now + amount * unit).replace(second=0, microsecond=0))


def names_day(phrase: str) -> bool:
    """Whether a phrase says which day it means, or only an hour."""
    return re.search(grammar.DAY, re.sub(r"\s", "", fold(phrase).text)) is not None
