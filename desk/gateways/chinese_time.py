"""Chinese time expressions: found in a message, and resolved against now.

The grammar here covers what people write when they book; rarer ones (lunar dates, festivals by name) go to jionlp,
whose answers are taken only where they lie in the future. Nothing is guessed silently: what is not understood is
None, and an hour that could be morning or afternoon is marked ``ambiguous``.
"""

import contextlib
import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Literal

import chinese_calendar

from desk.gateways.chinese_text import fold

Kind = Literal["date", "time", "range", "part", "deadline"]
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "日": 7, "天": 7}
_N = r"(?:\d{1,2}|[零〇一二两三四五六七八九十]{1,3})"
_PARTS = {"凌晨": "am", "清晨": "am", "早晨": "am", "早上": "am", "大早": "am", "一早": "am", "早": "am", "上午": "am",
          "中午": "noon", "正午": "noon", "午后": "pm", "下午": "pm", "傍晚": "eve", "晚上": "eve", "夜里": "eve",
          "半夜": "eve", "晚": "eve"}
_LATER_OR_SOONER = "(?:(?<=[今明昨].)|(?!点|一点(?![半钟])|[些于到饭餐安班了回退就已该说]))"  # 「周末晚点」 names no part of the day
_PART = "(?:" + "|".join(one + (_LATER_OR_SOONER if one in "早晚" else "") for one in _PARTS) + ")"
_SAID_DAYS = {"大后天": 3, "大后日": 3, "今天": 0, "今日": 0, "今儿个": 0, "今儿": 0, "当天": 0, "明天": 1, "明日": 1,
              "明儿个": 1, "明儿": 1, "后天": 2, "后日": 2, "后儿": 2, "昨天": -1, "昨日": -1, "昨儿": -1, "前天": -2,
              "今": 0, "明": 1, "昨": -1}
_SAID_DAY = "(?:" + "|".join(k for k in _SAID_DAYS if len(k) > 1) + rf"|[今明昨](?={_PART}))"
_NEXT = "(?<!一)下"  # 「查一下周六」 means the coming one
_WEEK = rf"(?:(?:这个?|本|{_NEXT}下个?|{_NEXT}个?|上个?)?(?<![一二两三四五六七八九十几半])(?:周|星期|礼拜))"
_WEEKDAY = rf"(?:{_WEEK}(?:[一二三四五六日天1-7](?![天日个小年月次回趟遍])|末))"
_FESTIVALS = {"元旦": "New Year's Day", "春节": "Spring Festival", "清明": "Tomb-sweeping Day",
              "五一": "Labour Day", "劳动节": "Labour Day", "端午": "Dragon Boat Festival",
              "中秋": "Mid-autumn Festival", "国庆": "National Day", "十一": "National Day",
              "圣诞": "", "平安夜": "", "情人节": "", "妇女节": "", "儿童节": "", "教师节": ""}  # no public holidays
_FIXED = {"元旦": (1, 1), "五一": (5, 1), "劳动节": (5, 1), "国庆": (10, 1), "十一": (10, 1),
          "圣诞": (12, 25), "平安夜": (12, 24), "情人节": (2, 14), "妇女节": (3, 8), "儿童节": (6, 1), "教师节": (9, 10)}
_FESTIVAL = r"(?:(?:元旦|春节|清明|五一|劳动节|端午|中秋|国庆|圣诞|平安夜|情人节|妇女节|儿童节|教师节)(?:节|假期|长假|期间)?|十一(?=假期|长假|期间|后|之后))"
_AROUND = r"(?:(?:假期|长假|期间)?(?:的?(?:前|之前|后|之后|以后|过后))?(?:的?(?:第一个?|最后一个?)(?:工作日|上班日|天|日))?)"
_FESTIVAL_DAY = rf"(?:{_FESTIVAL}{_AROUND})"
_DATE = (rf"(?:(?:\d{{4}}年|明年|今年|后年)?{_N}月(?:{_N}[日号]|{_N}(?=[^\d个]|$)|[底初末]|[上中下]旬)|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}"
         rf"|\d{{1,2}}/\d{{1,2}}(?![\d/])|\d{{1,2}}[.]\d{{1,2}}(?=\s*(?:{_PART}|{_N}[点时]))"
         rf"|(?:这个?月|本月|{_NEXT}个?月|上个?月)(?:{_N}[日号]|[底初末])?|(?<![路街弄巷道村幢栋元\d第]){_N}[日号](?![楼线门院店幢栋机码库位单])|月[底初末])")
_LATER = (rf"(?:(?:{_N}|半|几)个?半?(?:分钟|小时|钟头|天|周|星期|礼拜|个月|月)(?:以后|之后|过后|后)|过{_N}天)")
_LUNAR = r"(?:(?:农历|阴历)[正一二三四五六七八九十冬腊]{1,2}月[初一二三四五六七八九十廿]{1,3})"
_PERIOD = rf"(?:(?:这|本|{_NEXT}下|{_NEXT}|上)个?(?:周|星期|礼拜)(?:内|里|之内)?|最近几天|(?:这|本|{_NEXT})个?季度|最近[一二三四五六七]天)"
_CLOCK = (rf"(?:(?<![\d.:])\d{{1,2}}:\d{{2}}(?!\d)|(?<![快慢好多少低高差有\d])(?<![早晚](?=一点(?![半\d]))){_N}(?:点钟?|时(?!间|候|段))"
          rf"(?:整|半|[一三]刻|过?{_N}分?)?)")
_SAME = r"(?:这个?时候|同一时间)"
_EDGE = r"(?:之前|以前|前|左右|下班前|之后|以后)"
_DAY = f"(?:{_LATER}|{_LUNAR}|{_SAID_DAY}|{_WEEKDAY}|{_FESTIVAL_DAY}|{_DATE}|{_PERIOD})"
_MOMENT = rf"(?:{_DAY}的?\s*[,，]?\s*(?:\(?{_WEEKDAY}\)?)?\s*{_PART}?的?\s*(?:{_CLOCK}|{_SAME})?|(?<![一半整]){_PART}\s*{_CLOCK}?|{_CLOCK})"
_EXPRESSION = re.compile(rf"{_MOMENT}(?:\s*(?:到|至|-|~|—)\s*{_MOMENT})?(?:{_EDGE})?")
_ALONE = re.compile(r"[早晚]|一点|[一二两三四五六七八九十]点|今|明|一早|大早")


@dataclass(frozen=True)
class Resolved:
    """What an expression means. Times are aware; a date starts and ends with its day; a deadline has only an end."""

    kind: Kind
    start: datetime | None
    end: datetime | None = None
    part: str | None = None
    ambiguous: bool = False


def find(text: str) -> list[tuple[int, int, str]]:
    """Spans (in the text as sent) and words of the time expressions in a message."""
    folded = fold(text)
    spans = []
    for match in _EXPRESSION.finditer(folded.text):
        words = match.group().strip(" ,，的")
        if not words or _is_idle(folded.text, match, words):
            continue
        start = match.start() + match.group().index(words)
        left, right = folded.original(start, start + len(words))
        spans.append((left, right, text[left:right]))
    return spans


def _is_idle(text: str, match: re.Match[str], words: str) -> bool:
    """“快一点” and “有两点建议” are no times; “两点” alone or at the end is."""
    if not _ALONE.fullmatch(words):
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
    return _moment(text, now) or (None if re.search(_CLOCK, text) and _clock(text) is None else _library(text, now))


def _end_of(one: Resolved) -> datetime | None:
    return one.start if one.kind == "time" else (one.end or one.start)


def _between(left: str, right: str, now: datetime) -> Resolved | None:
    start = _moment(left, now)
    if start is None or start.start is None:
        return None
    part = re.search(_PART, left)
    same_part = part[0] if part and not re.search(_PART, right) and re.search(r"[点时:]", right) else ""
    week = re.match(_WEEK, left)
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
    day, rest = _day(text, now)
    part = re.search(_PART, rest)
    clock = _clock(rest[part.end():] if part else rest)
    if clock is None and re.search(_CLOCK, rest):
        return None  # an hour that no clock shows
    if re.search(_SAME, rest) and day is not None:
        clock = (now.hour, now.minute)
    if isinstance(day, Resolved):
        return day if clock is None and part is None else None
    if day is None and clock is None and part is None:
        return None
    leftover = re.sub(_PART, "", rest, count=1)
    if clock is None and part is None and leftover and not re.fullmatch(rf"(?:{_WEEKDAY}|吧|那天|去|来)*", leftover):
        return None
    return _compose(day, part[0] if part else None, clock, now)


def _compose(day: date | None, part: str | None, clock: tuple[int, int] | None, now: datetime) -> Resolved:
    base = day or now.date()
    zone = now.tzinfo
    if clock is None:
        if part is None:
            return _whole_day(base, now)
        return Resolved("part", *_bounds(base, now), part=_PARTS[part])
    hour, minute = clock
    ambiguous = part is None and 1 <= hour <= 11
    if part is not None:
        hour = _in_part(part, hour)
    start = datetime.combine(base, time(hour % 24, minute), zone) + timedelta(days=hour // 24)
    if ambiguous and (hour < 7 or (day is None and start <= now)):
        start += timedelta(hours=12)
    if day is None and start <= now:
        start += timedelta(days=1)
    return Resolved("time", start, part=_PARTS[part] if part else None, ambiguous=ambiguous and 7 <= hour <= 11)


def _in_part(part: str, hour: int) -> int:
    kind = _PARTS[part]
    if kind in ("pm", "eve") and hour < 12 and not (part in ("半夜", "夜里") and hour < 6):
        return hour + 12
    if kind == "eve" and hour == 12:
        return 24
    return hour + 12 if kind == "noon" and hour < 4 else hour


def _clock(text: str) -> tuple[int, int] | None:
    colon = re.search(r"(\d{1,2}):(\d{2})", text)
    if colon:
        return _valid(int(colon[1]), int(colon[2]))
    match = re.search(rf"({_N})(?:点钟?|时)(整|半|[一三]刻|过?{_N}分?)?", text)
    if match is None:
        return None
    tail = match[2] or ""
    minute = {"": 0, "整": 0, "半": 30, "一刻": 15, "三刻": 45}.get(tail)
    return _valid(number(match[1]), number(re.sub(r"[过分]", "", tail)) if minute is None else minute)


def _valid(hour: int, minute: int) -> tuple[int, int] | None:
    return (hour, minute) if 0 <= hour <= 24 and 0 <= minute < 60 else None


def _after_hours(text: str, now: datetime) -> Resolved | None:
    match = re.fullmatch(rf"({_N}|半)个?(半)?(分钟|小时|钟头)(?:以后|之后|过后|后)", text)
    if match is None:
        return None
    unit = timedelta(minutes=1) if match[3] == "分钟" else timedelta(hours=1)
    amount = 0.5 if match[1] == "半" else number(match[1]) + (0.5 if match[2] else 0)
    return Resolved("time", (now + amount * unit).replace(second=0, microsecond=0))


def _day(text: str, now: datetime) -> tuple[date | Resolved | None, str]:
    """The day (or period) at the start of a phrase, and what follows it."""
    today = now.date()
    for pattern, read in ((_SAID_DAY, _said_day), (_LATER, _later), (_WEEKDAY, _weekday), (_FESTIVAL_DAY, _festival),
                          (_DATE, _date), (_PERIOD, _period)):
        match = re.match(pattern, text)
        if match:
            day = read(match[0], today, now)
            if day is not None:
                return day, text[match.end():]
    return None, text


def _said_day(words: str, today: date, now: datetime) -> date:
    return today + timedelta(days=_SAID_DAYS[words])


def _later(words: str, today: date, now: datetime) -> date | None:
    match = re.match(rf"过?({_N})个?(天|周|星期|礼拜|月)", words)
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
    number_of_day = int(match[2]) if match[2].isdigit() else _DIGITS[match[2]]
    day = monday + timedelta(days=number_of_day - 1)
    return day + timedelta(weeks=1) if not said and day < today else day


def _date(words: str, today: date, now: datetime) -> date | Resolved | None:
    iso = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", words)
    if iso:
        return _real(int(iso[1]), int(iso[2]), int(iso[3]))
    slash = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})", words)
    if slash:
        return _coming(today, int(slash[1]), int(slash[2]))
    edge = re.fullmatch(rf"(?:(这个?|本|下个?|上个?)?月|(?:(\d{{4}})年)?({_N})月)([底初末]|[上中下]旬)", words)
    if edge:
        return _edge_of_month(edge, today, now)
    month = re.fullmatch(rf"(?:(\d{{4}})年|(明年|今年|后年))?({_N})月({_N})[日号]?", words)
    if month:
        said = {"明年": today.year + 1, "今年": today.year, "后年": today.year + 2}.get(month[2] or "")
        year = int(month[1]) if month[1] else said
        return _real(year, number(month[3]), number(month[4])) if year else \
            _coming(today, number(month[3]), number(month[4]))
    return _day_of_month(words, today, now)


def _day_of_month(words: str, today: date, now: datetime) -> date | Resolved | None:
    match = re.fullmatch(rf"(?:(这个?|本|下个?|上个?)月)?(?:({_N})[日号])?", words)
    if match is None:
        return None
    said = (match[1] or "").removesuffix("个")
    first = _month(today, {"下": 1, "上": -1}.get(said, 0))
    if match[2] is None:
        last = first.replace(day=monthrange(first.year, first.month)[1])
        return Resolved("range", _bounds(first, now)[0], _bounds(last, now)[1])
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
        return Resolved("deadline", None, _bounds(first.replace(day=last), now)[1])
    a, b = {"初": (1, 10), "上旬": (1, 10), "中旬": (11, 20), "下旬": (21, last)}[edge]
    return Resolved("range", _bounds(first.replace(day=a), now)[0], _bounds(first.replace(day=b), now)[1])


def _period(words: str, today: date, now: datetime) -> Resolved | None:
    monday = today - timedelta(days=today.weekday())
    match = re.match(r"(这|本|下下|下|上)个?(周|星期|礼拜)", words)
    if match:
        start = monday + timedelta(weeks={"下": 1, "下下": 2, "上": -1}.get(match[1], 0))
        return Resolved("range", _bounds(start, now)[0], _bounds(start + timedelta(days=6), now)[1])
    quarter = re.match(r"(这|本|下)个?季度", words)
    if quarter:
        first = _month(today.replace(month=(today.month - 1) // 3 * 3 + 1), 3 if quarter[1] == "下" else 0)
        last = _month(first, 3) - timedelta(days=1)
        return Resolved("range", _bounds(first, now)[0], _bounds(last, now)[1])
    recent = re.match(r"最近([一二三四五六七])天", words)
    if recent:
        start = _bounds(today - timedelta(days=number(recent[1])), now)[0]
        return Resolved("range", start, now)
    return None


def _festival(words: str, today: date, now: datetime) -> date | None:
    name = next((one for one in _FESTIVALS if words.startswith(one)), None)
    if name is None:
        return None
    for year in (today.year, today.year + 1):
        days = _holiday(year, _FESTIVALS[name])
        if days and (days[-1] >= today or (re.search(r"后", words) and days[-1] >= today - timedelta(days=7))):
            return _about_festival(words[len(name):], days, name)
        fixed = _FIXED.get(name)
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
    fixed = _FIXED.get(name)
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


def _library(text: str, now: datetime) -> Resolved | None:
    """What jionlp makes of the rest, if it lies ahead; before and after a day it does not understand, but guesses."""
    if re.search(r"[前后]$", text):
        return None
    found = _jionlp(text, now.replace(tzinfo=None))
    if found is None or found.date() < now.date():
        return None
    return _whole_day(found.date(), now)


def _jionlp(text: str, base: datetime) -> datetime | None:
    with contextlib.redirect_stdout(None):  # it greets on import
        import jionlp  # loads its dictionaries: paid once, on first use

    try:
        result: Any = jionlp.parse_time(text, time_base=base.timestamp())
        return datetime.fromisoformat(result["time"][0])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def _whole_day(day: date, now: datetime) -> Resolved:
    return Resolved("date", *_bounds(day, now))


def _bounds(day: date, now: datetime) -> tuple[datetime, datetime]:
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


def number(text: str) -> int:
    """Digits or Chinese numerals up to 99; -1 for what is neither."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    try:
        if ten:
            return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
        return int("".join(str(_DIGITS[c]) for c in text))
    except (KeyError, ValueError):
        return -1


def at_hour(one: Resolved, *, hour_shift: int) -> Resolved:
    """The other reading of an ambiguous hour."""
    assert one.start is not None
    return replace(one, start=one.start + timedelta(hours=hour_shift), ambiguous=False)


def names_day(phrase: str) -> bool:
    """Whether a phrase says which day it means, or only an hour."""
    return re.search(_DAY, re.sub(r"\s", "", fold(phrase).text)) is not None


def names_hour(phrase: str) -> bool:
    """Whether a phrase names an hour."""
    return re.search(_CLOCK, re.sub(r"\s", "", fold(phrase).text)) is not None
