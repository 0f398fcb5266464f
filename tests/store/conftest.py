"""The same store twice: every contract is checked over SQLite and over PostgreSQL."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest

from desk.core.policy import Policy
from desk.gateways.policy_files import load_policy
from desk.service.desk import Desk
from desk.store import migrate
from desk.store.unit_of_work import Store
from tests.databases import postgres, postgres_url

__all__ = ["postgres", "postgres_url"]

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
RACERS = 8
T = TypeVar("T")
Outcome = T | Exception
Race = Callable[[Callable[[int], T]], list[T | Exception]]


class StandingClock:
    """Tuesday 24 November 2026, 09:30 in Shanghai, for ever."""

    def now(self) -> datetime:
        """Aware UTC."""
        return NOW


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/desk.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def url(empty_url: str) -> str:
    """The address of a migrated database."""
    migrate.upgrade(empty_url)
    return empty_url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store on a migrated database."""
    store = Store(url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The shipped policy."""
    return load_policy(ROOT / "policy")


@pytest.fixture
def desk(store: Store, policy: Policy) -> Desk:
    """The service layer on that store."""
    return Desk(begin=store.begin, clock=StandingClock(), policies=lambda: policy)


@pytest.fixture
def race() -> Race[object]:
    """Run something in eight threads that start together; gives each result, or the exception raised."""
    def run(work: Callable[[int], T]) -> list[T | Exception]:
        together = Barrier(RACERS)

        def one(racer: int) -> T | Exception:
            together.wait()
            try:
                return work(racer)
            except Exception as error:
                return error

        with ThreadPoolExecutor(RACERS) as threads:
            return list(threads.map(one, range(RACERS)))

    return run
