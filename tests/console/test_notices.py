"""Notices to staff over the API: who reads which, live, and putting one away."""

import asyncio
from time import monotonic

from desk.service import staff_notices
from tests.console.stand import Client, ConsoleStand


def tell(stand: ConsoleStand, audience: str, key: str = "k", about: str = "ticket:TS1") -> None:
    """Something happened that somebody should look at."""
    with stand.app.desk.begin() as uow:
        staff_notices.tell(stand.app.desk, uow, [audience], about=about, text=f"电话13800000001 {key}", key=key)


async def test_each_reads_their_own_and_puts_it_away_for_all(stand: ConsoleStand, wang: Client, li: Client, zhao: Client) -> None:
    """Supervisors theirs, agents every department's; phones are masked; the link leads to the ticket or task."""
    tell(stand, "supervisors")
    tell(stand, "department:网络运维部", about="task:7")
    _, boss = await zhao.get("/notices")
    _, mine = await wang.get("/notices")
    assert (2, 1) == (boss["count"], mine["count"])
    [notice] = mine["notices"]
    assert ("/console/tasks/7", "网络运维部", "电话138****0001 k") == (notice["link"], notice["audience_name"], notice["text"])
    other = next(one for one in boss["notices"] if one["id"] != notice["id"])
    assert 403 == (await wang.post(f"/notices/{other['id']}/seen"))[0]
    assert 404 == (await wang.post("/notices/999/seen"))[0]
    assert 200 == (await wang.post(f"/notices/{notice['id']}/seen"))[0]
    assert (0, 1) == ((await li.get("/notices"))[1]["count"], (await zhao.get("/notices"))[1]["count"])
    assert "没有要看的提醒" in (await wang.page("/console/notices"))[1]
    assert 'href="/console/tickets/TS1"' in (await zhao.page("/console/notices"))[1]


async def test_the_bell_rings_at_once(stand: ConsoleStand, wang: Client) -> None:
    """Who waits with a mark is answered when something changes, and not before its time when nothing does."""
    _, empty = await wang.get("/notices")
    begun = monotonic()
    assert empty["mark"] == (await wang.get("/notices", mark=empty["mark"], wait=0.3))[1]["mark"]
    assert monotonic() - begun >= 0.3
    waiting = asyncio.create_task(wang.get("/notices", mark=empty["mark"], wait=9))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(tell, stand, "department:网络运维部")
    _, answer = await asyncio.wait_for(waiting, 5)
    assert 1 == answer["count"]
    assert answer["mark"] != empty["mark"]
    assert 422 == (await wang.get("/notices", wait="nan"))[0]


async def test_no_bell_where_there_are_no_tickets(wang: Client, chen: Client) -> None:
    """Trainers have none."""
    assert ('id="bell"' in (await wang.page("/console"))[1], 'id="bell"' in (await chen.page("/console"))[1]) == (True, False)
    assert 403 == (await chen.get("/notices"))[0]
