"""``desk policy check | show | diff | explain`` on a real folder and a real database."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desk import bootstrap, cli, settings
from desk.commands.policy_pages import explanation
from desk.core.agents import Agent
from desk.core.conversations import Conversation
from desk.gateways.policy_files import load_policy
from desk.service import clock, explaining, ticket_work, tickets
from desk.service.desk import Desk
from desk.store import migrate
from tests.policy.editing import SHIPPED, copied, rewrite

START = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # Tuesday 09:30 in Shanghai
Said = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped policy, which the settings name."""
    folder = copied(tmp_path)
    monkeypatch.setenv("DESK_POLICY_DIR", str(folder))
    monkeypatch.setenv("DESK_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("DESK_CLOCK_START", START.isoformat())
    monkeypatch.setattr("desk.logs.set_up", lambda **_: None)  # logs of later tests would go where this one's went
    return folder


@pytest.fixture
def said(folder: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    """What a command prints; ``code`` is the exit code it must end with."""
    def run(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        assert code == cli.main(["policy", *arguments])
        told = capsys.readouterr()
        return told.err if code else told.out

    return run


@pytest.fixture
def agent() -> Agent:
    """Somebody who may do everything."""
    return Agent(id=1, username="wang", name="王敏", role="admin", password_hash="-", skills=[])


def on_desk(work: Callable[[Desk], object], at: datetime = START) -> None:
    known = settings.load()
    migrate.upgrade(known.database_url)

    def do(application: bootstrap.Application) -> None:
        class At:
            def now(self) -> datetime:
                return at
        work(Desk(begin=application.store.begin, clock=At(), policies=application.policies.current,
                  archive=application.policies.by_version))

    bootstrap.with_application(known, do)


def open_complaint(desk: Desk) -> None:
    with desk.begin() as uow:
        uow.add(Conversation(id="c1", channel="web", channel_user="u1", created_at=START))
    tickets.open_ticket(desk, kind="complaint", subject="师傅没有来", conversation_id="c1", key=None)


def test_check_needs_no_database(said: Said, folder: Path, tmp_path: Path) -> None:
    """What is right is counted, and nothing is written."""
    assert f"版本 {load_policy(SHIPPED).version}。" in said("check")
    assert "提醒" not in said("check", str(SHIPPED))
    assert not (tmp_path / "var" / "desk.db").exists()
    rewrite(folder, "escalation.yml", "when: reply_due", "when: reply_over")
    assert "policy/escalation.yml:6: escalation[0].when: 'reply_over' 不在允许的取值中" in said("check", code=1)


def test_check_remarks_on_what_is_odd(said: Said, folder: Path) -> None:
    """Legal, but probably not meant."""
    rewrite(folder, "escalation.yml", "when: response_due", "when: reply_due")
    rewrite(folder, "policy.yml", "valid_from: 2026-01-01", "valid_from: 2099-01-01")
    remarks = said("check")
    assert "提醒：响应有时限，但 escalation.yml 里没有 response_due 的规则" in remarks
    assert "提醒：valid_from 是将来的 2099-01-01 00:00，但之前没有任何版本" in remarks
    rewrite(folder, "policy.yml", "valid_from: 2099-01-01", "valid_from: 2026-01-01")
    on_desk(lambda desk: desk.policy)
    rewrite(folder, "policy.yml", "valid_from: 2026-01-01", "valid_from: 2099-01-01")
    assert "valid_from" not in said("check")


def test_show_lists_promises_path_and_history(said: Said, folder: Path) -> None:
    """Every kind with its times and articles; a stored version can be shown by the beginning of its name."""
    shown = said("show")
    assert "尚未载入服务台" in shown
    assert "版本历史" not in shown
    on_desk(lambda desk: desk.policy)
    before = load_policy(folder).version
    rewrite(folder, "sla.yml", "reply_within: 6h", "reply_within: 5h")
    rewrite(folder, "policy.yml", "note: ", "note: 第二版，")
    on_desk(lambda desk: desk.policy)
    shown = said("show")
    emergency = next(line for line in shown.splitlines() if line.strip().startswith("紧急事件"))
    assert re.findall(r"\d+ 小时|—", emergency) == [f"{n} 小时" for n in (5, 8, 12, 24, 72, 24)]
    assert "ZX-3.3" in emergency
    for words in ("首次答复到期前 30 分钟", "客户催办第 3 次起", "首次答复到期前 3 小时（紧急事件）",
                  f"{load_policy(folder).version}（现行）",
                  "2026-01-01 00:00 起生效，现行", "说明：第二版，首个"):
        assert words in shown, words
    assert "6 小时" in said("show", before[:6])
    assert f"没有策略版本 nowhere；已有的版本：{load_policy(folder).version}、{before}" in said("show", "nowhere", code=1)


def test_diff_compares_by_meaning(said: Said, folder: Path) -> None:
    """In force against the folder, and two stored versions."""
    assert "数据库里还没有策略版本" in said("diff", code=1)
    on_desk(lambda desk: desk.policy)
    assert "含义相同" in said("diff")
    before = load_policy(folder).version
    rewrite(folder, "sla.yml", "reply_within: 6h", "reply_within: 5h  # 更快")
    rewrite(folder, "services.yml", "[保洁, 打扫卫生", "[保洁, 扫地")
    told = said("diff").splitlines()
    assert "  promises.emergency.reply_within: 6h → 5h" in told
    assert "  services.cleaning.synonyms: -打扫卫生 +扫地" in told
    assert before == said("show").split()[1].partition("（")[0]  # looking has put nothing in force
    on_desk(lambda desk: desk.policy)
    assert "含义相同" in said("diff")
    assert "  promises.emergency.reply_within: 5h → 6h" in said("diff", load_policy(folder).version[:8], before)


def test_explain_gives_every_clock_with_rule_and_steps(said: Said, folder: Path, agent: Agent) -> None:
    """Under which version, on which article, from when to when, what was done and what is to come."""
    assert "还没有策略版本" in said("explain", "TS00000000000", code=1)
    on_desk(open_complaint)
    on_desk(clock.sweep, START.replace(hour=3, minute=1))
    number = []
    on_desk(lambda desk: number.append(tickets.search(desk, agent=agent)[0].number))
    told = said("explain", number[0].lower())
    for words in (f"投诉 {number[0]}：师傅没有来", "首次答复：2 小时，全天候（KF-3.3.1", f"策略 {load_policy(folder).version}）",
                  "开始 2026-11-24 09:30，到期 2026-11-24 11:30", "结论 进行中，复算 进行中：一致",
                  "已做 2026-11-24 11:01 提醒责任部门（reply_soon，KF-3.3.1）", "将做 2026-11-24 11:30 向客户致歉、通知主管、提高优先级",
                  "将做 2026-11-24 13:30 通知主管（reply_still_late", "Asia/Shanghai；结论与事实复算一致。"):
        assert words in told, words
    assert "没有工单 TS00000000000。" in said("explain", "TS00000000000", code=1)
    rewrite(folder, "sla.yml", "reply_within: 2h", "reply_within: 两小时")
    assert told == said("explain", number[0])  # a mistake in the folder is no hindrance


def test_explain_shows_pauses_tasks_and_contradictions(folder: Path, agent: Agent) -> None:
    """A clock that stood still, a consultation with a clock of its own, and a row that somebody tampered with."""
    on_desk(open_complaint)
    seen: list[explaining.Explanation] = []

    def invite(desk: Desk) -> None:
        ticket_work.involve(desk, number=tickets.search(desk, agent=agent)[0].number, agent=agent, departments=["网络运维部"])

    def work(desk: Desk) -> None:
        number = tickets.search(desk, agent=agent)[0].number
        ticket_work.ask_customer(desk, number=number, agent=agent, question="哪一天？")
        tickets.urge(desk, number=number, conversation_id="c1", key=None)
        seen.append(explaining.explain(desk, number=number))
        with desk.begin() as uow:
            row = next(one for one in uow.deadlines.of(f"ticket:{number}") if one.clock == "consult")
            row.verdict = "kept"
        seen.append(explaining.explain(desk, number=number))

    on_desk(invite)
    on_desk(work, START.replace(hour=2, minute=0))
    told, tampered = seen
    consult = next(one for one in told.clocks if one.clock == "consult")
    assert (None, timedelta(hours=7, minutes=30)) == (consult.due_at, consult.left)
    assert [(START.replace(hour=2, minute=0), None)] == list(consult.pauses)
    assert ["网络运维部"] == [task.task.assigned_to for task in told.tasks]
    assert ["task"] == [clock.clock for clock in told.tasks[0].clocks]
    assert ["urged"] == [step.rule_id for step in told.events]
    assert told.agrees
    assert not tampered.agrees
    assert ["consult"] == [one.clock for one in tampered.clocks if not one.agrees]
    assert "暂停中，还剩 7 小时 30 分钟" in "\n".join(explanation(told))
    assert "不一致" in "\n".join(explanation(tampered))
