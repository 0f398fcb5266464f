"""How long a wait will be: an honest range from what the desk sees now, or none at all.

The line is played through many times (Monte Carlo): talks in progress end after what is left of them given their age,
slots come and go as planned, newcomers of a higher class pass, some of those ahead give up. Every run gives the wait of
*every* place in the line, so one batch of runs serves all who wait. The quote is the 20th, 50th and 80th percentile.
For one law of exponential talks this agrees with Erlang's formula (1909, PD-6); it needs no such assumption.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heapify, heappop, heappush, heapreplace
from random import Random
from statistics import fmean
from typing import Any, Literal, NamedTuple, Protocol

from desk.core.handling_times import HandlingTimes, Prior

LOW, MID, HIGH = 0.2, 0.5, 0.8
RUNS = 399  # the percentiles of 399 draws are exactly the 80th, 200th and 320th smallest
MIN_HISTORY = 5  # handling times without which, and without a prior, there is no basis
MOST_COMING = 500  # newcomers in a run; more only come to a line that hardly moves

NoQuote = Literal["no_agents", "no_history"]


@dataclass(frozen=True)
class Newcomers:
    """A kind of customer who may yet come and pass: ``seen`` of them came within the last ``within_s``, and each counts
    as having come ``later_s`` after they did (emergencies: minus infinity).
    """

    seen: float
    within_s: float
    later_s: float


@dataclass(frozen=True)
class Situation:
    """What a desk sees of one line. Times are seconds, instants are counted from now.

    ``talks_s`` is how long each talk in progress has lasted; ``line`` has one entry for each customer in serving order:
    when they count as having come (``desk.core.queueing``: class and ageing included). ``changes`` are planned: (when,
    slots more or less); who goes finishes the talk at hand. ``pickups_s`` are recent times from an offer to its answer.
    ``patience_s`` is after how long a customer gives up, on average; None: nobody does.
    """

    talks_s: tuple[float, ...]
    idle: int = 0
    line: tuple[float, ...] = (0.0,)
    handling_s: tuple[float, ...] = ()
    prior: Prior | None = None
    changes: tuple[tuple[float, int], ...] = ()
    newcomers: tuple[Newcomers, ...] = ()
    pickups_s: tuple[float, ...] = ()
    patience_s: float | None = None

    @property
    def staffed(self) -> bool:
        """Whether anybody serves, now or by plan."""
        return bool(self.talks_s) or self.idle > 0 or any(delta > 0 for _, delta in self.changes)


@dataclass(frozen=True)
class Quote:
    """What may be told: whole minutes, rounded outwards, and the seconds behind them.

    The wait ends within ``high_s`` with probability ``percentile``; ``basis`` is what went in, for the record.
    """

    low_min: int
    high_min: int
    basis: dict[str, Any] = field(default_factory=dict)
    low_s: float = 0.0
    mid_s: float = 0.0
    high_s: float = 0.0
    percentile: float = HIGH


@dataclass
class StoredQuote:
    """A quote as it was told, and what came of it.

    ``actual_s`` is how long the customer then waited from ``at``; after an abandonment it is how long they stayed,
    so the wait they would have had is at least that (censored).
    """

    handoff_id: int
    conversation_id: str
    queue: str
    at: datetime
    place: int
    low_s: float
    mid_s: float
    high_s: float
    policy_version: str
    percentile: float = 0.8
    basis: dict[str, Any] = field(default_factory=dict)
    actual_s: float | None = None
    outcome: Literal["accepted", "abandoned"] | None = None
    scored_at: datetime | None = None
    id: int | None = None


class PastWait(NamedTuple):
    """How a customer's way through a queue went so far: offered, accepted, ended (given up, if never accepted)."""

    queue: str
    rank: int
    tier: str
    requested_at: datetime
    offered_at: datetime | None
    accepted_at: datetime | None
    ended_at: datetime | None


class Quotes(Protocol):
    """Stored quotes, and what they are made from; new ones are added through the unit of work."""

    def talks(self) -> list[tuple[int, datetime]]:
        """Who holds a conversation now and since when, one for each conversation."""

    def past(self, queues: Sequence[str], *, since: datetime, limit: int) -> list[PastWait]:
        """Those who came into some queues since a time, newest first."""

    def of_handoff(self, handoff_id: int) -> list[StoredQuote]:
        """Every quote told to one waiting customer, oldest first."""

    def scored(self, since: datetime) -> list[StoredQuote]:
        """Quotes told since a time whose wait has ended (``scored_at`` is set), oldest first."""


def quotes(situation: Situation, *, seed: int | str | None = None,
           handling: HandlingTimes | None = None) -> list[Quote | NoQuote]:
    """A quote for every place in the line, first to be served first, or the reason why there is none.

    The same situation gives the same quotes unless a ``seed`` is given; ``handling`` replaces what the situation's
    handling times and prior would give.
    """
    if not situation.staffed:
        return ["no_agents" for _ in situation.line]
    if handling is None and not _knows_handling(situation):
        return [_told((0.0, 0.0, 0.0), _basis(situation, place, None)) if place < situation.idle else "no_history"
                for place in range(len(situation.line))]
    times = handling or HandlingTimes(situation.handling_s, situation.prior)
    rng = Random(repr(situation) if seed is None else seed)
    given: list[Quote | NoQuote] = []
    for place, waits in enumerate(zip(*_runs(situation, times, rng), strict=True)):
        low, mid, high = _percentiles(waits)
        given.append(_told((low, mid, high), _basis(situation, place, times)) if high < math.inf else "no_agents")
    return given


def quote(situation: Situation, *, seed: int | str | None = None) -> Quote | NoQuote:
    """The quote for the last in the line."""
    return quotes(situation, seed=seed)[-1]


def _knows_handling(situation: Situation) -> bool:
    prior = situation.prior
    return len(situation.handling_s) >= MIN_HISTORY or (prior is not None and prior.weight > 0)


def _percentiles(waits: tuple[float, ...]) -> tuple[float, float, float]:
    ordered = sorted(waits)
    low, mid, high = (ordered[math.ceil(q * (len(ordered) + 1) - 1e-9) - 1] for q in (LOW, MID, HIGH))
    return low, mid, high


def _told(seconds: tuple[float, float, float], basis: dict[str, Any]) -> Quote:
    low, mid, high = (round(value, 1) for value in seconds)
    return Quote(math.floor(low / 60), max(1, math.ceil(high / 60)), basis, low, mid, high)


def _basis(situation: Situation, place: int, times: HandlingTimes | None) -> dict[str, Any]:
    prior = situation.prior
    return {
        "place": place, "talks": len(situation.talks_s), "idle": situation.idle,
        "changes": [[round(at), delta] for at, delta in situation.changes],
        "handling_n": len(situation.handling_s), "handling_mean_s": round(times.mean_s, 1) if times else None,
        "prior": [prior.median_s, prior.p80_s, prior.weight] if prior else None,
        "newcomers_per_h": round(sum(kind.seen / kind.within_s for kind in situation.newcomers) * 3600, 2),
        "pickup_mean_s": round(fmean(situation.pickups_s), 1) if situation.pickups_s else 0,
        "patience_s": None if situation.patience_s is None else round(situation.patience_s),
    }


def _runs(situation: Situation, times: HandlingTimes, rng: Random) -> list[list[float]]:
    remaining = times.remaining(situation.talks_s)
    changes = sorted(situation.changes)
    runs = []
    for _ in range(RUNS):
        slots = _Slots([0.0] * situation.idle + remaining(rng), changes, rng)
        runs.append(_run(situation, slots, times.urn(rng), rng))
    return runs


def _run(situation: Situation, slots: "_Slots", handling: Callable[[], float], rng: Random) -> list[float]:
    """One course that the line may take: the wait of each place, for customers who stay to the end."""
    coming = _Coming(situation.newcomers, rng)
    patience, pickups, waits = situation.patience_s, situation.pickups_s, []

    def serve(came: float) -> float:
        """The next free slot takes somebody, unless they have given up; returns when it does."""
        now = slots.next_free()
        begin = now + rng.choice(pickups) if pickups else now
        if now < math.inf and (patience is None or rng.random() < math.exp((came - now) / patience)):
            slots.occupy(begin + handling())
        return begin

    for counts_from in situation.line:
        while (came := coming.before(slots.next_free(), counts_from)) is not None:
            serve(came)
        waits.append(serve(0.0))
    return waits


class _Coming:
    """Who comes and passes, in one run: Poisson streams, each rate as uncertain as its count is small (gamma posterior
    after Jeffreys' prior).
    """

    def __init__(self, kinds: tuple[Newcomers, ...], rng: Random) -> None:
        self._rng, self._later = rng, [kind.later_s for kind in kinds]
        self._rates = [rng.gammavariate(kind.seen + 0.5, 1 / kind.within_s) for kind in kinds]
        self._total, self._came, self._here = sum(self._rates), 0, list[tuple[float, float]]()
        self._next = self._gap()

    def _gap(self) -> float:
        return self._rng.expovariate(self._total) if self._total > 0 else math.inf

    def before(self, now: float, counts_from: float) -> float | None:
        """When somebody came who is here by now and goes before a place in the line; None when nobody does."""
        while self._next <= now < math.inf:
            later = self._rng.choices(self._later, self._rates)[0]
            heappush(self._here, (self._next + later, self._next))
            self._came += 1
            self._next = self._next + self._gap() if self._came < MOST_COMING else math.inf
        if self._here and self._here[0][0] < counts_from:
            return heappop(self._here)[1]
        return None


class _Slots:
    """When each slot becomes free, in one run; planned changes take effect as time reaches them."""

    def __init__(self, free_at: list[float], changes: list[tuple[float, int]], rng: Random) -> None:
        heapify(free_at)
        self._free_at, self._changes, self._rng = free_at, deque(changes), rng

    def next_free(self) -> float:
        """When the next slot is free; infinity when none ever will be."""
        while self._changes and (not self._free_at or self._changes[0][0] <= self._free_at[0]):
            self._change(*self._changes.popleft())
        return self._free_at[0] if self._free_at else math.inf

    def occupy(self, until: float) -> None:
        """The slot that is free next takes somebody."""
        heapreplace(self._free_at, until)

    def _change(self, at: float, delta: int) -> None:
        for _ in range(delta):
            heappush(self._free_at, at)
        if delta < 0:  # any of the busy ones may be those who go
            self._rng.shuffle(self._free_at)
            del self._free_at[delta:]
            heapify(self._free_at)
