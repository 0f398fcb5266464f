"""Who is served next and by whom: one readable example per rule of PD-1 and PD-2, then properties over any queues."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.queueing import (
    Discipline,
    Offer,
    Server,
    Waiting,
    expected_s,
    join,
    next_step,
    offers,
    open_to,
    ordered,
    place,
    serving_order,
    ticket_number,
    why,
)

NINE = datetime(2026, 11, 24, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
FIRST_COME = Discipline()
SHORTEST = Discipline(order="shortest_first")
SHORTEST_AGED = replace(SHORTEST, ageing=timedelta(minutes=10))
CLASSES = Discipline(order="classes", classes=("VIP", "member"))
CLASSES_AGED = replace(CLASSES, ageing=timedelta(minutes=10))
PER_AGENT = Discipline(line="per_agent")
NUMBERS = Discipline(line="number")
EVERY_RULE = [FIRST_COME, SHORTEST, SHORTEST_AGED, CLASSES, CLASSES_AGED]


def minute(number: float) -> datetime:
    return NINE + timedelta(minutes=number)


def someone(number: int, since: float | None = None, **known: object) -> Waiting:
    """Customer 3 came at 9:03 if nothing else is said."""
    return Waiting(number, minute(number if since is None else since), **known)  # type: ignore[arg-type]


def server(number: int, *skills: str, free: int = 1, load: int = 0, idle_since: float = 0,
           supervisor: bool = False) -> Server:
    return Server(number, frozenset(skills or {"q"}), free, load, minute(idle_since), supervisor)


def ids(waiting: Sequence[Waiting]) -> list[int]:
    return [one.id for one in waiting]


def given_out(waiting: Sequence[Waiting], servers: Sequence[Server],
              discipline: Discipline = FIRST_COME) -> dict[int, int]:
    """Who is offered to whom, in one queue."""
    return dict(offers({"q": waiting}, servers, {"q": discipline}))


# -- PD-2: the order of a queue


def test_first_come_first_served_is_the_default() -> None:
    """PD-2: without any rule the order is that of coming, whatever the tier or the length."""
    waiting = [someone(3, tier="VIP"), someone(1, expected_s=900), someone(2)]
    assert [1, 2, 3] == ids(ordered(waiting, Discipline()))


def test_emergencies_come_first_in_the_order_they_came() -> None:
    """PD-2: the highest priority is emergencies, under every rule; among themselves they are first come."""
    waiting = [someone(1, tier="VIP"), someone(2, emergency=True, expected_s=9), someone(3, emergency=True, tier="VIP")]
    for discipline in EVERY_RULE:
        assert [2, 3, 1] == ids(ordered(waiting, discipline))


def test_the_shortest_come_first() -> None:
    """PD-2, "scientific": who is served quickest goes first, equals as they came."""
    waiting = [someone(1, expected_s=600), someone(2, expected_s=60), someone(3, expected_s=60)]
    assert [2, 3, 1] == ids(ordered(waiting, SHORTEST))


def test_classes_come_in_their_order_and_everybody_else_after() -> None:
    """PD-2, "emotional": tiers best first, unknown tiers last, equals as they came."""
    waiting = [someone(i, tier=tier) for i, tier in enumerate(["", "member", "VIP", "VIP", "?"], start=1)]
    assert [3, 4, 2, 1, 5] == ids(ordered(waiting, CLASSES))


def test_waiting_lifts_by_a_class_each_time() -> None:
    """With 10 minutes of ageing a member passes who came up to 10 minutes before, a VIP up to 20; nobody else."""
    ordinary = someone(1, since=0)
    for tier, since, passes in [("member", 9, True), ("member", 10, False), ("VIP", 19, True), ("VIP", 20, False)]:
        newcomer = someone(2, since=since, tier=tier)
        assert passes == (newcomer == ordered([ordinary, newcomer], CLASSES_AGED)[0]), (tier, since)
        assert newcomer == ordered([ordinary, newcomer], CLASSES)[0], "without ageing a class always passes"


def test_waiting_is_taken_off_the_expected_length() -> None:
    """A talk of 6 minutes gives way to a short one for 6 minutes; one of an hour only for the 10 minutes of ageing."""
    for minutes, since, passes in [(6, 5, True), (6, 6, False), (60, 9, True), (60, 10, False)]:
        long, short = someone(1, since=0, expected_s=60 * minutes), someone(2, since=since)
        assert passes == (short == ordered([long, short], SHORTEST_AGED)[0]), (minutes, since)
        assert short == ordered([long, short], SHORTEST)[0], "without ageing the shorter always passes"


def test_why_somebody_stands_where_they_stand() -> None:
    """What agents read beside the place: the rule that moved somebody up, or the time they came."""
    vip, plain = someone(1, tier="VIP"), someone(2)
    assert ["class", "first_come"] == [why(one, CLASSES) for one in (vip, plain)]
    assert ["first_come", "shortest"] == [why(vip, FIRST_COME), why(vip, SHORTEST)]
    assert ["emergency"] * 5 == [why(someone(3, emergency=True), rule) for rule in EVERY_RULE]


def test_few_talks_of_a_kind_say_less_than_many_of_all_kinds() -> None:
    """The mean of their kind, drawn to that of all talks as though five of those had been of the kind."""
    assert 300 == expected_s([], [200, 400])
    assert 60 == expected_s([], [], prior_s=60)
    assert 200 == expected_s([100] * 5, [300])
    assert abs(expected_s([100] * 1000, [300]) - 101) < 0.1


def test_the_serving_order_over_queues_goes_through_everybody() -> None:
    """Emergencies of all queues first, then whoever has waited longest among the first of each."""
    waiting = {"p": [someone(3), someone(1)], "q": [someone(2), someone(9, emergency=True)]}
    order = [(queue, one.id) for queue, one in serving_order(waiting, {"p": FIRST_COME, "q": FIRST_COME})]
    assert [("q", 9), ("p", 1), ("q", 2), ("p", 3)] == order


def test_the_place_counts_who_is_served_before() -> None:
    """The place is that of the order, also for somebody who only thinks of joining."""
    waiting = [someone(1), someone(2, tier="VIP"), someone(3)]
    assert [1, 0, 2] == [place(one, waiting, CLASSES) for one in waiting]
    assert 3 == place(someone(4), waiting, CLASSES)
    assert 1 == place(someone(4, tier="VIP"), waiting, CLASSES)


@pytest.mark.parametrize(("discipline", "minutes"), [
    (FIRST_COME, 0), (SHORTEST_AGED, 10), (CLASSES_AGED, 20), (SHORTEST, None), (CLASSES, None)])
def test_the_bound_of_a_rule(discipline: Discipline, minutes: int | None) -> None:
    """One ageing for each class above the last, one for lengths; none where waiting does not count."""
    assert (None if minutes is None else timedelta(minutes=minutes)) == discipline.bound


# -- PD-1: lines


def test_a_single_line_serves_many_counters() -> None:
    """PD-1: in a snake line the first goes to whoever is free."""
    assert {1: 8, 2: 9} == given_out([someone(2), someone(1), someone(3)], [server(9, idle_since=5), server(8)])


def test_a_newcomer_joins_the_shortest_line() -> None:
    """PD-1: of those who serve the queue, whose line is shortest; then who is free, less loaded, longer idle."""
    lines = [someone(1, line_of=7), someone(2, line_of=7), someone(3, line_of=8)]
    assert 8 == join([server(7), server(8), server(9, "other")], lines, "q")
    assert 6 == join([server(5, free=0), server(6, load=2), server(8)], lines, "q")
    assert 5 == join([server(6, load=1), server(5, load=1), server(4, load=2)], lines, "q")
    assert join([server(9, "other")], lines, "q") is None


def test_everybody_stays_in_their_line() -> None:
    """PD-1: an agent serves their own line first, even when another's first came earlier."""
    waiting = [someone(1, line_of=8), someone(2, line_of=9), someone(3, line_of=9)]
    assert {2: 9} == given_out(waiting, [server(8, free=0), server(9)], PER_AGENT)
    assert [0, 0, 1] == [place(one, waiting, PER_AGENT) for one in waiting]


def test_an_agent_without_a_line_helps_the_longest_other_one() -> None:
    """PD-1: nobody capable stands idle; the first of the longest line changes over."""
    waiting = [someone(1, line_of=7), someone(2, line_of=8), someone(3, line_of=8)]
    busy = [server(7, free=0), server(8, free=0)]
    assert {2: 9} == given_out(waiting, [*busy, server(9)], PER_AGENT)
    assert {} == given_out(waiting, [*busy, server(9, "other")], PER_AGENT)


def test_an_emergency_leaves_its_line() -> None:
    """PD-2 over PD-1: an emergency is taken by whoever is free, before that agent's own line."""
    waiting = [someone(1, line_of=9), someone(2, line_of=8, emergency=True)]
    assert {2: 9} == given_out(waiting, [server(8, free=0), server(9)], PER_AGENT)
    assert [1, 0] == [place(one, waiting, PER_AGENT) for one in waiting]


def test_a_line_whose_agent_has_gone_is_served_by_all() -> None:
    """Who queued at an agent now off duty, or one who did not answer, competes with every line by the rule."""
    gone, ignored = someone(1, line_of=7), someone(2, line_of=8, declined=frozenset({8}))
    own = someone(3, line_of=9)
    assert {1: 9} == given_out([gone, own], [server(9)], PER_AGENT)
    assert {2: 9} == given_out([ignored, own], [server(8, free=0), server(9)], PER_AGENT)


def test_numbers_are_called_in_order() -> None:
    """PD-1: numbers are drawn by queue and called as drawn, also beyond three digits."""
    assert ["A001", "A012", "C1000"] == [ticket_number("A", 1), ticket_number("A", 12), ticket_number("C", 1000)]
    assert {1: 9} == given_out([someone(2), someone(1)], [server(9)], NUMBERS)


# -- offers


def test_the_least_loaded_then_the_longest_idle_is_asked() -> None:
    """Load, then idle time, then the lower id; supervisors only when no agent is free."""
    one = [someone(1)]
    assert {1: 4} == given_out(one, [server(3, load=1), server(4)])
    assert {1: 4} == given_out(one, [server(3, idle_since=2), server(4, idle_since=1)])
    assert {1: 3} == given_out(one, [server(4), server(3)])
    assert {1: 4} == given_out(one, [server(3, supervisor=True), server(4, load=5)])
    assert {1: 3} == given_out(one, [server(3, supervisor=True), server(4, free=0)])


def test_across_queues_emergencies_then_the_longest_wait() -> None:
    """One agent with two skills: the emergency of the one queue, else whoever has waited longest."""
    rules = {"p": FIRST_COME, "q": FIRST_COME}
    both = server(9, "p", "q")
    assert [Offer(1, 9)] == offers({"p": [someone(2)], "q": [someone(1)]}, [both], rules)
    assert [Offer(2, 9)] == offers({"p": [someone(2, emergency=True)], "q": [someone(1)]}, [both], rules)


def test_one_offer_at_a_time() -> None:
    """Who has been made an offer gets no second one before it is answered; who was offered is not offered twice."""
    asked = someone(1, offered_to=9)
    assert {} == given_out([asked, someone(2)], [server(9, free=3)])
    assert {2: 8} == given_out([asked, someone(2)], [server(9, free=3), server(8)])
    assert {1: 9} == given_out([someone(1), someone(2)], [server(9, free=3)])


def test_who_cannot_be_served_holds_up_nobody() -> None:
    """The first, whom the only free agent has let wait in vain, is passed over, not in the way."""
    assert {2: 9} == given_out([someone(1, declined=frozenset({9})), someone(2)], [server(9)])


def test_a_supervisor_steps_in_once_an_agent_did_not_answer() -> None:
    """PD-3: a supervisor need not have the skill, but agents are asked first."""
    boss = server(5, "other", supervisor=True)
    assert {} == given_out([someone(1)], [boss])
    assert {1: 5} == given_out([someone(1, declined=frozenset({9}))], [boss, server(9)])
    assert {1: 8} == given_out([someone(1, declined=frozenset({9}))], [boss, server(9), server(8)])


def test_the_way_of_an_offer_that_is_not_answered() -> None:
    """Another agent on duty, even a busy one; then a supervisor; then a call back."""
    one, boss = someone(1, declined=frozenset({9})), server(5, "other", supervisor=True)
    assert "agent" == next_step(one, "q", [server(9), server(8, free=0), boss])
    assert "supervisor" == next_step(one, "q", [server(9), server(8, "other"), boss])
    assert "callback" == next_step(one, "q", [server(9)])
    assert "callback" == next_step(replace(one, declined=frozenset({5, 9})), "q", [server(9), boss])


# -- properties over any queues

TIERS = st.sampled_from(["", "member", "VIP"])
SERVER_IDS = range(100, 106)
DISCIPLINES = st.builds(
    Discipline, line=st.sampled_from(["single", "per_agent", "number"]),
    order=st.sampled_from(["first_come", "shortest_first", "classes"]),
    classes=st.sampled_from([(), ("VIP",), ("VIP", "member")]),
    ageing=st.none() | st.integers(1, 20).map(lambda minutes: timedelta(minutes=minutes)))
AGED = DISCIPLINES.filter(lambda discipline: discipline.bound is not None)


def customers(first: int = 0, most: int = 8) -> st.SearchStrategy[list[Waiting]]:
    """People with ids from ``first`` on, who came within half an hour."""
    known = st.builds(
        Waiting, id=st.just(0), since=st.integers(0, 30).map(minute), tier=TIERS,
        emergency=st.sampled_from([False, False, False, True]), expected_s=st.integers(0, 1800).map(float),
        line_of=st.none() | st.sampled_from(SERVER_IDS),
        declined=st.frozensets(st.sampled_from(SERVER_IDS), max_size=3),
        offered_to=st.sampled_from([None, None, None, *SERVER_IDS]))
    return st.lists(known, max_size=most).map(
        lambda those: [replace(one, id=first + i) for i, one in enumerate(those)])


A_SERVER = st.builds(
    Server, id=st.sampled_from(SERVER_IDS), skills=st.frozensets(st.sampled_from(["p", "q"])), free=st.integers(0, 2),
    load=st.integers(0, 3), idle_since=st.integers(0, 30).map(minute), supervisor=st.booleans())
SERVERS = st.lists(A_SERVER, max_size=6, unique_by=lambda one: one.id)
BOTH_QUEUES = st.fixed_dictionaries({"p": customers(), "q": customers(first=50)})
BOTH_RULES = st.fixed_dictionaries({"p": DISCIPLINES, "q": DISCIPLINES})
Queues = Mapping[str, list[Waiting]]


def unoffered(queues: Queues) -> Queues:
    return {queue: [one for one in those if one.offered_to is None] for queue, those in queues.items()}


@given(customers(), DISCIPLINES, st.randoms())
def test_the_order_is_one_permutation_whatever_order_they_are_read_in(
        waiting: list[Waiting], discipline: Discipline, chance: object) -> None:
    """Nobody is lost or doubled, and the result does not depend on how the store returned them."""
    shuffled = list(waiting)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    result = ordered(shuffled, discipline)
    assert sorted(ids(result)) == sorted(ids(waiting))
    assert result == ordered(waiting, discipline)


@given(customers(), DISCIPLINES)
def test_emergencies_first_and_equals_as_they_came(waiting: list[Waiting], discipline: Discipline) -> None:
    """Under any rule no emergency stands behind anybody else, and of two alike the earlier is before the later."""
    result = ordered(waiting, discipline)
    assert result == sorted(result, key=lambda one: not one.emergency)
    for i, one in enumerate(result):
        for later in result[i + 1:]:
            alike = (one.tier, one.expected_s) == (later.tier, later.expected_s) or one.emergency
            if alike and one.emergency == later.emergency:
                assert (one.since, one.id) < (later.since, later.id)


@given(customers(), AGED, TIERS, st.integers(0, 1800), st.integers(0, 60))
def test_nobody_who_has_waited_the_bound_is_overtaken(
        waiting: list[Waiting], discipline: Discipline, tier: str, expected_s: int, after_s: int) -> None:
    """Ageing: k classes x ageing (or one ageing for lengths) after coming, no newcomer of any kind changes a place."""
    assert discipline.bound is not None
    for one in waiting:
        newcomer = Waiting(99, one.since + discipline.bound + timedelta(seconds=after_s), tier=tier,
                           expected_s=expected_s, line_of=one.line_of)
        assert place(one, waiting, discipline) == place(one, [*waiting, newcomer], discipline)


@given(customers(), customers(first=50), DISCIPLINES)
def test_a_place_gets_worse_only_by_newcomers(
        before: list[Waiting], gone: list[Waiting], discipline: Discipline) -> None:
    """Who leaves, served or not, moves nobody back, and nobody changes places with anybody: time alone does nothing."""
    result = [one for one in ordered([*before, *gone], discipline) if one in before]
    assert result == ordered(before, discipline)
    for one in before:
        assert place(one, before, discipline) <= place(one, [*before, *gone], discipline)


@given(customers(), DISCIPLINES)
def test_a_place_is_the_position_in_the_order(waiting: list[Waiting], discipline: Discipline) -> None:
    """In one line, and within each line of an agent among those who stand in it and the emergencies."""
    for one in waiting:
        line = [other for other in waiting
                if discipline.line != "per_agent" or other.emergency or other.line_of == one.line_of or other == one]
        assert ordered(line, discipline).index(one) == place(one, waiting, discipline)


@given(BOTH_QUEUES, SERVERS, BOTH_RULES)
def test_offers_break_no_rule(queues: Queues, servers: list[Server], rules: dict[str, Discipline]) -> None:
    """Never beyond a free slot, never without the skill, never to who declined, never twice; emergencies never lose."""
    made = offers(queues, servers, rules)
    queue_of = {one.id: (queue, one) for queue, those in queues.items() for one in those}
    staff = {one.id: one for one in servers}
    awaited = {one.offered_to for those in queues.values() for one in those}
    assert len({handoff for handoff, _ in made}) == len({agent for _, agent in made}) == len(made)
    for handoff_id, agent_id in made:
        queue, one = queue_of[handoff_id]
        assert one.offered_to is None
        assert staff[agent_id].free > 0
        assert agent_id not in awaited
        assert agent_id not in one.declined
        assert queue in staff[agent_id].skills or (staff[agent_id].supervisor and one.declined)
        if not one.emergency:
            for passed_queue, passed in queue_of.values():
                if passed.emergency and passed.offered_to is None and passed.id not in dict(made):
                    assert not open_to(passed, staff[agent_id], passed_queue)


@given(BOTH_QUEUES, SERVERS, BOTH_RULES)
def test_no_idle_capable_agent_beside_a_waiting_customer(
        queues: Queues, servers: list[Server], rules: dict[str, Discipline]) -> None:
    """After the offers nobody free and unasked is left while somebody waits whom they serve and did not decline."""
    made = offers(queues, servers, rules)
    asked = {agent for _, agent in made} | {one.offered_to for those in queues.values() for one in those}
    idle = [one for one in servers if one.free > 0 and one.id not in asked]
    for queue, those in queues.items():
        for one in those:
            if one.offered_to is None and one.id not in dict(made):
                assert not [agent for agent in idle if queue in agent.skills and agent.id not in one.declined]
                assert not [agent for agent in idle if open_to(one, agent, queue)]
    still = {queue: [replace(one, offered_to=dict(made).get(one.id, one.offered_to)) for one in those]
             for queue, those in queues.items()}
    assert [] == offers(still, servers, rules), "asking again at once offers nothing more"


@given(BOTH_QUEUES, SERVERS, BOTH_RULES, st.randoms())
def test_offers_do_not_depend_on_how_things_are_read(
        queues: Queues, servers: list[Server], rules: dict[str, Discipline], chance: object) -> None:
    """Two processes that read the same rows in another order make the same offers."""
    shuffled = {queue: list(queues[queue]) for queue in reversed(list(queues))}
    staff = list(servers)
    for those in (*shuffled.values(), staff):
        chance.shuffle(those)  # type: ignore[attr-defined]
    assert offers(queues, servers, rules) == offers(shuffled, staff, rules)


@given(BOTH_QUEUES, SERVERS, BOTH_RULES, st.data())
def test_one_more_agent_never_costs_the_first_their_offer(
        queues: Queues, servers: list[Server], rules: dict[str, Discipline], data: st.DataObject) -> None:
    """Staffing up: whoever is first of all and would be offered now still is with one more, whose line is empty."""
    heads = [ordered(those, rules[queue])[0] for queue, those in unoffered(queues).items() if those]
    first = min(heads, key=lambda one: (not one.emergency, one.since, one.id), default=None)
    if first is not None and first.id in dict(offers(queues, servers, rules)):
        added = replace(data.draw(A_SERVER), id=data.draw(st.sampled_from([99, 106])))
        assert first.id in dict(offers(queues, [*servers, added], rules))
