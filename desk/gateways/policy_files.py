"""Loads and checks the policy: from its folder or from stored texts. A mistake names file, line, key and what is allowed."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from desk.core.errors import PolicyError
from desk.core.policy import Policy
from desk.gateways import policy_calendars, policy_escalation, policy_figures, policy_guide, policy_promises
from desk.gateways.policy_calendars import is_published as is_published
from desk.gateways.yaml_source import Node, parse, read_text

FILES = ("policy.yml", "company.yml", "calendars.yml", "outlets.yml", "queues.yml", "sla.yml", "escalation.yml",
         "suppliers.yml", "services.yml", "targets.yml")
Signature = tuple[tuple[int, int, int] | None, ...]


def load_policy(directory: Path) -> Policy:
    """The policy of a folder; raises PolicyError for the first mistake."""
    return parse_policy(read_policy(directory), folder=directory.name)


def read_policy(directory: Path) -> dict[str, str]:
    """The texts of a folder's policy by file name, unchecked; raises PolicyError when one is missing."""
    return {name: read_text(directory / name) for name in FILES}


def signature(directory: Path) -> Signature:
    """What changes when a file of the folder is written: cheap enough to be asked for every second."""
    return tuple(_stamp(directory / name) for name in FILES)


def version_of(texts: Mapping[str, str]) -> str:
    """The version of a policy: a hash of the texts of its files."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(f"{name}\0{texts[name]}\0".encode())
    return digest.hexdigest()[:12]


def parse_policy(texts: Mapping[str, str], *, folder: str = "policy") -> Policy:
    """The policy of texts by file name; raises PolicyError for the first mistake, named as a file of ``folder``."""
    files = {name: _file(texts, Path(folder, name)) for name in FILES}
    company = policy_guide.company(files["company.yml"])
    zone = ZoneInfo(company.timezone)
    day_kinds = policy_calendars.day_kinds(files["calendars.yml"])
    calendars = policy_calendars.calendars(files["calendars.yml"], day_kinds, zone)
    outlets = policy_guide.outlets(files["outlets.yml"], calendars)
    queues = policy_promises.queues(files["queues.yml"], calendars)
    suppliers = policy_promises.suppliers(files["suppliers.yml"], calendars)
    promises = policy_promises.promises(files["sla.yml"], calendars)
    tasks = policy_promises.task_promises(files["sla.yml"], calendars)
    targets = policy_promises.targets(files["targets.yml"])
    figures = policy_figures.of_policy(promises, tasks, targets, calendars)
    policy = Policy(
        version=version_of(texts), company=company, calendars=calendars, outlets=outlets, queues=queues,
        suppliers=suppliers, promises=promises, tasks=tasks, targets=targets,
        topics=policy_promises.topics(files["sla.yml"], figures),
        escalation=policy_escalation.rules(files["escalation.yml"], queues=queues),
        services=policy_guide.services(files["services.yml"], calendars=calendars, outlets=outlets, suppliers=suppliers),
        day_kind=day_kinds, valid_from=_valid_from(files["policy.yml"], zone), note=files["policy.yml"].text("note", default=""))
    for file in files.values():
        file.done()
    return policy


def _file(texts: Mapping[str, str], file: Path) -> Node:
    if file.name not in texts:
        raise PolicyError(f"{file}: 文件不存在")
    return parse(texts[file.name], file)


def _valid_from(file: Node, zone: ZoneInfo) -> datetime | None:
    def instant(value: Any) -> datetime:
        if isinstance(value, str):
            return datetime.strptime(value, "%Y-%m-%d %H:%M").replace(tzinfo=zone)
        if isinstance(value, datetime) or not isinstance(value, date):
            raise TypeError(value)
        return datetime.combine(value, time(0), zone)

    found: datetime | None = file.checked(
        "valid_from", instant, "应为日期或时间，例如 2027-01-01 或 2027-01-01 08:00（公司所在时区）", default=None)
    return found


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
