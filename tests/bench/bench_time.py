"""How many expressions of a gold file of Chinese times are found whole and understood.

``python -m tests.bench.bench_time [GOLD.py] [--now 2025-09-16T10:30]``; a gold file is a Python module with ``NOW``
and a list ``G`` of ``(expression, kind, start, end)``; without one the tests' own is used. A ``part`` gives its part
of the day as end; times without a clock are days; None is open. Right is the same kind, start and end.
"""

import argparse
import runpy
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from desk.gateways import chinese_time
from desk.gateways.chinese_time import Resolved

OWN = Path(__file__).parents[1] / "gateways" / "chinese_times.py"
SHANGHAI = ZoneInfo("Asia/Shanghai")


def same(said: datetime | None, wanted: str | None) -> bool:
    """Whether a time is the wanted one, to the precision in which it is wanted."""
    if said is None or wanted is None:
        return said is None and wanted is None
    return said.strftime("%Y-%m-%dT%H:%M" if "T" in wanted else "%Y-%m-%d") == wanted


def right(one: Resolved | None, kind: str, start: str | None, end: str | None) -> bool:
    """Whether an expression was understood as the gold file has it."""
    if one is None or one.kind != kind:
        return False
    if kind == "part":
        return same(one.start, start) and one.part == end
    if kind in ("date", "time"):
        return same(one.start, start)
    return same(one.start, start) and same(one.end, end)


def main() -> None:
    """Print what failed and the score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", type=Path, nargs="?", default=OWN)
    parser.add_argument("--now", type=datetime.fromisoformat)
    options = parser.parse_args()
    gold = runpy.run_path(str(options.gold))
    now = (options.now or datetime.fromisoformat(gold["NOW"])).replace(tzinfo=SHANGHAI)
    understood = found = 0
    for expression, kind, start, end, *_ in gold["G"]:
        one = chinese_time.resolve(expression, now=now)
        spans = chinese_time.find(f"我想约{expression}可以吗")
        understood += right(one, kind, start, end)
        found += [expression] == [words for _, _, words in spans]
        if not right(one, kind, start, end):
            print(f"not understood: {expression}: wanted {kind} {start} {end}, got {one}")
        if [expression] != [words for _, _, words in spans]:
            print(f"not found whole: {expression}: {[words for _, _, words in spans]}")
    total = len(gold["G"])
    print(f"understood {understood}/{total} ({understood / total:.1%}), found whole {found}/{total} ({found / total:.1%})")


if __name__ == "__main__":
    main()
