"""The API of queues and staffing: who rings at whom, passing on, capacity, skills and shifts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from tests.console.stand import Client, ConsoleStand
from tests.console.test_live import LIVE, hear


async def test_what_rings_is_told_with_the_time_that_is_left(stand: ConsoleStand, wang: Client, zhao: Client) -> None:
    """To the agent it rings at; others see in the list at whom, and everybody why somebody is next."""
    handoff = stand.waits(stand.customer(verified=True), queue="complaints", reason="complaint")
    _, mine = await wang.get("/queue")
    assert (handoff, "王敏", 0, "先到先服务") == (mine["ringing"]["id"], mine["ringing"]["rings_at"],
                                             mine["ringing"]["place"], mine["ringing"]["why"])
    assert 50 < mine["ringing"]["left_s"] <= 60
    _, seen = await zhao.get("/queue")
    assert (None, "王敏") == (seen["ringing"], seen["waiting"][0]["rings_at"])


async def test_passing_on_rings_at_the_next(stand: ConsoleStand, wang: Client, li: Client) -> None:
    """At once, and only what rings at oneself can be passed on."""
    handoff = stand.waits(stand.customer())
    first, second = (wang, li) if (await wang.get("/queue"))[1]["ringing"] else (li, wang)
    assert 409 == (await second.post(f"/handoffs/{handoff}/decline"))[0]
    assert 200 == (await first.post(f"/handoffs/{handoff}/decline"))[0]
    assert handoff == (await second.get("/queue"))[1]["ringing"]["id"]
    status, answer = await first.post(f"/handoffs/{handoff}/decline")
    assert (409, "这位客户已经不在呼叫您。") == (status, answer["message"])


async def test_the_live_line_tells_when_something_rings_and_stops(http: aiohttp.ClientSession, stand: ConsoleStand,
                                                                  wang: Client) -> None:
    """Without asking."""
    async with http.ws_connect(LIVE, headers=wang.headers) as socket:
        assert (await hear(socket, "queue"))["ringing"] is None
        handoff = stand.waits(stand.customer(), queue="complaints")
        assert handoff == (await hear(socket, "queue"))["ringing"]["id"]
        await wang.post(f"/handoffs/{handoff}/accept")
        assert (await hear(socket, "queue"))["ringing"] is None


async def test_a_supervisor_changes_capacity_and_skills(stand: ConsoleStand, wang: Client, zhao: Client) -> None:
    """With effect at once; agents themselves may not."""
    path = f"/agents/{stand.agent('wang').id}"
    assert 403 == (await wang.call("PATCH", path, {"capacity": 9}))[0]
    _, changed = await zhao.call("PATCH", path, {"capacity": 5})
    assert (5, ["general", "complaints"]) == (changed["agent"]["capacity"], changed["agent"]["skills"])
    _, changed = await zhao.call("PATCH", path, {"skills": ["technical"]})
    assert (5, ["technical"]) == (changed["agent"]["capacity"], changed["agent"]["skills"])


@pytest.mark.parametrize("body", [{}, {"capacity": 0}, {"capacity": 21}, {"capacity": "many"}, {"skills": ["sorcery"]},
                                  {"skills": "general"}, {"skills": [1]}])
async def test_what_cannot_work_is_refused(stand: ConsoleStand, zhao: Client, body: dict[str, Any]) -> None:
    """422, and nothing changes."""
    before = stand.agent("wang")
    assert 422 == (await zhao.call("PATCH", f"/agents/{before.id}", body))[0]
    after = stand.agent("wang")
    assert (before.capacity, before.skills) == (after.capacity, after.skills)


async def test_shifts_are_planned_in_the_company_s_time_and_taken_back(stand: ConsoleStand, wang: Client,
                                                                       zhao: Client) -> None:
    """Nine in Shanghai is one in UTC; overlaps and nonsense are refused with words."""
    path = f"/agents/{stand.agent('wang').id}/shifts"
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    given = {"starts_at": f"{day}T09:00", "ends_at": f"{day}T18:00"}
    assert 403 == (await wang.post(path, given))[0]
    status, made = await zhao.post(path, given)
    assert (201, f"{day}T01:00:00+00:00") == (status, made["shift"]["starts_at"])
    assert made["shift"]["when"].endswith("09:00–18:00")
    assert 409 == (await zhao.post(path, given))[0]
    for wrong in ({"starts_at": "soon", "ends_at": "later"}, {"starts_at": f"{day}T09:00", "ends_at": f"{day}T08:00"},
                  {"starts_at": f"{day}T09:00"}):
        assert 422 == (await zhao.post(path, wrong))[0]
    _, listed = await zhao.get("/shifts")
    assert [made["shift"]] == listed["shifts"]
    shift = f"/shifts/{made['shift']['id']}"
    assert [200, 404] == [(await zhao.call("DELETE", shift))[0] for _ in range(2)]
