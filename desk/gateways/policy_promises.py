"""What the policy promises: tickets and tasks, the rules customers ask about, queues, suppliers, targets."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

from desk.core import tasks
from desk.core.calendars import Calendar
from desk.core.policy import HandlingPrior, Promise, Queue, Supplier, TaskPromise, Topic
from desk.core.queueing import Discipline, Line, Order
from desk.core.tickets import KIND_NAMES
from desk.gateways import policy_figures
from desk.gateways.yaml_source import Node

WITHIN = ("reply_within", "consult_within", "result_within", "respond_within", "confirm_within", "notice_within")
TICKET_CLOCKS = ("reply", "consult", "result", "response", "confirm", "notice")
TASK_KINDS = tuple(kind for kind in tasks.KIND_NAMES if kind != "supplier")  # a supplier owes what suppliers.yml says
Calendars = Mapping[str, Calendar]
MINUTE = timedelta(minutes=1)


def promises(file: Node, calendars: Calendars) -> dict[str, Promise]:
    """``promises`` of sla.yml."""
    found: dict[str, Promise] = {}
    general = _articles(file)
    for node in file.children("promises", required=True):
        promise = Promise(
            kind=node.text("kind", allowed=(*KIND_NAMES, "any")), text="", cite=_cite(node),
            calendar=_timing(node, calendars, default="around_the_clock"), articles={**general, **_articles(node)},
            **{name: node.length(name, default=None) for name in WITHIN})
        figures = policy_figures.of_promise(promise.clocks(), calendars)
        promise = replace(promise, text=policy_figures.filled(node, "text", figures))
        node.done()
        if promise.kind in found:
            node.fail("kind", f"{promise.kind!r} 重复")
        if not promise.clocks():
            node.fail("kind", f"至少要写一个时限；可用的有 {'、'.join(WITHIN)}")
        found[promise.kind] = promise
    if "any" not in found:
        file.fail("promises", "缺少 kind: any 的一条，它适用于没有单独承诺的工单")
    return found


def _articles(parent: Node) -> dict[str, tuple[str, ...]]:
    """The articles behind single clocks: ``articles`` of the file holds for all promises, that of a promise for it."""
    node = parent.child("articles")
    if node is None:
        return {}
    for clock in node.data:
        if clock not in TICKET_CLOCKS:
            node.fail(clock, f"没有这种时限；可用的有 {'、'.join(TICKET_CLOCKS)}")
    found = {clock: node.texts(clock) for clock in TICKET_CLOCKS if clock in node.data}
    node.done()
    return found


def task_promises(file: Node, calendars: Calendars) -> dict[str, TaskPromise]:
    """``tasks`` of sla.yml: by kind of task."""
    top = file.needed("tasks")
    found = {}
    for kind, node in top.mappings():
        if kind not in TASK_KINDS:
            top.fail(kind, f"没有这种任务；可用的有 {'、'.join(TASK_KINDS)}")
        found[kind] = TaskPromise(node.length("within"), _timing(node, calendars), _cite(node))
        node.done()
    for kind in TASK_KINDS:
        if kind not in found:
            file.fail("tasks", f"缺少 {kind}（{tasks.KIND_NAMES[kind]}）")
    return found


def topics(file: Node, figures: Mapping[str, str]) -> dict[str, Topic]:
    """``topics`` of sla.yml; their texts quote the figures in force."""
    return file.by_id("topics", lambda node: Topic(
        node.text("id"), node.texts("names"), policy_figures.filled(node, "text", figures), node.text("cite")))


def queues(file: Node, calendars: Collection[str]) -> dict[str, Queue]:
    """``queues`` of queues.yml."""
    letters: dict[str, str] = {}

    def build(node: Node) -> Queue:
        queue = Queue(
            id=node.text("id"), name=node.text("name"), calendar=node.text("calendar", allowed=calendars),
            topics=node.texts("topics"), discipline=_discipline(node), letter=node.checked(
                "letter", _letter, "应为一个大写字母，例如 A", default="A"), handling=_handling(node),
            greet_within=node.length("greet_within", default=MINUTE),
            answer_within=node.length("answer_within", default=MINUTE), cite=_cite(node, default=()))
        if queue.discipline.line == "number" and queue.letter in letters:
            node.fail("letter", f"{queue.letter!r} 已经是队列 {letters[queue.letter]} 的字母，取号会混淆")
        letters.setdefault(queue.letter, queue.id)
        return queue

    return file.by_id("queues", build)


def _discipline(node: Node) -> Discipline:
    found = Discipline(
        line=node.text("line", default="single", allowed=get_args(Line)),  # type: ignore[arg-type]
        order=node.text("order", default="first_come", allowed=get_args(Order)),  # type: ignore[arg-type]
        classes=node.texts("classes", default=()), ageing=node.length("ageing", default=None))
    if (found.order == "classes") != bool(found.classes):
        node.fail("classes" if found.classes else "order", "order: classes 要写 classes，其他次序不写")
    if len(set(found.classes)) != len(found.classes):
        node.fail("classes", "同一个等级写了两次")
    if (found.order != "first_come") != (found.ageing is not None):
        node.fail("ageing" if found.ageing else "order",
                  "order: shortest_first 和 classes 要写 ageing（等多久抵一级），否则有人可能一直等；first_come 不写")
    return found


def _handling(parent: Node) -> HandlingPrior | None:
    node = parent.child("handling")
    if node is None:
        return None
    found = HandlingPrior(node.length("median"), node.length("p80"), node.whole("weight", minimum=1))
    if found.p80 <= found.median:
        node.fail("p80", "应大于 median：每五次通话有四次在这个时长之内")
    node.done()
    return found


def suppliers(file: Node, calendars: Calendars) -> dict[str, Supplier]:
    """``suppliers`` of suppliers.yml; there may be none."""
    def build(node: Node) -> Supplier:
        one = Supplier(
            id=node.text("id"), name=node.text("name"), phone=node.text("phone"),
            respond_within=node.length("respond_within"), complete_within=node.length("complete_within"),
            calendar=_timing(node, calendars), cite=_cite(node))
        if one.complete_within < one.respond_within:
            node.fail("complete_within", "不应短于 respond_within")
        return one

    return file.by_id("suppliers", build, required=False)


def targets(file: Node) -> dict[str, float]:
    """``targets`` of targets.yml: every one of them (YW-5)."""
    node = file.needed("targets")
    found = {key: float(node.checked(key, convert, why)) for key, (convert, why) in TARGETS.items()}
    node.done()
    return found


def _timing(node: Node, calendars: Calendars, *, default: Any = ...) -> str:
    """A calendar on which something is timed, which therefore has to open some day."""
    found = node.text("calendar", default=default, allowed=calendars)
    if not any(calendars[found].days.values()):
        node.fail("calendar", f"日历 {found!r} 没有任何营业时段，不能用来计时")
    return found


def _share(value: Any) -> float:
    if isinstance(value, bool) or not 0 <= float(value) <= 1:
        raise ValueError(value)
    return float(value)


def _hours(value: Any) -> float:
    if isinstance(value, bool) or not 0 < float(value) < 10_000:
        raise ValueError(value)
    return float(value)


def _letter(value: Any) -> str:
    if not (isinstance(value, str) and len(value) == 1 and "A" <= value <= "Z"):
        raise ValueError(value)
    return value


def _cite(node: Node, *, default: Any = ...) -> tuple[str, ...]:
    found = node.texts("cite", default=default)
    if default is ... and not found:
        node.fail("cite", "至少要写一个条款编号，例如 KF-3.3.1")
    return found


TARGETS: dict[str, tuple[Callable[[Any], float], str]] = {
    "satisfaction": (_share, "应为 0 到 1 的数字"), "fault_rate": (_share, "应为 0 到 1 的数字"),
    "response_hours": (_hours, "应为大于 0 的数字（小时）"), "complaints_handled": (_share, "应为 0 到 1 的数字")}
