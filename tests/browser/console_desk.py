"""The console for browser tests: the stand of ``tests/console`` in a thread of its own."""

import asyncio
import re
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Page, expect

from desk import sample_data
from tests.console.stand import ConsoleStand

T = TypeVar("T")


class ConsoleDesk:
    """A running console; the stand's customers are called from the test's thread."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.stand = ConsoleStand(folder)
        self._run(self.stand.start())

    @property
    def login(self) -> str:
        """Where to sign in."""
        return f"{self.stand.url}/console/login"

    def close(self) -> None:
        """Stop everything."""
        self._run(self.stand.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


def sign_in(page: Page, username: str) -> None:
    """Through the form, as people do."""
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(sample_data.password(username))
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile(r"/console$"))
