"""Offers: made at once, answered, declined, taken back after sixty seconds, and what happens when nobody is left."""

from datetime import timedelta

import pytest

from desk.core.agents import Agent
from desk.core.customers import Customer
from desk.core.errors import Conflict, Invalid, NotFound, NotYours
from desk.service import agents, assignment, conversations, handoffs, standing, tickets, waits, worklist
from desk.service import clock as deadline_clock
from desk.service.desk import Desk
from tests.service.conftest import SetClock
from tests.service.queue_room import (
    agent,
    facts,
    happened,
    hire,
    offered,
    standing_of,
    stored,
    talk_of,
    told,
    wait,
    with_discipline,
)

BOSS = Agent(username="boss", name="主管", role="supervisor", password_hash="-", id=99)


def late(desk: Desk, clock: SetClock, seconds: float = 61) -> None:
    """Time passes and the deadline clock looks."""
    clock.advance(seconds=seconds)
    while deadline_clock.sweep(desk):
        pass


def staff_notices(desk: Desk, audience: str) -> list[str]:
    with desk.begin() as uow:
        return [one.text for one in uow.staff_notices.unseen([audience])]


def test_a_customer_rings_at_a_free_agent_at_once(desk: Desk) -> None:
    """Asking for a person and being offered is one step; the clock of the offer runs."""
    wang = hire(desk, "wang")
    handoff = wait(desk, "a")
    assert [wang] == offered(desk, handoff)
    assert ["requested", "offered"] == happened(desk, handoff)
    with desk.begin() as uow:
        running = {one.clock: one.due_at for one in uow.deadlines.of(f"handoff:{handoff}")}
    due = desk.clock.now() + timedelta(seconds=60)
    assert {"greeting": due, "offer": due} == running


def test_who_is_full_off_duty_or_without_the_skill_is_not_asked(desk: Desk) -> None:
    """It rings at the only one who can take it."""
    hire(desk, "off", on_duty=False)
    hire(desk, "other", skills=("technical",))
    full = hire(desk, "full")
    handoffs.accept(desk, handoff_id=wait(desk, "a"), agent_id=full)
    free = hire(desk, "free")
    assert [free] == offered(desk, wait(desk, "b"))


def test_one_offer_at_a_time_and_the_next_after_the_answer(desk: Desk) -> None:
    """Two free slots, but one pair of ears."""
    wang = hire(desk, "wang", capacity=2)
    first, second = wait(desk, "a"), wait(desk, "b")
    assert [wang, None] == offered(desk, first, second)
    handoffs.accept(desk, handoff_id=first, agent_id=wang)
    assert [None, wang] == offered(desk, first, second)


def test_whoever_ends_a_talk_is_offered_the_next_customer(desk: Desk) -> None:
    """Never an idle agent beside a waiting customer."""
    wang = hire(desk, "wang")
    first, second = wait(desk, "a"), wait(desk, "b")
    handoffs.accept(desk, handoff_id=first, agent_id=wang)
    assert [None] == offered(desk, second)
    handoffs.close(desk, conversation_id=talk_of(desk, first), agent_id=wang)
    assert [wang] == offered(desk, second)


def test_the_longest_idle_is_asked_first(desk: Desk, clock: SetClock) -> None:
    """Who just finished a talk rests a little longer."""
    wang, li = hire(desk, "wang"), hire(desk, "li")
    clock.advance(minutes=1)
    first = wait(desk, "a")
    handoffs.accept(desk, handoff_id=first, agent_id=wang)
    handoffs.close(desk, conversation_id=talk_of(desk, first), agent_id=wang)
    assert [li] == offered(desk, wait(desk, "b"))


def test_anybody_capable_may_take_what_rings_elsewhere(desk: Desk) -> None:
    """The offer is gone, its clock is stopped, and the agent it rang at is free for the next customer."""
    wang, li = hire(desk, "wang"), hire(desk, "li", capacity=2)
    handoffs.accept(desk, handoff_id=wait(desk, "x"), agent_id=li)
    first, second = wait(desk, "a"), wait(desk, "b")
    assert [wang, li] == offered(desk, first, second)
    handoffs.accept(desk, handoff_id=first, agent_id=li)
    assert [None, wang] == offered(desk, first, second)
    assert ("accepted", wang) == (happened(desk, first)[-1], facts(desk, first)[-1].data["asked"])
    assert "busy" == next(fact.data["why"] for fact in facts(desk, second) if fact.name == "handoff.pulled_back")
    assert [] == stored(desk, second).declined
    assert stored(desk, first).offered_at is None


def test_declining_passes_the_customer_on_at_once(desk: Desk) -> None:
    """Whoever declines stays on duty and is not asked about this customer again."""
    wang, li = hire(desk, "wang"), hire(desk, "li")
    handoff = wait(desk, "a")
    handoffs.decline(desk, handoff_id=handoff, agent_id=wang)
    assert [li] == offered(desk, handoff)
    assert agent(desk, wang).on_duty
    with pytest.raises(Conflict):
        handoffs.decline(desk, handoff_id=handoff, agent_id=wang)
    assert [wang] == offered(desk, wait(desk, "b"))


def test_who_does_not_answer_goes_off_duty_and_the_next_one_is_called(desk: Desk, clock: SetClock) -> None:
    """At sixty seconds nothing, right after: the customer rings elsewhere and is told so, the agent is told too."""
    wang, li = hire(desk, "wang"), hire(desk, "li")
    handoff = wait(desk, "a")
    late(desk, clock, 60)
    assert [wang] == offered(desk, handoff)
    late(desk, clock, 1)
    assert ([li], [wang]) == (offered(desk, handoff), stored(desk, handoff).declined)
    assert (False, True) == (agent(desk, wang).on_duty, agent(desk, li).on_duty)
    assert any("转给下一位" in text for text in told(desk, handoff))
    assert ["您有一位客户 60 秒没有接听，已把您转为离岗，客户已转给其他人。准备好后请重新上岗。"] == staff_notices(desk, f"agent:{wang}")
    assert happened(desk, handoff).index("pulled_back") < len(happened(desk, handoff)) - 1
    with desk.begin() as uow:
        verdicts = [one.verdict for one in uow.deadlines.of(f"handoff:{handoff}") if one.clock == "offer"]
    assert ["broken", None] == verdicts


def test_an_answer_in_the_last_second_is_kept(desk: Desk, clock: SetClock) -> None:
    """The sweep that comes too late takes nothing away, from nobody."""
    wang = hire(desk, "wang")
    handoff = wait(desk, "a")
    clock.advance(seconds=61)
    handoffs.accept(desk, handoff_id=handoff, agent_id=wang)
    late(desk, clock, 5)
    assert (wang, True) == (stored(desk, handoff).agent_id, agent(desk, wang).on_duty)


def test_an_offer_declined_too_late_does_not_cost_the_next_one_theirs(desk: Desk, clock: SetClock) -> None:
    """The step that was due for the first agent is not taken from the second."""
    wang, li = hire(desk, "wang"), hire(desk, "li")
    handoff = wait(desk, "a")
    clock.advance(seconds=61)
    handoffs.decline(desk, handoff_id=handoff, agent_id=wang)
    late(desk, clock, 1)
    assert ([li], True) == (offered(desk, handoff), agent(desk, li).on_duty)


def test_next_agent_then_supervisor_then_a_call_back(desk: Desk, clock: SetClock) -> None:
    """The whole way (PD-3): everybody is asked once, then a call back is promised once and the customer stays."""
    wang = hire(desk, "wang")
    zhao = hire(desk, "zhao", role="supervisor", skills=())
    handoff = wait(desk, "a", summary={"slots": {"booking_phone": "13800000001"}})
    late(desk, clock)
    assert [zhao] == offered(desk, handoff)
    late(desk, clock)
    ticket = stored(desk, handoff).callback_ticket
    assert ticket is not None
    assert any(ticket in text and "2 小时内给您回电" in text for text in told(desk, handoff))
    assert "queue" == conversations.get(desk, conversation_id=talk_of(desk, handoff)).owner
    assert any("没有人接听" in text for text in staff_notices(desk, "supervisors"))
    with desk.begin() as uow:
        opened = uow.tickets.by_number(ticket)
    assert ("callback", "13800000001", "received") == (opened.kind, opened.contact_phone, opened.status)
    agents.set_duty(desk, agent=agent(desk, wang), on_duty=True)
    assert [wang] == offered(desk, handoff)
    late(desk, clock)
    assert 1 == happened(desk, handoff).count("exhausted")


def test_whoever_takes_a_customer_with_a_call_back_has_contacted_them(desk: Desk, clock: SetClock) -> None:
    """The first words of a person stop the greeting's clock and the call back's promise."""
    wang = hire(desk, "wang")
    handoff = wait(desk, "a")
    late(desk, clock)
    ticket = stored(desk, handoff).callback_ticket or ""
    handoffs.accept(desk, handoff_id=handoff, agent_id=wang)
    for number in "12":
        handoffs.say(desk, conversation_id=talk_of(desk, handoff), agent_id=wang, text="您好", external_id=number)
    with desk.begin() as uow:
        assert "ticket.contacted" in [fact.name for fact in uow.facts.about(f"ticket:{ticket}")]
    assert 1 == happened(desk, handoff).count("greeted")
    assert stored(desk, handoff).greeted_at == desk.clock.now()


def test_the_last_one_who_declines_leads_to_the_call_back_at_once(desk: Desk) -> None:
    """Nobody waits sixty seconds for what is known already."""
    wang = hire(desk, "wang")
    handoff = wait(desk, "a")
    handoffs.decline(desk, handoff_id=handoff, agent_id=wang)
    assert stored(desk, handoff).callback_ticket is not None
    assignment.run(desk)
    assert 1 == happened(desk, handoff).count("exhausted")


def test_a_busy_agent_is_still_somebody_to_wait_for(desk: Desk) -> None:
    """Declined by one, but another will be free: no call back yet."""
    wang, li = hire(desk, "wang"), hire(desk, "li")
    handoffs.accept(desk, handoff_id=wait(desk, "a"), agent_id=li)
    handoff = wait(desk, "b")
    handoffs.decline(desk, handoff_id=handoff, agent_id=wang)
    assert (None, [None]) == (stored(desk, handoff).callback_ticket, offered(desk, handoff))


def test_going_off_duty_passes_on_what_rings(desk: Desk) -> None:
    """The next one is called, or a call back is promised; back on duty they are asked again."""
    wang, li = hire(desk, "wang"), hire(desk, "li")
    handoff = wait(desk, "a")
    agents.set_duty(desk, agent=agent(desk, wang), on_duty=False)
    assert [li] == offered(desk, handoff)
    agents.set_duty(desk, agent=agent(desk, li), on_duty=False)
    assert stored(desk, handoff).callback_ticket is not None
    agents.set_duty(desk, agent=agent(desk, wang), on_duty=True)
    assert [wang] == offered(desk, handoff)


def test_going_off_duty_keeps_what_is_held(desk: Desk) -> None:
    """Talks go on; only new customers go elsewhere."""
    wang = hire(desk, "wang", capacity=2)
    handoff = wait(desk, "a")
    handoffs.accept(desk, handoff_id=handoff, agent_id=wang)
    agents.set_duty(desk, agent=agent(desk, wang), on_duty=False)
    assert (wang, [None]) == (stored(desk, handoff).agent_id, offered(desk, wait(desk, "b")))


def test_capacity_counts_at_once_both_ways(desk: Desk) -> None:
    """One more place, one more offer; fewer places take no conversation away, but the offer goes."""
    wang = hire(desk, "wang")
    first, second = wait(desk, "a"), wait(desk, "b")
    handoffs.accept(desk, handoff_id=first, agent_id=wang)
    agents.staff(desk, by=BOSS, agent_id=wang, capacity=2)
    assert [wang] == offered(desk, second)
    agents.staff(desk, by=BOSS, agent_id=wang, capacity=1)
    assert (wang, [None], []) == (stored(desk, first).agent_id, offered(desk, second), stored(desk, second).declined)


def test_skills_count_at_once(desk: Desk) -> None:
    """A new skill brings its customers, a lost one takes the offer back."""
    wang = hire(desk, "wang", skills=("technical",))
    handoff = wait(desk, "a")
    agents.staff(desk, by=BOSS, agent_id=wang, skills=["general"])
    assert [wang] == offered(desk, handoff)
    agents.staff(desk, by=BOSS, agent_id=wang, skills=[])
    assert [None] == offered(desk, handoff)


def test_leaving_takes_the_offer_along(desk: Desk, clock: SetClock) -> None:
    """How long they waited is recorded, the agent is free for the next one, no step is taken afterwards."""
    wang = hire(desk, "wang")
    first, second = wait(desk, "a"), wait(desk, "b")
    clock.advance(seconds=30)
    handoffs.leave(desk, conversation_id=talk_of(desk, first))
    assert ([None, wang], 30.0) == (offered(desk, first, second), facts(desk, first)[-1].data["lasted_s"])
    late(desk, clock, 31)
    assert agent(desk, wang).on_duty
    late(desk, clock, 30)
    assert not agent(desk, wang).on_duty


def test_a_dismissed_agents_customers_ring_elsewhere(desk: Desk) -> None:
    """Back in their place and offered in the same breath; also when the process died in between."""
    wang, li = hire(desk, "wang"), hire(desk, "li")
    handoff = wait(desk, "a")
    handoffs.accept(desk, handoff_id=handoff, agent_id=wang)
    with desk.begin() as uow:
        uow.agents.get(wang).active = False
    assignment.run(desk)
    assert [li] == offered(desk, handoff)
    assert "requeued" in happened(desk, handoff)


def test_a_greeting_that_is_late_is_a_sign_of_life_once(desk: Desk, clock: SetClock) -> None:
    """Everybody is busy: after sixty seconds the place and a new range, and then no more until something changes."""
    wang = hire(desk, "wang")
    handoffs.accept(desk, handoff_id=wait(desk, "x"), agent_id=wang)
    first, second = wait(desk, "a"), wait(desk, "b")
    late(desk, clock)
    late(desk, clock)
    assert ["让您久等了" in text for text in told(desk, second)] == [False, True]
    assert "您前面还有 1 位" in told(desk, second)[-1]
    assert "下一位就是您" in told(desk, first)[-1]


def test_who_takes_somebody_and_says_nothing_is_reminded(desk: Desk, clock: SetClock) -> None:
    """JC-5: the reminder goes to the agent, not to the customer."""
    wang = hire(desk, "wang")
    handoff = wait(desk, "a")
    handoffs.accept(desk, handoff_id=handoff, agent_id=wang)
    before = told(desk, handoff)
    late(desk, clock)
    assert any("第一句问候" in text for text in staff_notices(desk, f"agent:{wang}"))
    assert before == told(desk, handoff)


def test_emergencies_ring_first(desk: Desk) -> None:
    """The next free agent gets whoever came last with an emergency."""
    wang = hire(desk, "wang")
    first = wait(desk, "x")
    handoffs.accept(desk, handoff_id=first, agent_id=wang)
    normal, urgent = wait(desk, "a"), wait(desk, "b", priority="emergency")
    handoffs.close(desk, conversation_id=talk_of(desk, first), agent_id=wang)
    assert [None, wang] == offered(desk, normal, urgent)


def test_members_come_first_where_the_queue_says_so(desk: Desk) -> None:
    """The tier of the verified customer counts, and the list says why (PD-2)."""
    desk = with_discipline(desk, order="classes", classes=("VIP",), ageing=timedelta(minutes=10))
    plain = wait(desk, "a")
    talk = conversations.open(desk, channel="web", channel_user="b")
    with desk.begin() as uow:
        known = Customer(customer_no="C1", name="张伟", phone="13800000001", gender="男", address="", plan="",
                         balance_fen=0, contract_until=None, tier="VIP")
        uow.add(known)
        uow.flush()
        uow.conversations.get(talk.id).customer_id = known.id
    member = wait(desk, "b")
    lines = worklist.waiting(desk, agent=BOSS)
    assert [(member, 0, "class"), (plain, 1, "first_come")] == [(one.handoff.id, one.place, one.why) for one in lines]
    assert [0, 1] == [standing_of(desk, one).place for one in (member, plain)]


def test_the_shortest_come_first_by_what_talks_of_their_kind_took(desk: Desk, clock: SetClock) -> None:
    """Bookings took two minutes, accounts twenty: a later booking passes, and its handicap is fixed when it comes."""
    desk = with_discipline(desk, order="shortest_first", ageing=timedelta(minutes=30))
    wang = hire(desk, "wang")
    for reason, minutes in [("booking", 2), ("account", 20)] * 6:
        handoff = wait(desk, f"{reason}{clock.time}", reason=reason)
        handoffs.accept(desk, handoff_id=handoff, agent_id=wang)
        clock.advance(minutes=minutes)
        handoffs.close(desk, conversation_id=talk_of(desk, handoff), agent_id=wang)
    handoffs.accept(desk, handoff_id=wait(desk, "x"), agent_id=wang)
    long, short = wait(desk, "a", reason="account"), wait(desk, "b", reason="booking")
    assert stored(desk, short).expected_s < stored(desk, long).expected_s
    assert [short, long] == [one.handoff.id for one in worklist.waiting(desk, agent=BOSS)]


def test_numbers_are_drawn_told_and_begin_anew_each_day(desk: Desk, clock: SetClock) -> None:
    """A001, A002, and tomorrow A001 again."""
    desk = with_discipline(desk, line="number")
    numbers = [stored(desk, wait(desk, name)).number for name in "ab"]
    clock.advance(days=1)
    third = wait(desk, "c")
    assert ["A001", "A002", "A001"] == [*numbers, stored(desk, third).number]
    assert "您的号码是 A001" in told(desk, third)[0]
    assert "A001" == standing_of(desk, third).number


def test_in_lines_of_their_own_customers_join_the_shortest_and_again_when_its_agent_goes(desk: Desk) -> None:
    """PD-1: one line for each agent; nobody stands in the line of somebody who has gone."""
    desk = with_discipline(desk, line="per_agent")
    wang, li = hire(desk, "wang"), hire(desk, "li")
    for name in "xy":
        handoff = wait(desk, name)
        handoffs.accept(desk, handoff_id=handoff, agent_id=offered(desk, handoff)[0] or 0)
    waiting = [wait(desk, name) for name in "abcd"]
    assert [wang, li, wang, li] == [stored(desk, one).line_of for one in waiting]
    assert [0, 0, 1, 1] == [standing_of(desk, one).place for one in waiting]
    agents.set_duty(desk, agent=agent(desk, wang), on_duty=False)
    assert {li} == {stored(desk, one).line_of for one in waiting}


def test_what_rings_stands_in_the_worklist_with_the_time_that_is_left(desk: Desk, clock: SetClock) -> None:
    """Only for the agent it rings at."""
    wang, li = hire(desk, "wang"), hire(desk, "li")
    handoff = wait(desk, "a")
    clock.advance(seconds=20)
    ringing = worklist.read(desk, agent=agent(desk, wang)).ringing
    assert ringing is not None
    assert (handoff, 40.0) == (ringing.handoff.id, ringing.left_s)
    assert worklist.read(desk, agent=agent(desk, li)).ringing is None


def test_places_of_a_long_queue_are_told_from_one_ordering(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One batch of quotes for everybody, however many wait."""
    wang = hire(desk, "wang")
    first = wait(desk, "x")
    handoffs.accept(desk, handoff_id=first, agent_id=wang)
    waiting = [wait(desk, f"c{n}") for n in range(12)]
    handoffs.leave(desk, conversation_id=talk_of(desk, waiting[0]))
    asked: list[str] = []
    batch, single = waits.quotes_in, waits.quote_for
    monkeypatch.setattr(waits, "quotes_in", lambda *args: asked.append("batch") or batch(*args))
    monkeypatch.setattr(waits, "quote_for", lambda *args: asked.append("single") or single(*args))
    standing.refresh_places(desk)
    assert ["batch"] == asked
    assert "您前面还有 3 位" in told(desk, waiting[4])[-1]
    standing.refresh_places(desk)
    assert ["batch"] == asked


def test_every_quote_told_is_kept_and_scored(desk: Desk, clock: SetClock) -> None:
    """At the acceptance, with how long it really took."""
    wang = hire(desk, "wang")
    first, second = wait(desk, "x"), wait(desk, "a")
    handoffs.accept(desk, handoff_id=first, agent_id=wang)
    clock.advance(minutes=3)
    handoffs.accept(desk, handoff_id=second, agent_id=wang)
    with desk.begin() as uow:
        quotes = uow.quotes.of_handoff(second)
    assert quotes
    assert all(("accepted", 180.0) == (one.outcome, one.actual_s) for one in quotes)


def test_a_call_back_is_a_ticket_that_the_customer_can_ask_about(desk: Desk, clock: SetClock) -> None:
    """Found by its number from the conversation, like any other."""
    hire(desk, "wang")
    handoff = wait(desk, "a")
    late(desk, clock)
    number = stored(desk, handoff).callback_ticket or ""
    assert number == tickets.find(desk, number=number, conversation_id=talk_of(desk, handoff)).number


def test_only_supervisors_change_staffing_and_only_to_what_works(desk: Desk) -> None:
    """Capacity from 1 to 20, skills that exist; shifts that end after they begin, are not over, and do not overlap."""
    wang, now = hire(desk, "wang"), desk.clock.now()
    with pytest.raises(NotYours):
        agents.staff(desk, by=agent(desk, wang), agent_id=wang, capacity=2)
    for wrong in ({"capacity": 0}, {"capacity": 21}, {"skills": ["sorcery"]}):
        with pytest.raises(Invalid):
            agents.staff(desk, by=BOSS, agent_id=wang, **wrong)  # type: ignore[arg-type]
    hour = timedelta(hours=1)
    for begins, ends in ((2, 2), (3, 2), (-3, -1), (1, 26)):
        with pytest.raises(Invalid):
            agents.plan_shift(desk, by=BOSS, agent_id=wang, starts_at=now + begins * hour, ends_at=now + ends * hour)
    shift = agents.plan_shift(desk, by=BOSS, agent_id=wang, starts_at=now + hour, ends_at=now + 9 * hour)
    with pytest.raises(Conflict):
        agents.plan_shift(desk, by=BOSS, agent_id=wang, starts_at=now + 8 * hour, ends_at=now + 10 * hour)
    agents.plan_shift(desk, by=BOSS, agent_id=wang, starts_at=now + 9 * hour, ends_at=now + 10 * hour)
    agents.drop_shift(desk, by=BOSS, shift_id=shift.id or 0)
    assert [now + 9 * hour] == [one.starts_at for one in agents.shifts(desk, agent=BOSS)]
    with pytest.raises(NotFound):
        agents.drop_shift(desk, by=BOSS, shift_id=shift.id or 0)


def test_a_planned_shift_gives_a_figure_where_nobody_is_on_duty(desk: Desk) -> None:
    """Nobody there yet, but expected in twenty minutes: the customer is told both."""
    wang, now = hire(desk, "wang", on_duty=False), desk.clock.now()
    agents.plan_shift(desk, by=BOSS, agent_id=wang, starts_at=now + timedelta(minutes=20), ends_at=now + timedelta(hours=8))
    handoff = wait(desk, "a")
    assert "目前没有客服在线，按排班预计等待约 20" in told(desk, handoff)[0]
