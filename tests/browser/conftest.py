"""Debian's Chromium against the real web chat, which runs in a thread of its own."""

import asyncio
import os
import shutil
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiohttp import web
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.connectors.stand import ScriptedRasa, Stand, free_port, listen

T = TypeVar("T")
expect.set_options(timeout=15_000)  # a busy machine is not a fault of the page
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
         "--disable-component-update"]


class Site:
    """The web process, and a page of somebody else's that embeds it."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._shop_port = free_port()
        self.shop = f"http://127.0.0.1:{self._shop_port}"
        self.rasa = self.run(self._scripted())
        self.stand = Stand(folder, self.rasa, allowed_origins=self.shop)
        self.run(self.stand.start())

    @property
    def url(self) -> str:
        """Where the chat is."""
        return self.stand.url

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the site's thread."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(30)

    def call(self, function: Callable[..., T], **kwargs: Any) -> T:
        """Ask the desk for something."""
        return self.run(self.stand.app.call(function, **kwargs))

    def answer_slow(self) -> None:
        """Let the bot finish what it is slow about."""
        self._loop.call_soon_threadsafe(self.rasa.slow.set)

    def close(self) -> None:
        """Stop everything."""
        self.answer_slow()
        self.run(self.stand.stop())
        self.run(self._rasa_runner.cleanup())
        self.run(self._shop_runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _scripted(self) -> ScriptedRasa:
        rasa = ScriptedRasa()
        self._rasa_runner = await rasa.start()
        shop = web.Application()
        shop.router.add_get("/", self._shop)
        self._shop_runner = await listen(shop, self._shop_port)
        return rasa

    async def _shop(self, request: web.Request) -> web.Response:
        return web.Response(content_type="text/html", charset="utf-8", text=(
            "<!doctype html><html lang='zh-CN'><title>小店</title><h1>小店</h1>"
            f"<script src='{self.url}/embed.js' data-title='在线咨询' defer></script>"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A running site."""
    site = Site(tmp_path)
    yield site
    site.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser; skipped where there is none, a failure with CI=true."""
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed (apt-get install -y chromium fonts-noto-cjk)")
        pytest.skip("chromium is not installed (apt-get install -y chromium fonts-noto-cjk)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages in fresh profiles; an error in a page's console fails the test, but for lost connections."""
    contexts, troubles = [], []

    def open_page(url: str, *, width: int = 390, height: int = 844, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN", **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    lost = ("net::ERR_", "WebSocket connection to", "Failed to load resource")
    assert [one for one in troubles if not any(word in one for word in lost)] == []
