"""A simulated desk (simpy) that knows nothing of the quotes: customers come, wait, give up; slots serve, come and go.

Whoever has to wait is written down together with what a desk could see at that moment, and later with the wait that
came of it. Who gives up keeps a marker in the line, so that the wait they would have had is known here.
"""

import math
import random
from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import simpy

from desk.core.handling_times import Prior
from desk.core.waiting import Newcomers, Situation

HOUR = 3600.0
Law = Callable[[random.Random], float]


@dataclass(frozen=True)
class Setting:
    """One desk. ``law`` and ``mean_s`` are the truth; ``prior`` is what its operator believes. The first ``warm_h`` of
    a run make the history, quotes are taken for ``asked_h``, and then the line is followed to its end.
    """

    name: str
    slots: int
    load: float
    law: Law
    mean_s: float
    prior: Prior
    warm_h: float
    asked_h: float
    days: int
    priority: float = 0.0
    changes: tuple[tuple[float, int], ...] = ()
    patience_s: float | None = None
    patience: Law | None = None

    @property
    def arrivals_per_s(self) -> float:
        """How many come."""
        return self.load * self.slots / self.mean_s


@dataclass(order=True)
class Customer:
    """One who waits; ordered as they are served: class first, then arrival."""

    rank: int
    arrived_at: float
    gone: bool = field(default=False, compare=False)


@dataclass
class Asked:
    """A customer who had to wait: what the desk saw, and the wait (``actual_s``) that nobody knew yet."""

    customer: Customer
    day: int
    talks_s: tuple[float, ...]
    line: tuple[float, ...]
    changes: tuple[tuple[float, int], ...]
    history: list[float]
    known: int
    priority_seen: int
    seen_s: float
    patience_s: float | None
    last_entered_s: float
    actual_s: float = math.nan
    stayed_s: float | None = None

    def situation(self, most: int = 1000) -> Situation:
        """What a quote is made from."""
        newcomers = (Newcomers(self.priority_seen, self.seen_s, -math.inf),) if self.priority_seen else ()
        return Situation(
            talks_s=self.talks_s, line=self.line, newcomers=newcomers, changes=self.changes, patience_s=self.patience_s,
            handling_s=tuple(reversed(self.history[max(0, self.known - most):self.known])))


class Room:
    """One independent run of a setting."""

    def __init__(self, setting: Setting, day: int) -> None:
        self.setting, self.day, self.rng = setting, day, random.Random(f"{setting.name}/{day}")
        self.env = simpy.Environment()
        self.idle = list(range(setting.slots))
        self.busy: dict[int, float] = {}
        self.leaving: set[int] = set()
        self.line: list[Customer] = []
        self.waiting: dict[int, Asked] = {}
        self.history: list[float] = []
        self.asked: list[Asked] = []
        self.priority_seen, self.waited_s, self.given_up, self.last_entered_s = 0, 0.0, 0, 0.0

    def run(self) -> list[Asked]:
        """Everybody who had to wait in the time when quotes are taken."""
        self.env.process(self._arrivals())
        self.env.process(self._staff())
        self.env.run()
        return [asked for asked in self.asked if not math.isnan(asked.actual_s)]

    def _arrivals(self) -> Iterator[simpy.Event]:
        setting = self.setting
        end = (setting.warm_h + setting.asked_h + 2) * HOUR  # two more hours, for the last quotes' sake
        while True:
            yield self.env.timeout(self.rng.expovariate(setting.arrivals_per_s))
            if self.env.now > end:
                return
            first = self.rng.random() < setting.priority
            self.priority_seen += first
            self._arrive(Customer(0 if first else 1, self.env.now))

    def _arrive(self, customer: Customer) -> None:
        if self.idle:
            self.last_entered_s = 0.0
            self.env.process(self._talk(self.idle.pop()))
            return
        insort(self.line, customer)
        begin = self.setting.warm_h * HOUR
        if begin <= self.env.now <= begin + self.setting.asked_h * HOUR:
            self.waiting[id(customer)] = self._ask(customer)
            self.asked.append(self.waiting[id(customer)])
        if self.setting.patience:
            self.env.process(self._give_up(customer, self.setting.patience(self.rng)))

    def _ask(self, customer: Customer) -> Asked:
        now = self.env.now
        here = [other for other in self.line if not other.gone]
        waited = self.waited_s + sum(now - other.arrived_at for other in here)
        return Asked(
            customer, self.day, history=self.history, known=len(self.history),
            line=tuple(0.0 if other.rank else -math.inf for other in here if other <= customer),
            talks_s=tuple(now - since for slot, since in self.busy.items() if slot not in self.leaving),
            changes=tuple((at * HOUR - now, delta) for at, delta in self.setting.changes if at * HOUR > now),
            priority_seen=self.priority_seen, seen_s=now,
            patience_s=waited / self.given_up if self.given_up else None, last_entered_s=self.last_entered_s)

    def _give_up(self, customer: Customer, after_s: float) -> Iterator[simpy.Event]:
        yield self.env.timeout(after_s)
        if customer in self.line:
            customer.gone = True
            self.given_up += 1
            self.waited_s += after_s
            if id(customer) in self.waiting:
                self.waiting[id(customer)].stayed_s = after_s

    def _talk(self, slot: int) -> Iterator[simpy.Event]:
        length = self.setting.law(self.rng)
        self.busy[slot] = self.env.now
        yield self.env.timeout(length)
        del self.busy[slot]
        self.history.append(length)
        self._free(slot)

    def _free(self, slot: int) -> None:
        if slot in self.leaving:
            return
        while self.line:
            customer = self.line.pop(0)
            wait = self.env.now - customer.arrived_at
            if asked := self.waiting.pop(id(customer), None):
                asked.actual_s = wait
            if not customer.gone:
                self.last_entered_s = wait
                self.waited_s += wait
                self.env.process(self._talk(slot))
                return
        self.idle.append(slot)

    def _staff(self) -> Iterator[simpy.Event]:
        """Who goes finishes the talk at hand; who comes brings new slots."""
        fresh = self.setting.slots
        for at, delta in self.setting.changes:
            yield self.env.timeout(at * HOUR - self.env.now)
            for _ in range(delta):
                self._free(fresh)
                fresh += 1
            for _ in range(-delta):
                if self.idle:
                    self.idle.pop()
                else:
                    self.leaving.add(self.rng.choice([slot for slot in self.busy if slot not in self.leaving]))
