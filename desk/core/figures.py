"""The desk in figures, for monitoring."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Counts:
    """How many of everything there are now; the keys are owners, queues and outbox states."""

    conversations: dict[str, int]
    waiting: dict[str, int]
    outbox: dict[str, int]
    pending: int


class Figures(Protocol):
    """Counting in the store."""

    def counts(self) -> Counts:
        """Everything counted once."""
