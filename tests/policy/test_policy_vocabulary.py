"""Promises, escalation, queues and suppliers are written in closed words; a slip is named with what was allowed."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from desk.core.errors import PolicyError
from desk.core.escalation import DUE, EVENTS, STEPS, WHENS
from desk.core.promises import CLOCK_NAMES
from desk.core.tickets import KIND_NAMES
from desk.gateways.policy_escalation import FITTING, kinds_for
from desk.gateways.policy_files import load_policy, parse_policy
from tests.policy.editing import SHIPPED, edited_texts, line_of

SOON = "{id: reply_soon, when: reply_due, after: -30m, then: [notify_department], cite: [KF-3.3.1]}"
URGED = "{id: urged_again, when: ticket_urged, times: 3, then: [raise_priority, notify_department, notify_supervisor], cite"
MISTAKES = [  # file, what stands there, the mistake, the line's own text, key, words the message must hold
    ("escalation.yml", SOON, SOON.replace("reply_due", "replied"), SOON, "escalation[0].when", ["'replied'", *WHENS]),
    ("escalation.yml", SOON, SOON.replace("notify_department", "call_police"), SOON, "escalation[0].then",
     ["'call_police'", *STEPS]),
    ("escalation.yml", SOON, SOON.replace("[notify_department]", "[]"), SOON, "escalation[0].then", [*STEPS]),
    ("escalation.yml", SOON, SOON.replace("[notify_department]", "[notify_department, notify_department]"), SOON,
     "escalation[0].then", ["两次"]),
    ("escalation.yml", SOON, SOON.replace("[notify_department]", "[pull_back]"), SOON, "escalation[0].then",
     ["'pull_back'", "reply_due", "notify_department", "apologise"]),
    ("escalation.yml", SOON, SOON.replace("[notify_department]", "[apologise]"), SOON, "escalation[0].after", ["apologise"]),
    ("escalation.yml", SOON, SOON.replace("-30m", "半小时前"), SOON, "escalation[0].after", ["-30m", "1d", "半小时前"]),
    ("escalation.yml", SOON, SOON.replace("-30m", "30"), SOON, "escalation[0].after", ["30m"]),
    ("escalation.yml", SOON, SOON.replace("-30m", "400d"), SOON, "escalation[0].after", ["366d"]),
    ("escalation.yml", SOON, SOON.replace("after: -30m", "before: 30m"), SOON, "escalation[0].before",
     ["没有这一项", "after", "when", "then", "kinds", "times", "cite"]),
    ("escalation.yml", SOON, SOON.replace("after: -30m", "times: 2"), SOON, "escalation[0].times", [*EVENTS]),
    ("escalation.yml", SOON, SOON.replace("after: -30m", "kinds: [complain]"), SOON, "escalation[0].kinds",
     ["'complain'", *KIND_NAMES]),
    ("escalation.yml", SOON, SOON.replace("reply_due, after: -30m", "task_due, kinds: [complaint]"), SOON,
     "escalation[0].kinds", ["'complaint'", "consultation", "recovery"]),
    ("escalation.yml", SOON, SOON.replace("reply_due, after: -30m", "supplier_response_due, kinds: [review]"), SOON,
     "escalation[0].kinds", ["'review'", "supplier"]),
    ("escalation.yml", "when: greeting_due,", "when: greeting_due, kinds: [fault],", "when: greeting_due", "escalation[18].kinds",
     ["'fault'", "general", "technical"]),
    ("escalation.yml", SOON, SOON.replace("id: reply_soon", "id: reply_late"), "{id: reply_late", "escalation[2].id",
     ["reply_late", "重复"]),
    ("escalation.yml", SOON, SOON.replace("id: reply_soon", "id: broken"), SOON, "escalation[0].id", ["broken"]),
    ("escalation.yml", SOON, SOON.replace("id: reply_soon", "id: 快到期"), SOON, "escalation[0].id", ["小写字母"]),
    ("escalation.yml", SOON, SOON.replace("cite: [KF-3.3.1]", "cite: []"), SOON, "escalation[0].cite", ["KF-3.5.1"]),
    ("escalation.yml", SOON, SOON.replace(", cite: [KF-3.3.1]", ""), SOON, "escalation[0].cite", ["缺少"]),
    ("escalation.yml", URGED, URGED.replace("times: 3", "times: 0"), URGED, "escalation[26].times", ["1"]),
    ("escalation.yml", URGED, URGED.replace("times: 3", "after: 1h"), URGED, "escalation[26].after", [*DUE]),
    ("sla.yml", "    respond_within: 24h", "    respond_in: 24h", "respond_within: 24h", "promises[0].respond_in",
     ["没有这一项", "respond_within", "confirm_within"]),
    ("sla.yml", "  notice: [GG-9]", "  notices: [GG-9]", "  notice: [GG-9]", "articles.notices", ["reply", "notice"]),
    ("sla.yml", "articles: {reply: [ZX-3.3]}", "articles: {replies: [ZX-3.3]}", "articles: {reply: [ZX-3.3]}",
     "promises[3].articles.replies", ["response"]),
    ("sla.yml", "notice_within: 24h", "notice_within: 0h", "notice_within: 24h", "promises[0].notice_within", ["大于零"]),
    ("sla.yml", "notice_within: 24h", "notice_within: 3650d", "notice_within: 24h", "promises[0].notice_within", ["366d"]),
    ("sla.yml", "notice_within: 24h", "notice_within: -24h", "notice_within: 24h", "promises[0].notice_within", ["大于零"]),
    ("sla.yml", "  review: {within: 16h, calendar: office, cite: [KF-3.5.2]}\n", "", "tasks:", "tasks", ["review", "赔付审核"]),
    ("sla.yml", "  review: {within", "  reviews: {within", "  review: {within", "tasks.reviews",
     ["consultation", "handling", "review", "recovery"]),
    ("sla.yml", "consultation: {within: 8h, calendar: office", "consultation: {within: 8h, calendar: offices", "consultation: {",
     "tasks.consultation.calendar", ["'offices'", "office", "around_the_clock"]),
    ("sla.yml", "handling: {within: 16h", "handling: {within: 两天", "handling: {", "tasks.handling.within", ["两天", "2h"]),
    ("queues.yml", "    letter: A", "    letter: a1", "letter: A", "queues[0].letter", ["大写字母"]),
    ("queues.yml", "    letter: B", "    letter: A\n    line: number", "letter: B", "queues[1].letter", ["'A'", "general"]),
    ("queues.yml", "    letter: A", "    line: snake", "letter: A", "queues[0].line", ["'snake'", "single", "per_agent", "number"]),
    ("queues.yml", "    letter: A", "    order: fastest", "letter: A", "queues[0].order",
     ["'fastest'", "first_come", "shortest_first", "classes"]),
    ("queues.yml", "    letter: A", "    order: shortest_first", "letter: A", "queues[0].order", ["ageing"]),
    ("queues.yml", "    letter: A", "    ageing: 5m", "letter: A", "queues[0].ageing", ["first_come"]),
    ("queues.yml", "    letter: A", "    order: classes", "letter: A", "queues[0].order", ["classes"]),
    ("queues.yml", "    letter: A", "    classes: [VIP]", "letter: A", "queues[0].classes", ["order: classes"]),
    ("queues.yml", "median: 4m", "median: 9m", "median: 4m", "queues[0].handling.p80", ["median"]),
    ("queues.yml", "weight: 20", "weight: 0", "weight: 20", "queues[0].handling.weight", ["1"]),
    ("queues.yml", "    greet_within: 60s", "    greet_within: 60", "greet_within: 60s", "queues[3].greet_within", ["60s"]),
    ("suppliers.yml", "calendar: onsite", "calendar: on_site", "calendar: onsite", "suppliers[0].calendar", ["'on_site'", "onsite"]),
    ("suppliers.yml", "complete_within: 24h", "complete_within: 1h", "complete_within: 24h", "suppliers[0].complete_within",
     ["respond_within"]),
    ("suppliers.yml", "id: anju", "id: yunjie", "id: anju", "suppliers[1].id", ["重复"]),
    ("services.yml", "supplier: sutong", "supplier: sudong", "supplier: sutong", "services[7].supplier",
     ["'sudong'", "sutong", "yunjie", "anju"]),
    ("services.yml", "departments: [网络运维部]", "departments: [专线项目部]", "departments: [网络运维部]",
     "services[1].departments", ["主管部门"]),
    ("services.yml", "kind: address}", "kind: address, required: 可选}", "kind: address}", "services[0].application[0].required",
     ["true", "false"]),
    ("services.yml", "{key: bandwidth, label: 带宽, ask: 想", "{key: address, label: 带宽, ask: 想",
     "{key: bandwidth, label: 带宽, ask: 想", "services[0].application[1].key", ["重复"]),
    ("targets.yml", "satisfaction: 0.90", "satisfaction: 90", "satisfaction: 0.90", "targets.satisfaction", ["0 到 1"]),
    ("targets.yml", "satisfaction: 0.90", "happiness: 0.90", "satisfaction: 0.90", "targets.satisfaction", ["缺少"]),
    ("targets.yml", "satisfaction: 0.90", "satisfaction: 0.90\n  smiles: 3", "fault_rate", "targets.smiles",
     ["satisfaction", "fault_rate", "response_hours", "complaints_handled"]),
    ("targets.yml", "response_hours: 24", "response_hours: .nan", "response_hours: 24", "targets.response_hours", ["小时"]),
    ("policy.yml", "valid_from: 2026-01-01", "valid_from: 明年", "valid_from: 2", "valid_from", ["2027-01-01 08:00"]),
    ("policy.yml", "valid_from: 2026-01-01", "valid_from: 2026-01-01T08:00:00Z", "valid_from: 2", "valid_from", ["公司所在时区"]),
    ("policy.yml", "valid_from: 2026-01-01", "valid_form: 2026-01-01", "valid_from: 2", "valid_form", ["valid_from", "note"]),
    ("calendars.yml", "day_kinds: {}", "day_kinds: {2027-02-30: holiday}", "day_kinds", "没有这个日期", []),
]


@pytest.mark.parametrize(("file", "old", "new", "at", "key", "words"), MISTAKES,
                         ids=[f"{key}-{n}" for n, (_, _, _, _, key, _) in enumerate(MISTAKES)])
def test_a_slip_is_named_with_file_line_key_and_allowed_words(file: str, old: str, new: str, at: str, key: str,
                                                              words: list[str]) -> None:
    """Stored texts are checked like files, and the message leads to the place and the way out."""
    with pytest.raises(PolicyError) as error:
        parse_policy(edited_texts((file, old, new)))
    message = error.value.detail
    assert message.startswith(f"policy/{file}:{line_of(file, at)}: {key}"), message
    assert all(word in message for word in words), message


def test_a_calendar_that_never_opens_times_nothing() -> None:
    """A promise on it could not be stored: refused when the policy is read, not when a ticket is opened."""
    closed = ("calendars.yml", "day_kinds: {}", "  - {id: closed, name: 不营业}\nday_kinds: {}")
    parse_policy(edited_texts(closed))
    with pytest.raises(PolicyError, match=r"policy/sla.yml:\d+: promises\[3\].calendar: .*没有任何营业时段"):
        parse_policy(edited_texts(closed, ("sla.yml", "calendar: around_the_clock", "calendar: closed")))


def test_every_word_has_a_place_and_every_place_a_word() -> None:
    """No step can be written nowhere, no event knows no step, and every when has kinds it may be limited to."""
    assert set(STEPS) == set(FITTING)
    assert all(FITTING.values())
    assert set(WHENS) == frozenset().union(*FITTING.values())
    assert all(kinds_for(when, ["general"]) for when in WHENS)


def test_the_shipped_path_watches_every_clock_and_uses_every_word() -> None:
    """The default set of issue 3: nothing comes due unnoticed, every rule has its article."""
    policy = load_policy(SHIPPED)
    assert set(CLOCK_NAMES) == {rule.clock for rule in policy.escalation if rule.clock}
    assert set(EVENTS) == {rule.when for rule in policy.escalation} - set(DUE)
    assert set(STEPS) == {step for rule in policy.escalation for step in rule.then}
    assert all(rule.cite for rule in policy.escalation)


def test_the_shipped_promises_are_those_of_the_documents() -> None:
    """KF-3.3, YW-5, ZX-3.3, JC-5."""
    policy = load_policy(SHIPPED)
    promise = policy.promises["any"]
    hours = [promise.reply_within, promise.consult_within, promise.result_within, promise.respond_within]
    assert [timedelta(hours=n) for n in (2, 8, 12, 24)] == hours
    assert timedelta(hours=6) == policy.promises["emergency"].reply_within
    assert policy.calendars[policy.promises["emergency"].calendar].always_open
    for kind in KIND_NAMES:
        given = policy.promise_for(kind)
        assert timedelta(hours=24) == given.respond_within, kind
        assert None not in (given.confirm_within, given.notice_within, given.reply_within), kind
    for queue in policy.queues.values():
        assert timedelta(seconds=60) == queue.greet_within == queue.answer_within
        assert {"PD-1", "PD-2", "JC-5"} <= set(queue.cite)


@pytest.mark.parametrize(("written", "at"), [
    ("2027-01-01", datetime(2027, 1, 1)), ("2027-01-01 08:30", datetime(2027, 1, 1, 8, 30)),
    ('"2027-01-01 08:30"', datetime(2027, 1, 1, 8, 30))])
def test_valid_from_is_a_date_or_a_time_where_the_company_is(written: str, at: datetime) -> None:
    """A date begins at midnight."""
    policy = parse_policy(edited_texts(("policy.yml", "valid_from: 2026-01-01", f"valid_from: {written}")))
    assert at.replace(tzinfo=ZoneInfo("Asia/Shanghai")) == policy.valid_from


def test_queues_may_be_served_by_class_or_by_length() -> None:
    """PD-2 with ageing."""
    texts = edited_texts(("queues.yml", "    letter: A", "    letter: A\n    order: classes\n    classes: [VIP]\n    ageing: 10m"))
    discipline = parse_policy(texts).queues["general"].discipline
    assert ("classes", ("VIP",), timedelta(minutes=10)) == (discipline.order, discipline.classes, discipline.bound)
