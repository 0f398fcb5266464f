"""Statistics for reports: shares with their uncertainty, and durations by percentile. Pure; the standard library only."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95


def wilson(successes: float, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927, JASA 22:209-212). Unlike p ± z·se it stays within 0..1 and means
    something for few observations and for shares of 0 and 1. Nothing observed says nothing: (0, 1).
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is not a share")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / n
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # Rounding may carry the bounds a hair beyond the share where they touch it (0 and 1).
    return max(0.0, min(share, (centre - half) / scale)), min(1.0, max(share, (centre + half) / scale))


@dataclass(frozen=True)
class Share:
    """How many of n, with the Wilson interval. Make it with `Share.of`."""

    successes: int
    n: int
    low: float
    high: float

    @classmethod
    def of(cls, successes: int, n: int, confidence: float = CONFIDENCE) -> "Share":
        """The share with its interval."""
        return cls(successes, n, *wilson(successes, n, confidence))

    @classmethod
    def counted(cls, marks: Iterable[bool], confidence: float = CONFIDENCE) -> "Share":
        """The share of true marks."""
        seen = list(marks)
        return cls.of(sum(seen), len(seen), confidence)

    @property
    def share(self) -> float | None:
        """The observed share; none when nothing was observed."""
        return self.successes / self.n if self.n else None


def difference(now: Share, before: Share) -> tuple[float, float] | None:
    """The interval of the difference of two independent shares, from their Wilson intervals (Newcombe 1998, Statistics
    in Medicine 17:873-890, method 10). None while either was not observed.
    """
    if now.share is None or before.share is None:
        return None
    change = now.share - before.share
    return (change - math.hypot(now.share - now.low, before.high - before.share),
            change + math.hypot(now.high - now.share, before.share - before.low))


def needed(share: Share, target: float, confidence: float = CONFIDENCE) -> int | None:
    """How many more observations at the present share would bring its whole interval to one side of the target; 0 when
    it is there, None when no number would: nothing observed, or exactly at the target.

    Wilson's interval inverts the score test, so it excludes the target from n = z² · t (1 - t) / (p - t)² on.
    """
    if share.share is None or share.share == target:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    enough = math.ceil(z * z * target * (1 - target) / (share.share - target) ** 2)
    return max(0, enough - share.n)


@dataclass(frozen=True)
class Durations:
    """Percentiles of durations in seconds, with how many they rest on; None when there were none. They have long
    tails, so a mean with an interval would say less. Make it with `Durations.of`.
    """

    n: int
    p50: float | None = None
    p80: float | None = None
    p90: float | None = None

    @classmethod
    def of(cls, values: Iterable[float | None]) -> "Durations":
        """Of the durations that are known."""
        ordered = sorted(value for value in values if value is not None)
        return cls(len(ordered), *(quantile(ordered, q) for q in (0.5, 0.8, 0.9))) if ordered else cls(0)


def quantile(ordered: Sequence[float], q: float) -> float:
    """The q-quantile of sorted values, interpolated between neighbours (type 7 of Hyndman & Fan 1996)."""
    place = (len(ordered) - 1) * q
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
