"""The grammar of Chinese time expressions: what a day, a part of it and an hour look like. Patterns only, no meaning."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["date", "time", "range", "part", "deadline"]
DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "日": 7, "天": 7}
N = r"(?:\d{1,2}|[零〇一二两三四五六七八九十]{1,3})"
PARTS = {"凌晨": "am", "清晨": "am", "早晨": "am", "早上": "am", "大早": "am", "一早": "am", "早": "am", "上午": "am",
          "中午": "noon", "正午": "noon", "午后": "pm", "下午": "pm", "傍晚": "eve", "晚上": "eve", "夜里": "eve",
          "半夜": "eve", "晚": "eve"}
LATER_OR_SOONER = "(?:(?<=[今明昨].)|(?!点|一点(?![半钟])|[些于到饭餐安班了回退就已该说]))"  # 「周末晚点」 names no part of the day
PART = "(?:" + "|".join(one + (LATER_OR_SOONER if one in "早晚" else "") for one in PARTS) + ")"
SAID_DAYS = {"大后天": 3, "大后日": 3, "今天": 0, "今日": 0, "今儿个": 0, "今儿": 0, "当天": 0, "明天": 1, "明日": 1,
              "明儿个": 1, "明儿": 1, "后天": 2, "后日": 2, "后儿": 2, "昨天": -1, "昨日": -1, "昨儿": -1, "前天": -2,
              "今": 0, "明": 1, "昨": -1}
SAID_DAY = "(?:" + "|".join(k for k in SAID_DAYS if len(k) > 1) + rf"|[今明昨](?={PART}))"
NEXT = "(?<!一)下"  # 「查一下周六」 means the coming one
WEEK = rf"(?:(?:这个?|本|{NEXT}下个?|{NEXT}个?|上个?)?(?<![一二两三四五六七八九十几半])(?:周|星期|礼拜))"
WEEKDAY = rf"(?:{WEEK}(?:[一二三四五六日天1-7](?![天日个小年月次回趟遍])|末))"
FESTIVALS = {"元旦": "New Year's Day", "春节": "Spring Festival", "清明": "Tomb-sweeping Day",
              "五一": "Labour Day", "劳动节": "Labour Day", "端午": "Dragon Boat Festival",
              "中秋": "Mid-autumn Festival", "国庆": "National Day", "十一": "National Day",
              "圣诞": "", "平安夜": "", "情人节": "", "妇女节": "", "儿童节": "", "教师节": ""}  # no public holidays
FIXED = {"元旦": (1, 1), "五一": (5, 1), "劳动节": (5, 1), "国庆": (10, 1), "十一": (10, 1),
          "圣诞": (12, 25), "平安夜": (12, 24), "情人节": (2, 14), "妇女节": (3, 8), "儿童节": (6, 1), "教师节": (9, 10)}
FESTIVAL = r"(?:(?:元旦|春节|清明|五一|劳动节|端午|中秋|国庆|圣诞|平安夜|情人节|妇女节|儿童节|教师节)(?:节|假期|长假|期间)?|十一(?=假期|长假|期间|后|之后))"
AROUND = r"(?:(?:假期|长假|期间)?(?:的?(?:前|之前|后|之后|以后|过后))?(?:的?(?:第一个?|最后一个?)(?:工作日|上班日|天|日))?)"
FESTIVAL_DAY = rf"(?:{FESTIVAL}{AROUND})"
DATE = (rf"(?:(?:\d{{4}}年|明年|今年|后年)?{N}月(?:{N}[日号]|{N}(?=[^\d个]|$)|[底初末]|[上中下]旬)|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}"
         rf"|\d{{1,2}}/\d{{1,2}}(?![\d/])|\d{{1,2}}[.]\d{{1,2}}(?=\s*(?:{PART}|{N}[点时]))"
         rf"|(?:这个?月|本月|{NEXT}个?月|上个?月)(?:{N}[日号]|[底初末])?|(?<![路街弄巷道村幢栋元\d第]){N}[日号](?![楼线门院店幢栋机码库位单])|月[底初末])")
LATER = (rf"(?:(?:{N}|半|几)个?半?(?:分钟|小时|钟头|天|周|星期|礼拜|个月|月)(?:以后|之后|过后|后)|过{N}天)")
LUNAR = r"(?:(?:农历|阴历)[正一二三四五六七八九十冬腊]{1,2}月[初一二三四五六七八九十廿]{1,3})"
PERIOD = rf"(?:(?:这|本|{NEXT}下|{NEXT}|上)个?(?:周|星期|礼拜)(?:内|里|之内)?|最近几天|(?:这|本|{NEXT})个?季度|最近[一二三四五六七]天)"
CLOCK = (rf"(?:(?<![\d.:])\d{{1,2}}:\d{{2}}(?!\d)|(?<![快慢好多少低高差有\d])(?<![早晚](?=一点(?![半\d]))){N}(?:点钟?|时(?!间|候|段))"
          rf"(?:整|半|[一三]刻|过?{N}分?)?)")
SAME = r"(?:这个?时候|同一时间)"
EDGE = r"(?:之前|以前|前|左右|下班前|之后|以后)"
DAY = f"(?:{LATER}|{LUNAR}|{SAID_DAY}|{WEEKDAY}|{FESTIVAL_DAY}|{DATE}|{PERIOD})"
MOMENT = rf"(?:{DAY}的?\s*[,，]?\s*(?:\(?{WEEKDAY}\)?)?\s*{PART}?的?\s*(?:{CLOCK}|{SAME})?|(?<![一半整]){PART}\s*{CLOCK}?|{CLOCK})"
EXPRESSION = re.compile(rf"{MOMENT}(?:\s*(?:到|至|-|~|—)\s*{MOMENT})?(?:{EDGE})?")
ALONE = re.compile(r"[早晚]|一点|[一二两三四五六七八九十]点|今|明|一早|大早")


@dataclass(frozen=True)
class Resolved:
    """What an expression means. Times are aware; a date starts and ends with its day; a deadline has only an end."""

    kind: Kind
    start: datetime | None
    end: datetime | None = None
    part: str | None = None
    ambiguous: bool = False



def number(text: str) -> int:
    """Digits or Chinese numerals up to 99; -1 for what is neither."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    try:
        if ten:
            return (DIGITS[tens] if tens else 1) * 10 + (DIGITS[ones] if ones else 0)
        return int("".join(str(DIGITS[c]) for c in text))
    except (KeyError, ValueError):
        return -1
