"""Charts are well-formed, say their numbers in words, and are safe with any text."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.charts import Bar, Column, Drawing, bars, columns, number, percent, sparkline

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</title><script>alert("1")</script>&\x00\x1f\' onload=x'
figure = st.one_of(st.none(), st.floats(0, 1e6), st.just(0.0))


def read(chart: Drawing) -> ElementTree.Element:
    """The chart as a reader of XML sees it; fails when it is not well-formed."""
    return ElementTree.fromstring(chart)


def texts(chart: Drawing) -> list[str]:
    """What stands in the drawing, without the hover titles."""
    return [(element.text or "") + "".join(child.tail or "" for child in element) for element in read(chart).iter(f"{SVG}text")]


def boxes(chart: Drawing, css: str) -> list[ElementTree.Element]:
    """The elements of a class."""
    return [element for element in read(chart).iter() if css in element.get("class", "").split()]


def every(label: str, value: float | None = 0.5) -> list[Drawing]:
    """One of each chart around a text and a value."""
    return [bars([Bar(label, value, 0.2, 0.8, note=label)], title=label, desc=label, target=0.9, target_label=label),
            columns([Column(label, (value, 1.0))], series=(label, label), title=label, desc=label),
            sparkline([value, 0.3], title=label, desc=label)]


@pytest.mark.parametrize("place", range(3))
def test_hostile_text_stays_text(place: int) -> None:
    """A label, note, series, target or title with markup or control characters adds no element and no attribute."""
    hostile, plain = every(HOSTILE)[place], every("甲乙丙丁甲乙丙丁甲乙丙丁甲乙丙丁甲乙丙丁")[place]
    names = {element.tag for element in read(hostile).iter()}
    assert names <= {f"{SVG}{name}" for name in ("svg", "title", "desc", "g", "rect", "line", "text", "circle")}
    assert {key for element in read(hostile).iter() for key in element.keys()} <= {  # noqa: SIM118
        key for element in read(plain).iter() for key in element.keys()}  # noqa: SIM118
    assert read(hostile).findtext(f"{SVG}title") == HOSTILE.replace("\x00", "").replace("\x1f", "")


@given(st.text(max_size=60), figure)
def test_any_text_and_any_value_give_well_formed_xml(label: str, value: float | None) -> None:
    """Every chart of anything can be read as XML and has its name and description for screen readers."""
    for chart in every(label, value):
        root = read(chart)
        assert root.get("role") == "img"
        assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]


@pytest.mark.parametrize("values", [[], [None], [0.0], [1.0], [0.5] * 3, [None, 0.2, None, 0.4], [0.1] * 200])
def test_no_one_and_many_values_are_drawn(values: list[float | None]) -> None:
    """Without inline styles or scripts, with every coordinate a number, and inside the drawing."""
    for chart in (bars([Bar(f"第{place}项", value) for place, value in enumerate(values)], title="甲"),
                  columns([Column(f"第{place}月", (value, value)) for place, value in enumerate(values)],
                          series=("受理", "办结"), title="乙"),
                  sparkline(values, title="丙")):
        assert "style" not in chart
        assert not re.search(r"nan|inf|None", chart)
        width, height = (float(read(chart).get(side, "")) for side in ("width", "height"))
        for element in read(chart).iter():
            assert all(0 <= float(element.get(x, "0")) <= width for x in ("x", "x1", "x2", "cx"))
            assert all(0 <= float(element.get(y, "0")) <= height for y in ("y", "y1", "y2", "cy"))


def test_a_bar_is_as_long_as_its_value_and_the_target_stands_where_it_is() -> None:
    """Half of the axis is half its length; whisker and target are on the same scale."""
    chart = bars([Bar("甲", 0.5, 0.25, 0.75), Bar("乙", 1.0)], title="满意率", target=0.75, top=1.0)
    half, whole = (float(box.get("width", "")) for box in boxes(chart, "chart-bar"))
    assert half == pytest.approx(whole / 2)
    whisker, target = boxes(chart, "chart-whisker")[0], boxes(chart, "chart-target")[0]
    assert float(whisker.get("x2", "")) - float(whisker.get("x1", "")) == pytest.approx(whole / 2)
    assert target.get("x1") == target.get("x2") == whisker.get("x2")


def test_what_lies_beyond_the_axis_ends_at_its_edge() -> None:
    """A value above ``top`` is drawn as long as the axis and told as it is."""
    chart = bars([Bar("甲", 3.0), Bar("乙", 1.0)], title="率", top=1.0)
    over, full = boxes(chart, "chart-bar")
    assert over.get("width") == full.get("width")
    assert "300%" in texts(chart)


def test_columns_of_two_series_share_one_scale_and_have_a_legend() -> None:
    """Twice the number is twice the height; a missing value has no column, zero has one without height."""
    chart = columns([Column("2026-01", (4, 2)), Column("2026-02", (None, 0))], series=("受理", "办结"), title="每月", top=4)
    legend_one, four = boxes(chart, "chart-series-1")
    legend_two, two, zero = boxes(chart, "chart-series-2")
    assert float(four.get("height", "")) == 2 * float(two.get("height", ""))
    assert zero.get("height") == "0"
    assert (legend_one.get("y"), {"受理", "办结"} <= set(texts(chart))) == (legend_two.get("y"), True)


def test_months_are_thinned_out_when_there_is_no_room() -> None:
    """Sixty months: some labels, all columns, all numbers in the description."""
    months = [Column(f"{2021 + place // 12}-{place % 12 + 1:02}", (place,)) for place in range(60)]
    chart = columns(months, series=("受理",), title="五年")
    shown = [text for text in texts(chart) if "-" in text]
    assert 5 <= len(shown) <= 12
    assert len(boxes(chart, "chart-series-1")) == 61
    assert all(month.label in (read(chart).findtext(f"{SVG}desc") or "") for month in months)


def test_a_long_label_is_cut_and_keeps_its_whole_as_a_title() -> None:
    """Cut with an ellipsis where it would run into the bars; pointing at it shows all."""
    label = "工程交付与专线租赁项目管理部（北区）"
    chart = bars([Bar(label, 0.5)], title="甲")
    cut = next(text for text in texts(chart) if text.startswith("工程"))
    assert cut.endswith("…")
    assert len(cut) < len(label)
    assert any(element.findtext(f"{SVG}title") == label for element in read(chart).iter(f"{SVG}text"))
    assert "客服部" in texts(bars([Bar("客服部", 0.5)], title="甲"))


def test_a_sparkline_is_broken_where_a_value_is_missing() -> None:
    """No line is drawn across a gap."""
    assert len(boxes(sparkline([0.1, 0.2, None, 0.3, 0.4], title="甲"), "chart-spark")) == 2
    assert len(boxes(sparkline([0.1, 0.2, 0.3, 0.4], title="甲"), "chart-spark")) == 3


def test_the_description_tells_the_numbers() -> None:
    """Without a description given, the numbers and their intervals are told; unknown ones as such."""
    chart = bars([Bar("甲", 0.923, 0.88, 0.95, "n=120"), Bar("乙", None)], title="满意率")
    assert read(chart).findtext(f"{SVG}desc") == "甲：92.3%（88%–95%） n=120；乙：暂无数据"
    assert read(sparkline([0.5, None], title="丁")).findtext(f"{SVG}desc") == "50%，暂无数据"
    assert read(bars([], title="空")).findtext(f"{SVG}desc") == "暂无数据"


@pytest.mark.parametrize(("value", "share", "count"), [
    (0, "0%", "0"), (0.9, "90%", "0.9"), (0.9234, "92.3%", "0.9"), (1, "100%", "1"), (12345, "1234500%", "12,345")])
def test_numbers_are_written_as_people_read_them(value: float, share: str, count: str) -> None:
    """No superfluous decimals; thousands separated in counts."""
    assert (percent(value), number(value)) == (share, count)


def test_a_template_prints_a_chart_as_markup() -> None:
    """Autoescape leaves it alone: it is escaped inside already."""
    from jinja2 import Environment

    chart = sparkline([0.5], title="<b>")
    assert Environment(autoescape=True).from_string("{{ chart }}").render(chart=chart) == chart
