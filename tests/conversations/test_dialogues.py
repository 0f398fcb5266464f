"""Whole conversations in Chinese through the front door, the trained model, the actions and a real database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk.core.policy import Policy
from desk.gateways.policy_files import load_policy
from tests.conversations.dialogues import Player, load_all
from tests.conversations.stage import Rasa, Stage, make_database
from tests.system.processes import ROOT

pytestmark = pytest.mark.model
DIALOGUES = load_all()


@pytest.fixture(scope="session")
def rasa(trained_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rasa]:
    """The Rasa process that serves all dialogues."""
    process = Rasa(trained_model, tmp_path_factory.mktemp("rasa"))
    yield process
    process.stop()


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh desk with sample data, copied for each dialogue."""
    path = tmp_path_factory.mktemp("database") / "desk.db"
    make_database(path)
    return path


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The shipped policy."""
    return load_policy(ROOT / "policy")


@pytest.mark.parametrize(("name", "dialogue"), DIALOGUES, ids=[name for name, _ in DIALOGUES])
def test_dialogue(name: str, dialogue: dict[str, Any], rasa: Rasa, database: Path, policy: Policy,
                  tmp_path: Path) -> None:
    """The customer hears what they should, and the desk holds what was said."""
    stage = Stage(rasa, database, policy, tmp_path)
    try:
        Player(stage).play(dialogue)
    finally:
        stage.close()


def test_there_are_enough_dialogues_of_each_phenomenon() -> None:
    """At least eighty, and none of the phenomena of real conversations is missing."""
    folders = {name.partition("/")[0] for name, _ in DIALOGUES}
    assert len(DIALOGUES) >= 80
    assert {"happy_path", "correction", "digression", "refusal", "cancellation", "ambiguity", "fallback", "abuse",
            "return"} <= folders
