"""Finding a service of the guide by what a customer calls it; what is not in the guide is never invented."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from desk.core.policy import Outlet, Policy, Service

CLOSEST = 3
NEAR = 0.25
VERBS = frozenset("修剪做装办拉洗烫染交发报擦打搞通理弄寄运补租开托代新")
FILLERS = ("个", "一个", "下", "一下", "次", "一次", "点", "些")
EMPTY = set("一个的了这那些么吗什")  # characters that name nothing
_NOISE = re.compile(r"[\s,。,.!?!?、的了吗呢啊吧]|服务|业务|一下|帮我|我想|我要|请问")


@dataclass(frozen=True)
class ServiceMatch:
    """The service a text names, or the nearest offers when it names none."""

    service: Service | None
    closest: tuple[Service, ...] = ()


def match(policy: Policy, text: str) -> ServiceMatch:
    """The service whose id, name or synonym is the text or stands in it (the longest wins), else what is near."""
    cleaned = _NOISE.sub("", text).lower()
    if text in policy.services:
        return ServiceMatch(policy.services[text])
    found = max(((len(name), service) for service in policy.services.values() for name in spoken(service)
                 if name.lower() in text.lower() or name.lower() == cleaned),
                key=lambda pair: pair[0], default=None)
    return ServiceMatch(found[1]) if found else ServiceMatch(None, closest(policy, cleaned))


def closest(policy: Policy, text: str) -> tuple[Service, ...]:
    """Services with a name that shares characters with the text, best first (Dice over characters)."""
    scored = sorted(((max(_likeness(text, name) for name in names(service)), service.id)
                     for service in policy.services.values()), reverse=True)
    return tuple(policy.services[service_id] for score, service_id in scored[:CLOSEST] if score >= NEAR)


def outlet(policy: Policy, text: str) -> Outlet | None:
    """The outlet a text names."""
    if text in policy.outlets:
        return policy.outlets[text]
    hits = [(len(name), one.id) for one in policy.outlets.values() for name in (one.name, *one.synonyms)
            if name in text]
    return policy.outlets[max(hits)[1]] if hits else None


def names(service: Service) -> tuple[str, ...]:
    """Everything a service is called."""
    return service.name, *service.synonyms


def spoken(service: Service) -> tuple[str, ...]:
    """Its names, and what people make of those that begin with a verb: “剪个头发”, “修一下空调”."""
    loose = (f"{name[0]}{filler}{name[1:]}" for name in names(service) if name[0] in VERBS for filler in FILLERS)
    return *names(service), *loose


def by_symptom(policy: Policy, text: str) -> Service | None:
    """The service that mends what a text says is broken: the first of the guide with one of its symptoms in it."""
    said = text.lower()
    return next((one for one in policy.services.values() if any(word.lower() in said for word in one.symptoms)), None)


def of_kind(policy: Policy, kind: str) -> list[Service]:
    """Services that can be booked, applied for or reported as broken."""
    return [service for service in policy.services.values() if kind in service.kinds]


def _likeness(one: Iterable[str], other: Iterable[str]) -> float:
    a, b = set(one) - EMPTY, set("".join(other).lower()) - EMPTY
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0
