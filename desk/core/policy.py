"""The policy in force: what operations decide, as plain frozen data. Loading and checking is the gateway's work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

from desk.core import promises
from desk.core.calendars import Calendar
from desk.core.errors import NotFound
from desk.core.escalation import Rule
from desk.core.promises import ClockRule
from desk.core.queueing import Discipline

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
    departments: tuple[str, ...] = ()
    supplier: str | None = None
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
class HandlingPrior:
    """How long talks of a queue take before there are data: half of them ``median``, four of five up to ``p80``.

    It weighs as much as ``weight`` observed talks.
    """

    median: timedelta
    p80: timedelta
    weight: int


@dataclass(frozen=True)
class Queue:
    """Where conversations wait for people of one skill; ``topics`` are handoff reasons and ticket kinds.

    ``greet_within``: first words of a person after queueing (JC-5); ``answer_within``: an offered agent's time to accept.
    """

    id: str
    name: str
    calendar: str
    topics: tuple[str, ...]
    discipline: Discipline = field(default_factory=Discipline)
    letter: str = "A"
    handling: HandlingPrior | None = None
    greet_within: timedelta = timedelta(seconds=60)
    answer_within: timedelta = timedelta(seconds=60)
    cite: tuple[str, ...] = ()


@dataclass(frozen=True)
class Supplier:
    """An outsourced provider (WW-8, HQ-4) with what it owes us."""

    id: str
    name: str
    phone: str
    respond_within: timedelta
    complete_within: timedelta
    calendar: str
    cite: tuple[str, ...]


@dataclass(frozen=True)
class Promise:
    """What a kind of ticket is promised, with the articles behind it; each time runs on ``calendar``.

    ``articles`` names by clock those of ``cite`` (or others) that are behind that clock alone.
    """

    kind: str
    text: str
    cite: tuple[str, ...]
    reply_within: timedelta | None = None
    consult_within: timedelta | None = None
    result_within: timedelta | None = None
    respond_within: timedelta | None = None
    confirm_within: timedelta | None = None
    notice_within: timedelta | None = None
    calendar: str = "around_the_clock"
    articles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def clocks(self) -> list[ClockRule]:
        """The clocks of a ticket under this promise."""
        given: dict[promises.Clock, timedelta | None] = {
            "reply": self.reply_within, "consult": self.consult_within, "result": self.result_within,
            "response": self.respond_within, "confirm": self.confirm_within, "notice": self.notice_within}
        return [ClockRule(clock, within, self.calendar, self.articles.get(clock, self.cite))
                for clock, within in given.items() if within is not None]


@dataclass(frozen=True)
class TaskPromise:
    """Within what time a kind of task (``desk.core.tasks``) has to be done."""

    within: timedelta
    calendar: str
    cite: tuple[str, ...]


@dataclass(frozen=True)
class Topic:
    """A rule that customers ask about (compensation, privacy), with its article."""

    id: str
    names: tuple[str, ...]
    text: str
    cite: str


@dataclass(frozen=True)
class Policy:
    """All of it; ``version`` is a hash of the files' content, ``valid_from`` None when it holds as soon as it is loaded."""

    version: str
    company: Company
    services: Mapping[str, Service]
    outlets: Mapping[str, Outlet]
    calendars: Mapping[str, Calendar]
    queues: Mapping[str, Queue]
    promises: Mapping[str, Promise]
    topics: Mapping[str, Topic] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)
    suppliers: Mapping[str, Supplier] = field(default_factory=dict)
    escalation: tuple[Rule, ...] = ()
    tasks: Mapping[str, TaskPromise] = field(default_factory=dict)
    valid_from: datetime | None = None
    note: str = ""
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

    def clocks_of_task(self, *, kind: str, assigned_to: str) -> list[ClockRule]:
        """The clocks of a task of a kind (``desk.core.tasks``); a supplier's are its own."""
        supplier = self.suppliers.get(assigned_to) if kind == "supplier" else None
        if supplier is not None:
            return [ClockRule("supplier_response", supplier.respond_within, supplier.calendar, supplier.cite),
                    ClockRule("supplier_completion", supplier.complete_within, supplier.calendar, supplier.cite)]
        promise = self.tasks.get(kind)
        return [ClockRule("task", promise.within, promise.calendar, promise.cite)] if promise is not None else []

    def clocks_of_handoff(self, queue_id: str) -> list[ClockRule]:
        """The clocks of a handoff: first words of a person, and answering an offer."""
        queue = self.queues.get(queue_id)
        if queue is None:
            return []
        return [ClockRule("greeting", queue.greet_within, "around_the_clock", queue.cite),
                ClockRule("offer", queue.answer_within, "around_the_clock", queue.cite)]

    def departments(self) -> tuple[str, ...]:
        """Every department that a service or a queue names, in order."""
        named = [department for service in self.services.values() for department in (service.department, *service.departments)]
        return tuple(dict.fromkeys([*named, *(queue.name for queue in self.queues.values())]))

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
