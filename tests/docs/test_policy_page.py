"""docs/policy.md names every file, key and word of the policy, and no other."""

import re
from pathlib import Path

import pytest

from desk.core.escalation import STEPS, WHENS
from desk.gateways.policy_escalation import FITTING, OF_HANDOFFS, OF_TASKS, OF_TICKETS
from desk.gateways.policy_files import FILES, read_policy
from desk.gateways.policy_promises import TARGETS, TASK_KINDS, WITHIN
from desk.gateways.yaml_source import parse

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/policy.md").read_text(encoding="utf-8")


def rows(head: str) -> list[list[str]]:
    """The cells of the table with a head, code marks and emphasis taken off."""
    table = PAGE.split(f"\n{head}\n", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    return [[cell.strip().strip("`*") for cell in row.strip("|").split("|")] for row in table]


def test_the_words_of_when_are_those_of_the_program() -> None:
    """Word and meaning, in order."""
    assert [[word, meaning] for word, meaning in WHENS.items()] == rows("| `when` | is |")


def test_the_words_of_then_are_those_of_the_program() -> None:
    """Word, meaning, and where it may be used."""
    found = rows("| `then` | is | with |")
    assert [[word, meaning] for word, meaning in STEPS.items()] == [row[:2] for row in found]
    for word, _, where in found:
        if where == "everything":
            meant = frozenset(WHENS)
        elif where.startswith("tickets and tasks"):
            meant = OF_TICKETS | OF_TASKS
        else:
            meant = frozenset(re.findall(r"\w+_(?:due|exhausted)", where))
        assert FITTING[word] == meant, word
    assert not (OF_TICKETS | OF_TASKS) & OF_HANDOFFS


def test_every_file_has_a_section() -> None:
    """And no section is about a file that is not read."""
    assert sorted(FILES) == sorted(re.findall(r"^### (\S+\.yml)$", PAGE, re.MULTILINE))


@pytest.mark.parametrize("file", FILES)
def test_every_key_that_is_used_is_explained(file: str) -> None:
    """Keys of the shipped file, in the section of the file."""
    section = re.split(r"^##+ ", PAGE.split(f"\n### {file}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    for key in _keys(parse(read_policy(ROOT / "policy")[file], Path("policy", file)).data):
        assert re.search(rf"\b{key}\b", section), key


def test_what_has_to_be_there_is_named() -> None:
    """Times of tickets, kinds of tasks, targets."""
    assert all(f"`{word}`" in PAGE for word in (*WITHIN, *TASK_KINDS, *TARGETS))


def _keys(data: object) -> set[str]:
    if isinstance(data, dict):
        return {str(key) for key in data}.union(*map(_keys, data.values()))
    return set().union(*map(_keys, data)) if isinstance(data, list) else set()
