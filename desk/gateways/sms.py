"""SMS: the interface, and the shipped implementation that writes to the log instead of a phone."""

from pathlib import Path
from typing import Protocol

import structlog

from desk.core.customers import masked_phone

log = structlog.get_logger()


class SmsGateway(Protocol):
    """Sends a text to a phone; raises any exception when it could not."""

    async def send(self, phone: str, text: str) -> None:
        """Hand the text over to a provider."""


class ConsoleSms:
    """Writes every message to ``sms.log`` and the console log, so that a desk can be tried without a provider."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "sms.log"

    async def send(self, phone: str, text: str) -> None:
        """Write it down; the log line masks the phone."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{phone}\t{text}\n")
        log.info("sms.sent", phone=masked_phone(phone), text=text)


def make_sms(name: str, folder: Path) -> SmsGateway:
    """The gateway that a setting names."""
    known = {"console": ConsoleSms}
    return known[name](folder)
