"""Which day a Chinese expression means, seen from now: said days, weekdays, dates, festivals, periods."""

import contextlib
import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

import chinese_calendar

from desk.gateways import chinese_time_grammar as grammar
from desk.gateways.chinese_time_grammar import Resolved, number


def day_of(text: str, now: datetime) -> tuple[date | Resolved | None, str]:
    """The day (or period) at the start of a phrase, and what follows it."""
    today = now.date()
    for pattern, read in ((grammar.SAID_DAY, _said_day), (grammar.LATER, _later), (grammar.WEEKDAY, _weekday), (grammar.FESTIVAL_DAY, _festival),
                          (grammar.DATE, _date), (grammar.PERIOD, _period)):
        match = re.match(pattern, text)
        if match:
            day = read(match[0], today, now)
            if day is not None:
                return day, text[match.end():]
    return None, text


def _said_day(words: str, today: date, now: datetime) -> date:
    return today + timedelta(days=grammar.SAID_DAYS[words])


def _later(words: str, today: date, now: datetime) -> date | None:
    match = re.match(rf"过?({grammar.N})个?(天|周|星期|礼拜|月)", words)
    if match is None:
        return None
    amount = number(match[1])
    if match[2] == "月":
        month = today.month - 1 + amount
        year, month = today.year + month // 12, month % 12 + 1
        return date(year, month, min(today.day, monthrange(year, month)[1]))
    return today + timedelta(days=amount * (1 if match[2] == "天" else 7))


def _weekday(words: str, today: date, now: datetime) -> date | Resolved | None:
    match = re.match(r"(这个?|本|下下个?|下个?|上个?)?(?:周|星期|礼拜)(.)", words)
    if match is None:
        return None
    said = (match[1] or "").removesuffix("个")
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks={"下": 1, "下下": 2, "上": -1}.get(said, 0))
    if match[2] == "末":
        start = datetime.combine(monday + timedelta(days=5), time(), now.tzinfo)
        return Resolved("range", start, start + timedelta(days=2) - timedelta(minutes=1))
    number_of_day = int(match[2]) if match[2].isdigit() else grammar.DIGITS[match[2]]
    day = monday + timedelta(days=number_of_day - 1)
    return day + timedelta(weeks=1) if not said and day < today else day


def _date(words: str, today: date, now: datetime) -> date | Resolved | None:
    iso = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", words)
    if iso:
        return _real(int(iso[1]), int(iso[2]), int(iso[3]))
    slash = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})", words)
    if slash:
        return _coming(today, int(slash[1]), int(slash[2]))
    edge = re.fullmatch(rf"(?:(这个?|本|下个?|上个?)?月|(?:(\d{{4}})年)?({grammar.N})月)([底初末]|[上中下]旬)", words)
    if edge:
        return _edge_of_month(edge, today, now)
    month = re.fullmatch(rf"(?:(\d{{4}})年|(明年|今年|后年))?({grammar.N})月({grammar.N})[日号]?", words)
    if month:
        said = {"明年": today.year + 1, "今年": today.year, "后年": today.year + 2}.get(month[2] or "")
        year = int(month[1]) if month[1] else said
        return _real(year, number(month[3]), number(month[4])) if year else \
            _coming(today, number(month[3]), number(month[4]))
    return _day_of_month(words, today, now)


def _day_of_month(words: str, today: date, now: datetime) -> date | Resolved | None:
    match = re.fullmatch(rf"(?:(这个?|本|下个?|上个?)月)?(?:({grammar.N})[日号])?", words)
    if match is None:
        return None
    said = (match[1] or "").removesuffix("个")
    first = _month(today, {"下": 1, "上": -1}.get(said, 0))
    if match[2] is None:
        last = first.replace(day=monthrange(first.year, first.month)[1])
        return Resolved("range", bounds(first, now)[0], bounds(last, now)[1])
    day = _real(first.year, first.month, number(match[2]))
    if not said and (day is None or day < today):
        after = _month(today, 1)
        day = _real(after.year, after.month, number(match[2]))
    return day


def _edge_of_month(match: re.Match[str], today: date, now: datetime) -> Resolved | None:
    said, year, month, edge = (match[1] or "").removesuffix("个"), match[2], match[3], match[4]
    first = _month(today, {"下": 1, "上": -1}.get(said, 0))
    if month:
        number_of_month = number(month)
        if not 1 <= number_of_month <= 12:
            return None
        first = date(int(year) if year else today.year + (number_of_month < today.month), number_of_month, 1)
    last = monthrange(first.year, first.month)[1]
    if edge in ("底", "末"):
        return Resolved("deadline", None, bounds(first.replace(day=last), now)[1])
    a, b = {"初": (1, 10), "上旬": (1, 10), "中旬": (11, 20), "下旬": (21, last)}[edge]
    return Resolved("range", bounds(first.replace(day=a), now)[0], bounds(first.replace(day=b), now)[1])


def _period(words: str, today: date, now: datetime) -> Resolved | None:
    monday = today - timedelta(days=today.weekday())
    match = re.match(r"(这|本|下下|下|上)个?(周|星期|礼拜)", words)
    if match:
        start = monday + timedelta(weeks={"下": 1, "下下": 2, "上": -1}.get(match[1], 0))
        return Resolved("range", bounds(start, now)[0], bounds(start + timedelta(days=6), now)[1])
    quarter = re.match(r"(这|本|下)个?季度", words)
    if quarter:
        first = _month(today.replace(month=(today.month - 1) // 3 * 3 + 1), 3 if quarter[1] == "下" else 0)
        last = _month(first, 3) - timedelta(days=1)
        return Resolved("range", bounds(first, now)[0], bounds(last, now)[1])
    recent = re.match(r"最近([一二三四五六七])天", words)
    if recent:
        start = bounds(today - timedelta(days=number(recent[1])), now)[0]
        return Resolved("range", start, now)
    return None


def _festival(words: str, today: date, now: datetime) -> date | None:
    name = next((one for one in grammar.FESTIVALS if words.startswith(one)), None)
    if name is None:
        return None
    for year in (today.year, today.year + 1):
        days = _holiday(year, grammar.FESTIVALS[name])
        if days and (days[-1] >= today or (re.search(r"后", words) and days[-1] >= today - timedelta(days=7))):
            return _about_festival(words[len(name):], days, name)
        fixed = grammar.FIXED.get(name)
        if not days and fixed and words[len(name):] in ("", "节") and date(year, *fixed) >= today:
            return date(year, *fixed)
        if not days and not fixed and words[len(name):] in ("", "节"):  # not published yet, but the moon is known
            found = _jionlp(name, datetime.combine(date(year, 1, 1), time()))
            if found is not None and found.year == year and found.date() >= today:
                return found.date()
    return None


def _about_festival(words: str, days: list[date], name: str) -> date | None:
    if re.search(r"最后一?(天|日|个)", words) and not re.search(r"[前后]", words.replace("最后", "")):
        return days[-1]
    after, before = re.search(r"后", words.split("第")[0]), re.search(r"前", words.split("最")[0])
    if re.search(r"工作日|上班", words) or after or before:
        step = -1 if before else 1
        day = (days[0] if before else days[-1]) + timedelta(days=step)
        while not chinese_calendar.is_workday(day) and re.search(r"工作日|上班", words):
            day += timedelta(days=step)
        return day
    fixed = grammar.FIXED.get(name)
    if fixed:
        return next((day for day in days if (day.month, day.day) == fixed), days[0])
    return _festival_by_library(name, days)


def _festival_by_library(name: str, days: list[date]) -> date:
    found = _jionlp(name, datetime.combine(days[0], time()) - timedelta(days=20))
    return found.date() if found and days[0] - timedelta(days=3) <= found.date() <= days[-1] else days[0]


@cache
def _holiday(year: int, name: str) -> list[date]:
    """The days of a public holiday as published, empty for years that are not."""
    try:
        days = chinese_calendar.get_holidays(date(year, 1, 1), date(year, 12, 31), include_weekends=True)
    except NotImplementedError:
        return []
    return [day for day in days if chinese_calendar.get_holiday_detail(day)[1] == name]


def library(text: str, now: datetime) -> Resolved | None:
    """What jionlp makes of the rest, if it lies ahead; before and after a day it does not understand, but guesses."""
    if re.search(r"[前后]$", text):
        return None
    found = _jionlp(text, now.replace(tzinfo=None))
    if found is None or found.date() < now.date():
        return None
    return whole_day(found.date(), now)


def _jionlp(text: str, base: datetime) -> datetime | None:
    with contextlib.redirect_stdout(None):  # it greets on import
        import jionlp  # loads its dictionaries: paid once, on first use

    try:
        result: Any = jionlp.parse_time(text, time_base=base.timestamp())
        return datetime.fromisoformat(result["time"][0])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None



def whole_day(day: date, now: datetime) -> Resolved:
    """A day as what a phrase means."""
    return Resolved("date", *bounds(day, now))


def bounds(day: date, now: datetime) -> tuple[datetime, datetime]:
    """The first and the last minute of a day."""
    start = datetime.combine(day, time(), now.tzinfo)
    return start, start + timedelta(days=1) - timedelta(minutes=1)


def _month(today: date, offset: int) -> date:
    month = today.month - 1 + offset
    return date(today.year + month // 12, month % 12 + 1, 1)


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _coming(today: date, month: int, day: int) -> date | None:
    this_year = _real(today.year, month, day)
    return this_year if this_year is None or this_year >= today else _real(today.year + 1, month, day)
