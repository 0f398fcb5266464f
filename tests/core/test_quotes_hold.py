"""What is quoted comes true, in a small part of ``tests/bench/bench_waits.py``; and the simulated desk is a true one."""

from statistics import fmean

import pytest

from desk.core.handling_times import Prior
from tests.bench.bench_waits import measure
from tests.bench.waiting_room import Room, Setting
from tests.bench.waiting_settings import SETTINGS, exponential

pytestmark = pytest.mark.proof


def test_the_simulated_desk_agrees_with_erlang() -> None:
    """Who has to wait at a desk of c exponential slots waits mean / (c (1 - load)) on average (Erlang 1917)."""
    setting = Setting("erlang", 4, 0.7, exponential(300), 300, Prior(200, 480, 10), 2, 40, 40)
    waits = [asked.actual_s for day in range(setting.days) for asked in Room(setting, day).run()]
    assert fmean(waits) == pytest.approx(300 / (4 * (1 - 0.7)), rel=0.08)


@pytest.mark.parametrize("name", ["8 slots, load 0.90, a fifth goes first", "5 slots, load 0.85, the desk's first hours"])
def test_four_of_five_waits_end_within_the_upper_figure(name: str) -> None:
    """Within what chance allows for 500 quotes; and the median is hardly worse than an oracle's."""
    setting = next(one for one in SETTINGS if one.name == name)
    result = measure(setting, 500)
    assert 0.74 <= result.coverage <= 0.86
    assert result.ratio <= 1.1
