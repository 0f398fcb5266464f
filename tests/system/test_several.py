"""Two web processes and two Rasa processes on one PostgreSQL and one Redis: one desk, whichever door is used."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.processes import Processes
from tests.system.visitor import Visitor

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


@pytest.fixture
def desks(tmp_path: Path, trained_model: Path, postgres_url: str,
          redis_url: str) -> Iterator[tuple[Processes, Processes]]:
    """Two machines, as it were."""
    shared = {"DESK_DATABASE_URL": postgres_url, "DESK_REDIS_URL": redis_url, "DESK_SECRET": "s" * 32,
              "DESK_INTERNAL_TOKEN": "t" * 32}
    both = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        both.append(Processes(tmp_path / name, trained_model, environment=shared))
    both[0].prepare()
    try:
        for desk in both:
            desk.start("web")
            desk.start("rasa")
        for desk in both:
            desk.wait_ready(180)
        yield both[0], both[1]
    finally:
        for desk in both:
            desk.stop()


def test_a_conversation_goes_on_at_the_other_door(desks: tuple[Processes, Processes]) -> None:
    """What was begun at one is answered, read and finished at the other, also when the first has died."""
    first, second = desks
    customer = Visitor(first.url, patience_s=60).arrive()
    customer.say("我想约明天下午三点的保洁，文澜路8号3幢402")
    customer.url = second.url
    answers = customer.say("我叫王芳，13800000012")
    assert "11月25日星期三下午3:00" in "\n".join(one["text"] for one in answers)
    for name in ("web", "rasa"):
        first.kill(name)
    answers = customer.say("确认")
    assert "BK" in "\n".join(one["text"] for one in answers)
