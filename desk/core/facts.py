"""Facts: what happened, past participle, append-only; verdicts and audits are folds over them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass
class Fact:
    """``name`` is ``noun.verbed``; ``subject`` is ``noun:id`` (``ticket:TS26…``); ``actor`` is who caused it."""

    at: datetime
    name: str
    subject: str
    actor: str
    data: dict[str, Any] = field(default_factory=dict)
    id: int | None = None


class Facts(Protocol):
    """The log of facts."""

    def record(self, name: str, *, subject: str, actor: str, at: datetime, **data: Any) -> Fact:
        """Append one fact in the present transaction."""

    def about(self, subject: str) -> list[Fact]:
        """Everything that happened to a subject, oldest first."""

    def history(self, subject: str) -> list[Fact]:
        """The same for a subject that the caller has locked: read once in a transaction, then kept up with what is added."""

    def named(self, name: str, *, since: datetime, subject: str | None = None) -> list[Fact]:
        """Facts of one name since a time."""
