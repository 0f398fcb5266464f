"""The repository keeps its shape: a topic has the same stem everywhere, modules say what they are for."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOPICS = {path.stem for path in (ROOT / "bot/domain").glob("*.yml")} - {"_shared"}
SOURCES = [path for folder in ("actions", "bot", "connectors", "console", "desk")
           for path in sorted((ROOT / folder).rglob("*.py")) if "versions" not in path.parts]


def stems(pattern: str) -> set[str]:
    """The stems of the files that match."""
    return {path.stem for path in ROOT.glob(pattern)}


@pytest.mark.parametrize("pattern", ["actions/*.py", "data/nlu/*.yml", "data/rules/*.yml", "tests/conversations/*/*.yml"])
def test_every_topic_is_everywhere(pattern: str) -> None:
    """Who knows a topic's name finds its domain, sentences, rules, actions and dialogues."""
    assert TOPICS <= stems(pattern)


@pytest.mark.parametrize("pattern", ["data/nlu/*.yml", "data/rules/*.yml", "data/stories/*.yml", "tests/conversations/*/*.yml"])
def test_nothing_stands_apart_from_a_topic(pattern: str) -> None:
    """No data file without a domain file of its name."""
    assert stems(pattern) <= TOPICS


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_are_small_and_say_what_they_are_for(path: Path) -> None:
    """A docstring on every module with code, no file over 450 lines, no function over 60."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert ast.get_docstring(tree) or not tree.body
    assert len(source.splitlines()) <= 450
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name
