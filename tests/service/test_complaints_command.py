"""``desk complaints reconcile``: says what it found, where, and what to do; scripts read its exit code."""

from pathlib import Path

import pytest

from desk import cli
from desk.core.conversations import Conversation
from desk.service import conversations
from desk.service.desk import Desk
from desk.store.unit_of_work import Store


@pytest.fixture
def talk(desk: Desk, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Conversation:
    """A visitor of the desk that the command is given."""
    monkeypatch.setattr(cli.logs, "set_up", lambda **given: None)  # a captured stderr is closed after the test
    monkeypatch.setenv("DESK_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DESK_CLOCK_START", desk.clock.now().isoformat())
    return conversations.open(desk, channel="web", channel_user="visitor")


def test_nothing_found_is_success(talk: Conversation, capsys: pytest.CaptureFixture[str]) -> None:
    """In a sentence."""
    assert 0 == cli.main(["complaints", "reconcile", "--days", "3"])
    assert "最近 3 天的 0 个会话和 0 件投诉，全部对得上" in capsys.readouterr().out


def test_what_is_not_accounted_for_is_printed_and_fails(desk: Desk, talk: Conversation,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    """When, where, what, why, what to do."""
    conversations.receive(desk, conversation_id=talk.id, external_id="m", text="再不处理\n我就投诉")
    with pytest.raises(SystemExit) as ended:
        cli.main(["complaints", "reconcile"])
    assert 1 == ended.value.code
    line = capsys.readouterr().out.splitlines()[-1].split("\t")
    assert ["2026-11-24 09:30", f"会话 {talk.id} 第 1 句", "再不处理 我就投诉", "客户的话像是投诉，但没有登记工单"] == line[:4]
    assert line[4]
