"""Times, lists and names in words a Chinese speaker would use."""

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

WEEKDAYS = "一二三四五六日"
ANGER = re.compile(r"垃圾|骗子|骗人|太过分|忍无可忍|气死|恶心|曝光|12315|工商|媒体|律师|起诉|报警"
                   r"|什么态度|欺负人|你们这帮|再不.{0,6}(就|我)")
REFUSES = re.compile(r"不(想|愿意?|方便|用|需要|能|便)(给|留|说|透露|提供)?|不给|不留|保密|没有?电话|没手机|隐私|算了别留|不说")
AGREES = re.compile(r"(确认|确定|没错|没问题|对|是|可以|好|行|嗯|ok|提交|就这样|就这个)+(预约|提交|取消|改期|撤回|办理|这样|这个)?"
                    r"[的了吧啊哦呀]*", re.IGNORECASE)
EITHER = re.compile(r"随便|都行|都可以|哪个都|无所谓")
WHY = re.compile(r"(为什么|为啥|凭什么|干嘛|干吗|怎么还).{0,4}(要|问|留|给|填|知道).{0,6}(电话|手机|号码|地址|住址|名字|姓名|信息)"
                 r"|(电话|手机号?|号码|地址|住址|名字|姓名).{0,6}(干什么用|干啥用?|有什么用|做什么用|干嘛|干吗)")
WRONG = re.compile(r"^(不对|不是|错了|有错|写错|填错|等等|改一?下)")
ANYTHING = re.compile(rf"{EITHER.pattern}|你(们)?(看着)?安排|最近的|就近|任意")
_PARTS = ((5, "凌晨"), (8, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))


def bare(text: str) -> str:
    """A text without the punctuation around it."""
    return re.sub(r"^[\W_]+|[\W_]+$", "", text)


def full_time(at: datetime, zone: ZoneInfo) -> str:
    """“11月26日星期四上午10:00”: the whole date, so that a slip is noticed."""
    local = at.astimezone(zone)
    part = next(name for hour, name in _PARTS if local.hour < hour)
    hour = local.hour - 12 if local.hour > 12 else local.hour
    return f"{local.month}月{local.day}日星期{WEEKDAYS[local.weekday()]}{part}{hour}:{local.minute:02d}"


def short_time(at: datetime, zone: ZoneInfo) -> str:
    """“11月26日周四 10:00”, for buttons."""
    local = at.astimezone(zone)
    return f"{local.month}月{local.day}日周{WEEKDAYS[local.weekday()]} {local:%H:%M}"


def said_time(at: datetime, zone: ZoneInfo) -> str:
    """“2026年11月26日10:00”: what a time button says back, for the resolver."""
    local = at.astimezone(zone)
    return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"


def day(at: datetime, zone: ZoneInfo) -> str:
    """“11月26日星期四”."""
    local = at.astimezone(zone)
    return f"{local.month}月{local.day}日星期{WEEKDAYS[local.weekday()]}"


def due(iso: str, now: datetime) -> str:
    """A deadline in the customer's words: “今天14:30前”."""
    local = datetime.fromisoformat(iso).astimezone(now.tzinfo)
    days = (local.date() - now.date()).days
    said = {0: "今天", 1: "明天", 2: "后天"}.get(days, f"{local.month}月{local.day}日")
    return f"{said}{local:%H:%M}前"


def listed(items: Iterable[str]) -> str:
    """“甲、乙和丙”."""
    words = list(items)
    return words[0] if len(words) == 1 else "、".join(words[:-1]) + f"和{words[-1]}" if words else ""


def numbered(items: Iterable[str]) -> str:
    """“1. 甲 2. 乙”, one a line."""
    return "\n".join(f"{i}. {item}" for i, item in enumerate(items, start=1))
