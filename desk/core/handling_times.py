"""How long talks will take, from those that have ended: a predictive distribution that knows how little it knows.

The unknown law of handling times has a Dirichlet process prior (Ferguson 1973, Annals of Statistics 1:209-230): a
lognormal one (talks at service desks are close to it: Brown et al. 2005, JASA 100:36-50) that counts as much as
``weight`` observed talks. After n talks the next one is a past talk with probability n/(n + weight), else a draw from
the prior. Further draws count what was drawn before as seen (the urn of Blackwell and MacQueen 1973, Annals of
Statistics 1:353-355), so that draws of one run hang together as values of one unknown law would: with few talks seen,
runs differ much and ranges grow wide. Without a prior this is the Bayesian bootstrap (Rubin 1981, Annals of Statistics
9:130-134).
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import NormalDist, fmean

_NORMAL = NormalDist()
_TINY = 1e-12


@dataclass(frozen=True)
class Prior:
    """What is believed of handling times before any was seen: half below ``median_s``, four in five below ``p80_s``.
    ``weight`` is the number of observed talks it is worth.
    """

    median_s: float
    p80_s: float
    weight: float

    @property
    def sigma(self) -> float:
        """The spread of the logarithm."""
        return math.log(self.p80_s / self.median_s) / _NORMAL.inv_cdf(0.8)

    @property
    def mean_s(self) -> float:
        """The mean of the lognormal law."""
        return self.median_s * math.exp(self.sigma**2 / 2)

    def longer_than(self, age_s: float) -> float:
        """The share of talks that last longer."""
        return 1.0 if age_s <= 0 else 1 - _NORMAL.cdf((math.log(age_s) - math.log(self.median_s)) / self.sigma)

    def draw(self, rng: Random, longest: float = 1.0) -> float:
        """One of the longest talks: of all by default, of the ``longest`` share if given."""
        tail = min(1 - _TINY, max(_TINY, rng.random() * longest))
        return self.median_s * math.exp(-self.sigma * _NORMAL.inv_cdf(tail))


class HandlingTimes:
    """The predictive distribution of handling times: of new talks and of what is left of running ones."""

    def __init__(self, recent_s: Sequence[float], prior: Prior | None = None) -> None:
        self._seen = sorted(recent_s)
        self._prior = prior
        self._weight = prior.weight if prior else 0.0

    @property
    def mean_s(self) -> float:
        """The expected handling time."""
        known = [(fmean(self._seen), float(len(self._seen)))] if self._seen else []
        if self._prior and self._weight:
            known.append((self._prior.mean_s, self._weight))
        return sum(mean * weight for mean, weight in known) / sum(weight for _, weight in known)

    def urn(self, rng: Random) -> Callable[[], float]:
        """A source of new talks for one run; each draw is remembered within the run."""
        random, seen, n, drawn, weight = rng.random, self._seen, len(self._seen), list[float](), self._weight

        def draw() -> float:
            at = int(random() * (n + len(drawn) + weight))
            if at < n:
                value = seen[at]
            elif at < n + len(drawn):
                value = drawn[at - n]
            else:
                value = self._prior.draw(rng) if self._prior else drawn[-1]
            drawn.append(value)
            return value

        return draw

    def remaining(self, ages_s: Sequence[float]) -> Callable[[Random], list[float]]:
        """What is left of running talks, given how long each has lasted: draws from the talks that lasted longer."""
        laws = [self._remaining(age) for age in ages_s]
        return lambda rng: [law(rng) for law in laws]

    def _remaining(self, age_s: float) -> Callable[[Random], float]:
        first, prior, seen = bisect_right(self._seen, age_s), self._prior, self._seen
        longer = len(seen) - first
        tail = prior.longer_than(age_s) if prior else 0.0
        mass = longer + self._weight * tail
        if mass < _TINY:  # it has outlasted everything known: what is left is as long as a talk that begins
            return lambda rng: self.urn(rng)()

        def draw(rng: Random) -> float:
            at = int(rng.random() * mass)
            if at < longer:
                return seen[first + at] - age_s
            return max(0.0, prior.draw(rng, tail) - age_s) if prior else 0.0

        return draw
