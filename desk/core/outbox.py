"""The outbox: what still has to leave the desk through a channel that must be pushed (SMS, WeChat)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

MAX_ATTEMPTS = 8


@dataclass
class Outgoing:
    """One thing to send; ``dedup_key`` makes writing it twice harmless."""

    channel: str
    address: str
    body: dict[str, Any]
    dedup_key: str
    created_at: datetime
    next_attempt_at: datetime
    state: Literal["pending", "sent", "failed"] = "pending"
    attempts: int = 0
    error: str | None = None
    sent_at: datetime | None = None
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    id: int | None = field(default=None)


def failed_attempt(row: Outgoing, *, error: str, now: datetime) -> bool:
    """Note a failed send: try again after 2, 4, 8 … seconds; True when it is given up after MAX_ATTEMPTS."""
    row.attempts += 1
    row.error = error[:500]
    row.claimed_by = row.claimed_until = None
    if row.attempts >= MAX_ATTEMPTS:
        row.state = "failed"
        return True
    row.next_attempt_at = now + timedelta(seconds=2**row.attempts)
    return False


class Outbox(Protocol):
    """Stored outgoing rows."""

    def put(self, row: Outgoing) -> None:
        """Write a row unless one with its dedup_key exists."""

    def claim(self, *, holder: str, now: datetime, limit: int = 20) -> list[Outgoing]:
        """Lease due rows to one process for 30 s."""

    def get(self, row_id: int) -> Outgoing:
        """One row; raises NotFound."""
