"""Notices to customers: what they were told of a ticket, over which channels, and whether it arrived."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

Kind = Literal["result", "progress", "apology", "reminder"]
ENOUGH_ATTEMPTS, ENOUGH_CHANNELS = 3, 2
AGAIN_AFTER = timedelta(hours=1)  # nobody is sent the same notice twice within


def enough(channels: Iterable[str]) -> bool:
    """Whether attempts over these channels are three over two (invariant 3's second way out)."""
    made = list(channels)
    return len(made) >= ENOUGH_ATTEMPTS and len(set(made)) >= ENOUGH_CHANNELS


@dataclass
class CustomerNotice:
    """One notice of a ticket. ``seq`` is its first message in the conversation, which has arrived when a reader passed it.

    ``attempts`` holds ``{"channel", "at", "state": "waiting" | "sent" | "failed", "outbox": id or None}``; one that still
    waits in the outbox has not been made yet.
    """

    ticket_number: str
    kind: Kind
    text: str
    at: datetime
    conversation_id: str | None = None
    seq: int | None = None
    attempts: list[dict[str, Any]] = field(default_factory=list)
    delivered_at: datetime | None = None
    delivered_by: str | None = None
    id: int | None = None

    @property
    def tried_enough(self) -> bool:
        """Whether three attempts over two channels were made."""
        return enough(one["channel"] for one in self.attempts if one["state"] != "waiting")

    @property
    def settled(self) -> bool:
        """Whether no more can be asked: it arrived, or everything was tried."""
        return self.delivered_at is not None or self.tried_enough

    def may_be_repeated(self, now: datetime) -> bool:
        """Whether it has not arrived and the last attempt is an hour old."""
        last = max((datetime.fromisoformat(one["at"]) for one in self.attempts), default=None)
        return self.delivered_at is None and (last is None or now - last >= AGAIN_AFTER)

    def mark(self, outbox_id: int, state: str) -> None:
        """Note what became of an attempt that waited in the outbox."""
        self.attempts = [{**one, "state": state} if one["outbox"] == outbox_id else one for one in self.attempts]


class CustomerNotices(Protocol):
    """Stored notices."""

    def of_ticket(self, number: str) -> list[CustomerNotice]:
        """The notices of a ticket, oldest first."""

    def undelivered(self, conversation_id: str, *, up_to: int) -> list[CustomerNotice]:
        """Notices of a conversation up to a sequence number that have not arrived yet."""

    def get(self, notice_id: int, *, lock: bool = False) -> CustomerNotice:
        """One notice; raises NotFound."""
