"""The real console on a real SQLite with the sample data, and people who are signed in to it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from desk import sample_data, settings
from desk.bootstrap import build
from tests.console.stand import Client, ConsoleStand, sign_in


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the sample data, made once: hashing passwords is slow on purpose."""
    folder = tmp_path_factory.mktemp("loaded")
    application = build(settings.load({"DESK_DATA_DIR": str(folder)}))
    application.store.create_tables()
    sample_data.load(application.desk)
    application.threads.shutdown()
    application.store.close()
    return folder / "desk.db"


@pytest_asyncio.fixture
async def stand(tmp_path: Path, loaded: Path) -> AsyncIterator[ConsoleStand]:
    """A running web process."""
    shutil.copy(loaded, tmp_path / "desk.db")
    stand = ConsoleStand(tmp_path)
    await stand.start()
    yield stand
    await stand.stop()


@pytest_asyncio.fixture
async def http(stand: ConsoleStand) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of it that keeps cookies."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(stand.url, cookie_jar=jar) as session:
        yield session


@pytest_asyncio.fixture
async def wang(http: aiohttp.ClientSession) -> Client:
    """An agent for general questions and complaints."""
    return await sign_in(http, "wang")


@pytest_asyncio.fixture
async def li(http: aiohttp.ClientSession) -> Client:
    """An agent for technical and general questions."""
    return await sign_in(http, "li")


@pytest_asyncio.fixture
async def chen(http: aiohttp.ClientSession) -> Client:
    """A trainer."""
    return await sign_in(http, "chen")


@pytest_asyncio.fixture
async def zhao(http: aiohttp.ClientSession) -> Client:
    """A supervisor."""
    return await sign_in(http, "zhao")


@pytest_asyncio.fixture
async def admin(http: aiohttp.ClientSession) -> Client:
    """The admin."""
    return await sign_in(http, "admin")
