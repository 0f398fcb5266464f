"""Policy versions in either database: kept once by whoever comes first, readable in the middle of a transaction."""

from dataclasses import replace

from desk.core.policy import Policy
from desk.service import policies
from desk.service.desk import Desk
from desk.store.unit_of_work import Store
from tests.store.conftest import NOW, Race


def test_processes_that_load_at_once_keep_one_row(desk: Desk, policy: Policy, race: Race[object]) -> None:
    """Eight at the same instant, twice: one row for each version."""
    for version in ("one", "two"):
        def load(_: int, version: str = version) -> object:
            with desk.begin() as uow:
                return policies.keep(uow, replace(policy, version=version), {"sla.yml": "承诺"}, now=NOW).version

        assert [version] * 8 == race(load)
    assert ["two", "one"] == [one.version for one in policies.history(desk)]


def test_stored_texts_can_be_read_inside_another_transaction(desk: Desk, store: Store, policy: Policy) -> None:
    """The rules of an old ticket are looked up while it is locked: on SQLite a second writer would wait for itself."""
    with store.begin() as uow:
        policies.keep(uow, policy, {"sla.yml": "承诺"}, now=NOW)
    with store.begin() as uow:
        policies.keep(uow, replace(policy, version="new"), {}, now=NOW)
        with store.reading() as other:
            found = other.policies.by_version(policy.version)
            assert other.policies.by_version("new") is None
    assert found is not None
    assert {"sla.yml": "承诺"} == found.files
    assert policy.valid_from == found.valid_from
