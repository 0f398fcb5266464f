"""YAML files read with the place of every key, so that a mistake can be named as file, line and key."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from desk.core.errors import PolicyError


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
        raise PolicyError(f"{self.file.parent.name}/{self.file.name}:{line}: {name}: {why}")

    def value(self, key: str, *, default: Any = ...) -> Any:
        """A raw value; without a default the key must be there."""
        self._read.add(key)
        if key in self.data and self.data[key] is not None:
            return self.data[key]
        if default is ...:
            self.fail(key, "缺少这一项")
        return default

    def text(self, key: str, *, default: Any = ..., allowed: Collection[str] = ()) -> str:
        """A non-empty text, one of ``allowed`` if given."""
        found = self.value(key, default=default)
        if not isinstance(found, str) or (not found.strip() and default is ...):
            self.fail(key, f"应为文字，现在是 {found!r}")
        if allowed and found not in allowed:
            self.fail(key, f"{found!r} 不在允许的取值中({'、'.join(sorted(allowed))})")
        return found.strip()

    def texts(self, key: str, *, allowed: Collection[str] = (), default: Any = ...) -> tuple[str, ...]:
        """A list of texts."""
        found = self.value(key, default=default)
        if not isinstance(found, list | tuple) or not all(isinstance(one, str | int) for one in found):
            self.fail(key, "应为文字列表")
        words = tuple(str(one).strip() for one in found)
        for word in words:
            if allowed and word not in allowed:
                self.fail(key, f"{word!r} 不在允许的取值中({'、'.join(sorted(allowed))})")
        return words

    def whole(self, key: str, *, minimum: int = 0) -> int:
        """A whole number of at least ``minimum``."""
        found = self.value(key)
        if not isinstance(found, int) or isinstance(found, bool) or found < minimum:
            self.fail(key, f"应为不小于 {minimum} 的整数，现在是 {found!r}")
        return int(found)

    def child(self, key: str) -> "Node | None":
        """A mapping inside, or None."""
        found = self.value(key, default=None)
        if found is None:
            return None
        if not isinstance(found, CommentedMap):
            self.fail(key, "应为键值对")
        return Node(self.file, found, f"{self.path}.{key}" if self.path else key)

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

    def done(self) -> None:
        """Refuse a key that means nothing: most often a slip of the pen."""
        for key in self.data:
            if key not in self._read:
                self.fail(key, f"没有这一项；可用的有 {'、'.join(sorted(self._read))}")

    def checked(self, key: str, convert: Callable[[Any], Any], why: str, *, default: Any = ...) -> Any:
        """A value passed through a conversion; its failure is explained by ``why``."""
        found = self.value(key, default=default)
        if found is default:
            return found
        try:
            return convert(found)
        except (ValueError, TypeError, KeyError, AttributeError, OSError):
            self.fail(key, f"{why}，现在是 {found!r}")


def read(file: Path) -> Node:
    """The top of a YAML file; raises PolicyError for what is not readable."""
    try:
        data = YAML(typ="rt").load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PolicyError(f"{file.parent.name}/{file.name}: 文件不存在") from None
    except UnicodeDecodeError as error:
        raise PolicyError(f"{file.parent.name}/{file.name}: 不是 UTF-8 编码({error})") from error
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", error)
        raise PolicyError(f"{file.parent.name}/{file.name}:{line}: YAML 格式错误：{problem}") from error
    if not isinstance(data, CommentedMap):
        raise PolicyError(f"{file.parent.name}/{file.name}:1: 应为键值对")
    return Node(file, data)
