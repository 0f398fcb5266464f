"""A real desk on a real SQLite file, with the shipped policy and a clock that tests move."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desk.core.agents import Agent
from desk.gateways.policy_files import load_policy
from desk.service.desk import Desk
from desk.store.unit_of_work import Store

ROOT = Path(__file__).parents[2]


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def now(self) -> datetime:
        """Aware UTC."""
        return self.time

    def advance(self, **kwargs: float) -> None:
        """Move by a timedelta's arguments."""
        self.time += timedelta(**kwargs)


@pytest.fixture
def clock() -> SetClock:
    """Tuesday 24 November 2026, 09:30 in Shanghai."""
    return SetClock(datetime(2026, 11, 24, 1, 30, tzinfo=UTC))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    store = Store(f"sqlite:///{tmp_path}/desk.db")
    store.create_tables()
    yield store
    store.close()


@pytest.fixture
def desk(store: Store, clock: SetClock) -> Desk:
    """The service layer's dependencies."""
    policy = load_policy(ROOT / "policy")
    return Desk(begin=store.begin, clock=clock, policies=lambda: policy)


@pytest.fixture
def wang(desk: Desk) -> Agent:
    """An agent on duty for every queue."""
    with desk.begin() as uow:
        agent = Agent(username="wang", name="王敏", role="agent", password_hash="-", on_duty=True, capacity=2,
                      skills=list(desk.policy.queues))
        uow.add(agent)
    return agent
