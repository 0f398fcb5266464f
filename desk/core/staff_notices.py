"""Notices to the people of the desk: who should look at what, until somebody has seen it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass
class StaffNotice:
    """``audience`` is ``supervisors``, ``department:NAME`` or ``agent:ID``; ``subject`` what it is about."""

    audience: str
    subject: str
    text: str
    at: datetime
    dedup_key: str
    urgent: bool = False
    seen_at: datetime | None = None
    seen_by: int | None = None
    id: int | None = None


class StaffNotices(Protocol):
    """Stored notices."""

    def put(self, notice: StaffNotice) -> None:
        """Write it unless one with its dedup_key exists."""

    def unseen(self, audiences: list[str], *, limit: int = 100) -> list[StaffNotice]:
        """What somebody has still to look at, newest first."""

    def get(self, notice_id: int) -> StaffNotice:
        """One notice; raises NotFound."""
