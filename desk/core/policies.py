"""Versions of the policy: what was loaded when, and which one is in force."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass
class PolicyVersion:
    """One loaded policy: the text of its files by name, so that what was promised under it can be read again."""

    version: str
    loaded_at: datetime
    valid_from: datetime
    files: dict[str, str] = field(default_factory=dict)
    note: str = ""
    id: int | None = None


def in_force(versions: Iterable[PolicyVersion], now: datetime) -> PolicyVersion | None:
    """The one loaded last of those that are valid already; where none is valid yet, the one that will be first."""
    known = sorted(versions, key=lambda one: one.id or 0)
    valid = [one for one in known if one.valid_from <= now]
    return valid[-1] if valid else min(known, key=lambda one: one.valid_from, default=None)


class Policies(Protocol):
    """Stored versions."""

    def recent(self, *, limit: int = 50) -> list[PolicyVersion]:
        """The versions loaded last, newest first."""

    def by_version(self, version: str) -> PolicyVersion | None:
        """A version by its hash; the newest row of it."""

    def last_id(self) -> int:
        """The id of the newest row; 0 when there is none."""
