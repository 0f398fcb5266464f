"""Who is served next, and by whom: the order of a queue, the lines it forms, and offers to people who are free.

Queue structure (PD-1): one snake line, one line per agent, or numbers that are called. Queue rules (PD-2): first come
first served, shortest first, or classes of customers; emergencies come first under every rule, in the order they came.

**Ageing.** A rule other than first come makes a customer count as though they had come later: one ``ageing`` for each
class above theirs, or their expected length, at most one ``ageing``. The handicap is fixed when they come, so waiting
works it off minute by minute, and nobody's place ever gets worse but by somebody who comes later.
**Bound:** whoever has waited ``Discipline.bound`` is overtaken by nobody who comes after that, but for emergencies.
"""

import math
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Literal, NamedTuple

Line = Literal["single", "per_agent", "number"]
Order = Literal["first_come", "shortest_first", "classes"]
NextStep = Literal["agent", "supervisor", "callback"]
Why = Literal["emergency", "class", "shortest", "first_come"]

_NO_WAIT_COUNTS_S = 1e9
_TALKS_OF_DOUBT = 5  # so many talks of any kind weigh as much as five like the one expected


@dataclass(frozen=True)
class Discipline:
    """How a queue is served; ``classes`` are customer tiers, best first, and everybody else comes after them.

    Without ``ageing`` shortest first and classes are strict, and somebody may wait for ever.
    """

    line: Line = "single"
    order: Order = "first_come"
    classes: tuple[str, ...] = ()
    ageing: timedelta | None = None

    @property
    def bound(self) -> timedelta | None:
        """After how long a wait no newcomer passes any more; None when there is no such time."""
        if self.order == "first_come":
            return timedelta(0)
        if self.ageing is None:
            return None
        return self.ageing * (len(self.classes) if self.order == "classes" else 1)


@dataclass(frozen=True)
class Waiting:
    """Somebody in a queue. ``expected_s`` is how long serving them should take; ``line_of`` the agent they queue at.

    ``declined`` are the agents who did not answer the offer; ``offered_to`` is whose answer is awaited now.
    """

    id: int
    since: datetime
    emergency: bool = False
    tier: str = ""
    expected_s: float = 0.0
    line_of: int | None = None
    declined: frozenset[int] = frozenset()
    offered_to: int | None = None


@dataclass(frozen=True)
class Server:
    """Somebody on duty: ``skills`` are queue ids, ``load`` the talks they hold, ``free`` how many more they can take."""

    id: int
    skills: frozenset[str]
    free: int
    load: int
    idle_since: datetime
    supervisor: bool = False


class Offer(NamedTuple):
    """A waiting handoff for an agent, to be answered."""

    handoff_id: int
    agent_id: int


def ordered(waiting: Sequence[Waiting], discipline: Discipline) -> list[Waiting]:
    """The order in which they will be served; it depends on nothing but who waits, not even on the time."""
    return sorted(waiting, key=lambda one: _rank(one, discipline))


def place(one: Waiting, waiting: Sequence[Waiting], discipline: Discipline) -> int:
    """How many of those who wait are served before one, who may be about to join.

    With a line per agent these are the people before them in their line, and every emergency that passes.
    """
    rank = _rank(one, discipline)
    return sum(other.id != one.id and _rank(other, discipline) < rank
               and (discipline.line != "per_agent" or other.emergency or other.line_of == one.line_of)
               for other in waiting)


def _rank(one: Waiting, discipline: Discipline) -> tuple[int, float, datetime, datetime, int]:
    if one.emergency:
        return (0, 0, one.since, one.since, one.id)
    if discipline.ageing is None:
        return (1, _set_back(one, discipline), one.since, one.since, one.id)
    return (1, 0, one.since + _later(one, discipline, discipline.ageing), one.since, one.id)


def _set_back(one: Waiting, discipline: Discipline) -> float:
    """Classes above theirs, expected seconds, or nothing."""
    if discipline.order == "classes":
        return discipline.classes.index(one.tier) if one.tier in discipline.classes else len(discipline.classes)
    return one.expected_s if discipline.order == "shortest_first" else 0


def _later(one: Waiting, discipline: Discipline, ageing: timedelta) -> timedelta:
    """How much later than they did somebody counts as having come."""
    if discipline.order == "classes":
        return ageing * _set_back(one, discipline)
    return min(ageing, timedelta(seconds=_set_back(one, discipline)))


def later_s(one: Waiting, discipline: Discipline) -> float:
    """How many seconds later than they did somebody counts as having come: minus infinity for an emergency, and so many
    that no wait makes up for it where there is no ageing.
    """
    if one.emergency:
        return -math.inf
    if discipline.ageing is None:
        return _set_back(one, discipline) * _NO_WAIT_COUNTS_S
    return _later(one, discipline, discipline.ageing).total_seconds()


def why(one: Waiting, discipline: Discipline) -> Why:
    """What gives somebody their place, beside the time they came."""
    if one.emergency:
        return "emergency"
    if discipline.order == "classes":
        return "class" if one.tier in discipline.classes else "first_come"
    return "shortest" if discipline.order == "shortest_first" else "first_come"


def expected_s(alike: Sequence[float], all_talks: Sequence[float], *, prior_s: float = 0.0) -> float:
    """How long serving somebody should take: the mean of talks like theirs, drawn to that of all talks when few."""
    overall = fmean(all_talks) if all_talks else prior_s
    return (sum(alike) + _TALKS_OF_DOUBT * overall) / (len(alike) + _TALKS_OF_DOUBT)


def join(servers: Sequence[Server], waiting: Sequence[Waiting], queue: str) -> int | None:
    """Whose line a newcomer joins: the shortest of those who serve the queue (PD-1); None when nobody does."""
    length = Counter(one.line_of for one in waiting)
    capable = [server for server in servers if queue in server.skills]
    best = min(capable, key=lambda server: (length[server.id], server.free <= 0, *_preference(server)), default=None)
    return None if best is None else best.id


def open_to(one: Waiting, server: Server, queue: str) -> bool:
    """Whether somebody may be offered to a person: with the skill, or to a supervisor once an agent did not answer."""
    return server.id not in one.declined and (queue in server.skills or (server.supervisor and bool(one.declined)))


def offers(waiting: Mapping[str, Sequence[Waiting]], servers: Sequence[Server],
           disciplines: Mapping[str, Discipline]) -> list[Offer]:
    """Offers to make now, at most one a person, to those whose answer is not awaited already.

    Afterwards nobody who is free and awaits no answer is left while somebody waits, unoffered, who is open to them.
    In a line per agent the agent serves their own line; only who would be idle otherwise helps the longest other one.
    """
    shift = _Shift(servers, taken={one.offered_to for queue in waiting.values() for one in queue})
    present = {server.id for server in servers}
    elsewhere: list[tuple[str, Waiting]] = []
    unoffered = {queue: [one for one in those if one.offered_to is None] for queue, those in waiting.items()}
    for queue, one in serving_order(unoffered, disciplines):
        stays = disciplines[queue].line == "per_agent" and not one.emergency and one.line_of in present - one.declined
        if not shift.offer(one, queue, only=one.line_of if stays else None) and stays:
            elsewhere.append((queue, one))
    while _help_longest_line(shift, elsewhere):
        pass
    return shift.offers


def serving_order(waiting: Mapping[str, Sequence[Waiting]],
                  disciplines: Mapping[str, Discipline]) -> Iterator[tuple[str, Waiting]]:
    """Over all queues: emergencies, then of those who are first in their queues whoever has waited longest."""
    lines = {queue: deque(ordered(those, disciplines[queue])) for queue, those in waiting.items()}
    while heads := [(not line[0].emergency, line[0].since, line[0].id, queue) for queue, line in lines.items() if line]:
        queue = min(heads)[-1]
        yield queue, lines[queue].popleft()


def _help_longest_line(shift: "_Shift", elsewhere: list[tuple[str, Waiting]]) -> bool:
    length = Counter(one.line_of for _, one in elsewhere)
    for entry in sorted(elsewhere, key=lambda entry: -length[entry[1].line_of]):
        if shift.offer(entry[1], entry[0]):
            elsewhere.remove(entry)
            return True
    return False


class _Shift:
    """The people who can be made an offer, and the offers made."""

    def __init__(self, servers: Sequence[Server], *, taken: set[int | None]) -> None:
        self._idle = sorted((one for one in servers if one.free > 0 and one.id not in taken), key=_preference)
        self.offers: list[Offer] = []

    def offer(self, one: Waiting, queue: str, *, only: int | None = None) -> bool:
        """Offer somebody to the first who may take them."""
        for server in self._idle:
            if open_to(one, server, queue) and only in (None, server.id):
                self._idle.remove(server)
                self.offers.append(Offer(one.id, server.id))
                return True
        return False


def _preference(server: Server) -> tuple[bool, int, datetime, int]:
    """Agents before supervisors, then the least load, the longest idle, the lowest id."""
    return (server.supervisor, server.load, server.idle_since, server.id)


def next_step(one: Waiting, queue: str, servers: Sequence[Server]) -> NextStep:
    """Who is left when an offer was not answered: another agent on duty, a supervisor on duty, or a call back."""
    left = [server for server in servers if open_to(one, server, queue)]
    if any(not server.supervisor for server in left):
        return "agent"
    return "supervisor" if left else "callback"


def ticket_number(letter: str, n: int) -> str:
    """The number a customer draws (PD-1): the queue's letter and at least three digits."""
    return f"{letter}{n:03d}"
