"""Targets of YW-5 and whether they are met: by a sample only when its whole interval says so, by a census when counted."""

from dataclasses import dataclass
from typing import Literal

from desk.core.statistics import Share, needed

Verdict = Literal["met", "missed", "open"]
TargetName = Literal["satisfaction", "fault_rate", "response", "complaints_handled"]


@dataclass(frozen=True)
class Judged:
    """A target of YW-5 and what is known about it. ``needed`` is how many more observations at the present share
    would decide it (for a census: how many cases are still undecided), 0 when it is decided, None when no number
    would. ``share`` is of what the target speaks of: satisfied, faulty, answered in time, accounted for.
    """

    name: TargetName
    target: float
    share: Share
    verdict: Verdict
    needed: int | None
    census: bool = False


def sampled(name: TargetName, share: Share, target: float, *, at_most: bool = False) -> Judged:
    """Judge from a sample: met when the whole interval is on the right side of the target, missed when it is on the
    wrong one, open otherwise.
    """
    right, wrong = share.low >= target, share.high < target
    if at_most:
        right, wrong = share.high <= target, share.low > target
    verdict: Verdict = "met" if right else "missed" if wrong else "open"
    return Judged(name, target, share, verdict, needed(share, target) if verdict == "open" else 0)


def census(name: TargetName, share: Share, target: float, *, undecided: int = 0) -> Judged:
    """Judge by counting: every case is looked at and none sampled, so there is no sampling error, and the interval
    (what the same process would do in other quarters) takes no part. Met when the target holds even if all undecided
    cases fail, missed when it fails even if all succeed. With a target of 1 it is met exactly when no case is amiss;
    having had no case at all is met too.
    """
    total = share.n + undecided
    if share.successes >= target * total:
        return Judged(name, target, share, "met", 0, census=True)
    possible = share.successes + undecided >= target * total
    return Judged(name, target, share, "open" if possible else "missed", undecided if possible else 0, census=True)
