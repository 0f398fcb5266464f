"""The policy in force: what operations decide, as plain frozen data. Loading and checking is the gateway's work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from desk.core.calendars import Calendar
from desk.core.errors import NotFound

FieldKind = Literal["text", "phone", "address", "number", "choice", "datetime"]
Where = Literal["outlet", "onsite"]


@dataclass(frozen=True)
class Company:
    """Who we are."""

    name: str
    hotline: str
    timezone: str
    about: str


@dataclass(frozen=True)
class BookingRule:
    """How a service is booked: a grid of ``minutes`` inside a calendar, ``capacity`` places a slot."""

    where: Where
    calendar: str
    minutes: int
    capacity: int
    lead_minutes: int
    horizon_days: int
    outlets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """One thing an application must hold."""

    key: str
    label: str
    ask: str
    kind: FieldKind = "text"
    required: bool = True
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Why an application does not qualify, and where to go instead (GG-7)."""

    reason: str
    department: str
    advice: str


@dataclass(frozen=True)
class RefuseRule:
    """Refuse when ``field`` contains one of the words, or is a number above ``above``."""

    field: str
    refusal: Refusal
    contains: tuple[str, ...] = ()
    above: float | None = None


@dataclass(frozen=True)
class Service:
    """One entry of the public guide (GG-4)."""

    id: str
    name: str
    synonyms: tuple[str, ...]
    summary: str
    conditions: tuple[str, ...]
    materials: tuple[str, ...]
    procedure: tuple[str, ...]
    fee: str
    time_limit: str
    department: str
    cite: str
    kinds: frozenset[str] = frozenset()
    symptoms: tuple[str, ...] = ()
    booking: BookingRule | None = None
    application: tuple[Field, ...] = ()
    refuse: tuple[RefuseRule, ...] = ()


@dataclass(frozen=True)
class Outlet:
    """A place customers can come to."""

    id: str
    name: str
    synonyms: tuple[str, ...]
    address: str
    phone: str
    directions: str
    calendar: str


@dataclass(frozen=True)
class Queue:
    """Where conversations wait for people of one skill; ``topics`` are handoff reasons and ticket kinds."""

    id: str
    name: str
    calendar: str
    topics: tuple[str, ...]


@dataclass(frozen=True)
class Promise:
    """What a kind of ticket is promised, with the articles behind it."""

    kind: str
    text: str
    cite: tuple[str, ...]
    reply_within: timedelta | None = None
    consult_within: timedelta | None = None
    result_within: timedelta | None = None
    calendar: str = "around_the_clock"


@dataclass(frozen=True)
class Topic:
    """A rule that customers ask about (compensation, privacy), with its article."""

    id: str
    names: tuple[str, ...]
    text: str
    cite: str


@dataclass(frozen=True)
class Policy:
    """All of it; ``version`` is a hash of the files' content."""

    version: str
    company: Company
    services: Mapping[str, Service]
    outlets: Mapping[str, Outlet]
    calendars: Mapping[str, Calendar]
    queues: Mapping[str, Queue]
    promises: Mapping[str, Promise]
    topics: Mapping[str, Topic] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)
    day_kind: Callable[[date], str] = field(default=lambda day: "workday", compare=False)

    def queue_for(self, topic: str) -> Queue:
        """The queue of a handoff reason or ticket kind; the first queue when none claims it."""
        for queue in self.queues.values():
            if topic in queue.topics:
                return queue
        return next(iter(self.queues.values()))

    def promise_for(self, kind: str) -> Promise:
        """The promise for a ticket kind, or the one for any request."""
        return self.promises.get(kind) or self.promises["any"]

    def service(self, service_id: str) -> Service:
        """A service by id; raises NotFound."""
        if service_id not in self.services:
            raise NotFound(service_id)
        return self.services[service_id]

    def calendar_of(self, *, service: Service, resource: str) -> Calendar:
        """The hours that bound bookings: the service's own, at an outlet only while that is open too."""
        assert service.booking is not None
        own = self.calendars[service.booking.calendar]
        outlet = self.outlets.get(resource)
        return own if outlet is None else replace(own, within=self.calendars[outlet.calendar])
