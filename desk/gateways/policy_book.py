"""The policies a process works with: the one in force now, older ones by version, and what is new in folder and database.

The database is what all processes agree on: whoever sees a changed folder first keeps the new version there, the
others find it by its row. A folder with a mistake in it changes nothing; ``problem`` says what is wrong.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import structlog

from desk.core.errors import PolicyError, StoreUnavailable
from desk.core.policies import PolicyVersion, in_force
from desk.core.policy import Policy
from desk.gateways.policy_files import Signature, load_policy, parse_policy, read_policy, signature, version_of
from desk.service import policies
from desk.service.desk import Clock, UnitOfWork

log = structlog.get_logger()
Begin = Callable[[], AbstractContextManager[UnitOfWork]]


class _State(NamedTuple):
    """The policy in force, and until when nothing else comes into force by itself."""

    policy: Policy
    until: datetime | None


class FixedPolicy:
    """A book with a single policy: for tests and tools."""

    problem = ""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def current(self) -> Policy:
        """The policy."""
        return self._policy

    def by_version(self, version: str) -> Policy | None:
        """The policy, if it is the one asked for."""
        return self._policy if version == self._policy.version else None

    def refresh(self) -> bool:
        """Nothing changes."""
        return False


class StoredPolicies:
    """The policies that the database holds. ``current`` and ``by_version`` may be called inside a transaction."""

    problem = ""

    def __init__(self, *, reading: Begin, clock: Clock) -> None:
        self._reading, self._clock = reading, clock
        self._choosing = threading.Lock()
        self._state: _State | None = None
        self._rows: list[PolicyVersion] = []
        self._last_id = 0
        self._parsed: dict[str, Policy] = {}
        self._unknown: set[str] = set()
        self._unreadable: set[str] = set()

    def current(self) -> Policy:
        """The policy in force now; raises PolicyError when there is none yet."""
        state = self._state
        if state is None:
            self.refresh()
        elif state.until is None or self._clock.now() < state.until:
            return state.policy
        return self._choose()

    def by_version(self, version: str) -> Policy | None:
        """The policy of a version that was kept; None for one that is not known or can no longer be read."""
        known = self._parsed.get(version)
        if known is None and version not in self._unknown:
            with self._reading() as uow:
                row = uow.policies.by_version(version)
            known = self._parse(row) if row is not None else None
            if known is None:
                self._unknown.add(version)
        return known

    def refresh(self) -> bool:
        """Take in new rows and what has become valid; whether another policy is in force now."""
        before = self._state
        with self._reading() as uow:
            last = uow.policies.last_id()
            rows = uow.policies.recent() if last != self._last_id else self._rows
        if last != self._last_id:
            self._rows, self._last_id = rows, last
            self._unknown.clear()
        return self._choose().version != (before.policy.version if before else "")

    def _choose(self) -> Policy:
        """What is in force now, from memory alone: a transaction may be waiting for it."""
        with self._choosing:
            now, before = self._clock.now(), self._state.policy if self._state else None
            row = in_force(self._rows, now)
            policy = (self._parse(row) if row is not None else None) or before
            if policy is None:
                raise PolicyError("数据库里还没有可用的策略版本；服务台启动后才有。")
            self._state = _State(policy, min((one.valid_from for one in self._rows if one.valid_from > now), default=None))
        if before is not None and policy.version != before.version:
            log.info("policy.switched", version=policy.version, before=before.version)
        return policy

    def _parse(self, row: PolicyVersion) -> Policy | None:
        if row.version not in self._parsed and row.version not in self._unreadable:
            try:
                self._parsed[row.version] = parse_policy(row.files)
            except PolicyError as mistake:
                self._unreadable.add(row.version)
                log.error("policy.unreadable", version=row.version, problem=mistake.detail)
        return self._parsed.get(row.version)


class PolicyBook(StoredPolicies):
    """The policies of the database and of a folder. ``problem``: the mistake in the folder as it is now, or empty.

    ``refresh`` must not be called inside a transaction.
    """

    def __init__(self, directory: Path, *, begin: Begin, reading: Begin, clock: Clock) -> None:
        """Load the folder; raises PolicyError for a mistake in it."""
        super().__init__(reading=reading, clock=clock)
        self._directory, self._begin = directory, begin
        self._refreshing = threading.Lock()
        self._seen: Signature | None = None
        self.problem = ""
        loaded = load_policy(directory)
        self._parsed[loaded.version] = loaded
        self._state = _State(loaded, None)
        try:
            self.refresh()
        except StoreUnavailable as error:  # the next refresh keeps it
            log.warning("policy.not_kept", version=loaded.version, error=error.detail)

    def refresh(self) -> bool:
        """Take in what is new in the folder and in the database; whether another policy is in force now."""
        with self._refreshing:
            self._take_folder()
            return super().refresh()

    def _take_folder(self) -> None:
        seen = signature(self._directory)
        if seen == self._seen:
            return
        try:
            texts = read_policy(self._directory)
            version = version_of(texts)
            policy = self._parsed.get(version) or parse_policy(texts, folder=self._directory.name)
        except PolicyError as mistake:
            self._seen, self.problem = seen, mistake.detail
            log.warning("policy.rejected", problem=mistake.detail)
            return
        if signature(self._directory) != seen:
            return  # somebody is still writing
        with self._begin() as uow:
            policies.keep(uow, policy, texts, now=self._clock.now())
        self._parsed[version] = policy
        self._seen, self.problem = seen, ""
