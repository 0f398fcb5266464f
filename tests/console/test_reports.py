"""The pages, files and data of reports: who sees them, that their numbers are right, and that they are safe to open."""

import csv
import io
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from desk.core import report_lines
from desk.core.report_lines import Line, as_csv
from desk.service import ratings, ticket_work, tickets
from tests.console.stand import Client, ConsoleStand

PAGES = ("/console/reports", "/console/reports/month/2037-05", "/console/reports/quarter/2037-Q2")
BOTH = PAGES[1:]


@pytest_asyncio.fixture
async def stand(tmp_path: Path, loaded: Path) -> AsyncIterator[ConsoleStand]:
    """A desk in May 2037, long after the sample data."""
    shutil.copy(loaded, tmp_path / "desk.db")
    stand = ConsoleStand(tmp_path, clock_start="2037-05-20T02:00:00+00:00")
    await stand.start()
    yield stand
    await stand.stop()


def happened(stand: ConsoleStand) -> str:
    """A fault answered and rated low, another one open, a complaint replied to; returns the first number."""
    desk, wang = stand.app.desk, stand.agent("wang")

    def opened(kind: str, who: str) -> str:
        return tickets.open_ticket(desk, kind=kind, subject="电脑开不了机", conversation_id=stand.customer(who).id,  # type: ignore[arg-type]
                                   key=None, service_id="it_support").number

    first, _, complaint = opened("fault", "a"), opened("fault", "b"), opened("complaint", "c")
    ticket_work.contact(desk, number=first, agent=wang, text="马上处理")
    tickets.advance(desk, number=first, to="replied", agent=wang, result="已换电源")
    ratings.rate_ticket(desk, conversation_id=stand.customer("a").id, number=first, score=5)
    tickets.advance(desk, number=complaint, to="replied", agent=wang, result="已核实", outcome="not_upheld")
    return first


async def read_csv(http: aiohttp.ClientSession, who: Client, path: str) -> list[dict[str, str]]:
    """A downloaded file as a spreadsheet reads it."""
    async with http.get(f"{path}?format=csv", headers=who.headers) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert re.fullmatch(r'attachment; filename="report-\w+-2037-\w+\.csv"', response.headers["Content-Disposition"])
        raw = await response.read()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))


@pytest.mark.parametrize("path", PAGES)
async def test_reports_are_for_supervisors(wang: Client, zhao: Client, admin: Client, path: str) -> None:
    """Whoever answers customers gets 403, and no entry in the navigation."""
    assert [403, 200, 200] == [(await who.page(path))[0] for who in (wang, zhao, admin)]
    assert 'href="/console/reports"' not in (await wang.page("/console/tickets"))[1]
    assert 'href="/console/reports" aria-current="page"' in (await zhao.page(path))[1]


@pytest.mark.parametrize("path", BOTH)
async def test_an_empty_period_says_so(zhao: Client, path: str) -> None:
    """No tables of noughts."""
    text = (await zhao.page(path))[1]
    assert "没有业务记录" in text
    assert "<table" not in text


async def test_the_month_shows_what_happened(stand: ConsoleStand, zhao: Client) -> None:
    """The department's figures, with n and interval, charts without scripts, and those without business by name."""
    happened(stand)
    status, text = await zhao.page(BOTH[0])
    assert status == 200
    assert "<summary>IT服务部</summary>" in text
    assert re.search(r'满意度</td>\s*<td class="num" data-label="本月">100%</td>\s*<td class="num" data-label="样本">1</td>'
                     r'\s*<td class="num" data-label="95% 区间">20.7–100%</td>', text)
    assert "这个月没有业务的部门：" in text
    assert text.count("<svg") >= 4
    assert "这一期还没有结束" in text


async def test_the_quarter_shows_verdicts_and_what_is_missing(stand: ConsoleStand, zhao: Client) -> None:
    """One satisfied customer proves nothing; an answer that has not been read keeps the complaint undecided."""
    happened(stand)
    text = (await zhao.page(BOTH[1]))[1]
    assert "按现在的比例，还要 34 个样本才能下结论" in text
    assert "1 件还没有结果" in text
    assert {"证据不足", "未达标", "达标"} & set(re.findall(r'<span class="verdict \w+">(\w+)</span>', text)) == {"证据不足"}


@pytest.mark.parametrize("path", BOTH)
async def test_the_printable_has_neither_scripts_nor_navigation(stand: ConsoleStand, zhao: Client, path: str) -> None:
    """Charts, tables and definitions on white paper."""
    happened(stand)
    status, text = await zhao.page(f"{path}?format=print")
    assert status == 200
    assert not re.search(r"<script|<nav|\sstyle=|<form|href=\"/console/reports", text)
    assert "<svg" in text
    assert "口径" in text
    css = (Path(__file__).parents[2] / "console/static/reports.css").read_text()
    assert "size: A4" in css


async def test_the_file_has_the_numbers_of_the_page(stand: ConsoleStand, zhao: Client, http: aiohttp.ClientSession) -> None:
    """Chinese columns, one figure a row, the company first."""
    happened(stand)
    rows = await read_csv(http, zhao, BOTH[0])
    assert list(rows[0]) == list(report_lines.HEAD)
    found = {(row["范围"], row["指标"]): row for row in rows}
    assert rows[0]["范围"] == "全公司"
    assert found["IT服务部", "受理工单"]["数值"] == "3"
    satisfied = found["IT服务部", "满意度"]
    assert (satisfied["期间"], satisfied["数值"], satisfied["单位"], satisfied["样本数"]) == ("2037-05", "100", "%", "1")
    quarter = {(row["范围"], row["指标"]): row for row in await read_csv(http, zhao, BOTH[1])}
    assert (quarter["全公司", "满意度"]["目标"], quarter["全公司", "满意度"]["结论"]) == ("≥ 90%", "证据不足")
    assert quarter["全公司", "服务故障率"]["目标"] == "≤ 2%"


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_nothing_in_a_file_is_a_formula(evil: str) -> None:
    """Names come from files that people edit; a spreadsheet must not calculate with them."""
    text = as_csv("2037-05", [Line(evil, evil, -3.5, evil, note=evil)])
    row = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))[1]
    assert row == ["2037-05", f"'{evil}", f"'{evil}", "-3.5", f"'{evil}", "", "", "", "", "", "", f"'{evil}"]


async def test_hostile_names_are_words_on_every_form_of_a_report(stand: ConsoleStand, zhao: Client) -> None:
    """Departments of old tickets need not be in the policy: what stands there is shown as it is."""
    number = happened(stand)
    with stand.app.desk.begin() as uow:
        uow.tickets.by_number(number, lock=True).department = "<img src=x>"
    for path in BOTH:
        for form in ("page", "print"):
            text = (await zhao.page(f"{path}?format={form}"))[1]
            assert "<img src=x>" not in text
            assert "&lt;img src=x&gt;" in text


@pytest.mark.parametrize("path", ["/console/reports/month/2037-13", "/console/reports/month/2037-Q2",
                                  "/console/reports/quarter/2037-05", "/console/reports/month/2037-06"])
async def test_what_is_no_period_is_refused(zhao: Client, path: str) -> None:
    """422 on the page and in the data, which says how to write it."""
    assert (await zhao.page(path))[0] == 422
    status, body = await zhao.get(path.removeprefix("/console"))
    assert (status, "2026-Q4" in body["message"]) == (422, True)


async def test_the_overview_leads_to_every_period(stand: ConsoleStand, zhao: Client, http: aiohttp.ClientSession) -> None:
    """Months and quarters since the first ticket; the choice of one leads to its page."""
    happened(stand)
    text = (await zhao.page("/console/reports"))[1]
    assert 'href="/console/reports/month/2037-05"' in text
    assert 'href="/console/reports/quarter/2037-Q2"' in text
    assert text.count('class="chart chart-small"') == 3
    for wanted, kind in (("2037-05", "month"), ("2037-Q2", "quarter"), ("https://evil.example", "month")):
        async with http.get("/console/reports", params={"period": wanted}, headers=zhao.headers,
                            allow_redirects=False) as response:
            assert response.status == 303
            assert response.headers["Location"].startswith(f"/console/reports/{kind}/")


async def test_the_data_have_the_same_numbers(stand: ConsoleStand, zhao: Client, wang: Client) -> None:
    """The month and the quarter as JSON, for supervisors."""
    happened(stand)
    status, month = await zhao.get("/reports/month/2037-05")
    assert (status, month["period"], month["ended"]) == (200, "2037-05", False)
    it, = (one for one in month["departments"] if one["department"] == "IT服务部")
    assert it["month"]["tickets"] == {"fault": 2, "complaint": 1}
    assert it["month"]["satisfaction"]["share"] == 1
    assert it["month"]["complaints"] == {"opened": 1, "handled": 0, "working": 1, "unaccounted": []}
    status, quarter = await zhao.get("/reports/quarter/2037-Q2")
    assert {one["name"]: one["verdict"] for one in quarter["targets"]} == {
        "satisfaction": "open", "fault_rate": "open", "response": "open", "complaints_handled": "open"}
    assert [403, 403] == [(await wang.get(f"/reports/{path}"))[0] for path in ("month/2037-05", "quarter/2037-Q2")]
