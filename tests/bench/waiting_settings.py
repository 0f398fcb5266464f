"""The desks that the quotes are tried on. Each prior is an operator's guess, and off the truth by a quarter or so."""

import math
import random
from collections.abc import Callable

from desk.core.handling_times import Prior
from tests.bench.waiting_room import Setting

Law = Callable[[random.Random], float]


def lognormal(mean_s: float, variation: float) -> Law:
    """Log-normal with a mean and a coefficient of variation."""
    sigma = math.sqrt(math.log(1 + variation**2))
    return lambda rng: rng.lognormvariate(math.log(mean_s) - sigma**2 / 2, sigma)


def gamma(mean_s: float, shape: float) -> Law:
    """Gamma with a mean; shape 1 is exponential."""
    return lambda rng: rng.gammavariate(shape, mean_s / shape)


def mixture(short_s: float, long_s: float, long_share: float) -> Law:
    """Two kinds of talk, each exponential: mostly short, some long."""
    return lambda rng: rng.expovariate(1 / (long_s if rng.random() < long_share else short_s))


def exponential(mean_s: float) -> Law:
    """Memoryless."""
    return lambda rng: rng.expovariate(1 / mean_s)


SETTINGS = [
    Setting("3 slots, load 0.70", 3, 0.70, lognormal(300, 0.9), 300, Prior(280, 560, 10), 16, 8, 150),
    Setting("8 slots, load 0.90, two kinds of talk", 8, 0.90, mixture(180, 900, 0.2), 324, Prior(250, 480, 10), 8, 8, 100),
    Setting("20 slots, load 0.95", 20, 0.95, gamma(360, 2), 360, Prior(240, 420, 10), 6, 8, 100),
    Setting("60 slots, load 0.98", 60, 0.98, lognormal(300, 1.1), 300, Prior(260, 500, 10), 6, 6, 60),
    Setting("8 slots, load 0.90, a fifth goes first", 8, 0.90, lognormal(300, 0.8), 300, Prior(300, 500, 10), 8, 8, 100,
            priority=0.2),
    Setting("20 slots, load 0.85, 7 leave for an hour", 20, 0.85, gamma(300, 1.5), 300, Prior(220, 480, 10), 4, 6, 100,
            changes=((6.0, -7), (7.0, 7))),
    Setting("20 slots, load 0.98, customers give up", 20, 0.98, lognormal(300, 1.0), 300, Prior(260, 500, 10), 6, 8, 100,
            patience_s=600, patience=exponential(600)),
    Setting("20 slots, load 0.98, impatience grows", 20, 0.98, lognormal(300, 1.0), 300, Prior(260, 500, 10), 6, 8, 100,
            patience_s=600, patience=gamma(600, 2.5)),
    Setting("5 slots, load 0.85, the desk's first hours", 5, 0.85, lognormal(300, 0.9), 300, Prior(280, 560, 10), 1, 2, 300),
]
