"""What the desk sees of a line of waiting customers: who is before whom, who serves, who may come. Quotes rest on it.

Agents with several skills serve several queues. A queue most of whose staff serve this one as well stands in the same
line (whoever has waited longest is next), and its emergencies pass here too; other queues are left out.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.core import queueing
from desk.core.agents import Agent, Shift
from desk.core.handling_times import Prior
from desk.core.handoffs import Handoff
from desk.core.policy import Queue
from desk.core.queueing import Waiting
from desk.core.waiting import Newcomers, PastWait, Situation
from desk.service.desk import Desk, UnitOfWork

HANDLING, PATIENCE, PLANNED = timedelta(days=30), timedelta(days=7), timedelta(hours=8)
ARRIVALS = timedelta(hours=4)  # of opening hours
TALKS, PICKUPS = 1000, 50
JOINING = 1 << 62  # the id of somebody who does not wait yet: behind everybody who came at the same instant
_COUNTS = tuple[float, Waiting]


@dataclass(frozen=True)
class Line:
    """Who waits, by handoff id in serving order, and what quotes for them are made from."""

    ids: tuple[int, ...]
    situation: Situation


def seen(desk: Desk, uow: UnitOfWork, queue_id: str, *, line_of: int | None = None, joining: bool = False) -> Line:
    """The line of a queue, or of one agent (``line_of``) where each has their own; with one more if ``joining``."""
    now, queue = desk.clock.now(), desk.policy.queues[queue_id]
    staff = [agent for agent in uow.agents.all() if agent.active and agent.may("converse")]
    queues = _sharing(queue_id, [agent for agent in staff if agent.on_duty], desk.policy.queues)
    own_line = line_of if queue.discipline.line == "per_agent" else None
    line = sorted(_line(uow, queue, queues, own_line, now, joining=joining), key=_place)
    crew = [agent for agent in staff if queue_id in agent.skills and own_line in (None, agent.id)]
    talks_s, idle = _slots(crew, uow.quotes.talks(), now)
    past = uow.quotes.past(queues, since=now - PATIENCE, limit=TALKS)
    own = [one for one in past if one.queue == queue_id]
    return Line(tuple(one.id for _, one in line), Situation(
        talks_s=talks_s, idle=idle, line=tuple(counts for counts, _ in line),
        handling_s=tuple(uow.handoffs.handling_times_s(queue_id, since=now - HANDLING, limit=TALKS)),
        prior=_prior(queue), changes=_changes(crew, uow.agents.shifts(since=now, until=now + PLANNED), now),
        newcomers=_newcomers(desk, queue, past, now, before=max((counts for counts, _ in line), default=0.0)),
        pickups_s=_pickups(own), patience_s=_patience(own, now)))


def as_waiting(handoff: Handoff) -> Waiting:
    """A waiting handoff as the rules of queues see it."""
    assert handoff.id is not None
    return Waiting(handoff.id, handoff.requested_at, emergency=handoff.rank == 0, tier=handoff.tier,
                   expected_s=handoff.expected_s, line_of=handoff.line_of, declined=frozenset(handoff.declined),
                   offered_to=handoff.offered_to)


def _sharing(queue_id: str, on_duty: Sequence[Agent], queues: Iterable[str]) -> list[str]:
    """The queue, and those most of whose staff serve it too."""
    together = [queue_id]
    for other in queues:
        able = [agent for agent in on_duty if other in agent.skills]
        both = sum(agent.capacity for agent in able if queue_id in agent.skills)
        if other != queue_id and able and 2 * both >= sum(agent.capacity for agent in able):
            together.append(other)
    return together


def _line(uow: UnitOfWork, queue: Queue, queues: Sequence[str], own_line: int | None, now: datetime, *,
          joining: bool) -> Iterable[_COUNTS]:
    """Everybody who waits there, each with when they count as having come."""
    for handoff in uow.handoffs.waiting():
        one = as_waiting(handoff)
        if handoff.queue in queues and (one.emergency or own_line in (None, one.line_of)):
            yield _counts_from(one, queue if handoff.queue == queue.id else None, now), one
    if joining:
        newcomer = Waiting(JOINING, now, line_of=own_line)
        yield _counts_from(newcomer, queue, now), newcomer


def _counts_from(one: Waiting, queue: Queue | None, now: datetime) -> float:
    """In seconds from now; the rules of another queue do not count here, only how long somebody has waited."""
    later_s = queueing.later_s(one, queue.discipline if queue else queueing.Discipline())
    return later_s - (now - one.since).total_seconds()


def _place(entry: _COUNTS) -> tuple[float, datetime, int]:
    return entry[0], entry[1].since, entry[1].id


def _slots(crew: Sequence[Agent], talks: Iterable[tuple[int, datetime]], now: datetime) -> tuple[tuple[float, ...], int]:
    """How long each talk of those on duty has lasted, and how many more they can take at once."""
    held: dict[int, list[float]] = defaultdict(list)
    for agent_id, since in talks:
        held[agent_id].append((now - since).total_seconds())
    here = [(agent.capacity, held[agent.id or 0]) for agent in crew if agent.on_duty]
    return tuple(age for _, ages in here for age in ages), sum(max(0, most - len(ages)) for most, ages in here)


def _changes(crew: Sequence[Agent], shifts: Iterable[Shift], now: datetime) -> tuple[tuple[float, int], ...]:
    """Who comes and goes by plan. Who is on duty stays to the end of their first shift, for good without one; who should
    be there already and is not is not counted on before their next shift.
    """
    capacity = {agent.id: agent.capacity for agent in crew}
    here = {agent.id for agent in crew if agent.on_duty}
    changes: Counter[float] = Counter()
    for shift in shifts:
        slots, begins_s = capacity.get(shift.agent_id, 0), (shift.starts_at - now).total_seconds()
        if shift.agent_id not in here and begins_s <= 0:
            continue
        changes[begins_s] += 0 if shift.agent_id in here else slots
        changes[(shift.ends_at - now).total_seconds()] -= slots
        here.discard(shift.agent_id)
    return tuple((at, delta) for at, delta in sorted(changes.items()) if delta)


def _prior(queue: Queue) -> Prior | None:
    known = queue.handling
    return Prior(known.median.total_seconds(), known.p80.total_seconds(), known.weight) if known else None


def _newcomers(desk: Desk, queue: Queue, past: Iterable[PastWait], now: datetime, *,
               before: float) -> tuple[Newcomers, ...]:
    """Those who lately came, in opening hours, by how much later they counted, if anybody here is passed by their like."""
    since = desk.policy.calendars[queue.calendar].subtract(now, ARRIVALS)
    kinds: Counter[float] = Counter()
    for one in past:
        if one.requested_at >= since:
            kind = Waiting(0, one.requested_at, emergency=one.rank == 0, tier=one.tier)
            kinds[queueing.later_s(kind, queue.discipline) if one.queue == queue.id or kind.emergency else math.inf] += 1
    return tuple(Newcomers(count, (now - since if later_s == -math.inf else ARRIVALS).total_seconds(), later_s)
                 for later_s, count in sorted(kinds.items()) if later_s < before)


def _pickups(past: Iterable[PastWait]) -> tuple[float, ...]:
    answered = [(one.accepted_at - one.offered_at).total_seconds() for one in past if one.accepted_at and one.offered_at]
    return tuple(max(0.0, seconds) for seconds in answered[:PICKUPS])


def _patience(past: Sequence[PastWait], now: datetime) -> float | None:
    """All the time that was waited for each who gave up: the mean of an exponential patience, censored by service."""
    given_up = sum(one.accepted_at is None and one.ended_at is not None for one in past)
    waited_s = sum(((one.accepted_at or one.ended_at or now) - one.requested_at).total_seconds() for one in past)
    return waited_s / given_up if given_up and waited_s > 0 else None
