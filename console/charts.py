"""Charts as inline SVG drawn on the server: no script and no inline style, so a strict content policy lets them through.

Colours come from the classes `chart-*` of the console's CSS; without it everything is drawn in the text's own colour.
Every chart has a title and a description with its numbers for those who cannot see it; all text is escaped.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Literal

Tone = Literal["plain", "good", "bad", "open"]
Words = Callable[[float], str]
Scale = Callable[[float], float]

NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
WIDTH, FONT, NO_DATA = 720, 13, "暂无数据"
BAR_LEFT, BAR_RIGHT, BAR_STEP = 180, 560, 36
COLUMN_LEFT, COLUMN_TOP, COLUMN_FOOT = 60, 40, 240
SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 120, 28, 4


class Drawing(str):
    """Finished markup, which a template prints as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


@dataclass(frozen=True)
class Bar:
    """One row: a value (None: unknown), the ends of its interval, and words behind it (``n=120``)."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True)
class Column:
    """One month: a value for each series, None where there is none."""

    label: str
    values: tuple[float | None, ...]


def percent(value: float) -> str:
    """A share as people read it: 92.3%."""
    return f"{value * 100:.1f}".removesuffix(".0") + "%"


def number(value: float) -> str:
    """A count or an amount: thousands separated, at most one decimal."""
    return f"{value:,.1f}".removesuffix(".0")


def bars(rows: Sequence[Bar], *, title: str, desc: str = "", target: float | None = None, target_label: str = "",
         top: float | None = None, words: Words = percent) -> Drawing:
    """Horizontal bars, whiskers for their intervals, a dashed line at the target. The axis ends at ``top``, or at a
    round number above everything shown.
    """
    if not rows:
        return _nothing(title)
    highest = top or _round_up([*(row.value for row in rows), *(row.high for row in rows), target])
    x = _scale(highest, BAR_LEFT, BAR_RIGHT)
    above = 28 if target is not None else 8
    foot = above + BAR_STEP * len(rows)
    parts = [_upright(x(value), above, foot, words(value)) for value in _ticks(highest)]
    parts += [_bar(row, x, above + BAR_STEP * (place + 0.5), words) for place, row in enumerate(rows)]
    if target is not None:
        parts += [_line(x(target), above - 6, x(target), foot, "chart-target", dashed=True),
                  _text(x(target), above - 11, target_label or words(target), "middle", "chart-target-label", 240)]
    return _svg(title, desc or "；".join(_bar_said(row, words) for row in rows), WIDTH, foot + 26, parts)


def columns(months: Sequence[Column], *, series: Sequence[str], title: str, desc: str = "",
            top: float | None = None, words: Words = number) -> Drawing:
    """Upright columns, one for each series in every month, with a legend. Where months are too many for words only
    some are labelled; the columns' own titles and the description have every number.
    """
    if not months:
        return _nothing(title)
    highest = top or _round_up([value for month in months for value in month.values])
    y = _scale(highest, COLUMN_FOOT, COLUMN_TOP)
    slot = (WIDTH - COLUMN_LEFT - 12) / len(months)
    every = math.ceil(64 / slot)
    parts = [_level(y(value), words(value)) for value in _ticks(highest)]
    parts += [_legend(series)]
    for place, month in enumerate(months):
        left = COLUMN_LEFT + slot * place
        parts.append(_month(month, series, left, slot, y, words))
        if place % every == 0:
            parts.append(_text(left + slot / 2, COLUMN_FOOT + 20, month.label, "middle", room=slot * every))
    told = "；".join(f"{month.label}：" + "，".join(_month_said(month, series, words)) for month in months)
    return _svg(title, desc or told, WIDTH, COLUMN_FOOT + 32, parts)


def sparkline(values: Sequence[float | None], *, title: str, desc: str = "", words: Words = percent) -> Drawing:
    """A small line of how something went: broken where there is no value, with a dot at the last one."""
    known = [value for value in values if value is not None]
    low, spread = min(known, default=0.0), max(known, default=0.0) - min(known, default=0.0)
    y = _scale(1, SPARK_HEIGHT - SPARK_EDGE, SPARK_EDGE)
    across = (SPARK_WIDTH - 2 * SPARK_EDGE) / max(len(values) - 1, 1)
    points = [None if value is None else (SPARK_EDGE + across * place, y((value - low) / spread if spread else 0.5))
              for place, value in enumerate(values)]
    seen = [point for point in points if point]
    parts = [_line(*start, *end, "chart-spark") for start, end in pairwise(points) if start and end]
    parts += [_dot(*point, 1.2) for point in seen[:-1]] + [_dot(*point, 3) for point in seen[-1:]]
    if not seen:
        parts.append(_line(SPARK_EDGE, SPARK_HEIGHT / 2, SPARK_WIDTH - SPARK_EDGE, SPARK_HEIGHT / 2, "chart-grid"))
    told = "，".join(_said(value, words) for value in values) or NO_DATA
    return _svg(title, desc or told, SPARK_WIDTH, SPARK_HEIGHT, parts, "chart-small")


def _nothing(title: str) -> Drawing:
    return _svg(title, NO_DATA, WIDTH, BAR_STEP * 2, [_text(WIDTH / 2, BAR_STEP, NO_DATA, "middle", "chart-muted")])


def _bar(row: Bar, x: Scale, middle: float, words: Words) -> str:
    parts = [_tag("title", _safe(_bar_said(row, words))),
             _text(BAR_LEFT - 12, middle + 5, row.label, "end", room=BAR_LEFT - 16)]
    if row.value is None:
        return _tag("g", *parts, _text(BAR_LEFT + 6, middle + 5, NO_DATA, css="chart-muted"))
    parts.append(_box(x(0), middle - 9, x(row.value) - x(0), 18, f"chart-bar chart-{row.tone}"))
    if row.low is not None and row.high is not None:
        low, high = x(row.low), x(row.high)
        parts += [_line(low, middle, high, middle, "chart-whisker"),
                  *(_line(end, middle - 5, end, middle + 5, "chart-whisker") for end in (low, high))]
    told = f"{words(row.value)} {row.note}".rstrip()
    return _tag("g", *parts, _text(BAR_RIGHT + 14, middle + 5, told, room=WIDTH - BAR_RIGHT - 16))


def _month(month: Column, series: Sequence[str], left: float, slot: float, y: Scale, words: Words) -> str:
    width = min(slot * 0.8 / max(len(series), 1), 36)
    start = left + (slot - width * len(series)) / 2
    parts = []
    for place, (value, said) in enumerate(zip(month.values, _month_said(month, series, words), strict=True)):
        if value is None:
            continue
        title = _tag("title", _safe(f"{month.label} {said}"))
        at = start + width * place
        parts.append(_tag("g", title, _box(at + 1, y(value), width - 2, COLUMN_FOOT - y(value), f"chart-series-{place + 1}",
                                           opacity=0.75 - 0.4 * (place % 2))))
        if _wide(words(value)) * (FONT - 2) <= width:
            parts.append(_text(at + width / 2, y(value) - 4, words(value), "middle", "chart-muted", size=FONT - 2))
    return "".join(parts)


def _legend(series: Sequence[str]) -> str:
    parts, left = [], float(COLUMN_LEFT)
    for place, name in enumerate(series):
        parts += [_box(left, 8, 12, 12, f"chart-series-{place + 1}", opacity=0.75 - 0.4 * (place % 2)),
                  _text(left + 18, 19, name, room=200)]
        left += 42 + min(_wide(name) * FONT, 200)
    return "".join(parts)


def _upright(x: float, above: float, foot: float, label: str) -> str:
    return _line(x, above, x, foot, "chart-grid") + _text(x, foot + 17, label, "middle", "chart-muted", size=FONT - 1)


def _level(y: float, label: str) -> str:
    return (_line(COLUMN_LEFT, y, WIDTH - 12, y, "chart-grid")
            + _text(COLUMN_LEFT - 8, y + 4, label, "end", "chart-muted", size=FONT - 1))


def _bar_said(row: Bar, words: Words) -> str:
    interval = "" if row.low is None or row.high is None else f"（{words(row.low)}–{words(row.high)}）"
    return f"{row.label}：{_said(row.value, words)}{interval if row.value is not None else ''} {row.note}".rstrip()


def _month_said(month: Column, series: Sequence[str], words: Words) -> list[str]:
    return [f"{name} {_said(value, words)}" for name, value in zip(series, month.values, strict=True)]


def _said(value: float | None, words: Words) -> str:
    return NO_DATA if value is None else words(value)


def _scale(highest: float, start: float, end: float) -> Scale:
    """From 0..highest onto the drawing; what lies outside is drawn at the edge."""
    return lambda value: start + (end - start) * min(max(value / highest, 0.0), 1.0)


def _ticks(highest: float) -> list[float]:
    """Four steps or five, whichever are the rounder numbers."""
    steps = 5 if f"{highest:e}".startswith("1.0") else 4
    return [highest * step / steps for step in range(steps + 1)]


def _round_up(values: Iterable[float | None]) -> float:
    """The next of 1, 2, 4, 6, 8, 10 (times a power of ten): numbers that divide well."""
    highest = max((value for value in values if value is not None), default=0)
    if highest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= highest * (1 - 1e-9))


def _wide(text: str) -> float:
    """How wide a text is in ems; Chinese characters fill one."""
    return sum(1.0 if unicodedata.east_asian_width(char) in "WFA" else 0.58 for char in text)


def _cut(text: str, room: float) -> str:
    """The text, or as much of it as fits with an ellipsis."""
    if _wide(text) * FONT <= room:
        return text
    while text and (_wide(text) + 1) * FONT > room:
        text = text[:-1]
    return text + "…"


def _text(x: float, y: float, words: str, anchor: str = "start", css: str = "chart-text", room: float = WIDTH,
          size: int = FONT) -> str:
    shown = _cut(words, room)
    whole = () if shown == words else (_tag("title", _safe(words)),)
    return _tag("text", *whole, _safe(shown), x=x, y=y, fill="currentColor", font_size=size, text_anchor=anchor, class_=css)


def _line(x1: float, y1: float, x2: float, y2: float, css: str, *, dashed: bool = False) -> str:
    look = {"stroke_dasharray": "5 4"} if dashed else {"stroke_opacity": 0.15} if css == "chart-grid" else {}
    return _tag("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke="currentColor", class_=css, **look)


def _box(x: float, y: float, width: float, height: float, css: str, opacity: float = 0.45) -> str:
    return _tag("rect", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), rx=2, fill="currentColor",
                fill_opacity=opacity, class_=css)


def _dot(x: float, y: float, radius: float) -> str:
    return _tag("circle", cx=x, cy=y, r=radius, fill="currentColor", class_="chart-dot")


def _svg(title: str, desc: str, width: float, height: float, parts: Iterable[str], css: str = "") -> Drawing:
    return Drawing(_tag(
        "svg", _tag("title", _safe(title)), _tag("desc", _safe(desc)), *parts, xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}", width=width, height=height, role="img", class_=f"chart {css}".rstrip()))


def _tag(name: str, *inside: str, **attributes: object) -> str:
    """An element around markup that is safe already; attributes are escaped here."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{''.join(inside)}</{name}>"


def _attribute(value: object) -> str:
    return f"{round(value, 2):g}" if isinstance(value, float) else _safe(str(value))


def _safe(text: str) -> str:
    return escape(NOT_IN_XML.sub("", text))
