"""The deadline clock and the words of the escalation path, on a policy of the tests' own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from desk.core.agents import Agent
from desk.core.deadlines import Deadline
from desk.core.escalation import Rule
from desk.core.handoffs import Handoff
from desk.core.policy import Policy, Promise, Supplier, TaskPromise
from desk.core.promises import WORDS
from desk.core.tickets import Kind, Ticket
from desk.gateways.policy_files import load_policy
from desk.service import clock as deadline_clock
from desk.service import conversations, customer_notices, escalation, recording, tasks, ticket_work, tickets
from desk.service.desk import Desk
from desk.store.unit_of_work import Store
from tests.service.conftest import ROOT, SetClock

HOUR, MINUTE, INSTANT = timedelta(hours=1), timedelta(minutes=1), timedelta.resolution
RULES = (
    Rule("reply_soon", "reply_due", ("notify_department",), ("KF-3.3.1",), after=-30 * MINUTE),
    Rule("reply_late", "reply_due", ("apologise", "notify_supervisor", "raise_priority"), ("KF-3.5.1",)),
    Rule("reply_still_late", "reply_due", ("apologise", "notify_supervisor"), ("KF-4.2",), after=2 * HOUR),
    Rule("result_late", "result_due", ("apologise",), ("KF-3.5.1",)),
    Rule("consult_late", "consult_due", ("apologise",), ("KF-3.5.1",)),
    Rule("notice_late", "notice_due", ("notify_again",), ("GG-9",)),
    Rule("confirm_soon", "confirm_due", ("remind_customer",), ("MF-5",), after=-24 * HOUR),
    Rule("confirm", "confirm_due", ("confirm_by_silence",), ("MF-5",)),
    Rule("task_late", "task_due", ("notify_department",), ("KF-4.2",)),
    Rule("supplier_silent", "supplier_response_due", ("chase_supplier",), ("WW-8",)),
    Rule("offer_late", "offer_due", ("pull_back",), ("JC-5",)),
    Rule("urged", "ticket_urged", ("notify_department",), ("KF-2",)),
    Rule("blamed", "fault_ours", ("review_compensation",), ("KF-3.5.2",)),
    Rule("disappointed", "rated_low", ("recovery_task",), ("MF-5",)),
)


@pytest.fixture
def policy() -> Policy:
    """All clocks round the clock, and one rule for each word."""
    promise = Promise(kind="any", text="2 小时内答复", cite=("KF-3.3.1",), reply_within=2 * HOUR,
                      consult_within=8 * HOUR, result_within=12 * HOUR, respond_within=24 * HOUR,
                      confirm_within=72 * HOUR, notice_within=24 * HOUR)
    mender = Supplier(id="mender", name="云桥维修", phone="13800000077", respond_within=2 * HOUR,
                      complete_within=24 * HOUR, calendar="around_the_clock", cite=("WW-8",))
    return replace(load_policy(ROOT / "policy"), version="clocktest", promises={"any": promise}, escalation=RULES,
                   suppliers={"mender": mender},
                   tasks={"handling": TaskPromise(4 * HOUR, "around_the_clock", ("KF-4.2",))})


@pytest.fixture
def desk(store: Store, clock: SetClock, policy: Policy) -> Desk:
    """The service layer under that policy."""
    return Desk(begin=store.begin, clock=clock, policies=lambda: policy)


def opened(desk: Desk, *, kind: Kind = "fault", phone: str = "13800000012") -> Ticket:
    talk = conversations.open(desk, channel="web", channel_user="visitor").id
    return tickets.open_ticket(desk, kind=kind, subject="宽带断网", conversation_id=talk, key=None, contact_phone=phone)


def sweep_all(desk: Desk) -> None:
    """Twice more than anything can be left to do."""
    for _ in range(3):
        deadline_clock.sweep(desk)


def names(desk: Desk, subject: str) -> list[str]:
    with desk.begin() as uow:
        return [fact.name for fact in uow.facts.about(subject)]


def taken(desk: Desk, subject: str) -> list[str]:
    """The rules that were carried out, in order."""
    with desk.begin() as uow:
        return [fact.data["rule"] for fact in uow.facts.about(subject) if fact.name.endswith(".escalated")]


def row(desk: Desk, subject: str, clock: str, run: int = 1) -> Deadline:
    with desk.begin() as uow:
        return next(one for one in uow.deadlines.of(subject) if (one.clock, one.run) == (clock, run))


def told(desk: Desk, ticket: Ticket, kind: str) -> list[str]:
    with desk.begin() as uow:
        return [one.text for one in uow.customer_notices.of_ticket(ticket.number) if one.kind == kind]


def noticed(desk: Desk, audience: str) -> list[str]:
    with desk.begin() as uow:
        return [one.text for one in uow.staff_notices.unseen([audience])]


def test_at_the_due_instant_nothing_is_broken_and_right_after_it_is(desk: Desk, clock: SetClock) -> None:
    """A promise is broken strictly after it was due; then the breach and its steps are recorded once."""
    ticket = opened(desk)
    clock.advance(hours=2)
    sweep_all(desk)
    assert ["reply_soon"] == taken(desk, ticket.about)
    assert row(desk, ticket.about, "reply").verdict is None
    clock.time += INSTANT
    sweep_all(desk)
    assert ["reply_soon", "reply_late"] == taken(desk, ticket.about)
    assert "broken" == row(desk, ticket.about, "reply").verdict
    with desk.begin() as uow:
        breach = next(fact for fact in uow.facts.about(ticket.about) if fact.name == "ticket.promise_broken")
    assert {"clock": "reply", "run": 1, "due_at": (ticket.opened_at + 2 * HOUR).isoformat()} == breach.data


def test_an_answer_at_the_due_instant_keeps_the_promise(desk: Desk, clock: SetClock, wang: Agent) -> None:
    """Kept is stopped at or before the due time, and nothing follows."""
    ticket = opened(desk)
    clock.advance(hours=2)
    ticket_work.contact(desk, number=ticket.number, agent=wang, text="已安排师傅")
    clock.advance(hours=9)
    sweep_all(desk)
    assert [] == taken(desk, ticket.about)
    assert "kept" == row(desk, ticket.about, "reply").verdict
    assert "ticket.promise_broken" not in names(desk, ticket.about)


def test_a_missed_answer_is_apologised_for_once_and_reported_each_time(desk: Desk, clock: SetClock) -> None:
    """One apology for each run of a clock, with who looks after it and the promise that still stands (KF-3.5.1)."""
    ticket = opened(desk)
    clock.advance(hours=9)
    sweep_all(desk)
    assert ["reply_soon", "reply_late", "reply_still_late"] == taken(desk, ticket.about)
    assert [f"非常抱歉，我们没能在承诺的时间内答复您的报修（{ticket.number}）。我们已请主管督办，最迟11月25日09:30前答复您。"
            ] == told(desk, ticket, "apology")
    assert 2 == len(noticed(desk, "supervisors"))
    assert f"报修 {ticket.number}（宽带断网）：首次答复已超时，时限是11月24日11:30。" in noticed(desk, "supervisors")
    with desk.begin() as uow:
        assert "high" == uow.tickets.by_number(ticket.number).priority


def test_a_reminder_before_the_due_time_names_it(desk: Desk, clock: SetClock) -> None:
    """A rule may lie before the due time; the department is told what is coming."""
    ticket = opened(desk)
    clock.advance(minutes=91)
    sweep_all(desk)
    assert [f"报修 {ticket.number}（宽带断网）：首次答复将在11月24日11:30到期。"] == noticed(desk, f"department:{ticket.department}")


def test_who_answers_late_but_before_the_sweep_does_not_escape_it(desk: Desk, clock: SetClock, wang: Agent) -> None:
    """It does not matter who comes first, the sweep or the stop: the steps until the stop are owed either way."""
    ticket = opened(desk)
    clock.advance(hours=2, minutes=1)
    ticket_work.contact(desk, number=ticket.number, agent=wang, text="已安排师傅")
    clock.advance(hours=9)
    sweep_all(desk)
    assert ["reply_late"] == taken(desk, ticket.about)
    assert 1 == names(desk, ticket.about).count("ticket.promise_broken")
    assert "答复得比承诺的晚了" in told(desk, ticket, "apology")[0]


def test_a_clock_stands_still_while_the_customer_owes_an_answer(desk: Desk, clock: SetClock, wang: Agent) -> None:
    """The time left runs on after the answer, and only then out."""
    ticket = opened(desk)
    ticket_work.handled(desk, number=ticket.number, agent=wang, text="已修好")
    clock.advance(hours=1)
    ticket_work.ask_customer(desk, number=ticket.number, agent=wang, question="型号")
    clock.advance(hours=30)
    sweep_all(desk)
    assert [] == taken(desk, ticket.about)
    tickets.customer_answered(desk, number=ticket.number, text="A1", agent=wang)
    clock.advance(hours=11)
    sweep_all(desk)
    assert [] == taken(desk, ticket.about)
    clock.time += INSTANT
    sweep_all(desk)
    assert ["result_late"] == taken(desk, ticket.about)


def test_consultation_and_result_have_their_own_words(desk: Desk, clock: SetClock, wang: Agent) -> None:
    """What was missed is named, never a vague “not in time”."""
    ticket = opened(desk, phone="")
    ticket_work.contact(desk, number=ticket.number, agent=wang, text="收到")
    ticket_work.involve(desk, number=ticket.number, agent=wang, departments=[desk.policy.departments()[0]])
    ticket_work.handled(desk, number=ticket.number, agent=wang, text="已修好")
    clock.advance(hours=13)
    sweep_all(desk)
    consult, result = told(desk, ticket, "apology")
    assert "没能按承诺的时间安排好会商" in consult
    assert "没能在承诺的时间内把结果告诉您。我们正在抓紧处理，一有进展马上告诉您。" in result


def test_silence_ends_an_answered_ticket_after_a_reminder(desk: Desk, clock: SetClock, wang: Agent) -> None:
    """The customer is reminded once, then the ticket is ended by policy and the customer told."""
    ticket = opened(desk, kind="inquiry")
    tickets.advance(desk, number=ticket.number, to="replied", agent=wang, result="请带身份证")
    clock.advance(hours=49)
    sweep_all(desk)
    assert 1 == len(told(desk, ticket, "reminder"))
    assert "11月27日09:30前没有收到您的意见" in told(desk, ticket, "reminder")[0]
    clock.advance(hours=24)
    sweep_all(desk)
    with desk.begin() as uow:
        assert "confirmed" == uow.tickets.by_number(ticket.number).status
    assert "现按已解决办结" in told(desk, ticket, "progress")[-1]
    assert 1 == names(desk, ticket.about).count("ticket.confirmed")
    assert 1 == names(desk, ticket.about).count("ticket.confirmation_lapsed")
    with desk.begin() as uow:  # silence is the customer's right: no promise of ours is broken by it
        broken = [fact.data["clock"] for fact in uow.facts.about(ticket.about) if fact.name == "ticket.promise_broken"]
    assert ["notice"] == broken


def test_silence_does_not_end_a_complaint_whose_answer_has_not_arrived(desk: Desk, clock: SetClock,
                                                                      wang: Agent) -> None:
    """Nothing closes silently: a supervisor hears of it instead (invariant 3)."""
    ticket = opened(desk, kind="complaint")
    tickets.advance(desk, number=ticket.number, to="replied", agent=wang, result="已核实", outcome="upheld")
    clock.advance(hours=73)
    sweep_all(desk)
    with desk.begin() as uow:
        assert "replied" == uow.tickets.by_number(ticket.number).status
    assert any("不能按无异议办结" in text for text in noticed(desk, "supervisors"))


def test_a_result_that_did_not_arrive_is_sent_again(desk: Desk, clock: SetClock, wang: Agent) -> None:
    """Over every channel, once for each rule."""
    ticket = opened(desk)
    tickets.advance(desk, number=ticket.number, to="replied", agent=wang, result="已修好")
    clock.advance(hours=25)
    sweep_all(desk)
    with desk.begin() as uow:
        notice = customer_notices.last_result(uow, ticket)
    assert notice is not None
    assert ["web", "sms", "web", "sms"] == [one["channel"] for one in notice.attempts]


def test_a_silent_supplier_is_chased_by_sms(desk: Desk, clock: SetClock) -> None:
    """WW-8: the provider gets the order at once and is pressed when it is late; the pressing stands in the task's facts."""
    ticket = opened(desk)
    with desk.begin() as uow:
        held = uow.tickets.by_number(ticket.number, lock=True)
        task = tasks.open_task(desk, uow, held, kind="supplier", assigned_to="mender", title="上门换光猫", actor="agent:1")
    clock.advance(hours=2, minutes=1)
    sweep_all(desk)
    assert ["task.opened", "task.promise_broken", "task.chased"] == names(desk, task.subject)
    with desk.begin() as uow:
        sent = [one for one in uow.outbox.claim(holder="t", now=clock.now()) if one.address == "13800000077"]
    order, press = sorted((one.body["text"] for one in sent), key=len)
    assert order.startswith(f"{desk.policy.company.name}外包工单 {ticket.number}：上门换光猫。请按约定时限响应")
    assert press == (f"{desk.policy.company.name}外包工单 {ticket.number}：上门换光猫。"
                     "约定的响应时限（11月24日11:30）已过，请立即处理并回复进度。")


def test_an_overdue_task_reminds_its_department(desk: Desk, clock: SetClock) -> None:
    """Tasks have clocks of their own; the step stands in the ticket's history."""
    ticket = opened(desk)
    with desk.begin() as uow:
        held = uow.tickets.by_number(ticket.number, lock=True)
        tasks.open_task(desk, uow, held, kind="handling", assigned_to="网络部", title="查线路", actor="agent:1")
    clock.advance(hours=4, minutes=1)
    sweep_all(desk)
    assert any(f"报修 {ticket.number}（查线路）：任务已超时" in text for text in noticed(desk, "department:网络部"))
    assert 1 == taken(desk, ticket.about).count("task_late")


@pytest.mark.parametrize(("event", "kind"), [("fault_ours", "review"), ("rated_low", "recovery")])
def test_an_event_opens_one_task(desk: Desk, event: str, kind: str) -> None:
    """However often it happens, one review and one recovery are enough for a ticket."""
    ticket = opened(desk)
    for _ in range(2):
        with desk.begin() as uow:
            escalation.on_event(desk, uow, uow.tickets.by_number(ticket.number, lock=True), event)
    with desk.begin() as uow:
        assert [kind] == [task.kind for task in uow.tasks.of_ticket(ticket.number)]


def test_every_urging_is_reported(desk: Desk) -> None:
    """A notice for each time, none swallowed as a duplicate of the one before."""
    ticket = opened(desk)
    assert ticket.conversation_id is not None
    for time in ("a", "b"):
        tickets.urge(desk, number=ticket.number, conversation_id=ticket.conversation_id, key=time)
    assert [f"报修 {ticket.number}（宽带断网）：客户催办（第 2 次）。", f"报修 {ticket.number}（宽带断网）：客户催办。"
            ] == noticed(desk, f"department:{ticket.department}")


def test_a_step_that_fails_is_tried_again_and_holds_nothing_up(desk: Desk, clock: SetClock,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    """Other steps of the same clock and other tickets go on; the failed one comes a minute later, once."""
    first = opened(desk)
    second = opened(desk)
    working, broken_once = escalation.STEPS["raise_priority"], []

    def fails(desk: Desk, uow: object, ticket: Ticket, cause: object) -> None:
        if ticket.number == first.number and not broken_once:
            broken_once.append(ticket.number)
            raise RuntimeError("no")
        working(desk, uow, ticket, cause)  # type: ignore[arg-type]

    monkeypatch.setitem(escalation.STEPS, "raise_priority", fails)
    clock.advance(hours=5)
    sweep_all(desk)
    assert ["reply_soon", "reply_still_late"] == taken(desk, first.about)
    assert ["reply_soon", "reply_late", "reply_still_late"] == taken(desk, second.about)
    clock.advance(seconds=59)
    sweep_all(desk)
    assert "reply_late" not in taken(desk, first.about)
    clock.advance(seconds=2)
    sweep_all(desk)
    assert 1 == taken(desk, first.about).count("reply_late")
    assert 1 == names(desk, first.about).count("ticket.promise_broken")


def test_a_clock_set_back_does_nothing_twice_and_changes_no_verdict(desk: Desk, clock: SetClock, wang: Agent) -> None:
    """Facts never go back in time, so what was found broken stays so, and an answer after it comes after it."""
    ticket = opened(desk)
    clock.advance(hours=3)
    sweep_all(desk)
    clock.advance(hours=-2)
    sweep_all(desk)
    ticket_work.contact(desk, number=ticket.number, agent=wang, text="已安排师傅")
    clock.advance(hours=8)
    sweep_all(desk)
    with desk.begin() as uow:
        facts = uow.facts.about(ticket.about)
    assert sorted(fact.at for fact in facts) == [fact.at for fact in facts]
    assert ["reply_soon", "reply_late"] == taken(desk, ticket.about)
    assert "broken" == row(desk, ticket.about, "reply").verdict


def test_a_promise_stays_under_the_policy_it_was_made_under(store: Store, clock: SetClock, policy: Policy) -> None:
    """A later policy without the calendar, the promise or the rule changes nothing for what is running."""
    later = replace(policy, version="later", escalation=(), promises={"any": replace(policy.promises["any"],
                    reply_within=HOUR, calendar="new")}, calendars={"new": policy.calendars["around_the_clock"]})
    in_force = [policy]
    desk = Desk(begin=store.begin, clock=clock, policies=lambda: in_force[0],
                archive=lambda version: policy if version == policy.version else None)
    ticket = opened(desk)
    in_force[0] = later
    clock.advance(hours=1, minutes=59)
    sweep_all(desk)
    assert ["reply_soon"] == taken(desk, ticket.about)
    clock.advance(minutes=2)
    sweep_all(desk)
    assert ["reply_soon", "reply_late"] == taken(desk, ticket.about)
    assert 2 * HOUR == (row(desk, ticket.about, "reply").due_at or clock.now()) - ticket.opened_at


def test_a_clock_whose_policy_is_lost_still_ends(store: Store, clock: SetClock, policy: Policy, wang: Agent) -> None:
    """Where the version is not kept any more and the policy in force has no such clock, its due time stays."""
    promise = replace(policy.promises["any"], reply_within=None, respond_within=None)
    in_force = [policy]
    desk = Desk(begin=store.begin, clock=clock, policies=lambda: in_force[0])
    broken, kept = opened(desk), opened(desk)
    in_force[0] = replace(policy, version="later", promises={"any": promise})
    ticket_work.contact(desk, number=kept.number, agent=wang, text="收到")
    clock.advance(hours=2, minutes=1)
    sweep_all(desk)
    assert ("broken", "kept") == (row(desk, broken.about, "reply").verdict, row(desk, kept.about, "reply").verdict)
    assert 1 == names(desk, broken.about).count("ticket.promise_broken")


def test_an_offer_is_pulled_back_by_whoever_entered_the_word(desk: Desk, clock: SetClock,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    """Words for handoffs are dispatched to their own table, and recorded there."""
    called: list[int | None] = []
    monkeypatch.setitem(escalation.HANDOFF_STEPS, "pull_back",
                        lambda desk, uow, handoff, cause: called.append(handoff.id))
    talk = conversations.open(desk, channel="web", channel_user="visitor").id
    with desk.begin() as uow:
        handoff = Handoff(talk, next(iter(desk.policy.queues)), "human", clock.now())
        uow.add(handoff)
        uow.flush()
        recording.on_handoff(desk, uow, handoff, "handoff.offered", actor="system")
    clock.advance(seconds=61)
    sweep_all(desk)
    assert [handoff.id] == called
    assert ["handoff.offered", "handoff.promise_broken", "handoff.escalated"] == names(desk, f"handoff:{handoff.id}")


def test_what_the_sweep_records_moves_no_clock(desk: Desk) -> None:
    """Only ticket.confirmed by silence stops a clock, its own: a verdict never depends on having been looked at."""
    moving: set[str] = set().union(*(words.starts | words.stops for words in WORDS.values()))
    names = ("promise_broken", "confirmation_lapsed", "escalated", "apologised", "notified", "prioritised",
             "task_opened", "chased")
    noted = {f"{what}.{name}" for what in ("ticket", "task", "handoff") for name in names}
    assert not moving & noted


def test_what_falls_due_now_does_not_wait_behind_a_backlog(desk: Desk, clock: SetClock) -> None:
    """After an outage each sweep takes what has just become due and what has been due longest."""
    backlog = [opened(desk) for _ in range(6)]
    clock.advance(hours=5)
    fresh = opened(desk)
    clock.advance(minutes=91)
    deadline_clock.sweep(desk, limit=2)
    assert ["reply_soon"] == taken(desk, fresh.about)
    assert 1 == sum(bool(taken(desk, one.about)) for one in backlog)
    while deadline_clock.sweep(desk, limit=2):
        pass
    assert all(taken(desk, one.about) for one in backlog)


def test_the_lag_is_that_of_the_most_overdue_step(desk: Desk, clock: SetClock) -> None:
    """For monitoring: none while nothing is due, then the seconds since."""
    assert 0 == deadline_clock.lag_s(desk)
    opened(desk)
    assert 0.5 == deadline_clock.wait_s(desk, most=0.5)
    clock.advance(minutes=90, seconds=7)
    assert 7 == deadline_clock.lag_s(desk)
    assert 0 == deadline_clock.wait_s(desk, most=0.5)
    sweep_all(desk)
    assert 0 == deadline_clock.lag_s(desk)
