"""YAML with the place of every key."""

from pathlib import Path

import pytest

from desk.core.errors import PolicyError
from desk.gateways.yaml_source import Node, read


@pytest.fixture
def top(tmp_path: Path) -> Node:
    """A small file."""
    file = tmp_path / "policy" / "x.yml"
    file.parent.mkdir()
    file.write_text("name: 云桥\nempty:\nmany: 3\nyes_no: true\nlist: [a, 1]\nmap:\n  inner: 5\n"
                    "rows:\n  - id: a\n  - id: b\n    extra: 1\n", encoding="utf-8")
    return read(file)


def message(error: pytest.ExceptionInfo[PolicyError]) -> str:
    return error.value.detail


def test_values_are_read_as_what_they_are(top: Node) -> None:
    """Text, numbers, lists, mappings, defaults."""
    assert ("云桥", "-", 3) == (top.text("name"), top.text("missing", default="-"), top.whole("many"))
    assert ("a", "1") == top.texts("list")
    inner = top.child("map")
    assert inner is not None
    assert 5 == inner.whole("inner")
    assert ["a", "b"] == [row.text("id") for row in top.children("rows")]
    assert top.child("empty") is None


@pytest.mark.parametrize(("read_it", "where"), [
    (lambda top: top.text("many"), "policy/x.yml:3: many: "), (lambda top: top.text("empty"), "policy/x.yml:2: empty: "),
    (lambda top: top.text("gone"), "policy/x.yml:1: gone: "), (lambda top: top.whole("yes_no"), "policy/x.yml:4: yes_no: "),
    (lambda top: top.whole("many", minimum=4), "policy/x.yml:3: many: "),
    (lambda top: top.texts("name"), "policy/x.yml:1: name: "), (lambda top: top.child("list"), "policy/x.yml:5: list: "),
    (lambda top: top.children("map"), "policy/x.yml:6: map: "), (lambda top: top.children("list"), "policy/x.yml:5: list: "),
    (lambda top: top.child("map").text("inner"), "policy/x.yml:7: map.inner: "),
    (lambda top: top.text("name", allowed=("东", "西")), "policy/x.yml:1: name: "),
    (lambda top: top.checked("many", lambda value: value.strip(), "应为文字"), "policy/x.yml:3: many: 应为文字"),
    (lambda top: top.children("rows")[1].done(), "policy/x.yml:10: rows[1].id: ")])
def test_a_mistake_has_file_line_and_key(top: Node, read_it: object, where: str) -> None:
    """Whatever is wrong with a value."""
    with pytest.raises(PolicyError) as error:
        read_it(top)  # type: ignore[operator]
    assert message(error).startswith(where), message(error)


def test_allowed_words_are_listed(top: Node) -> None:
    """The way out stands in the message."""
    with pytest.raises(PolicyError) as error:
        top.text("name", allowed=("东", "西"))
    assert "东" in message(error)
    assert "西" in message(error)


def test_a_key_that_nobody_reads_is_refused(top: Node) -> None:
    """A slip of the pen is named with the keys that exist."""
    row = top.children("rows")[1]
    row.text("id")
    with pytest.raises(PolicyError) as error:
        row.done()
    assert "policy/x.yml:11: rows[1].extra: 没有这一项；可用的有 id" == message(error)


@pytest.mark.parametrize(("content", "where"), [
    ("a: [1", "policy/y.yml:1: YAML"), ("a: 1\na: 2\n", "policy/y.yml:2: YAML"), ("- a\n", "policy/y.yml:1: 应为键值对"),
    ("", "policy/y.yml:1: 应为键值对"), ("a: 1\n b: 2\n", "policy/y.yml:2: YAML")])
def test_what_is_no_mapping_is_refused(tmp_path: Path, content: str, where: str) -> None:
    """Broken YAML, a key twice, a list, an empty file."""
    file = tmp_path / "policy" / "y.yml"
    file.parent.mkdir()
    file.write_text(content, encoding="utf-8")
    with pytest.raises(PolicyError) as error:
        read(file)
    assert message(error).startswith(where), message(error)
