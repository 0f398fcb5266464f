"""YAML texts read with the place of every key, so that a mistake can be named as file, line and key."""

import re
from collections.abc import Callable, Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from desk.core import durations
from desk.core.errors import PolicyError


class Identified(Protocol):
    """Something with an id."""

    @property
    def id(self) -> str:
        """Its id."""


_DATES = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
LONGEST = timedelta(days=366)
T = TypeVar("T", bound=Identified)


class Node:
    """A mapping of a policy file; reading a key checks it, ``done`` refuses keys that nobody read."""

    def __init__(self, file: Path, data: CommentedMap, path: str = "") -> None:
        self.file, self.data, self.path = file, data, path
        self._read: set[str] = set()

    def fail(self, key: str, why: str) -> NoReturn:
        """Raise PolicyError naming file, line and key."""
        line = self.data.lc.line + 1
        if key in self.data:
            line = self.data.lc.key(key)[0] + 1
        name = f"{self.path}.{key}" if self.path else key
        raise PolicyError(f"{_name(self.file)}:{line}: {name}: {why}")

    def value(self, key: str, *, default: Any = ...) -> Any:
        """A raw value; without a default the key must be there."""
        self._read.add(key)
        if key in self.data and self.data[key] is not None:
            return self.data[key]
        if default is ...:
            self.fail(key, "缺少这一项")
        return default

    def given(self, key: str) -> bool:
        """Whether a key is there with a value."""
        return self.data.get(key) is not None

    def text(self, key: str, *, default: Any = ..., allowed: Collection[str] = ()) -> str:
        """A non-empty text, one of ``allowed`` if given."""
        found = self.value(key, default=default)
        if not isinstance(found, str) or (not found.strip() and default is ...):
            self.fail(key, f"应为文字，现在是 {found!r}")
        self._check_allowed(key, (found,), allowed)
        return found.strip()

    def texts(self, key: str, *, allowed: Collection[str] = (), default: Any = ...) -> tuple[str, ...]:
        """A list of texts."""
        found = self.value(key, default=default)
        if not isinstance(found, list | tuple) or not all(isinstance(one, str | int) for one in found):
            self.fail(key, "应为文字列表")
        words = tuple(str(one).strip() for one in found)
        self._check_allowed(key, words, allowed)
        return words

    def whole(self, key: str, *, minimum: int = 0, default: Any = ...) -> int:
        """A whole number of at least ``minimum``."""
        found = self.value(key, default=default)
        if not isinstance(found, int) or isinstance(found, bool) or found < minimum:
            self.fail(key, f"应为不小于 {minimum} 的整数，现在是 {found!r}")
        return int(found)

    def flag(self, key: str, *, default: bool) -> bool:
        """``true`` or ``false``."""
        found = self.value(key, default=default)
        if not isinstance(found, bool):
            self.fail(key, f"应为 true 或 false，现在是 {found!r}")
        return found

    def length(self, key: str, *, default: Any = ...) -> Any:
        """A length of time above nothing: a timedelta, or the default where the key is not there."""
        found = self.checked(key, durations.read, "应为时长，例如 2h、30m、1h30m、60s 或 3d", default=default)
        if isinstance(found, timedelta) and not timedelta(0) < found <= LONGEST:
            self.fail(key, f"应为大于零、不超过 {LONGEST.days}d 的时长，现在是 {self.data[key]!r}")
        return found

    def child(self, key: str) -> "Node | None":
        """A mapping inside, or None."""
        found = self.value(key, default=None)
        if found is None:
            return None
        if not isinstance(found, CommentedMap):
            self.fail(key, "应为键值对")
        return Node(self.file, found, f"{self.path}.{key}" if self.path else key)

    def needed(self, key: str) -> "Node":
        """A mapping inside that must be there."""
        node = self.child(key)
        if node is None:
            self.fail(key, "缺少这一项")
        return node

    def children(self, key: str, *, required: bool = False) -> list["Node"]:
        """A list of mappings."""
        found = self.value(key, default=... if required else [])
        if not isinstance(found, list):
            self.fail(key, "应为列表")
        for one in found:
            if not isinstance(one, CommentedMap):
                self.fail(key, f"列表里每一项应为键值对，现在是 {one!r}")
        return [Node(self.file, one, f"{self.path + '.' if self.path else ''}{key}[{i}]") for i, one in enumerate(found)]

    def mappings(self) -> list[tuple[str, "Node"]]:
        """Every key with the mapping behind it, empty ones left out."""
        return [(str(key), node) for key in self.data if (node := self.child(key)) is not None]

    def by_id(self, key: str, build: Callable[["Node"], T], *, required: bool = True) -> dict[str, T]:
        """A list of things by their id, in order; each is built of its mapping, all of whose keys must be known."""
        found: dict[str, T] = {}
        for node in self.children(key, required=True):
            one = build(node)
            node.done()
            if one.id in found:
                node.fail("id", f"{one.id!r} 重复")
            found[one.id] = one
        if required and not found:
            self.fail(key, "至少要有一项")
        return found

    def done(self) -> None:
        """Refuse a key that means nothing: most often a slip of the pen."""
        for key in self.data:
            if key not in self._read:
                self.fail(key, f"没有这一项；可用的有 {'、'.join(sorted(map(str, self._read)))}")

    def checked(self, key: str, convert: Callable[[Any], Any], why: str, *, default: Any = ...) -> Any:
        """A value passed through a conversion; its failure is explained by ``why``."""
        found = self.value(key, default=default)
        if found is default:
            return found
        try:
            return convert(found)
        except (ValueError, TypeError, KeyError, AttributeError, OSError, OverflowError):
            self.fail(key, f"{why}，现在是 {found!r}")

    def _check_allowed(self, key: str, words: Collection[str], allowed: Collection[str]) -> None:
        for word in words:
            if allowed and word not in allowed:
                self.fail(key, f"{word!r} 不在允许的取值中（{'、'.join(sorted(allowed))}）")


def read(file: Path) -> Node:
    """The top of a YAML file; raises PolicyError for what is not readable."""
    return parse(read_text(file), file)


def read_text(file: Path) -> str:
    """The text of a file; raises PolicyError when it is not there or not UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PolicyError(f"{_name(file)}: 文件不存在") from None
    except UnicodeDecodeError as error:
        raise PolicyError(f"{_name(file)}: 不是 UTF-8 编码（{error}）") from error
    except OSError as error:
        raise PolicyError(f"{_name(file)}: 读不了（{error.strerror}）") from error


def parse(text: str, file: Path) -> Node:
    """The top of a YAML text; ``file`` is what mistakes in it are reported under."""
    try:
        data = YAML(typ="rt").load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", error)
        raise PolicyError(f"{_name(file)}:{line}: YAML 格式错误：{problem}") from error
    except ValueError as error:  # what looks like a date and is none
        raise PolicyError(f"{_name(file)}:{_line_of_no_date(text)}: 没有这个日期（{error}）") from error
    if not isinstance(data, CommentedMap):
        raise PolicyError(f"{_name(file)}:1: 应为键值对")
    return Node(file, data)


def _line_of_no_date(text: str) -> int:
    for n, line in enumerate(text.splitlines(), start=1):
        for year, month, day in _DATES.findall(line):
            try:
                date(int(year), int(month), int(day))
            except ValueError:
                return n
    return 1


def _name(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"
