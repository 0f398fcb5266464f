"""What differs between two policies, by meaning: paths such as ``promises.fault.reply_within`` with before and after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from desk.core import durations
from desk.core.calendars import Calendar, Window
from desk.core.policy import Policy

LEFT_OUT = frozenset({"version", "day_kind"})
NOTHING, EMPTY = "（无）", "（空）"


@dataclass(frozen=True)
class Change:
    """One difference. ``added`` and ``removed`` are the members of a list that is otherwise the same."""

    path: str
    before: str
    after: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def changes(before: Policy, after: Policy) -> list[Change]:
    """Every difference, in the order of the policy's parts."""
    return list(_compare("", plain(before), plain(after)))


def plain(policy: Policy) -> dict[str, Any]:
    """A policy as nested mappings of texts and tuples of texts; what holds by default is there too."""
    flat: dict[str, Any] = _plain(policy)
    flat["day_kinds"] = _plain(getattr(policy.day_kind, "fixed", {}))
    return flat


def _compare(path: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*before, *(one for one in after if one not in before)):
            yield from _compare(f"{path}.{key}" if path else key, before.get(key), after.get(key))
        old, new = ([key for key in one if key in before and key in after] for one in (before, after))
        if old != new:  # the first queue is the default, of two services with a symptom the first counts
            yield Change(f"{path}（次序）", "、".join(old), "、".join(new))
    elif before == after:
        return
    elif isinstance(before, tuple) and isinstance(after, tuple):
        yield Change(path, _text(before), _text(after), tuple(one for one in after if one not in before),
                     tuple(one for one in before if one not in after))
    else:
        yield Change(path, _text(before), _text(after))


def _plain(value: Any) -> Any:
    if isinstance(value, Calendar):
        return {"name": value.name, **_plain(value.days), "overrides": _plain(value.set_days)}
    if isinstance(value, Window):
        return f"{value.start:%H:%M}-" + ("24:00" if value.end == time(0) else f"{value.end:%H:%M}")
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.name not in LEFT_OUT}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return tuple(sorted(map(str, value)))
    if isinstance(value, tuple):
        return _listed(value)
    if isinstance(value, timedelta):
        return durations.written(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value) if isinstance(value, date | bool | int | float) else value


def _listed(value: tuple[Any, ...]) -> Any:
    """Things with an id or a key by it, others as texts."""
    names = [getattr(one, "id", getattr(one, "key", None)) for one in value]
    if value and all(names):
        return {str(name): _plain(one) for name, one in zip(names, value, strict=True)}
    return tuple(one if isinstance(one, str) else _text(_plain(one)) for one in value)


def _text(value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if value in ((), {}):
        return EMPTY
    if isinstance(value, dict):
        return "、".join(f"{key}: {_text(one)}" for key, one in value.items() if one not in (None, (), {}, ""))
    return "、".join(map(_text, value)) if isinstance(value, tuple) else str(value)
