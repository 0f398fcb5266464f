"""A complaint cannot be lost: every command on a real desk in any order, with processes that die at any statement.

What the machine keeps is only what was acknowledged to somebody, and what really reached the customer. After every step
all of it must be in the ledger or on the list of the reconciliation (design invariant 3).
"""

import itertools
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from desk.core import complaints as ledger
from desk.core.agents import Agent
from desk.core.errors import DeskError
from desk.core.policy import Policy
from desk.core.tickets import AT_WORK, COMPLAINTS, Ticket
from desk.gateways.policy_files import load_policy
from desk.service import clock as deadline_clock
from desk.service import (
    complaints,
    conversations,
    customer_notices,
    delivery,
    reconciliation,
    ticket_work,
    tickets,
    turns,
)
from desk.service.desk import Desk
from desk.service.turns import Answer, Reply
from desk.store.unit_of_work import Store
from tests.service.conftest import SetClock
from tests.system.dying import Killer

EXAMPLES, STEPS = int(os.environ.get("COMPLAINT_EXAMPLES", "15")), 25
HISTORIES, LENGTH = int(os.environ.get("COMPLAINT_HISTORIES", "20")), 120
pytestmark = pytest.mark.proof
START = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
SHIPPED = load_policy(Path(__file__).parents[2] / "policy")
SLOWER = replace(SHIPPED, version="slower000000", promises={
    kind: replace(promise, reply_within=timedelta(hours=5)) for kind, promise in SHIPPED.promises.items()})
VERSIONS = {one.version: one for one in (SHIPPED, SLOWER)}
DEATHS = st.none() | st.none() | st.none() | st.integers(0, 45)
NAMES = ("with phone", "without", "silent")
VISITORS = st.sampled_from(NAMES)
PICK = st.integers(0, 99)
SAID = (("我要投诉你们", None), ("师傅迟到两个小时", "file_complaint"), ("损失谁赔", "request_compensation"),
        ("再不处理就打12315", "abuse"))
SENTENCES = st.sampled_from(SAID)


class Lossless(RuleBasedStateMachine):
    """Customers, agents, gateways and clocks around one desk."""

    @initialize(visitor=VISITORS)
    def begin(self, visitor: str) -> None:
        """A desk with an agent, a supervisor and a first complaint."""
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(f"sqlite:///{self.folder.name}/desk.db")
        self.store.create_tables()
        self.policy: Policy = SHIPPED
        self.clock = SetClock(START)
        self.desk = Desk(begin=self.store.begin, clock=self.clock, policies=lambda: self.policy, archive=VERSIONS.get)
        self.agent = self.person("wang", "agent")
        self.boss = self.person("zhao", "supervisor")
        self.talks = {name: conversations.open(self.desk, channel="web", channel_user=name).id
                      for name in NAMES}
        self.killer = Killer(self.store.engine)
        self.ids = itertools.count(1)
        self.acknowledged: dict[str, Counter[str]] = {}  # of each complaint: the facts that somebody was told of
        self.heard: set[tuple[str, int]] = set()         # sentences that look like a complaint
        self.dismissed: set[tuple[str, int]] = set()     # those that somebody may have dismissed
        self.read: Counter[str] = Counter()              # how far each customer's reader really came
        self.taken: set[int] = set()                     # rows of the outbox that the gateway really took
        self.phoned: set[str] = set()                    # complaints whose customer was really reached by phone
        self.files(visitor, "complaint", None, retry=False)

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.store.close()
        self.folder.cleanup()

    def person(self, username: str, role: str) -> Agent:
        agent = Agent(username=username, name=username, role=role, password_hash="-", on_duty=True,  # type: ignore[arg-type]
                      skills=list(SHIPPED.queues))
        with self.desk.begin() as uow:
            uow.add(agent)
        return agent

    def ask(self, work: Callable[[], Any], death: int | None, *, retry: bool = True) -> Any:
        """Ask for something; who gets no answer asks again, if they do. None when nothing was acknowledged."""
        answer = self.killer.run(work, before=death)
        if answer is None and retry:
            answer = self.killer.run(work, before=None)
        return None if isinstance(answer, DeskError) else answer

    def promised(self, ticket: Ticket | None, *names: str) -> None:
        """Somebody was told that these things happened to a complaint."""
        if ticket is not None:
            self.acknowledged.setdefault(ticket.number, Counter()).update(names)

    def some(self, pick: int) -> str:
        """One of the complaints that are known to somebody: mostly the last, or nothing would ever get far."""
        known = sorted(self.acknowledged)
        return known[pick % len(known)] if pick < 40 else known[-1]

    def talk_of(self, number: str) -> str:
        with self.desk.begin() as uow:
            return uow.tickets.by_number(number).conversation_id or ""

    # What customers do ----------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.acknowledged) < 4)
    @rule(visitor=VISITORS, kind=st.sampled_from(sorted(COMPLAINTS)), death=DEATHS, retry=st.booleans())
    def files(self, visitor: str, kind: Any, death: int | None, retry: bool) -> None:
        """Through the bot's form."""
        talk, key = self.talks[visitor], f"{next(self.ids)}/ticket"
        phone = "13800000001" if visitor == "with phone" else ""
        made = self.ask(lambda: tickets.open_ticket(self.desk, kind=kind, subject="师傅迟到", conversation_id=talk, key=key,
                                                    contact_phone=phone), death, retry=retry)
        self.promised(made, "ticket.opened")

    @rule(visitor=VISITORS, said=SENTENCES, death=DEATHS, retry=st.booleans(), answered=st.booleans(), person=st.booleans())
    def speaks(self, visitor: str, said: tuple[str, str | None], death: int | None, retry: bool, answered: bool,
               person: bool) -> None:
        """A sentence and no ticket: to the bot, or to a person, whose words nobody parses."""
        talk, message = self.talks[visitor], f"m{next(self.ids)}"
        with self.desk.begin() as uow:
            uow.conversations.get(talk).owner = "agent" if person else "bot"
        got = self.ask(lambda: conversations.receive(self.desk, conversation_id=talk, external_id=message, text=said[0],
                                                     holder="web"), death, retry=retry)
        turn = turns.claim(self.desk, conversation_id=talk, holder="web", lease_s=15) if got and answered else None
        while turn is not None:
            parse = {"intent": {"name": said[1] if turn.seq == got.seq else "out_of_scope", "confidence": 0.9}}
            answer = Answer([Reply("好的")], parse, {}, None)
            turn = turns.finish(self.desk, turn=turn, answer=answer, lease_s=15)
            parsed = True
        else:
            parsed = got is not None and answered and not person
        if got and (ledger.WORDS.search(said[0]) or (parsed and said[1] in ledger.INTENTS)):
            self.heard.add((talk, got.seq))

    def demands(self, number: str, what: str, death: int | None, retry: bool) -> None:
        """Urging, asking for money, asking for whoever is in charge."""
        command, key, talk = getattr(tickets, what), f"{next(self.ids)}/{what}", self.talk_of(number)
        name = {"urge": "ticket.urged", "request_compensation": "ticket.compensation_requested",
                "request_supervisor": "ticket.supervisor_requested"}[what]
        self.promised(self.ask(lambda: command(self.desk, number=number, conversation_id=talk, key=key), death,
                               retry=retry), name)

    def decides(self, number: str, what: str, death: int | None, retry: bool = True) -> None:
        """Takes it back, is content, is not content."""
        command, key, talk = getattr(tickets, what), f"{next(self.ids)}/{what}", self.talk_of(number)
        name = {"withdraw": "ticket.withdrawn", "confirm": "ticket.confirmed", "reopen": "ticket.reopened"}[what]
        self.promised(self.ask(lambda: command(self.desk, number=number, conversation_id=talk, key=key), death,
                               retry=retry), name)

    @rule(visitor=VISITORS, back=st.integers(0, 3), death=DEATHS)
    def reads(self, visitor: str, back: int, death: int | None) -> None:
        """All of it or nearly; the silent one never reads."""
        if visitor == "silent":
            return
        talk = self.talks[visitor]
        up_to = max(0, conversations.get(self.desk, conversation_id=talk).last_seq - back)
        self.read[talk] = max(self.read[talk], up_to)
        self.ask(lambda: customer_notices.seen(self.desk, conversation_id=talk, up_to=up_to), death, retry=False)

    # A complaint on its way -----------------------------------------------------------------------------------

    @rule(seed=st.integers(0, 2**32))
    def goes_on(self, seed: int) -> None:
        """Six steps that are possible with a complaint as it stands, by whoever may take them."""
        dice = Random(f"{seed}/{next(self.ids)}")  # hypothesis likes to draw the same again
        number = self.some(dice.randrange(100))
        for _ in range(6):
            self.takes_a_step(number, dice)
            self.everything_is_accounted_for()

    def takes_a_step(self, number: str, dice: Random) -> None:
        """One of them."""
        death = dice.choice([None, None, None, dice.randrange(45)])
        with self.desk.begin() as uow:
            ticket = uow.tickets.by_number(number)
        visitor = next(name for name, talk in self.talks.items() if talk == ticket.conversation_id)
        if ticket.status in AT_WORK:
            steps: list[Callable[[], Any]] = [
                *[lambda: self.answers(number, death)] * 6, lambda: self.works(number, "contact", death),
                lambda: self.works(number, "answer" if ticket.waiting_for_customer else "ask", death),
                lambda: self.decides(number, "withdraw", death), lambda: self.refuses(number, death)]
        else:
            steps = [lambda: self.reads(visitor, dice.randrange(4), death), lambda: self.tells_again(number, "missed", death),
                     lambda: self.tells_again(number, "reached", death), lambda: self.delivers(death, works=dice),
                     lambda: self.is_offline(death), *[lambda: self.tells_again_later(number, death)] * 3]
        if ticket.status == "replied":
            steps += [lambda: self.decides(number, "confirm", death), *[lambda: self.works(number, "confirm", death)] * 3,
                      *[lambda: self.works(number, "reopen", death)] * 2]
        dice.choice(steps)()

    @rule(pick=PICK, what=st.sampled_from(["withdraw", "confirm", "reopen", "note", "urge", "urge", "request_compensation",
                                           "request_supervisor"]), death=DEATHS, retry=st.booleans())
    def wants_anything(self, pick: int, what: str, death: int | None, retry: bool) -> None:
        """Whether it is possible now or not."""
        if what == "note":
            self.works(self.some(pick), "note", death)
        elif what in ("urge", "request_compensation", "request_supervisor"):
            self.demands(self.some(pick), what, death, retry)
        else:
            self.decides(self.some(pick), what, death, retry)

    # What agents do -------------------------------------------------------------------------------------------

    @rule(pick=PICK, to=st.sampled_from(["verified", "coordinated", "replied", "refused", "withdrawn", "confirmed"]),
          outcome=st.sampled_from([None, None, "upheld", "not_upheld"]), result=st.sampled_from(["", "已致歉", "已退费"]),
          ours=st.booleans(), death=DEATHS)
    def advances(self, pick: int, to: Any, outcome: str | None, result: str, ours: bool, death: int | None) -> None:
        """Moves it along, with everything that belongs to it or not."""
        number = self.some(pick)
        self.promised(self.ask(
            lambda: tickets.advance(self.desk, number=number, to=to, agent=self.agent, result=result, outcome=outcome,
                                    our_fault=ours, direct_to="请联系物业"), death, retry=False))

    def answers(self, number: str, death: int | None, ours: bool = False) -> None:
        """The way it should be."""
        self.promised(self.ask(
            lambda: tickets.advance(self.desk, number=number, to="replied", agent=self.agent, result="已致歉并退费",
                                    outcome="upheld", our_fault=ours), death, retry=False), "ticket.replied")

    def works(self, number: str, what: str, death: int | None) -> None:
        """What happens on the way, and what the customer says to an agent."""
        given = {"number": number, "agent": self.agent}
        command: Callable[[], Any] = {
            "contact": lambda: ticket_work.contact(self.desk, text="正在核实", **given),
            "ask": lambda: ticket_work.ask_customer(self.desk, question="是哪一天？", **given),
            "answer": lambda: tickets.customer_answered(self.desk, text="昨天", **given),
            "note": lambda: tickets.add_note(self.desk, text="客户很急", **given),
            "confirm": lambda: tickets.confirm(self.desk, **given),
            "reopen": lambda: tickets.reopen(self.desk, **given)}[what]
        self.ask(command, death, retry=False)

    def refuses(self, number: str, death: int | None) -> None:
        """Not ours, with where to go instead."""
        self.promised(self.ask(lambda: tickets.advance(self.desk, number=number, to="refused", agent=self.agent,
                                                       result="不归我们管", direct_to="请联系物业"), death, retry=False),
                      "ticket.refused")

    def tells_again_later(self, number: str, death: int | None) -> None:
        """When an hour has gone by."""
        self.clock.advance(minutes=61)
        self.tells_again(number, "again", death)

    def tells_again(self, number: str, how: str, death: int | None) -> None:
        """Sends the result once more, or calls."""
        if how == "again":
            self.ask(lambda: complaints.notify_again(self.desk, number=number, agent=self.agent), death, retry=False)
            return
        if how == "reached":
            self.phoned.add(number)
        self.ask(lambda: complaints.spoke(self.desk, number=number, agent=self.agent, reached=how == "reached"), death,
                 retry=False)

    @rule(dismiss=st.booleans(), pick=PICK, death=DEATHS, retry=st.booleans(), stale=st.booleans())
    def settles(self, dismiss: bool, pick: int, death: int | None, retry: bool, stale: bool) -> None:
        """A supervisor takes one sentence from the list, which more may have been added to since it was shown."""
        listed = [one for one in self.reconciled() if one.why == "sentence"]
        if not listed:
            return
        one = listed[pick % len(listed)]
        if stale:
            visitor = next(name for name, talk in self.talks.items() if talk == one.conversation_id)
            self.speaks(visitor, ("我还要投诉", None), None, False, answered=False, person=False)
            self.reconciled()
        given: dict[str, Any] = {"conversation_id": one.conversation_id, "seq": one.seq, "agent": self.boss}
        if dismiss:
            self.dismissed |= {(talk, seq) for talk, seq in self.heard
                               if talk == one.conversation_id and seq <= (one.seq or 0)}
            self.ask(lambda: complaints.dismiss(self.desk, reason="不是投诉", **given), death, retry=retry)
        else:
            self.promised(self.ask(lambda: reconciliation.open_for(self.desk, **given), death, retry=retry),
                          "ticket.opened")

    # What happens by itself -----------------------------------------------------------------------------------

    @rule(death=DEATHS, works=st.booleans())
    def delivers(self, death: int | None, works: bool | Random) -> None:
        """The gateway takes what is due, or does not; the process may die between sending and noting it."""
        rows = self.ask(lambda: delivery.claim(self.desk, holder="web"), death, retry=False) or []
        for row in rows:
            given: dict[str, Any] = {"row_id": row.id, "holder": "web"}
            if works if isinstance(works, bool) else works.random() < 0.5:
                self.taken.add(row.id or 0)
                self.ask(lambda given=given: delivery.sent(self.desk, **given), death, retry=False)
            else:
                self.ask(lambda given=given: delivery.failed(self.desk, error="away", **given), death, retry=False)

    def is_offline(self, death: int | None) -> None:
        """The gateway is away until everything that waits is given up."""
        for _ in range(9):
            self.delivers(death=None, works=False)
            self.clock.advance(minutes=5)
        self.delivers(death=death, works=False)

    @rule(what=st.sampled_from(["sweep", "sweep", "night", "offline", "policy", 1, 31, 61, 61, 125, 1500, 4400]), death=DEATHS)
    def meanwhile(self, what: str | int, death: int | None) -> None:
        """The deadline clock, the nightly run, a gateway that is away, a policy reloaded, minutes or days gone by."""
        if what == "sweep":
            self.ask(lambda: deadline_clock.sweep(self.desk), death, retry=False)
        elif what == "night":
            self.ask(lambda: reconciliation.nightly(self.desk), death, retry=False)
        elif what == "offline":
            self.is_offline(death)
        elif what == "policy":
            self.policy = SLOWER if self.policy is SHIPPED else SHIPPED
        else:
            self.clock.advance(minutes=int(what))

    # What must hold -------------------------------------------------------------------------------------------

    def reconciled(self) -> list[reconciliation.Finding]:
        return reconciliation.reconcile(self.desk, since=START - timedelta(days=1)).findings

    @invariant()
    def everything_is_accounted_for(self) -> None:
        """The ledger holds what was acknowledged; what it cannot vouch for is listed; nothing contradicts itself."""
        findings = self.reconciled()
        assert not [one for one in findings if one.why in ("missing", "disagrees")], findings
        listed = {one.ticket: one.why for one in findings if one.ticket}
        with self.desk.begin() as uow:
            stored = {one.number: one for one in uow.complaints.tickets(since=START, after=0, limit=10**6)}
            facts = uow.complaints.facts_about(list(stored))
        for number, names in self.acknowledged.items():
            assert number in stored
            assert not names - Counter(fact.name for fact in facts[number]), (number, names)
        for number, ticket in stored.items():
            self.is_in_order(ticket, ledger.entry(facts[number]), listed.get(number))
        self.sentences_are_kept({(one.conversation_id, one.seq) for one in findings if one.why == "sentence"}, stored)

    def is_in_order(self, ticket: Ticket, entry: ledger.Entry, why: str | None) -> None:
        """Closed means ended or listed; ended means an outcome, and a notice that really arrived or was really tried."""
        if not ticket.is_open:
            assert entry.state == "ended" or why in ("no_notice", "no_outcome"), (ticket, entry, why)
        if ticket.status == "confirmed":
            assert entry.state == "ended", entry
        if entry.state == "ended":
            assert ticket.outcome is not None
        if entry.told:
            assert self.really_arrived(ticket, entry) if entry.delivered_at else self.really_tried(ticket), entry

    def really_arrived(self, ticket: Ticket, entry: ledger.Entry) -> bool:
        if entry.delivered_by == "customer":
            return True
        with self.desk.begin() as uow:
            last = customer_notices.last_result(uow, ticket)
        if last is None or entry.notice != last.id or entry.delivered_by is None:
            return False
        sms = {one["outbox"] for one in last.attempts if one["outbox"]}
        return {"web": self.read[last.conversation_id or ""] >= (last.seq or 0), "sms": bool(sms & self.taken),
                "phone": ticket.number in self.phoned}[entry.delivered_by]

    def really_tried(self, ticket: Ticket) -> bool:
        """Three attempts over two channels, counted in the messages and the outbox, not in what the notice says."""
        with self.desk.begin() as uow:
            last = customer_notices.last_result(uow, ticket)
            assert last is not None
            said = [one for one in uow.conversations.messages(ticket.conversation_id or "", limit=10**6)
                    if one.payload.get("notice") == last.id]
            sms = [uow.outbox.get(one["outbox"]) for one in last.attempts if one["outbox"]]
        made = ["web" for _ in said] + ["sms" for row in sms if row.state == "failed"]
        made += ["phone" for one in last.attempts if one["channel"] == "phone"]
        return len(made) >= 3 and len(set(made)) >= 2

    def sentences_are_kept(self, listed: set[tuple[str | None, int | None]],
                           stored: dict[str, Ticket]) -> None:
        """Each is listed (with a later one of its conversation), has a complaint near it, or was settled by somebody."""
        for talk, seq in self.heard - self.dismissed:
            with self.desk.begin() as uow:
                at = uow.complaints.message(talk, seq).at
                facts = uow.facts.about(ledger.sentence(talk, seq))
            shown = any(where == talk and (last or 0) >= seq for where, last in listed)
            near = ledger.covered(at, [ticket.opened_at for ticket in stored.values() if ticket.conversation_id == talk])
            registered = any(fact.data.get("ticket") in stored for fact in facts)
            assert shown or near or registered, (talk, seq)



@pytest.mark.timeout(600)
def test_a_complaint_cannot_be_lost() -> None:
    """Histories that hypothesis makes up and makes short when one fails; COMPLAINT_EXAMPLES runs more."""
    run_state_machine_as_test(Lossless, settings=settings(  # type: ignore[no-untyped-call]
        max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)))


def wander(machine: Lossless, dice: Random) -> None:
    """One step of a long history: mostly with a complaint that has not ended, evenly among what is possible."""
    death, yes = dice.choice([None, None, None, dice.randrange(45)]), dice.random() < 0.5
    with machine.desk.begin() as uow:
        running = [number for number in sorted(machine.acknowledged) if uow.tickets.by_number(number).is_open]
    anything = [lambda: machine.files(dice.choice(NAMES), dice.choice(sorted(COMPLAINTS)), death, yes),
                lambda: machine.speaks(dice.choice(NAMES), dice.choice(SAID), death, yes, dice.random() < 0.5, dice.random() < 0.3),
                lambda: machine.settles(yes, dice.randrange(9), death, dice.random() < 0.5, dice.random() < 0.3),
                lambda: machine.wants_anything(dice.randrange(40), dice.choice(["withdraw", "urge", "request_supervisor"]),
                                               death, yes),
                lambda: machine.reads(dice.choice(NAMES), dice.randrange(4), death),
                lambda: machine.delivers(death, works=dice),
                lambda: machine.meanwhile(dice.choice(["sweep", "night", "policy", 31, 125, 1500]), death)]
    if dice.random() < 0.35 or not machine.acknowledged:
        dice.choice(anything)()
    else:
        machine.takes_a_step(dice.choice(running) if running and dice.random() < 0.8 else
                             dice.choice(sorted(machine.acknowledged)), dice)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(HISTORIES))
def test_a_long_history_loses_none(seed: int) -> None:
    """The same machine driven evenly by dice, which gets further than shrinkable choices; COMPLAINT_HISTORIES runs more."""
    dice, machine = Random(seed), Lossless()
    machine.begin(dice.choice(NAMES))
    try:
        for _ in range(LENGTH):
            wander(machine, dice)
            machine.everything_is_accounted_for()
    finally:
        machine.teardown()


def test_the_killer_kills_before_the_statement_and_leaves_nothing(tmp_path: Path) -> None:
    """Every point of a command: what died before its commit has left no ticket, what died after has left one."""
    store = Store(f"sqlite:///{tmp_path}/desk.db")
    store.create_tables()
    desk = Desk(begin=store.begin, clock=SetClock(START), policies=lambda: SHIPPED)
    talk = conversations.open(desk, channel="web", channel_user="a").id
    killer, left = Killer(store.engine), []
    for point in range(200):
        killer.run(lambda: tickets.open_ticket(desk, kind="complaint", subject="迟到", conversation_id=talk, key=None),
                   before=point)
        left.append(len(tickets.recent(desk, conversation_id=talk)))
        if left[-1]:
            break
    assert left == [0] * (len(left) - 1) + [1]
    assert len(left) > 5
    store.close()
