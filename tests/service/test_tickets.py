"""Tickets: promised with the rule behind it, seen by their owner, moved along by agents, never ended in silence."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from desk.core.agents import Agent
from desk.core.errors import IllegalTransition, Invalid, NotFound, NotYours
from desk.core.tickets import CannotEnd, Ticket
from desk.service import conversations, customer_notices, delivery, ticket_work, tickets
from desk.service.desk import Desk
from tests.service.conftest import SetClock

# What a step of a complaint needs beside its result.
FULL: dict[str, dict[str, str]] = {"replied": {"outcome": "partly"}, "refused": {"direct_to": "市政热线 12345"}, "withdrawn": {}}


def talk(desk: Desk, name: str = "visitor") -> str:
    return conversations.open(desk, channel="web", channel_user=name).id


def complain(desk: Desk, *, kind: str = "complaint", key: str | None = None, name: str = "visitor",
             **kwargs: str) -> Ticket:
    return tickets.open_ticket(desk, kind=kind, subject="师傅迟到", conversation_id=talk(desk, name), key=key,  # type: ignore[arg-type]
                               **{"contact_phone": "13800000001", **kwargs})  # type: ignore[arg-type]


def told(desk: Desk, name: str = "visitor") -> list[str]:
    events = conversations.events(desk, conversation_id=talk(desk, name))
    return [message.text for message in events if message.kind == "status"]


def read(desk: Desk, name: str = "visitor") -> None:
    """The customer sees everything that was sent."""
    with desk.begin() as uow:
        seq = uow.conversations.get(talk(desk, name)).last_seq
    customer_notices.seen(desk, conversation_id=talk(desk, name), up_to=seq)


def facts(desk: Desk, number: str) -> list[str]:
    with desk.begin() as uow:
        return [fact.name for fact in uow.facts.about(f"ticket:{number}")]


def test_the_promise_is_stored_with_its_article_and_policy(desk: Desk) -> None:
    """Invariant 4: what was promised stays, whatever the policy says later."""
    ticket = complain(desk)
    with desk.begin() as uow:
        promise = uow.tickets.by_number(ticket.number).promise
        opened = uow.facts.about(f"ticket:{ticket.number}")[0]
    now = desk.clock.now()
    assert timedelta(hours=2) == datetime.fromisoformat(promise["reply_by"]) - now
    assert timedelta(hours=24) == datetime.fromisoformat(promise["response_by"]) - now
    assert "KF-3.3.1" in promise["cite"]
    assert desk.policy.version == promise["policy_version"]
    assert ("ticket.opened", promise) == (opened.name, opened.data["promise"])


def test_an_emergency_has_its_own_promise_and_priority(desk: Desk) -> None:
    """ZX-3.3: six hours at the latest, around the clock."""
    ticket = complain(desk, kind="emergency")
    assert ("emergency", "ZX-3.3") == (ticket.priority, ticket.promise["cite"][0])
    assert timedelta(hours=6) == datetime.fromisoformat(ticket.promise["reply_by"]) - ticket.opened_at


def test_the_department_is_the_service_s_or_the_queue_s(desk: Desk) -> None:
    """Somebody is responsible from the first moment."""
    assert "家政服务部" == complain(desk, service_id="cleaning").department
    assert "投诉专席" == complain(desk).department
    assert complain(desk, service_id="teleport").service_id is None


def test_the_same_effect_twice_is_one_ticket(desk: Desk) -> None:
    """A turn that is run again registers nothing new (invariant 1)."""
    first, again = complain(desk, key="c/1/ticket"), complain(desk, key="c/1/ticket")
    assert first.number == again.number
    assert 1 == len(tickets.recent(desk, conversation_id=talk(desk)))
    assert complain(desk, key="c/2/ticket").number != first.number


def test_urging_counts_once_a_message_and_goes_along_the_path(desk: Desk) -> None:
    """Pressed twice in two messages is two, the same message again is none; the policy says what follows."""
    number = complain(desk).number
    for key in ("c/1/urge", "c/1/urge", "c/2/urge"):
        urged = tickets.urge(desk, number=number, conversation_id=talk(desk), key=key)
    assert (2, "high") == (urged.urged, urged.priority)
    assert ["ticket.opened", "ticket.urged", "ticket.prioritised", "ticket.escalated", "ticket.urged",
            "ticket.escalated"] == facts(desk, number)


def test_urging_never_lowers_an_emergency(desk: Desk) -> None:
    """High is less than emergency."""
    number = complain(desk, kind="emergency").number
    assert "emergency" == tickets.urge(desk, number=number, conversation_id=talk(desk), key=None).priority


def test_an_ended_ticket_can_be_neither_urged_nor_withdrawn(desk: Desk) -> None:
    """Nothing happens to what is over."""
    number = complain(desk).number
    tickets.withdraw(desk, number=number, conversation_id=talk(desk), key=None)
    with pytest.raises(IllegalTransition):
        tickets.urge(desk, number=number, conversation_id=talk(desk), key=None)
    with pytest.raises(IllegalTransition):
        tickets.withdraw(desk, number=number, conversation_id=talk(desk), key=None)


def test_withdrawing_records_who_and_why(desk: Desk) -> None:
    """Invariant 3: a recorded outcome, also when the customer took it back, also when the turn runs twice."""
    number = complain(desk).number
    for _ in range(2):
        gone = tickets.withdraw(desk, number=number, conversation_id=talk(desk), key="c/2/withdraw", reason="已解决")
    assert ("withdrawn", "已解决", desk.clock.now()) == (gone.status, gone.result, gone.closed_at)
    assert "withdrawn" == gone.outcome
    assert ["ticket.opened", "ticket.outcome_recorded", "ticket.withdrawn"] == facts(desk, number)


def test_another_conversation_neither_sees_nor_touches_it(desk: Desk) -> None:
    """Invariant 5: knowing the number is not enough."""
    number, stranger = complain(desk).number, talk(desk, "stranger")
    for touch in (tickets.urge, tickets.withdraw):
        with pytest.raises(NotYours):
            touch(desk, number=number, conversation_id=stranger, key=None)
    with pytest.raises(NotYours):
        tickets.find(desk, number=number, conversation_id=stranger)
    assert [] == tickets.recent(desk, conversation_id=stranger)
    assert ["ticket.opened"] == facts(desk, number)


def test_an_unknown_number_is_not_found(desk: Desk) -> None:
    """And is told apart from somebody else's."""
    with pytest.raises(NotFound):
        tickets.find(desk, number="TS26112499999", conversation_id=talk(desk))


@pytest.mark.parametrize("to", ["replied", "refused", "withdrawn"])
def test_an_agent_cannot_end_it_without_a_result(desk: Desk, wang: Agent, to: str) -> None:
    """Invariant 3: nothing closes silently; a refused step leaves no trace and tells nobody."""
    number = complain(desk).number
    with pytest.raises(Invalid):
        tickets.advance(desk, number=number, to=to, agent=wang, result=" ", **FULL[to])  # type: ignore[arg-type]
    assert "received" == tickets.find(desk, number=number, conversation_id=talk(desk)).status
    assert (["ticket.opened"], []) == (facts(desk, number), told(desk))


@pytest.mark.parametrize("to", ["replied", "refused"])
def test_what_else_an_answer_needs(desk: Desk, wang: Agent, to: str) -> None:
    """Invariant 3 and GG-7: a complaint's answer has an outcome, a refusal says where to go; without it nothing happens."""
    number = complain(desk).number
    with pytest.raises(Invalid):
        tickets.advance(desk, number=number, to=to, agent=wang, result="已处理")  # type: ignore[arg-type]
    assert (["ticket.opened"], []) == (facts(desk, number), told(desk))


@pytest.mark.parametrize("to", ["replied", "refused", "withdrawn"])
def test_an_answer_and_every_end_are_told_in_the_same_step(desk: Desk, wang: Agent, to: str) -> None:
    """Status, outcome, result, notice in the conversation and SMS are one transaction."""
    number = complain(desk).number
    done = tickets.advance(desk, number=number, to=to, agent=wang, result="已向您致歉", **FULL[to])  # type: ignore[arg-type]
    assert 1 == len(told(desk))
    assert number in told(desk)[0]
    assert "已向您致歉" in told(desk)[0]
    assert ("市政热线 12345" in told(desk)[0]) == (to == "refused")
    assert [("13800000001", told(desk)[0])] == [(row.address, row.body["text"])
                                                for row in delivery.claim(desk, holder="me")]
    assert ["ticket.opened", "ticket.outcome_recorded", f"ticket.{to}", "ticket.notified",
            "ticket.result_notified"] == facts(desk, number)[:5]
    assert {"replied": "partly", "refused": "not_upheld", "withdrawn": "withdrawn"}[to] == done.outcome


def test_when_the_notice_cannot_be_written_nothing_is_closed(desk: Desk, wang: Agent,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    """The step and its notice stand or fall together."""
    number = complain(desk).number

    def broken(*args: object, **kwargs: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(customer_notices, "append", broken)
        with pytest.raises(OSError, match="disk full"):
            tickets.advance(desk, number=number, to="replied", agent=wang, result="已处理", outcome="upheld")
    assert "received" == tickets.find(desk, number=number, conversation_id=talk(desk)).status
    assert (["ticket.opened"], []) == (facts(desk, number), told(desk))


def test_the_whole_way_of_a_complaint(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """KF-3.2 from receipt to confirmation; inner steps are not announced, answers are, a second answer again."""
    number = complain(desk).number
    for to, result in (("verified", ""), ("coordinated", ""), ("replied", "已致歉"), ("coordinated", ""),
                       ("replied", "已退费"), ("confirmed", "")):
        clock.advance(minutes=10)
        if to == "confirmed":
            read(desk)
        tickets.advance(desk, number=number, to=to, agent=wang, result=result,  # type: ignore[arg-type]
                        **FULL["replied"] if to == "replied" else {})
    ticket, history = tickets.show(desk, number=number, agent=wang)
    assert ("confirmed", "已退费", clock.now()) == (ticket.status, ticket.result, ticket.closed_at)
    assert 3 == len(told(desk)) == len(delivery.claim(desk, holder="me"))
    assert f"agent:{wang.id}" == history[1].actor


def test_our_fault_calls_for_a_review(desk: Desk, wang: Agent) -> None:
    """KF-3.5.2: recorded with the outcome, and the policy opens a review of compensation; not ours, no review."""
    for fault, kinds in ((True, ["review"]), (False, [])):
        number = complain(desk).number
        done = tickets.advance(desk, number=number, to="replied", agent=wang, result="已核实", outcome="upheld", our_fault=fault)
        assert fault == done.our_fault
        with desk.begin() as uow:
            assert kinds == [task.kind for task in uow.tasks.of_ticket(number)]


def test_a_complaint_is_confirmed_only_when_its_answer_arrived(desk: Desk, wang: Agent) -> None:
    """Invariant 3: an agent is told why not; the customer's own word is proof enough; other kinds wait for nothing."""
    number, own, fault = complain(desk).number, complain(desk).number, complain(desk, kind="fault").number
    for one, given in ((number, FULL["replied"]), (own, FULL["replied"]), (fault, {})):
        tickets.advance(desk, number=one, to="replied", agent=wang, result="已处理", **given)  # type: ignore[arg-type]
    for attempt in (lambda: tickets.confirm(desk, number=number, agent=wang),
                    lambda: tickets.advance(desk, number=number, to="confirmed", agent=wang)):
        with pytest.raises(CannotEnd, match="送达"):
            attempt()
    assert "replied" == tickets.find(desk, number=number, conversation_id=talk(desk)).status
    assert "confirmed" == tickets.confirm(desk, number=fault, agent=wang).status
    for _ in range(2):
        done = tickets.confirm(desk, number=own, conversation_id=talk(desk), key="c/9/confirm")
    assert "confirmed" == done.status
    read(desk)
    assert "confirmed" == tickets.confirm(desk, number=number, agent=wang).status


def test_what_did_not_help_is_reopened(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """KF-3.2: back to coordination once a message, the policy's steps, and the two hours begin anew."""
    number = complain(desk).number
    with pytest.raises(IllegalTransition):
        tickets.reopen(desk, number=number, conversation_id=talk(desk), key=None)
    tickets.advance(desk, number=number, to="replied", agent=wang, result="已处理", outcome="partly")
    clock.advance(hours=5)
    for _ in range(2):
        again = tickets.reopen(desk, number=number, conversation_id=talk(desk), key="c/9/reopen", reason="又坏了")
    assert ("coordinated", "high") == (again.status, again.priority)
    assert 1 == facts(desk, number).count("ticket.reopened")
    assert clock.now() + timedelta(hours=2) == tickets.due(desk, numbers=[number])[number].due_at
    with pytest.raises(IllegalTransition):
        tickets.reopen(desk, number=number, agent=wang)


@pytest.mark.parametrize(("ask", "name", "kind"), [
    (tickets.request_supervisor, "ticket.supervisor_requested", None),
    (tickets.request_compensation, "ticket.compensation_requested", "review")])
def test_what_a_customer_asks_for_goes_along_the_path(desk: Desk, ask: Any, name: str, kind: str | None) -> None:
    """Once a message; supervisors hear of it, or a review is opened; not on what is over, not for strangers."""
    number = complain(desk).number
    for _ in range(2):
        ask(desk, number=number, conversation_id=talk(desk), key="c/3/ask")
    assert 1 == facts(desk, number).count(name)
    with desk.begin() as uow:
        assert [kind] * (kind is not None) == [task.kind for task in uow.tasks.of_ticket(number)]
        assert (kind is None) == bool(uow.staff_notices.unseen(["supervisors"]))
    with pytest.raises(NotYours):
        ask(desk, number=number, conversation_id=talk(desk, "stranger"), key=None)
    tickets.withdraw(desk, number=number, conversation_id=talk(desk), key=None)
    with pytest.raises(IllegalTransition):
        ask(desk, number=number, conversation_id=talk(desk), key=None)


def test_the_departments_of_a_service_are_involved_from_the_start(desk: Desk) -> None:
    """KF-3.3.2: one task each, the consultation clock runs, the departments are told."""
    service = next(one for one in desk.policy.services.values() if one.departments and "fault" in one.kinds)
    ticket, others = complain(desk, kind="fault", service_id=service.id), list(service.departments)
    with desk.begin() as uow:
        opened = [(task.kind, task.assigned_to) for task in uow.tasks.of_ticket(ticket.number)]
        clocks = {one.clock for one in uow.deadlines.of(ticket.about)}
        notices = uow.staff_notices.unseen([f"department:{other}" for other in others])
    assert [("consultation", other) for other in others] == opened
    assert {"reply", "consult"} <= clocks
    assert len(others) == len(notices)


def test_a_service_that_names_only_its_own_department_opens(desk: Desk) -> None:
    """A slip in the policy costs nobody their ticket."""
    service = desk.policy.services["cleaning"]
    policy = replace(desk.policy, services={**desk.policy.services,
                                            "cleaning": replace(service, departments=(service.department,))})
    own = Desk(begin=desk.begin, clock=desk.clock, policies=lambda: policy)
    number = complain(own, service_id="cleaning").number
    assert ["ticket.opened"] == facts(own, number)


def test_a_fault_of_an_outsourced_service_goes_to_its_provider(desk: Desk) -> None:
    """WW-8, HQ-4: a supplier task with the provider's own clocks; a complaint about the same service opens none."""
    outsourced = next(one for one in desk.policy.services.values() if one.supplier and "fault" in one.kinds)
    fault, other = complain(desk, kind="fault", service_id=outsourced.id), complain(desk, service_id=outsourced.id)
    with desk.begin() as uow:
        [task] = [one for one in uow.tasks.of_ticket(fault.number) if one.kind == "supplier"]
        assert (outsourced.supplier, {"supplier_response", "supplier_completion"}) == (
            task.assigned_to, {one.clock for one in uow.deadlines.of(task.subject)})
        assert not [one for one in uow.tasks.of_ticket(other.number) if one.kind == "supplier"]


def test_words_of_a_person_count_as_contact_with_what_nobody_has_answered(desk: Desk, wang: Agent) -> None:
    """KF-3.3.1: once, and only tickets of that conversation that are still at work."""
    first, over, other = complain(desk).number, complain(desk).number, complain(desk, name="other").number
    tickets.withdraw(desk, number=over, conversation_id=talk(desk), key=None)
    conversation_id = talk(desk)
    for _ in range(2):
        with desk.begin() as uow:
            uow.conversations.get(conversation_id, lock=True)
            tickets.answered_in_conversation(desk, uow, conversation_id, wang.id or 0)
    assert ["ticket.opened", "ticket.contacted"] == facts(desk, first)
    assert "ticket.contacted" not in [*facts(desk, over), *facts(desk, other)]
    with desk.begin() as uow:
        assert "kept" == next(one for one in uow.deadlines.of(f"ticket:{first}") if one.clock == "reply").verdict


def test_who_may_not_handle_tickets_does_not(desk: Desk) -> None:
    """A trainer sees no customers' requests (invariant 5)."""
    number, trainer = complain(desk).number, Agent(username="t", name="陈晨", role="trainer", password_hash="-", id=9)
    with pytest.raises(NotYours):
        tickets.advance(desk, number=number, to="replied", agent=trainer, result="好")
    with pytest.raises(NotYours):
        tickets.show(desk, number=number, agent=trainer)
    with pytest.raises(NotYours):
        tickets.search(desk, agent=trainer)
    with pytest.raises(NotYours):
        tickets.add_note(desk, number=number, text="看看", agent=trainer)


def test_a_note_is_for_agents_only(desk: Desk, wang: Agent) -> None:
    """It stands in the history and reaches no customer."""
    number = complain(desk).number
    tickets.add_note(desk, number=number, text="客户很急", agent=wang)
    _, history = tickets.show(desk, number=number, agent=wang)
    assert "客户很急" == history[-1].data["text"]
    assert ([], []) == (told(desk), delivery.claim(desk, holder="me"))


def test_agents_find_tickets(desk: Desk, wang: Agent) -> None:
    """By kind, status and text, newest first; wildcards in the text are plain characters."""
    first, second = complain(desk, contact_name="张伟"), complain(desk, kind="fault", contact_name="王芳")

    def found(**kwargs: object) -> list[str]:
        return [one.number for one in tickets.search(desk, agent=wang, **kwargs)]  # type: ignore[arg-type]

    assert [second.number, first.number] == found()
    assert [second.number] == found(kind="fault")
    assert [first.number] == found(text="张伟") == found(text=first.number)
    assert [] == found(status="confirmed") == found(text="%")
    assert [first.number] == found(limit=1, offset=1)


def test_a_customer_sees_open_tickets_first(desk: Desk, clock: SetClock) -> None:
    """Then the newest."""
    numbers = []
    for _ in range(3):
        clock.advance(minutes=1)
        numbers.append(complain(desk).number)
    tickets.withdraw(desk, number=numbers[2], conversation_id=talk(desk), key=None)
    assert [numbers[1], numbers[0], numbers[2]] == [
        one.number for one in tickets.recent(desk, conversation_id=talk(desk))]


def test_a_list_can_be_narrowed_to_what_is_owed(desk: Desk, wang: Agent, clock: SetClock) -> None:
    """Overdue, due soon, waiting for the customer, open; what is due first comes first."""
    late, soon = complain(desk, kind="fault").number, ""
    clock.advance(minutes=70)
    soon, asked, done = (complain(desk, kind="fault").number for _ in range(3))
    ticket_work.ask_customer(desk, number=asked, agent=wang, question="门牌号是多少？")
    tickets.withdraw(desk, number=done, conversation_id=talk(desk), key=None)
    clock.advance(minutes=65)

    def found(owed: str) -> list[str]:
        return [one.number for one in tickets.search(desk, agent=wang, owed=owed, by_due=True)]  # type: ignore[arg-type]

    assert ([late], [soon], [asked]) == (found("overdue"), found("soon"), found("waiting"))
    assert [late, soon, asked] == found("open")
    assert {late, soon} == set(tickets.due(desk, numbers=[late, soon, asked, done]))
