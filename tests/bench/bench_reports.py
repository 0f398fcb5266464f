"""How long reports take: two months of synthetic tickets on SQLite, the second one reported. Not a test.

Run ``.venv/bin/python -m tests.bench.bench_reports [TICKETS_A_MONTH]``.
"""

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from desk.gateways.policy_files import load_policy
from desk.service import agents, reports
from desk.service.desk import Desk
from desk.store import promise_tables, schema
from desk.store.unit_of_work import Store

START, DAYS = datetime(2026, 9, 30, 16, tzinfo=UTC), 61
KINDS = ["inquiry"] * 4 + ["fault"] * 3 + ["application"] * 2 + ["complaint"]
STEPS = {"opened": 0.0, "verified": 0.5, "contacted": 1.0, "handled": 20.0, "outcome_recorded": 24.0, "replied": 24.0,
         "notified": 24.0, "result_notified": 24.0, "notice_delivered": 25.0, "result_delivered": 25.0, "rated": 30.0,
         "confirmed": 40.0}
CLOCKS = {"reply": (0, 2, 1), "response": (0, 24, 1), "result": (20, 12, 24), "notice": (24, 24, 25), "confirm": (24, 72, 40)}


def main(a_month: int) -> None:
    """Fill, then report."""
    policy = load_policy(Path(__file__).parents[2] / "policy")
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/desk.db")
        store.create_tables()
        fill(store, list(policy.departments()), list(policy.services), 2 * a_month)
        clock = type("Clock", (), {"now": lambda self: START + timedelta(days=DAYS, hours=5)})()
        desk = Desk(begin=store.begin, clock=clock, policies=lambda: policy, reading=store.reading)
        for name, make in (("month", lambda: reports.monthly(desk, agent=agents.OPERATOR, period="2026-11")),
                           ("quarter", lambda: reports.quarterly(desk, agent=agents.OPERATOR, period="2026-Q4")),
                           ("overview", lambda: reports.overview(desk, agent=agents.OPERATOR))):
            begun, worked = time.perf_counter(), time.process_time()
            make()
            print(f"{name}: {time.perf_counter() - begun:.1f} s, of it {time.process_time() - worked:.1f} s at work, "
                  f"{a_month:,} tickets a month", flush=True)
        store.close()


def fill(store: Store, departments: list[str], services: list[str], n: int) -> None:
    """Tickets spread over two months, each with its facts, clocks, notice and rating."""
    chance = random.Random(1)
    with store.begin() as uow:
        uow.session.execute(insert(schema.conversations), [{
            "id": "c", "channel": "web", "channel_user": "u", "created_at": START, "owner": "bot", "owner_version": 0,
            "last_seq": 0}])
    for first in range(1, n + 1, 5000):
        tickets = [_ticket(number, chance, departments, services) for number in range(first, min(first + 5000, n + 1))]
        with store.begin() as uow:
            for table, rows in ((schema.tickets, tickets),
                                (schema.facts, [row for one in tickets for row in _facts(one)]),
                                (promise_tables.deadlines, [row for one in tickets for row in _clocks(one, chance)]),
                                (promise_tables.customer_notices, [_notice(one) for one in tickets]),
                                (schema.ratings, [_rating(one, chance) for one in tickets[::5]])):
                uow.session.execute(insert(table), rows)


def _ticket(number: int, chance: random.Random, departments: list[str], services: list[str]) -> dict[str, Any]:
    kind = chance.choice(KINDS)
    opened = START + timedelta(days=chance.random() * DAYS)
    upheld = kind == "complaint" and chance.random() < 0.3
    return {"id": number, "number": f"TS{number:09}", "kind": kind, "status": "confirmed", "subject": "", "opened_at": opened,
            "closed_at": opened + timedelta(hours=STEPS["confirmed"]), "service_id": chance.choice(services),
            "department": chance.choice(departments), "priority": "normal", "conversation_id": "c" if upheld else None,
            "contact_name": "", "contact_phone": "", "urged": 0,
            "outcome": ("upheld" if upheld else "not_upheld") if kind == "complaint" else None}


def _facts(ticket: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for step, hours in STEPS.items():
        if step != "outcome_recorded" or ticket["kind"] == "complaint":
            yield {"at": ticket["opened_at"] + timedelta(hours=hours), "name": f"ticket.{step}",
                   "subject": f"ticket:{ticket['number']}", "actor": "agent:1"}


def _clocks(ticket: dict[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    for clock, (begin, within, end) in CLOCKS.items():
        started = ticket["opened_at"] + timedelta(hours=begin)
        yield {"subject": f"ticket:{ticket['number']}", "clock": clock, "run": 1, "kind": ticket["kind"], "started_at": started,
               "due_at": started + timedelta(hours=within * chance.choice((0.1, 1, 1, 1))), "policy_version": "1",
               "ended_at": ticket["opened_at"] + timedelta(hours=end)}


def _notice(ticket: dict[str, Any]) -> dict[str, Any]:
    at = ticket["opened_at"] + timedelta(hours=24)
    return {"ticket_number": ticket["number"], "kind": "result", "at": at, "delivered_at": at + timedelta(hours=1)}


def _rating(ticket: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    return {"conversation_id": "c", "score": chance.choice((5, 5, 4, 4, 3, 1)), "ticket_id": ticket["id"],
            "at": ticket["opened_at"] + timedelta(hours=30)}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
