"""The live line: what a console is told without asking."""

import asyncio
from typing import Any

import aiohttp
import pytest

from console import live
from desk import sample_data
from desk.service import handoffs
from tests.console.stand import Client, ConsoleStand

LIVE = "/api/v1/live"


async def hear(socket: aiohttp.ClientWebSocketResponse, topic: str) -> dict[str, Any]:
    """The next message of a topic."""
    async with asyncio.timeout(5):
        while True:
            said = await socket.receive_json()
            if said.get("topic") == topic:
                return dict(said)


async def test_the_queue_comes_at_once_and_on_every_change(http: aiohttp.ClientSession, stand: ConsoleStand,
                                                           wang: Client) -> None:
    """First the present state, then each new customer without asking."""
    async with http.ws_connect(LIVE, headers=wang.headers) as socket:
        assert [] == (await hear(socket, "queue"))["waiting"]
        talk = stand.customer()
        handoff = stand.waits(talk)
        assert [talk.id] == [one["conversation"] for one in (await hear(socket, "queue"))["waiting"]]
        await wang.post(f"/handoffs/{handoff}/accept")
        changed = await hear(socket, "queue")
        assert ([], [talk.id]) == (changed["waiting"], [one["conversation"] for one in changed["mine"]])


async def test_the_last_words_in_the_queue_are_fresh(http: aiohttp.ClientSession, stand: ConsoleStand,
                                                     wang: Client) -> None:
    """A waiting customer's new message changes the line."""
    talk = stand.customer()
    stand.waits(talk)
    async with http.ws_connect(LIVE, headers=wang.headers) as socket:
        await hear(socket, "queue")
        stand.says(talk, "还有人吗")
        assert "还有人吗" == (await hear(socket, "queue"))["waiting"][0]["last"]["text"]


async def test_a_watched_conversation_comes_word_by_word(http: aiohttp.ClientSession, stand: ConsoleStand,
                                                         wang: Client) -> None:
    """From the number on that the page knows, each event once, with the owner."""
    talk = stand.customer()
    stand.says(talk, "第一句")
    await wang.post(f"/handoffs/{stand.waits(talk)}/accept")
    async with http.ws_connect(LIVE, headers=wang.headers) as socket:
        await socket.send_json({"subscribe": talk.id, "after": 1})
        first = await hear(socket, "conversation")
        assert (True, 2) == (first["conversation"]["mine"], first["events"][0]["seq"])
        stand.says(talk, "第二句，13800000001")
        second = await hear(socket, "conversation")
        assert ["第二句，138****0001"] == [one["text"] for one in second["events"]]
        assert second["next"] == first["next"] + 1


async def test_permission_is_read_again_before_every_push(http: aiohttp.ClientSession, stand: ConsoleStand,
                                                          wang: Client, li: Client) -> None:
    """Once another agent holds it, nothing more of it is told."""
    talk = stand.customer()
    handoff = stand.waits(talk)
    async with http.ws_connect(LIVE, headers=wang.headers) as socket:
        await socket.send_json({"subscribe": talk.id, "after": 0})
        await hear(socket, "conversation")
        await li.post(f"/handoffs/{handoff}/accept")
        refused = await hear(socket, "conversation")
        assert ("not_yours", "events" in refused) == (refused["error"], False)
        stand.says(talk, "秘密")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await hear(socket, "conversation")


@pytest.mark.parametrize("conversation", ["none", "sample0001"])
async def test_foreign_conversations_are_refused(http: aiohttp.ClientSession, li: Client, conversation: str) -> None:
    """Neither unknown ones nor those of a colleague."""
    async with http.ws_connect(LIVE, headers=li.headers) as socket:
        await socket.send_json({"subscribe": conversation, "after": 0})
        assert (await hear(socket, "conversation"))["error"] in ("not_found", "not_yours")


async def test_who_signs_out_or_is_deactivated_is_cut_off(http: aiohttp.ClientSession, stand: ConsoleStand,
                                                          wang: Client, li: Client, admin: Client) -> None:
    """The line closes with 4401 at the next change."""
    async with http.ws_connect(LIVE, headers=wang.headers) as one, http.ws_connect(LIVE, headers=li.headers) as two:
        await hear(one, "queue")
        await hear(two, "queue")
        await wang.call("DELETE", "/session")
        await admin.call("PUT", f"/agents/{stand.agent('li').id}/active", {"active": False})
        stand.waits(stand.customer())
        for socket in (one, two):
            async with asyncio.timeout(5):
                while (frame := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
            # The frame says why; aiohttp's client forgets it when its own goodbye comes too late.
            assert (aiohttp.WSMsgType.CLOSE, live.SIGNED_OUT) == (frame.type, frame.data)


@pytest.mark.parametrize(("origin", "status"), [("https://evil.example", 403), ("", 403), ("SELF", 101)])
async def test_a_cookie_opens_the_line_only_from_our_pages(http: aiohttp.ClientSession, stand: ConsoleStand,
                                                           origin: str, status: int) -> None:
    """Browsers send cookies with any WebSocket handshake, so the origin decides."""
    async with http.post("/api/v1/session", json={"username": "wang", "password": sample_data.password("wang")}):
        pass
    headers = {"Origin": origin.replace("SELF", stand.url)} if origin else {}
    try:
        async with http.ws_connect(LIVE, headers=headers) as socket:
            assert "waiting" in await hear(socket, "queue")
            got = 101
    except aiohttp.WSServerHandshakeError as error:
        got = error.status
    assert status == got


@pytest.mark.parametrize("said", ["{", "[1]", '{"subscribe": 5}', '{"subscribe": "a", "after": -1}'])
async def test_nonsense_is_answered_and_the_line_goes_on(http: aiohttp.ClientSession, wang: Client, said: str) -> None:
    """An error, then the usual."""
    async with http.ws_connect(LIVE, headers=wang.headers) as socket:
        await hear(socket, "queue")
        await socket.send_str(said)
        async with asyncio.timeout(5):
            while "error" not in (answer := await socket.receive_json()):
                pass
        assert answer["error"] in ("bad_json", "invalid")
        await socket.send_json({"subscribe": "none"})
        assert "not_found" == (await hear(socket, "conversation"))["error"]


async def test_the_process_can_end_while_pages_listen(stand: ConsoleStand, http: aiohttp.ClientSession,
                                                      wang: Client) -> None:
    """Open lines and long polls are let go quickly."""
    talk = stand.customer()
    handoff = stand.waits(talk)
    await stand.app.call(handoffs.accept, handoff_id=handoff, agent_id=stand.agent("wang").id or 0)
    async with http.ws_connect(LIVE, headers=wang.headers) as socket:
        await hear(socket, "queue")
        poll = asyncio.create_task(wang.get(f"/conversations/{talk.id}/events", after=99, wait=20))
        await asyncio.sleep(0.3)
        listening = asyncio.create_task(hear(socket, "never"))
        async with asyncio.timeout(2):
            await stand.site.shutdown()
            await asyncio.wait([poll, listening])
        assert 200 == poll.result()[0]
        listening.exception()
