"""How long a wait will be: an honest range from place, staff and recent handling times, or none at all.

With ``c`` conversations served at once and a mean handling time ``m``, the k-th departure from a busy desk comes
after a sum of k exponential gaps of mean m/c (Erlang 1909, PD-6); the quote is that sum's 20th to 80th percentile.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean
from typing import Literal

MIN_HISTORY = 5
LOW, HIGH = 0.2, 0.8

NoQuote = Literal["no_agents", "no_history"]


@dataclass(frozen=True)
class Quote:
    """Whole minutes, rounded outwards; ``basis`` is what the figures came from, for the record."""

    low_min: int
    high_min: int
    basis: dict[str, float]


def quote(*, ahead: int, free: int, capacity: int, handling_s: Sequence[float]) -> Quote | NoQuote:
    """The range for somebody with ``ahead`` people before them, or the reason why there is none.

    ``free`` and ``capacity`` count conversations that the agents on duty can still take and can hold at all;
    ``handling_s`` are recent handling times in seconds.
    """
    if capacity <= 0:
        return "no_agents"
    if ahead < free:
        return Quote(0, 1, {"ahead": ahead, "free": free, "capacity": capacity})
    if len(handling_s) < MIN_HISTORY:
        return "no_history"
    mean_s = fmean(handling_s)
    departures = ahead - free + 1
    gap_s = mean_s / capacity
    low, high = (gap_s * erlang_quantile(departures, p) for p in (LOW, HIGH))
    return Quote(math.floor(low / 60), max(1, math.ceil(high / 60)),
                 {"ahead": ahead, "free": free, "capacity": capacity, "mean_s": mean_s, "n": len(handling_s)})


def erlang_quantile(shape: int, p: float) -> float:
    """The p-quantile of a sum of ``shape`` unit exponentials: exact for one, Wilson-Hilferty (1931) above."""
    if shape == 1:
        return -math.log(1 - p)
    z = NormalDist().inv_cdf(p)
    return float(shape * (1 - 1 / (9 * shape) + z / (3 * math.sqrt(shape))) ** 3)
