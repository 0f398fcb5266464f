"""The JSON API: the queue, conversations, tickets, agents, and its own description."""

import asyncio
import re
from typing import Any

import aiohttp
import pytest

from console.api import openapi
from console.api.table import ROUTES
from console.masking import masked
from desk.core.conversations import Conversation
from desk.core.tickets import Ticket
from desk.service import bookings, conversations, tickets
from tests.console.stand import Client, ConsoleStand, sign_in


async def held(stand: ConsoleStand, agent: Client, name: str = "a", **given: Any) -> Conversation:
    """A conversation that an agent has taken."""
    talk = stand.customer(name, **given)
    assert 200 == (await agent.post(f"/handoffs/{stand.waits(talk)}/accept"))[0]
    return talk


def complaint(stand: ConsoleStand, talk: Conversation, **given: Any) -> Ticket:
    """A complaint out of a conversation."""
    asked = {"kind": "complaint", "subject": "师傅迟到", "contact_name": "张伟", "contact_phone": "13800000001",
             "detail": "请打 138 0000 0001 联系我", **given}
    return tickets.open_ticket(stand.app.desk, conversation_id=talk.id, key=None, **asked)


async def test_the_document_and_the_router_are_one_table(http: aiohttp.ClientSession, stand: ConsoleStand) -> None:
    """Every documented operation is routed, every route documented, under a unique name."""
    status, document = await Client(http).get("/openapi.json")
    assert (200, "3.1.0") == (status, document["openapi"])
    documented = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
    routed = {(route.method, route.resource.canonical) for route in stand.site.router.routes()
              if route.resource is not None and route.resource.canonical.startswith("/api/v1") and route.method != "HEAD"}
    assert routed == documented
    assert len(ROUTES) == len(documented) == len({openapi.operation_id(route) for route in ROUTES})


async def test_documented_bodies_are_what_is_required(admin: Client) -> None:
    """Leaving out any required property of a body is 422 or 400, never a crash."""
    for route in (one for one in ROUTES if one.body and not one.public):
        path = openapi.plain_path(route.path).replace("{id}", "1").replace("{number}", "TS1")
        assert (await admin.call(route.method, path, {}))[0] in (404, 422), path


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 50_000])
async def test_what_is_no_json_object_is_400(http: aiohttp.ClientSession, wang: Client, body: bytes) -> None:
    """With the words of an error."""
    async with http.post("/api/v1/keys", data=body, headers=wang.headers) as response:
        assert 400 == response.status
        assert {"error", "message", "detail"} == set(await response.json())


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/nothing", 404), ("PATCH", "/queue", 405), ("GET", "/conversations/none", 404),
    ("GET", "/tickets/TS0", 404), ("POST", "/handoffs/77/accept", 404), ("GET", "/tickets?limit=x", 422),
    ("GET", "/tickets?status=x", 422), ("GET", "/tickets?offset=-1", 422), ("GET", "/conversations/a/events?wait=nan", 422)])
async def test_errors_are_json_in_chinese(wang: Client, method: str, path: str, status: int) -> None:
    """Unknown is 404, a wrong method 405, a wrong value 422."""
    got, answer = await wang.call(method, path)
    assert (status, {"error", "message", "detail"}) == (got, set(answer))
    assert re.search(r"[\u4e00-\u9fff]", answer["message"])


async def test_the_queue_shows_what_i_may_serve_in_order(stand: ConsoleStand, wang: Client, zhao: Client) -> None:
    """Emergencies first, the place in each queue, the bot's note in Chinese; only queues of my skills."""
    stand.waits(stand.customer("a"))
    stand.waits(stand.customer("b"))
    stand.waits(stand.customer("c"), queue="complaints", reason="angry", priority="emergency")
    stand.waits(stand.customer("d"), queue="technical", reason="fault")
    _, mine = await wang.get("/queue")
    shown = [(line["queue"], line["place"], line["priority"]) for line in mine["waiting"]]
    assert [("complaints", 0, "emergency"), ("general", 0, "normal"), ("general", 1, "normal")] == shown
    assert ("综合客服", "客户要求人工") == (mine["waiting"][1]["queue_name"], mine["waiting"][1]["reason_name"])
    summary = {one["label"]: one["value"] for one in mine["waiting"][1]["summary"]}
    assert {"预约服务": "宽带新装", "正在办理": "预约服务", "客户想要": "转人工", "预约电话": "138****0001",
            "预约时间": "12 月 1 日（周二）10:00", "客户最后说": "帮我转人工，电话138****0001"} == summary
    assert 4 == len((await zhao.get("/queue"))[1]["waiting"])


async def test_of_two_agents_one_gets_it(stand: ConsoleStand, wang: Client, li: Client) -> None:
    """The other reads that somebody was faster, and can then neither read on nor speak."""
    talk = stand.customer()
    handoff = stand.waits(talk)
    answers = await asyncio.gather(wang.post(f"/handoffs/{handoff}/accept"), li.post(f"/handoffs/{handoff}/accept"))
    assert [200, 409] == sorted(status for status, _ in answers)
    assert any("其他同事接入" in answer.get("message", "") for _, answer in answers)
    loser = wang if answers[0][0] == 409 else li
    assert 403 == (await loser.get(f"/conversations/{talk.id}"))[0]
    assert 403 == (await loser.get(f"/conversations/{talk.id}/events"))[0]
    for path, body in (("messages", {"id": "1", "text": "我来"}), ("return", None), ("close", None)):
        assert 403 == (await loser.post(f"/conversations/{talk.id}/{path}", body))[0]


async def test_without_the_skill_it_cannot_be_taken(stand: ConsoleStand, wang: Client) -> None:
    """403, not a matter of what the page shows."""
    handoff = stand.waits(stand.customer(), queue="technical")
    status, answer = await wang.post(f"/handoffs/{handoff}/accept")
    assert (403, "您没有这个队列的技能，不能接入。") == (status, answer["message"])


async def test_talk_both_ways_each_word_once(stand: ConsoleStand, wang: Client) -> None:
    """The same id twice is one message; the customer's words come back by number."""
    talk = await held(stand, wang)
    first = await wang.post(f"/conversations/{talk.id}/messages", {"id": "x1", "text": "您好，我是王敏"})
    again = await wang.post(f"/conversations/{talk.id}/messages", {"id": "x1", "text": "您好，我是王敏"})
    assert (200, first[1]["seq"]) == (again[0], again[1]["seq"])
    stand.says(talk, "我的宽带什么时候装")
    _, answer = await wang.get(f"/conversations/{talk.id}/events", after=first[1]["seq"] - 1)
    said = [(one["sender"], one["text"]) for one in answer["events"]]
    assert [("agent", "您好，我是王敏"), ("customer", "我的宽带什么时候装")] == said
    assert "x1" == answer["events"][0]["id"]
    assert answer["events"][-1]["seq"] == answer["next"]


@pytest.mark.parametrize("body", [{"id": "", "text": "a"}, {"id": "1", "text": "  "}, {"id": "1"}, {"id": 1, "text": "a"},
                                  {"id": "1", "text": "长" * 4001}, {"id": "a\nb", "text": "a"}])
async def test_messages_without_id_or_words_are_refused(stand: ConsoleStand, wang: Client, body: Any) -> None:
    """422 and nothing said."""
    talk = await held(stand, wang)
    before = conversations.get(stand.app.desk, conversation_id=talk.id).last_seq
    assert 422 == (await wang.post(f"/conversations/{talk.id}/messages", body))[0]
    assert before == conversations.get(stand.app.desk, conversation_id=talk.id).last_seq


async def test_characters_that_no_database_takes_do_no_harm(http: aiohttp.ClientSession, stand: ConsoleStand,
                                                            wang: Client) -> None:
    """NUL and a lone surrogate are cleaned, not a crash."""
    talk = await held(stand, wang)
    async with http.post(f"/api/v1/conversations/{talk.id}/messages", headers=wang.headers,
                         data=b'{"id": "1", "text": "\\ud83d \\u0000 ok"}') as response:
        assert (200, "\ufffd  ok") == (response.status, (await response.json())["message"]["text"])


async def test_waiting_for_events_ends_when_something_is_said(stand: ConsoleStand, wang: Client) -> None:
    """The long poll answers at once, not after its time."""
    talk = await held(stand, wang)
    last = conversations.get(stand.app.desk, conversation_id=talk.id).last_seq
    poll = asyncio.create_task(wang.get(f"/conversations/{talk.id}/events", after=last, wait=20))
    await asyncio.sleep(0.3)
    stand.says(talk, "在吗")
    _, answer = await asyncio.wait_for(poll, 3)
    assert ["在吗"] == [one["text"] for one in answer["events"]]


@pytest.mark.parametrize(("path", "owner"), [("return", "bot"), ("close", "closed")])
async def test_returned_and_closed_conversations_are_out_of_hand(stand: ConsoleStand, wang: Client, path: str,
                                                                 owner: str) -> None:
    """The owner changes once, the customer is asked for a rating, the agent may still read but not speak."""
    talk = await held(stand, wang)
    assert (200, {"owner": owner}) == await wang.post(f"/conversations/{talk.id}/{path}")
    assert 409 == (await wang.post(f"/conversations/{talk.id}/{path}"))[0]
    assert 409 == (await wang.post(f"/conversations/{talk.id}/messages", {"id": "9", "text": "还有"}))[0]
    status, whole = await wang.get(f"/conversations/{talk.id}")
    assert (200, owner, "rating") == (status, whole["conversation"]["owner"], whole["messages"][-1]["kind"])


async def test_the_whole_of_a_conversation(stand: ConsoleStand, wang: Client) -> None:
    """What the bot understood, the slots, the customer, tickets and bookings, in words."""
    talk = stand.customer(verified=True)
    stand.bot_answers(talk, "我要装宽带", "好的，请问地址？")
    ticket = complaint(stand, talk)
    handoff = stand.waits(talk)
    await wang.post(f"/handoffs/{handoff}/accept")
    _, whole = await wang.get(f"/conversations/{talk.id}")
    asked, answered = whole["messages"][:2]
    assert {"intent": "book_service", "intent_name": "预约服务", "confidence": 0.932} == asked["parse"]
    assert ["好的"] == answered["buttons"]
    assert ("张伟", "138****0001", "128.50") == tuple(whole["customer"][key] for key in ("name", "phone", "balance"))
    assert {"预约服务": "宽带新装", "预约电话": "138****0001"} == {one["label"]: one["value"] for one in whole["slots"]}
    assert [ticket.number] == [one["number"] for one in whole["tickets"]]
    assert ("预约服务", True) == (whole["task"], whole["conversation"]["mine"])


async def test_each_look_at_a_customer_record_is_logged(stand: ConsoleStand, wang: Client) -> None:
    """Who, whose, why: for a conversation and for a ticket, but not for following a conversation."""
    talk = await held(stand, wang, verified=True)
    ticket = complaint(stand, talk)
    await wang.get(f"/conversations/{talk.id}")
    await wang.get(f"/conversations/{talk.id}/events")
    await wang.get(f"/tickets/{ticket.number}")
    with stand.app.store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT actor, purpose FROM access_log ORDER BY id").all()
    actor = f"agent:{stand.agent('wang').id}"
    assert [(actor, f"conversation:{talk.id}"), (actor, f"ticket:{ticket.number}")] == [tuple(row) for row in rows]


@pytest.mark.parametrize("text", ["13800000001", "138 0000 0001", "138-0000-0001", "+86 13800000001", "8613800000001",
                                  "１３８００００００01", "打13800000001吧", "1380-0000-001"])
def test_a_phone_is_masked_however_it_is_written(text: str) -> None:
    """No eleven digits of a mobile number stay together."""
    digits = "".join(c for c in masked(text) if c.isdigit())
    assert not digits.endswith("13800000001")
    assert "****" in masked(text)


@pytest.mark.parametrize("text", ["TS26112400010", "0571-88880000", "10:00", "订单 202611240001234", "1380000"])
def test_other_numbers_stay(text: str) -> None:
    """Ticket numbers, landlines and times are needed."""
    assert text == masked(text)


async def test_no_raw_phone_leaves_the_desk(stand: ConsoleStand, http: aiohttp.ClientSession, wang: Client) -> None:
    """In no answer and on no page, wherever the customer wrote it."""
    talk = stand.customer(verified=True)
    stand.bot_answers(talk, "我的电话13800000001", "是 138 0000 0001 吗？")
    ticket = complaint(stand, talk, subject="联系13800000001", address="云桥市 13800000001",
                       fields={"phone": "13800000001", "number": 13800000001})
    tickets.add_note(stand.app.desk, number=ticket.number, text="客户号码138-0000-0001", agent=stand.agent("wang"))
    slot = bookings.nearest(stand.app.desk, service_id="broadband_install", resource="onsite",
                            around=stand.app.clock.now())[0]
    bookings.book(stand.app.desk, service_id="broadband_install", resource="onsite", starts_at=slot, address="云桥市",
                  contact_name="张伟", contact_phone="13800000001", conversation_id=talk.id, key=None, note="13800000001")
    handoff = stand.waits(talk)
    bodies = [str(await wang.get("/queue")), str(await wang.post(f"/handoffs/{handoff}/accept"))]
    await wang.post(f"/conversations/{talk.id}/messages", {"id": "1", "text": "是13800000001吗"})
    bodies += [str(await wang.get(path)) for path in (
        f"/conversations/{talk.id}", f"/conversations/{talk.id}/events", "/tickets", f"/tickets/{ticket.number}")]
    bodies += [(await wang.page(path))[1] for path in (
        "/console/tickets", f"/console/tickets/{ticket.number}", f"/console?c={talk.id}")]
    whole = " ".join(bodies)
    assert "138****0001" in whole
    assert [] == re.findall(r"138[\s-]?0000[\s-]?0001", whole)
    assert "482913" not in whole, "a one-time code is the customer's secret"


async def test_tickets_are_found_by_status_kind_and_words(stand: ConsoleStand, wang: Client) -> None:
    """Filters narrow, pages follow each other without gap."""
    talk = stand.customer()
    made = [complaint(stand, talk, subject=f"第{i}件").number for i in range(3)]
    fault = complaint(stand, talk, kind="fault", subject="断网 50%_").number
    await wang.post(f"/tickets/{made[0]}/advance", {"to": "verified"})

    async def numbers(**query: Any) -> list[str]:
        return [one["number"] for one in (await wang.get("/tickets", **query))[1]["tickets"]]

    assert [fault] == await numbers(kind="fault")
    assert [made[0]] == await numbers(status="verified")
    assert [fault] == await numbers(q="50%_")
    assert [fault, *made[::-1]] == await numbers(q="13800000001")
    _, first = await wang.get("/tickets", limit=3)
    assert [fault, *made[:0:-1]] == [one["number"] for one in first["tickets"]]
    assert [made[0]] == await numbers(limit=3, offset=first["next_offset"])


async def test_a_ticket_moves_along_its_path_with_words(stand: ConsoleStand, wang: Client) -> None:
    """An answer needs a result and tells the customer; a step back is 409; everything is in its story."""
    talk = stand.customer()
    ticket = complaint(stand, talk)
    path = f"/tickets/{ticket.number}"
    assert 422 == (await wang.post(f"{path}/advance", {"to": "replied"}))[0]
    assert 422 == (await wang.post(f"{path}/advance", {"to": "nowhere"}))[0]
    assert 201 == (await wang.post(f"{path}/notes", {"text": "已联系师傅"}))[0]
    assert 422 == (await wang.post(f"{path}/notes", {"text": " "}))[0]
    assert 422 == (await wang.post(f"{path}/advance", {"to": "replied", "result": "已道歉并减免"}))[0]
    answer = {"to": "replied", "result": "已道歉并减免", "outcome": "upheld"}
    assert 200 == (await wang.post(f"{path}/advance", answer))[0]
    assert 409 == (await wang.post(f"{path}/advance", {"to": "verified"}))[0]
    _, shown = await wang.get(path)
    story = [(one["title"], one["actor"]) for one in shown["facts"]]
    assert [("登记工单", "客户"), ("内部备注", "王敏"), ("记录处理结论", "王敏"), ("已答复", "王敏"), ("已通知客户", "系统"),
            ("发出结果通知", "系统")] == story[:6]
    assert {"coordinated", "confirmed"} == {one["to"] for one in shown["next"]}
    assert any("已道歉并减免" in one.text for one in conversations.events(stand.app.desk, conversation_id=talk.id))


async def test_duty_counts(stand: ConsoleStand, wang: Client) -> None:
    """On and off, and only true or false."""
    assert (await wang.call("PUT", "/me/duty", {"on_duty": False}))[1]["agent"]["on_duty"] is False
    assert not stand.agent("wang").on_duty
    assert 422 == (await wang.call("PUT", "/me/duty", {"on_duty": "yes"}))[0]


async def test_an_admin_adds_people_who_can_work_at_once(http: aiohttp.ClientSession, admin: Client,
                                                         stand: ConsoleStand) -> None:
    """A new agent signs in; a taken name is 409, a short password or an unknown skill 422."""
    person = {"username": "sun", "name": "孙悦", "role": "agent", "password": "yunqiao-sun", "skills": ["general"]}
    assert 201 == (await admin.post("/agents", person))[0]
    assert 409 == (await admin.post("/agents", person))[0]
    for wrong in ({"password": "short"}, {"skills": ["cooking"]}, {"role": "king"}, {"capacity": 0}, {"name": " "}):
        assert 422 == (await admin.post("/agents", {**person, "username": "sun2", **wrong}))[0], wrong
    assert 200 == (await (await sign_in(http, "sun")).get("/queue"))[0]


async def test_a_supervisor_sees_the_load(stand: ConsoleStand, wang: Client, zhao: Client) -> None:
    """Who holds how many."""
    await held(stand, wang)
    _, answer = await zhao.get("/agents")
    assert {"wang": 1, "li": 0} == {one["username"]: one["load"] for one in answer["agents"]
                                    if one["username"] in ("wang", "li")}


async def test_nobody_locks_themselves_out(admin: Client, stand: ConsoleStand) -> None:
    """An admin cannot deactivate the admin."""
    status, answer = await admin.call("PUT", f"/agents/{stand.agent('admin').id}/active", {"active": False})
    assert 403 == status
    assert "不能停用自己" in answer["message"]
