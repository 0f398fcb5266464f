"""Which services turned out faulty (YW-5, service fault rate), from what the desk knows. Pure.

A service is carried out when a booking's time has come, or when the result of an application, a fault report or an
emergency has been told. It was faulty when the customer had the ticket reopened, or when a complaint about it was
upheld at least in part. A complaint is taken to be about the last service that the same customer (or conversation) had
begun before it, until ``WITHIN`` after its end, of the service it names if it names one. A complaint upheld for which
there is no such service proves one that the desk had not recorded: it counts as one carried out, and faulty.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.core.periods import Period
from desk.core.report_rows import ServiceRow, TicketRow

SERVICES = frozenset({"application", "fault", "emergency"})  # ticket kinds by which a service is carried out
WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class Whose:
    """What a complaint and a service have in common."""

    customer_id: int | None
    conversation_id: str | None
    service_id: str | None

    def may_be_about(self, service: "Whose") -> bool:
        """Whether a complaint of this may be about a service of that."""
        same_customer = self.customer_id is not None and self.customer_id == service.customer_id
        same_talk = self.conversation_id is not None and self.conversation_id == service.conversation_id
        return (same_customer or same_talk) and self.service_id in (None, service.service_id)


@dataclass(frozen=True)
class Upheld:
    """A complaint upheld at least in part."""

    number: str
    department: str
    at: datetime
    whose: Whose


@dataclass(frozen=True)
class Service:
    """A ticket or booking; ``done_at`` is None while it is not carried out."""

    number: str
    begun_at: datetime
    done_at: datetime | None
    whose: Whose
    booked: bool = False


@dataclass(frozen=True)
class Blame:
    """What the complaints upheld are about: services by number, and complaints for which none is known."""

    services: Mapping[str, Service]
    unknown: tuple[Upheld, ...]


def blame(complaints: Iterable[Upheld], services: Sequence[Service]) -> Blame:
    """Find the service behind each complaint."""
    by_owner: dict[int | str | None, list[Service]] = {}
    for service in sorted(services, key=lambda one: one.begun_at):
        for owner in {service.whose.customer_id, service.whose.conversation_id} - {None}:
            by_owner.setdefault(owner, []).append(service)
    found, unknown = {}, []
    for one in complaints:
        near = [*by_owner.get(one.whose.customer_id, ()), *by_owner.get(one.whose.conversation_id, ())]
        behind = max((service for service in near if _behind(service, one)), key=lambda service: service.begun_at, default=None)
        if behind is None:
            unknown.append(one)
        else:
            found[behind.number] = behind
    return Blame(found, tuple(unknown))


def _behind(service: Service, complaint: Upheld) -> bool:
    over = service.done_at is not None and complaint.at > max(service.done_at, service.begun_at) + WITHIN
    return service.begun_at <= complaint.at and not over and complaint.whose.may_be_about(service.whose)


def carried_out(period: Period, *, tickets: Iterable[TicketRow], bookings: Mapping[str, int],
                department_of: Mapping[str, str], blamed: Blame) -> list[ServiceRow]:
    """The services of a month by department. ``bookings`` counts them by service, whose department is looked up."""
    done: Counter[str] = Counter()
    faulty: Counter[str] = Counter()
    for row in tickets:
        if row.kind in SERVICES and row.status != "refused" and period.contains(row.resolved_at):
            done[row.department] += 1
            faulty[row.department] += row.reopened > 0 or row.number in blamed.services
    for service_id, n in bookings.items():
        done[department_of.get(service_id, service_id)] += n
    for service in blamed.services.values():
        if service.booked and period.contains(service.done_at):
            service_id = service.whose.service_id or ""
            faulty[department_of.get(service_id, service_id)] += 1
    for complaint in blamed.unknown:
        if period.contains(complaint.at):
            done[complaint.department] += 1
            faulty[complaint.department] += 1
    return [ServiceRow(department, period.start, n, faulty[department]) for department, n in done.items()]
