"""Keeping the versions of the policy, so that what was promised under one can always be read again."""

from collections.abc import Mapping
from datetime import datetime

from desk.core.policies import PolicyVersion
from desk.core.policy import Policy
from desk.service.desk import Desk, UnitOfWork


def keep(uow: UnitOfWork, policy: Policy, texts: Mapping[str, str], *, now: datetime) -> PolicyVersion:
    """Keep a loaded policy with the texts of its files, unless it is the one that was loaded last."""
    uow.effect("policy/loading")  # of several processes that load at the same time, one is first
    last = next(iter(uow.policies.recent(limit=1)), None)
    if last is not None and last.version == policy.version:
        return last
    row = PolicyVersion(version=policy.version, loaded_at=now, valid_from=policy.valid_from or now, files=dict(texts),
                        note=policy.note)
    uow.add(row)
    uow.flush()
    return row


def history(desk: Desk, *, limit: int = 50) -> list[PolicyVersion]:
    """The versions loaded last, newest first."""
    with desk.begin() as uow:
        return uow.policies.recent(limit=limit)
