"""Kill -9 of the web process or of Rasa at random moments of a conversation load loses and doubles nothing.

``DESK_KILLS`` (default 4) sets how many kills; the figure in docs/operate.md was measured with 50.
"""

import os
import random
import sqlite3
import threading
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.system.processes import Processes
from tests.system.visitor import Visitor

KILLS = int(os.environ.get("DESK_KILLS", "4"))
CUSTOMERS = 4
COMPLAINT = ["我要投诉", "昨天来的师傅迟到两小时，态度还很差", "13800000091", "没有了，谢谢"]
BOOKING = ["我想预约剪头发，{when}，{outlet}", "我叫李建国，电话13800000092", "确认", "谢谢"]
OUTLETS = ("中心店", "城东店", "城西店", "城北店")
HOURS = range(10, 19)

pytestmark = [pytest.mark.system, pytest.mark.timeout(120 + 60 * KILLS)]


class Load(threading.Thread):
    """One customer after another who complains and books, until told to stop."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__(daemon=True)
        self.url, self.number = url, number
        self.finish = threading.Event()
        self.visitors: list[Visitor] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        """Talk; what goes wrong is kept for the test to raise."""
        try:
            while not self.finish.is_set():
                visitor = Visitor(self.url, patience_s=180).arrive()
                self.visitors.append(visitor)
                slot = slot_of(self.number + CUSTOMERS * len(self.visitors))
                for text in [*COMPLAINT, *(line.format(**slot) for line in BOOKING)]:
                    visitor.say(text)
        except BaseException as error:
            self.error = error


def slot_of(number: int) -> dict[str, str]:
    """A slot of one's own for each visitor, so that a missing booking can only be a lost one."""
    day = date(2026, 11, 25) + timedelta(days=number // len(OUTLETS) // len(HOURS))
    hour = HOURS[number // len(OUTLETS) % len(HOURS)]
    return {"when": f"{day.month}月{day.day}日{hour}点", "outlet": OUTLETS[number % len(OUTLETS)]}


def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice(tmp_path: Path, trained_model: Path) -> None:
    """Invariant 1 under fire."""
    desk = Processes(tmp_path, trained_model)
    desk.prepare()
    for name in ("web", "rasa"):
        desk.start(name)
    try:
        desk.wait_ready(180)
        load = [Load(desk.url, n) for n in range(CUSTOMERS)]
        for customer in load:
            customer.start()
        generator = random.Random(20261124)
        for _ in range(KILLS):
            time.sleep(generator.uniform(0.3, 4))
            victim = generator.choice(["web", "rasa"])
            desk.kill(victim)
            desk.start(victim)
            desk.wait_ready(180)
        for customer in load:
            customer.finish.set()
        for customer in load:
            customer.join(240)
            assert customer.error is None, customer.error
        check(tmp_path / "desk.db", [visitor for customer in load for visitor in customer.visitors])
    finally:
        desk.stop()


def check(database: Path, visitors: list[Visitor]) -> None:
    """Every acknowledged message is there and answered once; each visitor has at most one ticket and booking."""
    rows = sqlite3.connect(database)
    assert len(visitors) >= CUSTOMERS
    for visitor in visitors:
        stored = dict(rows.execute(
            "SELECT dedup_key, seq FROM messages WHERE conversation_id = ? AND sender = 'customer'",
            (visitor.conversation,)).fetchall())
        for message_id, seq in visitor.acknowledged.items():
            assert stored.get(f"web:{visitor.conversation}:{message_id}") == seq
        sequence = [event["seq"] for event in visitor.events]
        assert sequence == sorted(set(sequence))
        for table in ("tickets", "bookings"):
            count, = rows.execute(f"SELECT count(*) FROM {table} WHERE conversation_id = ?",
                                  (visitor.conversation,)).fetchone()
            said = "\n".join(f"{event['sender']}: {event['text']}" for event in visitor.events)
            assert count == 1, f"{table} of {visitor.conversation}: {count}\n{said}"
    assert rows.execute("SELECT count(*) FROM messages WHERE turn = 'pending'").fetchone() == (0,)
