"""The clocks: the system's, and one that was set to another start, for tests and demonstrations."""

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)


class ShiftedClock:
    """A clock that was set to ``start`` when it was made and has run on since."""

    def __init__(self, start: datetime) -> None:
        self._start = start.astimezone(UTC)
        self._origin = time.monotonic()

    def now(self) -> datetime:
        """Aware UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._origin)
