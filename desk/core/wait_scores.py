"""How true the quotes were: coverage, bias and pinball loss, by queue and hour of the day.

Who gave up before being served is censored: their wait was at least as long as they stayed. Leaving them out would
praise the quotes, because long waits are given up more often; so coverage is the Kaplan-Meier estimate (1958, JASA
53:457-481) of the chance that the wait ended within the upper figure, which is the plain share where nobody gave up.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import groupby
from typing import TypeVar

from desk.core.statistics import wilson
from desk.core.waiting import HIGH, LOW, MID, StoredQuote

K = TypeVar("K", str, int)


@dataclass(frozen=True)
class Score:
    """One quote against the wait: whether it ended within ``high_s``, how much too long the median was, and the pinball
    losses at the 20th, 50th and 80th percentile (Koenker & Bassett 1978, Econometrica 46:33-50).
    """

    covered: bool
    error_s: float
    pinball_s: tuple[float, float, float]


def pinball(quoted_s: float, actual_s: float, percentile: float) -> float:
    """The loss that the true percentile of the wait makes least."""
    short_s = actual_s - quoted_s
    return max(percentile * short_s, (percentile - 1) * short_s)


def score(*, low_s: float, mid_s: float, high_s: float, actual_s: float) -> Score:
    """What a quote was worth."""
    losses = [pinball(quoted, actual_s, p) for quoted, p in ((low_s, LOW), (mid_s, MID), (high_s, HIGH))]
    return Score(actual_s <= high_s, mid_s - actual_s, (losses[0], losses[1], losses[2]))


@dataclass(frozen=True)
class Summary:
    """Scores of many quotes. ``n`` were served, ``abandoned`` gave up; figures are None where nobody was served."""

    n: int
    abandoned: int
    coverage: float | None
    coverage_low: float
    coverage_high: float
    bias_s: float | None
    mae_s: float | None
    pinball_s: tuple[float, float, float] | None


@dataclass(frozen=True)
class Row:
    """The summary of one queue, of the whole day (``hour`` None) or of one hour of it."""

    queue: str
    hour: int | None
    summary: Summary


def summarise(quotes: Iterable[StoredQuote]) -> Summary:
    """The summary of quotes whose waits have ended."""
    ended = [quote for quote in quotes if quote.outcome is not None and quote.actual_s is not None]
    served = [score(low_s=quote.low_s, mid_s=quote.mid_s, high_s=quote.high_s, actual_s=quote.actual_s or 0.0)
              for quote in ended if quote.outcome == "accepted"]
    abandoned = len(ended) - len(served)
    if not served:
        return Summary(0, abandoned, None, 0.0, 1.0, None, None, None)
    n = len(served)
    coverage, known = _coverage(ended)
    losses = [math.fsum(each.pinball_s[i] for each in served) / n for i in range(3)]
    return Summary(
        n, abandoned, coverage, *wilson(coverage * known, known),
        bias_s=math.fsum(each.error_s for each in served) / n,
        mae_s=math.fsum(abs(each.error_s) for each in served) / n,
        pinball_s=(losses[0], losses[1], losses[2]))


def by_queue_and_hour(quotes: Sequence[StoredQuote], zone: tzinfo) -> list[Row]:
    """For each queue the whole day and then its hours, as the clock on the wall showed when the quote was told."""
    rows = []
    for queue, told in _groups(quotes, lambda quote: quote.queue):
        rows.append(Row(queue, None, summarise(told)))
        rows += [Row(queue, hour, summarise(within))
                 for hour, within in _groups(told, lambda quote: quote.at.astimezone(zone).hour)]
    return rows


def _groups(quotes: Iterable[StoredQuote], key: Callable[[StoredQuote], K]) -> list[tuple[K, list[StoredQuote]]]:
    return [(value, list(members)) for value, members in groupby(sorted(quotes, key=key), key=key)]


def _coverage(ended: Sequence[StoredQuote]) -> tuple[float, int]:
    """The share of waits within the upper figure, and of how many that is known."""
    ratios = sorted((_ratio(quote), quote.outcome == "abandoned") for quote in ended)
    beyond, at_risk = 1.0, len(ratios)
    for ratio, censored in ratios:
        if ratio > 1:
            break
        if not censored:
            beyond *= 1 - 1 / at_risk
        at_risk -= 1
    covered = 1 - beyond if at_risk else 1.0  # nobody known beyond: the last one counts as ended (Efron 1967)
    return covered, sum(ratio > 1 or not censored for ratio, censored in ratios)


def _ratio(quote: StoredQuote) -> float:
    """The wait in units of the upper figure."""
    waited = quote.actual_s or 0.0
    return waited / quote.high_s if quote.high_s else math.inf if waited else 0.0
