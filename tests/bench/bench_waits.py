"""How true the wait quotes are: simulated desks (simpy, fixed seeds), ours beside an oracle and three rivals.

For each setting: how many of the waits ended within the quoted 80th percentile (0.77-0.83 is required), and the mean
absolute error of the quoted median beside that of the oracle (at most 1.10), which is the same engine told the true law
and the true rates. Writes the table and the plot of docs/waits.md.
Run: ``python -m tests.bench.bench_waits [--only NAME] [--quotes N]`` (``make bench`` runs it).
"""

import argparse
import math
import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev

import matplotlib.pyplot as plt

from desk.core.handling_times import HandlingTimes
from desk.core.wait_scores import Score, score
from desk.core.waiting import Newcomers, Quote, Situation, quotes
from tests.bench.waiting_room import Asked, Room, Setting
from tests.bench.waiting_settings import SETTINGS

PAGE = Path(__file__).parents[2] / "docs" / "waits.md"
COVERAGE, WORSE_AT_MOST = (0.77, 0.83), 1.10
RIVALS = ("position × 2 min", "(place / count + 1) × mean", "last to enter service")
LAW_POINTS = 5000


@dataclass(frozen=True)
class Result:
    """One setting, measured."""

    setting: Setting
    days: int
    served: list[tuple[Asked, Quote]]
    ours: list[Score]
    oracle: list[Score]
    rivals: tuple[float, ...]

    @property
    def coverage(self) -> float:
        """The share of waits within the upper figure."""
        return fmean(each.covered for each in self.ours)

    @property
    def ratio(self) -> float:
        """Our error beside the oracle's."""
        return mae(self.ours) / mae(self.oracle)

    @property
    def holds(self) -> bool:
        """Whether both requirements are met."""
        return COVERAGE[0] <= self.coverage <= COVERAGE[1] and self.ratio <= WORSE_AT_MOST


def mae(scores: list[Score]) -> float:
    """The mean absolute error of the median."""
    return fmean(abs(each.error_s) for each in scores)


def true_law(setting: Setting) -> HandlingTimes:
    """What the oracle knows of talks: the law, in equally likely points."""
    rng, fine = random.Random(setting.name), 40
    drawn = sorted(setting.law(rng) for _ in range(LAW_POINTS * fine))
    return HandlingTimes(drawn[fine // 2::fine])


def told_truth(situation: Situation, setting: Setting) -> Situation:
    """The same moment with the true rates."""
    rate = setting.arrivals_per_s * setting.priority
    newcomers = (Newcomers(rate * 1e9, 1e9, -math.inf),) if rate else ()
    return replace(situation, newcomers=newcomers, patience_s=setting.patience_s)


def rivals(asked: Asked, situation: Situation) -> tuple[float, ...]:
    """What three usual formulas would say."""
    ahead, slots = len(situation.line) - 1, max(1, len(situation.talks_s))
    return (ahead + 1) * 120.0, (ahead / slots + 1) * fmean(situation.handling_s), asked.last_entered_s


def scored(quote: object, actual_s: float) -> Score:
    """One quote against the wait that came of it."""
    assert isinstance(quote, Quote)
    return score(low_s=quote.low_s, mid_s=quote.mid_s, high_s=quote.high_s, actual_s=actual_s)


def measure(setting: Setting, wanted: int) -> Result:
    """Run the days, and quote for a sample of those who had to wait."""
    everybody = [asked for day in range(setting.days) for asked in Room(setting, day).run()]
    sample = random.Random(setting.name).sample(everybody, min(wanted, len(everybody)))
    law, result = true_law(setting), Result(setting, setting.days, [], [], [], (0.0,) * len(RIVALS))
    errors = []
    for n, asked in enumerate(sample):
        situation = replace(asked.situation(), prior=setting.prior)
        ours = quotes(situation, seed=n)[-1]
        oracle = quotes(told_truth(situation, setting), seed=-n - 1, handling=law)[-1]
        result.ours.append(scored(ours, asked.actual_s))
        result.oracle.append(scored(oracle, asked.actual_s))
        assert isinstance(ours, Quote)
        result.served.append((asked, ours))
        errors.append([abs(told - asked.actual_s) for told in rivals(asked, situation)])
    best = mae(result.oracle)
    return replace(result, rivals=tuple(fmean(column) / best for column in zip(*errors, strict=True)))


def uncertainty(result: Result) -> float:
    """The standard error of the coverage, from days, which are independent."""
    days = defaultdict(list)
    for (asked, _), each in zip(result.served, result.ours, strict=True):
        days[asked.day].append(each.covered - result.coverage)
    sums = [sum(day) for day in days.values()]
    return stdev(sums) * math.sqrt(len(sums)) / len(result.ours)


def table(results: list[Result]) -> str:
    """The figures as Markdown."""
    head = ["setting", "quotes (days)", "covered by the 80 % figure", "error of the median", "oracle's", "ratio",
            *RIVALS, "pinball 20/50/80 % (oracle's)"]
    rows = [head, ["---"] + ["---:"] * (len(head) - 1)]
    for result in results:
        losses = [" / ".join(f"{fmean(each.pinball_s[i] for each in who):.0f}" for i in range(3))
                  for who in (result.ours, result.oracle)]
        rows.append([
            result.setting.name, f"{len(result.ours)} ({result.days})",
            f"{result.coverage:.3f} ± {1.96 * uncertainty(result):.3f}",
            f"{mae(result.ours):.0f} s", f"{mae(result.oracle):.0f} s", f"**{result.ratio:.3f}**",
            *(f"{value:.2f}" for value in result.rivals), "{} ({}) s".format(*losses)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def write_page(results: list[Result]) -> None:
    """Put table and plot into the page."""
    draw(results, PAGE.with_suffix(".svg"))
    text = PAGE.read_text()
    begin, end = "<!-- measured -->", "<!-- /measured -->"
    before, after = text.split(begin)[0], text.split(end)[1]
    PAGE.write_text(f"{before}{begin}\n{table(results)}\n{end}{after}")


def draw(results: list[Result], path: Path) -> None:
    """Coverage with its uncertainty, and each method's error beside the oracle's."""
    plt.rcParams.update({"svg.hashsalt": "waits", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 0.5 * len(results) + 1.6), sharey=True, layout="constrained")
    rows = range(len(results))
    left.axvspan(*COVERAGE, color="#d9ead3")
    left.errorbar([result.coverage for result in results], rows, fmt="o", color="#1f4e79", capsize=3,
                  xerr=[1.96 * uncertainty(result) for result in results])
    left.set(xlim=(0.7, 0.9), xlabel="share of waits within the quoted 80th percentile (95 % interval by days)",
             yticks=rows, yticklabels=[result.setting.name for result in results])
    left.invert_yaxis()
    right.plot([result.ratio for result in results], rows, "o", color="#1f4e79", label="Yingda")
    for i, (name, marker) in enumerate(zip(RIVALS, "sD^", strict=True)):
        right.plot([result.rivals[i] for result in results], rows, marker, color="#b0562c", alpha=0.7, label=name)
    right.axvline(1, color="#888888", linewidth=0.8)
    right.set(xscale="log", xlabel="mean absolute error, times that of an oracle (log scale)")
    right.legend(frameon=False, loc="upper right")
    figure.savefig(path, metadata={"Date": None})


def main() -> int:
    """Measure, print, write the page; 1 when a requirement is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="", help="settings whose name contains this")
    options.add_argument("--quotes", type=int, default=1500, help="quotes in each setting")
    chosen = options.parse_args()
    results = []
    for setting in SETTINGS:
        if chosen.only in setting.name:
            begun = time.perf_counter()
            results.append(measure(setting, chosen.quotes))
            print(f"{setting.name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    print(table(results))
    if not chosen.only:
        write_page(results)
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
