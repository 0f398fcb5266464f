"""The web chat's interface: who gets in, what is kept, what is refused, and what a visitor sees."""

import asyncio
import base64
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors import webchat_messages as form
from connectors.webchat_access import BadToken, Buckets, Origins, Tokens, TooFast
from desk import settings
from desk.service import handoffs
from tests.connectors.conftest import Guest, arrive
from tests.connectors.stand import BUTTONS, ScriptedRasa, Stand

SCRIPT = "text/javascript application/javascript"


class Moved:
    """A clock that is set."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


def kinds(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(event["sender"], event["text"]) for event in events]


# Sessions and tokens


async def test_two_visitors_have_two_conversations_and_see_only_their_own(http: aiohttp.ClientSession) -> None:
    """A conversation belongs to one token."""
    first, second = await arrive(http), await arrive(http)
    await first.post("只有我看得到")
    await first.until("收到：只有我看得到")
    assert first.conversation != second.conversation
    assert await second.events() == (200, {"events": [], "next": 0})


async def test_a_bearer_renews_the_same_conversation(http: aiohttp.ClientSession, guest: Guest) -> None:
    """A returning visitor goes on where they were."""
    await guest.post("你好")
    async with http.post("/channels/web/sessions", headers=guest.headers) as response:
        answer = await response.json()
    assert response.status == 201
    assert answer["conversation"] == guest.conversation
    assert answer["seq"] >= 1
    again = Guest(http, answer["token"], answer["conversation"])
    assert (await again.events())[1]["events"][0]["text"] == "你好"


@pytest.mark.parametrize("spoil", [
    lambda token: "", lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"), lambda token: "v1.x.y.z",
    lambda token: token.replace("v1.", "v1.a", 1), lambda token: token.rpartition(".")[0],
    lambda token: base64.b64encode(token.encode()).decode(),
])
async def test_a_wrong_token_opens_nothing(guest: Guest, spoil: Any) -> None:
    """Missing or tampered: 401 with a code on every call."""
    guest.token = spoil(guest.token)
    for status, answer in (await guest.post("你好"), await guest.events()):
        assert (status, answer["error"]) == (401, "bad_token")
        assert answer["message"]
    async with guest.http.post("/channels/web/sessions", headers=guest.headers) as response:
        assert response.status == 401


def test_a_token_expires_and_names_its_visitor() -> None:
    """Valid for session_days, to the second, and only under its own secret."""
    clock = Moved()
    tokens = Tokens(settings.Settings(secret="one", session_days=30), clock)
    token = tokens.issue("visitor")
    clock.time += timedelta(days=30, seconds=-1)
    assert tokens.user(token) == "visitor"
    with pytest.raises(BadToken):
        Tokens(settings.Settings(secret="two"), clock).user(token)
    clock.time += timedelta(seconds=1)
    with pytest.raises(BadToken):
        tokens.user(token)


# Messages


async def test_the_same_id_again_is_the_same_message(guest: Guest, rasa: ScriptedRasa) -> None:
    """202 once, then 200 with the same number; the bot answers once."""
    status, first = await guest.post("你好", "one")
    assert status == 202
    assert await guest.post("你好", "one") == (200, first)
    await guest.until("收到：你好")
    assert await guest.post("你好", "one") == (200, first)
    assert kinds(await guest.until("收到：你好")) == [("customer", "你好"), ("bot", "收到：你好")]
    assert list(rasa.turns.values()) == [1]


async def test_a_message_sent_many_times_at_once_is_stored_once(guest: Guest, rasa: ScriptedRasa) -> None:
    """Impatient retries race; one wins."""
    answers = await asyncio.gather(*(guest.post("你好", "one") for _ in range(8)))
    assert sorted(status for status, _ in answers) == [200] * 7 + [202]
    assert {answer["seq"] for _, answer in answers} == {answers[0][1]["seq"]}
    await guest.until("收到：你好")
    assert sum(rasa.turns.values()) == 1


async def test_ids_of_different_visitors_do_not_collide(http: aiohttp.ClientSession) -> None:
    """Own ids are own."""
    first, second = await arrive(http), await arrive(http)
    assert (await first.post("你好", "same"))[0] == (await second.post("您好", "same"))[0] == 202
    await second.until("收到：您好")


async def test_messages_are_answered_in_their_order(guest: Guest) -> None:
    """Several at once: numbered as sent, answered as numbered."""
    for n in range(5):
        assert (await guest.post(f"第{n}", f"id{n}"))[0] == 202
    events = await guest.until("收到：第4")
    assert [e["text"] for e in events if e["sender"] == "customer"] == [f"第{n}" for n in range(5)]
    assert [e["text"] for e in events if e["sender"] == "bot"] == [f"收到：第{n}" for n in range(5)]
    assert [e["seq"] for e in events] == list(range(1, 11))


async def test_a_pressed_button_counts_only_if_it_was_offered(guest: Guest, rasa: ScriptedRasa) -> None:
    """The payload reaches the bot after the offer, never before it."""
    await guest.post("确认", "early", payload="/affirm")
    await guest.until("收到：确认")
    await guest.post("选", "ask")
    offer = (await guest.until("请您确认：\n明天 10:00 空调清洗"))[-1]
    assert offer["buttons"] == BUTTONS
    await guest.post("确认", "press", payload="/affirm")
    await guest.until("已按按钮确认。")
    assert rasa.texts == ["确认", "选", "/affirm"]


@pytest.mark.parametrize(("body", "error"), [
    ({"text": "你好"}, "invalid"), ({"id": 5, "text": "你好"}, "invalid"), ({"id": "", "text": "你好"}, "invalid"),
    ({"id": "x" * 101, "text": "你好"}, "invalid"), ({"id": "a\x00b", "text": "你好"}, "invalid"),
    ({"id": "a\ud800", "text": "你好"}, "invalid"), ({"id": "a"}, "invalid"), ({"id": "a", "text": None}, "invalid"),
    ({"id": "a", "text": ["你好"]}, "invalid"), ({"id": "a", "text": " \n\t\x00 "}, "invalid"),
    ({"id": "a", "text": "你好", "payload": {"a": 1}}, "invalid"),
    ({"id": "a", "text": "你好", "payload": "/" * 2001}, "invalid"),
    ({"id": "a", "text": "长" * 4001}, "text_too_long"), ([], "invalid"), ("你好", "invalid"), (5, "invalid"),
])
async def test_a_message_of_the_wrong_form_is_refused(guest: Guest, body: Any, error: str) -> None:
    """422 with a code; nothing is stored."""
    async with guest.http.post("/channels/web/messages", headers=guest.headers, json=body) as response:
        assert (response.status, (await response.json())["error"]) == (422, error)
    assert (await guest.events())[1]["events"] == []


@pytest.mark.parametrize("body", [
    b"", b"{", b"\xff\xfe{", '{"id":"a","text":"你好"}'.encode("gbk"), b"[" * 50_000,
    b'{"id":"a","text":' + b"9" * 5000 + b"}",
])
async def test_a_body_that_is_no_json_is_refused(guest: Guest, body: bytes) -> None:
    """400 for broken JSON and for any encoding but UTF-8."""
    status, answer = await guest.raw(body)
    assert (status, answer["error"]) == (400, "bad_json")


async def test_a_body_of_false_gzip_is_refused(guest: Guest) -> None:
    """A broken content encoding is the sender's error, not ours."""
    async with guest.http.post("/channels/web/messages", data=b"no gzip", compress=None,
                               headers={**guest.headers, "Content-Encoding": "gzip"}) as response:
        assert response.status == 400


async def test_a_huge_body_is_refused_early(guest: Guest) -> None:
    """413 beyond what an allowed message can need; an allowed one of four-byte characters passes."""
    status, answer = await guest.raw(b" " * 200_000)
    assert (status, answer["error"]) == (413, "too_large")
    assert (await guest.post("😀" * 4000))[0] == 202


async def test_text_that_databases_refuse_is_made_storable(guest: Guest) -> None:
    """NUL goes, a lone surrogate becomes U+FFFD, a real pair and lines stay."""
    status, _ = await guest.raw(rb'{"id": "a", "text": "a\u0000b\ud800c\ud83d\ude00\r\n<b>"}')
    assert status == 202
    stored = (await guest.until("收到：ab\ufffdc😀\r\n<b>"))[0]
    assert stored["text"] == "ab\ufffdc😀\r\n<b>"
    stored["text"].encode("utf-8")


async def test_postgresql_takes_the_same_hostile_text(tmp_path: Path, rasa: ScriptedRasa, postgres_url: str) -> None:
    """What SQLite would forgive, the database in production does not."""
    stand = Stand(tmp_path, rasa, database_url=postgres_url)
    await stand.start()
    async with aiohttp.ClientSession(stand.url) as http:
        guest = await arrive(http)
        body = rb'{"id": "a", "text": "a\u0000b\ud800c", "payload": "/x\u0000\ud800"}'
        assert await guest.raw(body) == (202, {"seq": 1})
        assert await guest.raw(body) == (200, {"seq": 1})
        await guest.until("收到：ab\ufffdc")
    await stand.stop()


async def test_thirty_messages_a_minute_and_then_a_wait(guest: Guest, http: aiohttp.ClientSession) -> None:
    """The 31st at once gets 429 with Retry-After; another visitor is not held up."""
    statuses = [(await guest.post("你好", f"n{n}"))[0] for n in range(33)]
    assert statuses[:30] == [202] * 30
    assert 429 in statuses[30:]
    async with http.post("/channels/web/messages", headers=guest.headers, json={"id": "x", "text": "x"}) as response:
        if response.status == 429:
            assert 1 <= int(response.headers["Retry-After"]) <= 2
    assert (await (await arrive(http)).post("你好"))[0] == 202


async def test_one_address_cannot_open_sessions_without_end(http: aiohttp.ClientSession, guest: Guest) -> None:
    """After 120 at once 429; who has a token still gets in."""
    statuses = []
    for _ in range(140):
        async with http.post("/channels/web/sessions") as response:
            statuses.append(response.status)
    assert statuses[:100] == [201] * 100
    assert 429 in statuses
    async with http.post("/channels/web/sessions", headers=guest.headers) as response:
        assert response.status == 201


def test_a_bucket_refills_with_time() -> None:
    """So many at once, then one per interval; the wait it quotes is enough."""
    now = [0.0]
    buckets = Buckets(30, lambda: now[0])
    for _ in range(30):
        buckets.take("a")
    with pytest.raises(TooFast) as refused:
        buckets.take("a")
    buckets.take("b")
    now[0] += refused.value.retry_after
    buckets.take("a")


# Events


async def test_a_long_poll_returns_when_something_is_said(guest: Guest) -> None:
    """The wait ends with the message, not with the time."""
    waiting = asyncio.create_task(guest.events(0, 20))
    await asyncio.sleep(0.2)
    started = time.monotonic()
    await guest.post("你好")
    _, answer = await waiting
    assert time.monotonic() - started < 3
    assert answer["events"][0]["text"] == "你好"
    assert answer["next"] == [e["seq"] for e in answer["events"] if "seq" in e][-1]


async def test_a_long_poll_ends_empty_after_its_wait(guest: Guest) -> None:
    """Nothing said: an empty list, and the same place to go on from."""
    started = time.monotonic()
    assert await guest.events(7, "0.3") == (200, {"events": [], "next": 7})
    assert 0.25 < time.monotonic() - started < 3


@pytest.mark.parametrize(("after", "wait"), [("-1", 0), ("x", 0), ("1.5", 0), ("９", 0), ("", 0), ("1" * 30, 0),
                                             (0, "x"), (0, "-1"), (0, "nan")])
async def test_a_place_or_wait_that_makes_no_sense_is_refused(guest: Guest, after: object, wait: object) -> None:
    """422, never a server error."""
    status, answer = await guest.events(after, wait)
    assert (status, answer["error"]) == (422, "invalid")


def test_a_wait_is_capped() -> None:
    """Nobody holds a connection for longer than half a minute."""
    assert form.wait_of("1e9") == form.wait_of("inf") == 30


async def test_reading_on_from_any_place_gives_the_rest(guest: Guest) -> None:
    """After a reconnect nothing is lost and nothing comes twice."""
    await guest.post("甲", "1")
    everything = await guest.until("收到：甲")
    for event in everything:
        _, answer = await guest.events(event["seq"])
        assert [e["seq"] for e in answer["events"]] == list(range(event["seq"] + 1, len(everything) + 1))


async def test_typing_shows_while_the_bot_works_and_is_not_stored(guest: Guest, rasa: ScriptedRasa) -> None:
    """A transient event without a number, gone once the answer is there."""
    waiting = asyncio.create_task(guest.events(0, 10))
    await guest.post("慢")
    _, answer = await waiting
    assert answer["events"][-1]["kind"] == "typing"
    assert "seq" not in answer["events"][-1]
    assert answer["next"] == 1
    rasa.slow.set()
    assert kinds(await guest.until("收到：慢")) == [("customer", "慢"), ("bot", "收到：慢")]


async def test_a_visitor_sees_extras_but_nothing_internal(guest: Guest, stand: Stand) -> None:
    """Ticket, place, owner, agent's name: yes. Parse, slots, failures, a pressed payload: no."""
    await guest.post("登记", "1")
    await guest.until("已登记。")
    await guest.post("选", "2")
    await guest.until("请您确认：\n明天 10:00 空调清洗")
    await guest.post("确认", "3", payload="/affirm")
    await guest.until("已按按钮确认。")
    agent = stand.agent()
    await guest.post("转人工", "4")
    events = await guest.until("正在为您排队，下一位就是您，预计等待不到 1 分钟。")
    stand.accept(agent)
    events = await guest.until("客服王敏已接入，正在为您服务。")
    assert events[1]["ticket"] == "TS20261124001"
    assert [(e["place"], e["low_min"], e["high_min"]) for e in events if e["kind"] == "queue"] == [(0, 0, 1)]
    assert (events[-1]["owner"], events[-1]["agent"]) == ("agent", "王敏")
    assert [e["id"] for e in events if e["sender"] == "customer"] == ["1", "2", "3", "4"]
    for event in events:
        assert not {"parse", "failures", "told_late", "payload", "slots", "dedup_key", "turn"} & set(event)
        assert "内部" not in str(event)


async def test_what_an_agent_says_and_the_rating_reach_the_visitor(guest: Guest, stand: Stand) -> None:
    """A person's words carry the name; a rating carries its five buttons."""
    agent = stand.agent()
    await guest.post("转人工")
    await guest.until("正在为您排队，下一位就是您，预计等待不到 1 分钟。")
    conversation = stand.accept(agent)
    await stand.app.call(handoffs.say, conversation_id=conversation, agent_id=agent, text="您好", external_id="1")
    assert (await guest.until("您好"))[-1]["agent"] == "王敏"
    await stand.app.call(handoffs.close, conversation_id=conversation, agent_id=agent)
    rating = (await guest.until("请您为这次人工服务打个分，帮助我们做得更好。"))[-1]
    assert (rating["kind"], len(rating["buttons"])) == ("rating", 5)


async def test_messages_kept_while_rasa_is_away_are_answered_later(guest: Guest, rasa: ScriptedRasa) -> None:
    """The acknowledgement does not depend on the bot."""
    rasa.away = True
    assert (await guest.post("你好"))[0] == 202
    rasa.away = False
    await guest.until("收到：你好")


# WebSocket


async def talk(socket: aiohttp.ClientWebSocketResponse, until: str) -> list[dict[str, Any]]:
    """Frames up to the one with a text."""
    frames: list[dict[str, Any]] = []
    while not any(frame.get("text") == until for frame in frames):
        frames.append(await socket.receive_json(timeout=10))
    return frames


async def introduced(guest: Guest, after: int = 0) -> aiohttp.ClientWebSocketResponse:
    """A socket that has been let in by its first message."""
    socket: aiohttp.ClientWebSocketResponse = await guest.socket()
    await socket.send_json({"token": guest.token, "after": after})
    ready = await socket.receive_json(timeout=5)
    assert ready["ready"] == guest.conversation
    return socket


async def test_a_socket_brings_events_live_and_acknowledges(guest: Guest) -> None:
    """Own id back with its number, then the same events as over HTTP."""
    async with await introduced(guest) as socket:
        await socket.send_json({"id": "one", "text": "你好"})
        frames = await talk(socket, "收到：你好")
        await socket.send_json({"id": "one", "text": "你好"})
        again = await socket.receive_json(timeout=5)
    assert {"ack": "one", "seq": 1} in frames
    assert again == {"ack": "one", "seq": 1}
    assert [f for f in frames if "seq" in f and "kind" in f] == (await guest.events())[1]["events"]


async def test_a_socket_goes_on_after_a_number(guest: Guest) -> None:
    """After a reconnect only what is new."""
    await guest.post("甲", "1")
    seen = (await guest.until("收到：甲"))[-1]["seq"]
    await guest.post("乙", "2")
    async with await introduced(guest, after=seen) as socket:
        frames = await talk(socket, "收到：乙")
    assert [f["seq"] for f in frames if "seq" in f] == [3, 4]


async def test_a_socket_takes_the_token_as_a_subprotocol(guest: Guest) -> None:
    """Let in at the handshake; with or without our protocol's name beside it."""
    for protocols in (["yingda", guest.token], [guest.token]):
        async with guest.socket(protocols=protocols) as socket:
            assert (await socket.receive_json(timeout=5))["ready"] == guest.conversation
            assert socket.protocol == protocols[0]


async def test_a_socket_without_a_good_token_is_closed(guest: Guest, http: aiohttp.ClientSession) -> None:
    """4401 after the first message, 401 at the handshake; a token in the address counts for nothing."""
    for first in ({"token": "wrong"}, {}, {"token": 5}, {"id": "a", "text": "你好"}):
        async with guest.socket() as socket:
            await socket.send_json(first)
            assert (await socket.receive_json(timeout=5))["error"] == "bad_token"
            await socket.receive(timeout=5)
            assert socket.close_code == 4401
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await guest.socket(protocols=["yingda", "v1.wrong.1.1"])
    assert refused.value.status == 401
    async with http.ws_connect(f"/channels/web/ws?token={guest.token}") as socket:
        await socket.send_json({"after": 0})
        assert (await socket.receive_json(timeout=5))["error"] == "bad_token"


async def test_a_socket_refuses_bad_messages_and_lives_on(guest: Guest) -> None:
    """An error names the message it belongs to."""
    async with await introduced(guest) as socket:
        await socket.send_json({"id": "long", "text": "长" * 4001})
        refused = await socket.receive_json(timeout=5)
        await socket.send_json({"id": "ok", "text": "你好"})
        await talk(socket, "收到：你好")
    assert (refused["error"], refused["ack"]) == ("text_too_long", "long")


async def test_a_socket_that_speaks_no_json_is_closed(guest: Guest) -> None:
    """Somebody else's protocol is not listened to."""
    async with await introduced(guest) as socket:
        await socket.send_str("GET / HTTP/1.1")
        assert (await socket.receive_json(timeout=5))["error"] == "bad_json"
        await socket.receive(timeout=5)
        assert socket.close_code == 1008


@pytest.mark.parametrize(("origin", "let_in"), [("https://shop.example", True), ("https://evil.example", False),
                                                ("null", False), ("https://shop.example.evil.example", False)])
async def test_a_socket_of_a_foreign_page_is_refused(guest: Guest, origin: str, let_in: bool) -> None:
    """Only our own page and the allowed origins may connect from a browser."""
    if let_in:
        async with guest.socket(origin=origin):
            return
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await guest.socket(origin=origin)
    assert refused.value.status == 403


async def test_typing_comes_over_a_socket(guest: Guest, rasa: ScriptedRasa) -> None:
    """Live while the bot works, and not after its answer."""
    async with await introduced(guest) as socket:
        await socket.send_json({"id": "1", "text": "慢"})
        frames = [await socket.receive_json(timeout=5)]
        while frames[-1].get("kind") != "typing":
            frames.append(await socket.receive_json(timeout=5))
        rasa.slow.set()
        await talk(socket, "收到：慢")
        with pytest.raises(TimeoutError):
            await socket.receive_json(timeout=0.5)


# Restart, embedding, page


async def until_closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """Read to the end; returns the code."""
    while not socket.closed:
        await socket.receive(timeout=10)
    return socket.close_code


async def test_a_restart_loses_nothing_and_keeps_tokens(guest: Guest, stand: Stand) -> None:
    """Readers are let go at once, the token and the history outlive the process, an unanswered message is answered."""
    stand.rasa.away = True
    socket = await introduced(guest)
    await guest.post("你好")
    polling = asyncio.create_task(guest.events(1, 25))
    listening = asyncio.create_task(until_closed(socket))
    await asyncio.sleep(0.2)
    started = time.monotonic()
    await stand.stop()
    assert time.monotonic() - started < 5
    assert (await polling)[1]["events"] == []
    assert await listening == 1001
    stand.rasa.away = False
    await stand.start()
    assert kinds(await guest.until("收到：你好")) == [("customer", "你好"), ("bot", "收到：你好")]


@pytest.mark.parametrize(("origin", "allowed"), [("https://shop.example", True), ("https://evil.example", False)])
async def test_browsers_hand_answers_to_allowed_origins_only(http: aiohttp.ClientSession, origin: str,
                                                             allowed: bool) -> None:
    """CORS, for the preflight, the answer and the refusal alike."""
    for method, path in (("OPTIONS", "messages"), ("POST", "sessions"), ("GET", "events")):
        async with http.request(method, f"/channels/web/{path}", headers={"Origin": origin}) as response:
            given = response.headers.get("Access-Control-Allow-Origin")
        assert given == (origin if allowed else None)


@pytest.mark.parametrize("given", ["shop.example", "https://a;script-src *", "javascript:alert(1)", "*"])
def test_an_allowed_origin_that_is_none_stops_the_start(given: str) -> None:
    """A mistyped setting must not end up in a header."""
    with pytest.raises(ValueError, match="not an origin"):
        Origins(settings.Settings(allowed_origins=given))


async def test_the_page_is_strict_about_what_it_loads(http: aiohttp.ClientSession) -> None:
    """A policy without inline code, framing only where allowed, the company's name in the page."""
    async with http.get("/") as response:
        page, policy = await response.text(), response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert policy.endswith("frame-ancestors 'self' https://shop.example")
    assert "云桥服务" in page
    assert "$" not in page
    assert "style=" not in page


@pytest.mark.parametrize(("path", "status", "kind"), [
    ("/embed.js", 200, SCRIPT), ("/webchat/main.js", 200, SCRIPT),
    ("/webchat/page.css", 200, "text/css"), ("/webchat/icon.svg", 200, "image/svg+xml"),
    ("/webchat/none.js", 404, None), ("/webchat/page.html", 404, None), ("/webchat/..%2f..%2fwebchat.py", 404, None),
    ("/webchat/%2e%2e/gate.py", 404, None)])
async def test_only_the_pages_files_are_served(http: aiohttp.ClientSession, path: str, status: int,
                                               kind: str | None) -> None:
    """With the type that nosniff browsers insist on; nothing outside the folder."""
    async with http.get(path) as response:
        assert response.status == status
        if kind:
            assert response.content_type in kind
