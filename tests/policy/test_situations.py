"""The situations of ``situations.yml`` under the shipped policy: deadlines, verdicts and steps, on a real desk.

The file is for operators to read; each entry is played through the services with a clock that is moved from one due
time to the next, as the deadline clock would be woken.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from desk.core import escalation, tasks, tickets
from desk.core.agents import Agent
from desk.core.conversations import Conversation
from desk.core.promises import CLOCK_NAMES
from desk.gateways.policy_files import load_policy
from desk.service import clock, customer_notices, ratings, ticket_work
from desk.service import tasks as task_service
from desk.service import tickets as ticket_service
from desk.service.desk import Desk
from desk.store.unit_of_work import Store

ROOT = Path(__file__).parents[2]
SHANGHAI = ZoneInfo("Asia/Shanghai")
SITUATIONS: list[dict[str, Any]] = YAML(typ="safe").load((Path(__file__).parent / "situations.yml").read_text("utf-8"))
TUESDAY = "2026-11-24 09:30"
KINDS = {name: kind for kind, name in tickets.KIND_NAMES.items()}
VERDICTS = {"kept": "按时", "broken": "逾期", None: "未定"}
TALK = "c-1"


class Clock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Aware UTC."""
        return self.at


class Play:
    """One situation on a desk of its own."""

    def __init__(self, given: dict[str, Any], store: Store) -> None:
        self.start = datetime.strptime(str(given.get("受理", TUESDAY)), "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
        self.clock = Clock(self.start)
        policy = load_policy(ROOT / "policy")
        self.desk = Desk(begin=store.begin, clock=self.clock, policies=lambda: policy)
        with self.desk.begin() as uow:
            uow.add(Conversation(id=TALK, channel="web", channel_user="v", created_at=self.start))
            self.agent = Agent(username="zhao", name="赵静", role="supervisor", password_hash="-", skills=[])
            uow.add(self.agent)
        self.number = ticket_service.open_ticket(
            self.desk, kind=KINDS[given["工单"]], subject="情形", conversation_id=TALK, key=None,  # type: ignore[arg-type]
            service_id=given.get("服务")).number

    def run(self, happenings: dict[str, list[str]], until: timedelta, down: tuple[timedelta, timedelta] | None) -> None:
        """Let everything happen in its order, sweeping whenever something is due."""
        for offset, words in sorted((length(text), words) for text, words in happenings.items()):
            self._to(self.start + offset, down)
            for word in words:
                self.happen(word)
        self._to(self.start + until, down)

    def _to(self, at: datetime, down: tuple[timedelta, timedelta] | None) -> None:
        while True:
            with self.desk.begin() as uow:
                due = uow.deadlines.next_at()
            if due is not None and down is not None and self.start + down[0] <= due < self.start + down[1]:
                due = self.start + down[1]
            if due is None or due >= at:
                break
            self.clock.at = max(self.clock.at, due + timedelta(seconds=1))
            clock.sweep(self.desk)
        self.clock.at = max(self.clock.at, at)

    def happen(self, word: str) -> None:
        """Something done by a person, in the words of the file."""
        rated = re.fullmatch(r"打(\d)分", word)
        if rated:
            ratings.rate_ticket(self.desk, conversation_id=TALK, number=self.number, score=int(rated[1]), key=None)
        else:
            HAPPENINGS[word](self)

    def task(self, kind: str) -> int:
        """The id of the only task of a kind."""
        with self.desk.begin() as uow:
            found = [task.id for task in uow.tasks.of_ticket(self.number) if task.kind == kind]
        (task_id,) = found
        assert task_id is not None
        return task_id


def _by_agent(function: Callable[..., Any], **given: Any) -> Callable[[Play], Any]:
    return lambda play: function(play.desk, number=play.number, agent=play.agent, **given)


def _by_customer(function: Callable[..., Any], **given: Any) -> Callable[[Play], Any]:
    return lambda play: function(play.desk, number=play.number, conversation_id=TALK, key=None, **given)


def _reply(play: Play, *, our_fault: bool = False) -> None:
    with play.desk.begin() as uow:
        complaint = uow.tickets.by_number(play.number).kind in tickets.COMPLAINTS
    outcome = ("upheld" if our_fault else "not_upheld") if complaint else None
    ticket_service.advance(play.desk, number=play.number, to="replied", agent=play.agent, result="已处理",
                           outcome=outcome, our_fault=our_fault)


def _read(play: Play) -> None:
    with play.desk.begin() as uow:
        last = uow.conversations.get(TALK).last_seq
    customer_notices.seen(play.desk, conversation_id=TALK, up_to=last)


HAPPENINGS: dict[str, Callable[[Play], Any]] = {
    "联系客户": _by_agent(ticket_work.contact, text="已联系您"), "请客户补充": _by_agent(ticket_work.ask_customer, question="请发照片"),
    "客户补充": _by_customer(ticket_service.customer_answered, text="发了"),
    "核实": _by_agent(ticket_service.advance, to="verified"), "处理完成": _by_agent(ticket_work.handled, text="已修好"),
    "邀请部门": _by_agent(ticket_work.involve, departments=["网络运维部"], question="请给意见"),
    "安排会商": lambda play: ticket_work.arrange_consultation(
        play.desk, number=play.number, agent=play.agent, when=play.clock.at + timedelta(hours=1), how="电话会议"),
    "答复": _reply, "我方责任答复": lambda play: _reply(play, our_fault=True), "送达": _read,
    "不予受理": _by_agent(ticket_service.advance, to="refused", result="不在范围", direct_to="当地营业厅"),
    "撤回": _by_customer(ticket_service.withdraw), "确认": _by_customer(ticket_service.confirm),
    "重新打开": _by_customer(ticket_service.reopen, reason="还是不行"), "催办": _by_customer(ticket_service.urge),
    "找负责人": _by_customer(ticket_service.request_supervisor), "要求赔付": _by_customer(ticket_service.request_compensation),
    "外包响应": lambda play: task_service.respond(play.desk, task_id=play.task("supplier"), agent=play.agent),
    "外包完成": lambda play: task_service.done(play.desk, task_id=play.task("supplier"), agent=play.agent, result="修好了", quality=5),
}


def length(text: str) -> timedelta:
    """``1h30m``."""
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?", text)
    assert match is not None, text
    assert any(match.groups()), text
    return timedelta(hours=int(match[1] or 0), minutes=int(match[2] or 0))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    store = Store(f"sqlite:///{tmp_path}/desk.db")
    store.create_tables()
    yield store
    store.close()


@pytest.fixture(params=SITUATIONS, ids=[one["情形"] for one in SITUATIONS])
def played(request: pytest.FixtureRequest, store: Store) -> tuple[dict[str, Any], Play]:
    """A situation that has been played to its end."""
    given = request.param
    play = Play(given, store)
    down = tuple(length(text) for text in given["停机"]) if "停机" in given else None
    play.run(given.get("经过") or {}, length(given["看到"]), down)  # type: ignore[arg-type]
    return given, play


def test_a_situation_goes_as_the_table_says(played: tuple[dict[str, Any], Play]) -> None:
    """Deadlines, verdicts, steps, tasks, priority and state are those of the table, and no others."""
    given, play = played
    with play.desk.begin() as uow:
        ticket = uow.tickets.by_number(play.number)
        rows = {CLOCK_NAMES[row.clock]: row for row in uow.deadlines.of(ticket.about)}
        facts = [fact for fact in uow.facts.about(ticket.about) if fact.name == "ticket.escalated"]
        made = uow.tasks.of_ticket(play.number)
        due_of_tasks = {tasks.KIND_NAMES[task.kind]: row.due_at for task in made for row in uow.deadlines.of(task.subject)}
    if "期限" in given:
        assert given["期限"] == {name: _due(play, row.due_at) for name, row in rows.items()}
    assert given["结论"] == {name: VERDICTS[row.verdict] for name, row in rows.items()}
    assert _steps(given["步骤"]) == _taken(play, facts)
    if "任务" in given:
        assert given["任务"] == [tasks.KIND_NAMES[task.kind] for task in made]
    for name, due in given.get("任务到期", {}).items():
        assert str(due) == f"{due_of_tasks[name].astimezone(SHANGHAI):%Y-%m-%d %H:%M}"  # type: ignore[union-attr]
    assert given.get("优先级", ticket.priority) == ticket.priority
    assert given.get("状态", tickets.STATUS_NAMES[ticket.status]) == tickets.STATUS_NAMES[ticket.status]


def _due(play: Play, due: datetime | None) -> str:
    return "停着" if due is None else _offset(due - play.start)


def _offset(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{rest}m" if rest or not hours else "")


def _steps(table: dict[str, list[str]]) -> dict[str, list[str]]:
    return {_offset(length(at)): sorted(words) for at, words in table.items()}


def _taken(play: Play, facts: list[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fact in facts:
        words = [escalation.STEPS[word] for word in fact.data["then"]]
        found.setdefault(_offset(fact.at - play.start), []).extend(words)
    return {at: sorted(words) for at, words in found.items()}


def test_the_table_is_large_enough_and_every_entry_is_its_own() -> None:
    """At least sixty situations with different titles."""
    titles = [one["情形"] for one in SITUATIONS]
    assert len(titles) >= 60
    assert len(set(titles)) == len(titles)
