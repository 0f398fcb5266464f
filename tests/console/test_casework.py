"""Work on tickets and tasks over the API and on the pages: promises shown, work done, providers judged."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from console import case_words, words
from console.api.casework import ROUTES
from desk.core.facts import Fact
from desk.core.promises import CLOCK_NAMES
from desk.core.tickets import HAPPENINGS, STATUS_NAMES
from desk.service import conversations, tickets
from tests.console.stand import Client, ConsoleStand
from tests.console.test_api import complaint

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
ZONE: tzinfo = ZoneInfo("Asia/Shanghai")
LATER = "2037-01-05T14:00"
BODIES: dict[str, dict[str, Any]] = {
    "contact": {"text": "师傅明早到"}, "ask": {"text": "几楼？"}, "answered": {"text": "三楼"},
    "departments": {"departments": ["网络运维部"], "question": "线路正常吗？"},
    "consultation": {"when": LATER, "how": "电话会议"}, "handled": {"text": "换了光猫"},
    "department": {"department": "IT服务部", "reason": "归他们管"}, "priority": {"priority": "emergency"},
    "tasks": {"kind": "handling", "assigned_to": "网络运维部", "title": "上门检修"}}


def test_every_way_of_working_has_an_example() -> None:
    """So that the tests below miss none."""
    assert {route.path.rpartition("/")[2] for route in ROUTES} == set(BODIES)


async def test_a_ticket_is_worked_on_from_receipt_to_answer(stand: ConsoleStand, wang: Client) -> None:
    """Each step is 200, tells whom it should and stands in the story in words; over is over."""
    talk = stand.customer()
    path = f"/tickets/{complaint(stand, talk).number}"
    for name, body in BODIES.items():
        assert 200 == (await wang.post(f"{path}/{name}", body))[0], name
    _, shown = await wang.get(path)
    story = {one["title"]: one["text"] for one in shown["facts"]}
    assert {"已联系客户": "师傅明早到", "请客户补充": "几楼？", "客户已补充": "三楼", "邀请部门会商": "网络运维部：线路正常吗？",
            "安排会商": "1 月 5 日（周一）14:00，电话会议", "处理完成": "换了光猫", "转部门": "转到IT服务部，归他们管",
            "调整优先级": "紧急"}.items() <= story.items()
    said = [one.text for one in conversations.events(stand.app.desk, conversation_id=talk.id) if one.kind == "status"]
    assert ["师傅明早到", "几楼？"] == [text.rpartition("：")[2] for text in said]
    assert ["consultation", "handling"] == [one["kind"] for one in shown["tasks"]]
    await wang.post(f"{path}/advance", {"to": "withdrawn", "result": "客户来电撤回"})
    for name, body in BODIES.items():
        assert 409 == (await wang.post(f"{path}/{name}", body))[0], name
    assert [] == (await wang.get(path))[1]["possible"]


@pytest.mark.parametrize(("name", "body"), [
    ("contact", {"text": " "}), ("ask", {}), ("departments", {"departments": "网络运维部"}), ("departments", {"departments": [1]}),
    ("departments", {"departments": []}), ("departments", {"departments": ["不存在部"]}), ("department", {"department": "不存在部"}),
    ("consultation", {"when": "soon", "how": "电话"}), ("consultation", {"when": "2020-01-01T10:00", "how": "电话"}),
    ("priority", {"priority": "huge"}), ("tasks", {"kind": "review", "assigned_to": "网络运维部", "title": "x"}),
    ("tasks", {"kind": "supplier", "assigned_to": "nobody", "title": "x"}), ("advance", {"to": "refused", "result": "不归我们管"}),
    ("advance", {"to": "replied", "result": "好了", "outcome": "upheld", "our_fault": "yes"}), ("reopen", {"reason": ""})])
async def test_what_makes_no_sense_is_422_and_does_nothing(stand: ConsoleStand, wang: Client, name: str,
                                                           body: dict[str, Any]) -> None:
    """With a sentence that says what is missing."""
    number = complaint(stand, stand.customer()).number
    await wang.post(f"/tickets/{number}/departments", {"departments": ["IT服务部"]})
    before = (await wang.get(f"/tickets/{number}"))[1]["facts"]
    status, answer = await wang.post(f"/tickets/{number}/{name}", body)
    assert (422, True) == (status, bool(answer["message"]))
    assert before == (await wang.get(f"/tickets/{number}"))[1]["facts"]


async def test_the_promises_of_a_ticket_are_shown_as_they_stand(stand: ConsoleStand, wang: Client) -> None:
    """Running with the time left and what follows, kept, waiting for the customer; the article beside each."""
    path = f"/tickets/{complaint(stand, stand.customer()).number}"
    _, shown = await wang.get(path)
    clocks = {one["clock"]: one for one in shown["clocks"]}
    assert ("running", "还剩 1 小时 59 分") == (clocks["reply"]["state"], clocks["reply"]["left"])
    assert "提醒责任部门" in clocks["reply"]["next"]["steps"]
    assert "KF-3.3.1" in clocks["reply"]["cite"]
    await wang.post(f"{path}/departments", BODIES["departments"])
    await wang.post(f"{path}/ask", BODIES["ask"])
    _, shown = await wang.get(path)
    clocks = {one["clock"]: one for one in shown["clocks"]}
    assert ("kept", "paused") == (clocks["reply"]["state"], clocks["consult"]["state"])
    assert clocks["consult"]["left"].startswith("暂停，还剩 7 小时 59 分")
    assert shown["waiting"]
    assert "等客户补充后继续计时" in (await wang.page(f"/console{path}"))[1]


async def test_a_complaint_is_confirmed_when_its_answer_has_arrived(stand: ConsoleStand, wang: Client) -> None:
    """409 with the reason in words before; what the customer was told is listed with its state."""
    talk = stand.customer()
    path = f"/tickets/{complaint(stand, talk, contact_phone='').number}"
    await wang.post(f"{path}/advance", {"to": "replied", "result": "已致歉", "outcome": "upheld", "our_fault": True})
    status, answer = await wang.post(f"{path}/confirm")
    assert (409, True) == (status, "送达" in answer["message"])
    _, shown = await wang.get(path)
    assert ("成立", True, ["unread"]) == (shown["outcome_name"], shown["our_fault"], [one["state"] for one in shown["notices"]])
    assert 200 == (await wang.post(f"/complaints/{shown['number']}/calls", {"reached": True}))[0]
    assert 200 == (await wang.post(f"{path}/confirm"))[0]
    assert "已办结" in (await wang.page(f"/console{path}"))[1]


async def test_the_list_can_be_narrowed_to_what_is_owed(stand: ConsoleStand, wang: Client) -> None:
    """By what is due, with the clock named; an unknown word is 422."""
    talk = stand.customer()
    asked, other = complaint(stand, talk).number, complaint(stand, talk).number
    await wang.post(f"/tickets/{asked}/ask", BODIES["ask"])

    async def numbers(**query: str) -> list[str]:
        return [one["number"] for one in (await wang.get("/tickets", **query))[1]["tickets"]]

    assert [asked] == await numbers(owed="waiting")
    assert [] == await numbers(owed="overdue") == await numbers(owed="soon")
    assert {asked, other} == set(await numbers(owed="open"))
    assert [other, asked] == await numbers(sort="new")
    assert 422 == (await wang.get("/tickets", owed="never"))[0]
    assert {CLOCK_NAMES["reply"], None} == {one["due_clock"] for one in (await wang.get("/tickets"))[1]["tickets"]}
    assert "首次答复" in (await wang.page("/console/tickets?owed=open"))[1]


async def test_tasks_are_found_taken_on_and_done(stand: ConsoleStand, wang: Client) -> None:
    """On their own page too; the opinion stands on the ticket; done twice is 409, without words 422."""
    number = complaint(stand, stand.customer()).number
    await wang.post(f"/tickets/{number}/departments", BODIES["departments"])
    _, found = await wang.get("/tasks", assigned_to="网络运维部")
    [task] = [one for one in found["tasks"] if one["ticket"] == number]
    path = f"/tasks/{task['id']}"
    assert 200 == (await wang.post(f"{path}/respond"))[0]
    assert 422 == (await wang.post(f"{path}/done", {"result": " "}))[0]
    assert "我来处理" not in (await wang.page(f"/console{path}"))[1]
    assert 200 == (await wang.post(f"{path}/done", {"result": "线路正常"}))[0]
    assert 409 == (await wang.post(f"{path}/cancel", {"result": "算了"}))[0]
    assert "线路正常" in (await wang.page(f"/console/tickets/{number}"))[1]
    assert [] == [one for one in (await wang.get("/tasks", assigned_to="网络运维部"))[1]["tasks"] if one["ticket"] == number]
    assert 422 == (await wang.get("/tasks", where="moon"))[0]
    for page in ("/console/tasks", "/console/tasks?where=supplier", "/console/tasks?all=1&kind=consultation"):
        assert 200 == (await wang.page(page))[0]


async def test_a_provider_s_work_is_judged_and_counted(stand: ConsoleStand, wang: Client, zhao: Client) -> None:
    """WW-8, HQ-4: a mark from 1 to 5; supervisors see shares with n, agents do not."""
    number = complaint(stand, stand.customer(), kind="fault", service_id="property_repair").number
    [task] = (await wang.get(f"/tickets/{number}"))[1]["tasks"]
    path = f"/tasks/{task['id']}"
    for wrong in ({"result": "修好了"}, {"result": "修好了", "quality": 6}, {"result": "修好了", "quality": "x"}):
        assert 422 == (await wang.post(f"{path}/done", wrong))[0]
    assert 200 == (await wang.post(f"{path}/done", {"result": "修好了", "quality": 4}))[0]
    _, answer = await zhao.get("/suppliers/evaluation")
    [figures] = answer["suppliers"]
    assert ("安居物业", 1, 4.0, 1, 1) == (figures["name"], figures["n"], figures["quality"], figures["completion"]["kept"],
                                      figures["completion"]["n"])
    assert 422 == (await zhao.get("/suppliers/evaluation", since="yesterday"))[0]
    assert 403 == (await wang.get("/suppliers/evaluation"))[0]
    assert "外包商评价" in (await zhao.page("/console/tasks?where=supplier"))[1]
    assert "外包商评价" not in (await wang.page("/console/tasks?where=supplier"))[1]


async def test_compensation_is_a_supervisor_s_decision(stand: ConsoleStand, wang: Client, zhao: Client) -> None:
    """The agent reads that, instead of a button that fails."""
    talk = stand.customer()
    number = complaint(stand, talk).number
    tickets.request_compensation(stand.app.desk, number=number, conversation_id=talk.id, key=None)
    [review] = (await wang.get(f"/tickets/{number}"))[1]["tasks"]
    path = f"/tasks/{review['id']}"
    status, answer = await wang.post(f"{path}/done", {"result": "赔 50 元"})
    assert (403, "赔付审核由主管决定。") == (status, answer["message"])
    assert "赔付审核由主管决定。" in (await wang.page(f"/console{path}"))[1]
    assert 200 == (await zhao.post(f"{path}/done", {"result": "赔 50 元"}))[0]


@pytest.mark.parametrize(("minutes", "said"), [
    (80, "还剩 1 小时 20 分"), (-25, "超时 25 分钟"), (60, "还剩 1 小时"), (0.5, "还剩不到 1 分钟"), (1500, "还剩 1 天 1 小时"),
    (-2880, "超时 2 天"), (59.9, "还剩 59 分钟")])
def test_the_time_left_is_said_in_words(minutes: float, said: str) -> None:
    """Two units at most."""
    assert said == case_words.until(NOW + timedelta(minutes=minutes), NOW)


def test_everything_that_can_happen_has_a_title() -> None:
    """No English word stands in a story."""
    for name in (*HAPPENINGS, *(f"ticket.{status}" for status in STATUS_NAMES if status != "received"), "ticket.reopened",
                 "ticket.opened", "ticket.promise_broken", "ticket.result_delivered", "ticket.rated", "task.done",
                 "task.opened", "task.promise_broken", "task.chased"):
        given = {"when": NOW.isoformat(), "due_at": NOW.isoformat(), "clock": "reply", "outcome": "upheld", "then": ["apologise"]}
        fact = Fact(at=NOW, name=name, subject="ticket:TS1", actor="system", data=given)
        assert not case_words.title(fact).isascii(), name
        assert not any(word in case_words.text(fact, ZONE) for word in ("reply", "upheld", "apologise")), name
    assert all(not title.isascii() for title in words.FACTS.values())
