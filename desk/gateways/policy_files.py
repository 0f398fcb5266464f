"""Loads and checks the policy files. A mistake is an error that names file, line, key and the allowed words."""

import hashlib
import re
from collections.abc import Callable, Collection
from datetime import date, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar

from desk.core.calendars import Calendar, DayKind, Window
from desk.core.policy import (
    BookingRule,
    Company,
    Field,
    Outlet,
    Policy,
    Promise,
    Queue,
    Refusal,
    RefuseRule,
    Service,
    Topic,
)
from desk.core.tickets import KIND_NAMES
from desk.gateways.yaml_source import Node, read

FILES = ("company", "calendars", "outlets", "queues", "sla", "services", "targets")
KINDS = ("booking", "application", "fault")
DAY_KINDS: tuple[DayKind, ...] = ("workday", "restday", "holiday")
FIELD_KINDS = ("text", "phone", "address", "number", "choice", "datetime")
_WINDOW = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?")


def load_policy(directory: Path) -> Policy:
    """The policy of a folder; raises PolicyError for the first mistake."""
    files = {name: read(directory / f"{name}.yml") for name in FILES}
    company = _company(files["company"])
    day_kind = _day_kinds(files["calendars"])
    calendars = _calendars(files["calendars"], day_kind, ZoneInfo(company.timezone))
    outlets = _by_id(files["outlets"], "outlets", lambda node: _outlet(node, calendars))
    promises, topics = _sla(files["sla"], calendars)
    targets = _targets(files["targets"])
    policy = Policy(
        version=_version(directory), company=company, calendars=calendars, outlets=outlets, promises=promises,
        topics=topics, queues=_by_id(files["queues"], "queues", lambda node: _queue(node, calendars)),
        services=_by_id(files["services"], "services", lambda node: _service(node, calendars, outlets)),
        targets=targets, day_kind=day_kind)
    for file in files.values():
        file.done()
    return policy


def _version(directory: Path) -> str:
    content = b"".join((directory / f"{name}.yml").read_bytes() for name in FILES)
    return hashlib.sha256(content).hexdigest()[:12]


def _by_id(file: Node, key: str, build: Callable[[Node], Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in file.children(key, required=True):
        one = build(node)
        node.done()
        if one.id in found:
            node.fail("id", f"{one.id!r} 重复")
        found[one.id] = one
    if not found:
        file.fail(key, "至少要有一项")
    return found


def _company(file: Node) -> Company:
    node = file.child("company")
    if node is None:
        file.fail("company", "缺少这一项")
    node.checked("timezone", ZoneInfo, "应为时区名，例如 Asia/Shanghai")
    company = Company(node.text("name"), node.text("hotline"), node.text("timezone"), node.text("about"))
    node.done()
    return company


def _day_kinds(file: Node) -> Callable[[date], DayKind]:
    node = file.child("day_kinds")
    fixed: dict[date, DayKind] = {}
    if node is not None:
        for key in node.data:
            fixed[_day(node, key)] = node.text(key, allowed=DAY_KINDS)  # type: ignore[assignment]
    return lambda day: fixed.get(day) or published_kind(day)


def is_published(day: date) -> bool:
    """Whether the public holidays of a day's year are known already."""
    try:
        chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return False
    return True


def published_kind(day: date) -> DayKind:
    """Workday, rest day or public holiday as published; unpublished years go by the week."""
    try:
        on_holiday, name = chinese_calendar.get_holiday_detail(day)
        if not on_holiday:
            return "workday"
        return "holiday" if name else "restday"
    except NotImplementedError:
        return "workday" if day.weekday() < 5 else "restday"


def _calendars(file: Node, day_kind: Callable[[date], DayKind], zone: ZoneInfo) -> dict[str, Calendar]:
    overrides = _overrides(file)

    def build(node: Node) -> Calendar:
        calendar_id = node.text("id")
        return Calendar(
            id=calendar_id, name=node.text("name"), day_kind=day_kind, timezone=zone,
            days={kind: _windows(node, kind) for kind in DAY_KINDS}, set_days=overrides.get(calendar_id, {}))

    calendars = _by_id(file, "calendars", build)
    for calendar_id in overrides:
        if calendar_id not in calendars:
            file.fail("overrides", f"没有日历 {calendar_id!r}；可用的有 {'、'.join(calendars)}")
    return calendars


def _overrides(file: Node) -> dict[str, dict[date, tuple[Window, ...]]]:
    top = file.child("overrides")
    found: dict[str, dict[date, tuple[Window, ...]]] = {}
    for calendar_id, node in top.mappings() if top is not None else ():
        for key in node.data:
            found.setdefault(calendar_id, {})[_day(node, key)] = _windows(node, key)
    return found


def _windows(node: Node, key: Any) -> tuple[Window, ...]:
    windows = node.checked(key, lambda texts: tuple(_window(text) for text in texts),
                           '应为时段列表，例如 ["09:00-12:00", "13:30-18:00"]', default=())
    for before, after in pairwise(windows):
        if after.start < before.end or before.end == time(0):
            node.fail(key, "时段要按先后排列且不重叠")
    return tuple(windows)


def _window(text: str) -> Window:
    match = _WINDOW.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    h1, m1, h2, m2 = map(int, match.groups())
    window = Window(time(h1, m1), time(0) if (h2, m2) == (24, 0) else time(h2, m2))
    if window.end != time(0) and window.end <= window.start:
        raise ValueError(text)
    return window


def _outlet(node: Node, calendars: Collection[str]) -> Outlet:
    return Outlet(id=node.text("id"), name=node.text("name"), synonyms=node.texts("synonyms", default=()),
                  address=node.text("address"), phone=node.text("phone"), directions=node.text("directions"),
                  calendar=node.text("calendar", allowed=calendars))


def _queue(node: Node, calendars: Collection[str]) -> Queue:
    return Queue(id=node.text("id"), name=node.text("name"), calendar=node.text("calendar", allowed=calendars),
                 topics=node.texts("topics"))


def _sla(file: Node, calendars: Collection[str]) -> tuple[dict[str, Promise], dict[str, Topic]]:
    promises = {}
    for node in file.children("promises", required=True):
        promise = Promise(
            kind=node.text("kind", allowed=(*KIND_NAMES, "any")), text=node.text("text"), cite=node.texts("cite"),
            calendar=node.text("calendar", default="around_the_clock", allowed=calendars),
            **{name: node.checked(name, _duration, "应为时长，例如 2h、30m 或 1h30m", default=None)
               for name in ("reply_within", "consult_within", "result_within")})
        node.done()
        if promise.kind in promises:
            node.fail("kind", f"{promise.kind!r} 重复")
        promises[promise.kind] = promise
    if "any" not in promises:
        file.fail("promises", "缺少 kind: any 的一条，它适用于没有单独承诺的工单")
    topics = _by_id(file, "topics", lambda node: Topic(node.text("id"), node.texts("names"), node.text("text"),
                                                       node.text("cite")))
    return promises, topics


def _targets(file: Node) -> dict[str, float]:
    node = file.child("targets")
    return {str(key): node.checked(key, float, "应为数字") for key in node.data} if node is not None else {}


def _service(node: Node, calendars: Collection[str], outlets: Collection[str]) -> Service:
    service = Service(
        id=node.text("id"), name=node.text("name"), synonyms=node.texts("synonyms"), summary=node.text("summary"),
        conditions=node.texts("conditions"), materials=node.texts("materials"), procedure=node.texts("procedure"),
        fee=node.text("fee"), time_limit=node.text("time_limit"), department=node.text("department"),
        cite=node.text("cite"), kinds=frozenset(node.texts("kinds", allowed=KINDS)),
        symptoms=node.texts("symptoms", default=()),
        booking=_booking(node, calendars, outlets),
        application=tuple(_field(one) for one in node.children("application")),
        refuse=tuple(_refuse(one) for one in node.children("refuse")))
    for kind, there in (("booking", service.booking), ("application", service.application)):
        if (kind in service.kinds) != bool(there):
            node.fail("kinds", f"kinds 里的 {kind} 和 {kind} 这一项要么都有，要么都没有")
    if service.symptoms and "fault" not in service.kinds:
        node.fail("symptoms", "只有可报修（kinds 里有 fault）的服务才写 symptoms")
    keys = {one.key for one in service.application}
    for rule in service.refuse:
        if rule.field not in keys:
            node.fail("refuse", f"没有申请项 {rule.field!r}；可用的有 {'、'.join(sorted(keys))}")
    return service


def _booking(parent: Node, calendars: Collection[str], outlets: Collection[str]) -> BookingRule | None:
    node = parent.child("booking")
    if node is None:
        return None
    rule = BookingRule(
        where=node.text("where", allowed=("outlet", "onsite")),  # type: ignore[arg-type]
        calendar=node.text("calendar", allowed=calendars), minutes=node.whole("minutes", minimum=5),
        capacity=node.whole("capacity", minimum=1), lead_minutes=node.whole("lead_minutes"),
        horizon_days=node.whole("horizon_days", minimum=1),
        outlets=node.texts("outlets", allowed=outlets, default=()))
    if (rule.where == "outlet") != bool(rule.outlets):
        node.fail("where", "到店服务要写 outlets，上门服务不写")
    node.done()
    return rule


def _field(node: Node) -> Field:
    one = Field(key=node.text("key"), label=node.text("label"), ask=node.text("ask"),
                kind=node.text("kind", default="text", allowed=FIELD_KINDS),  # type: ignore[arg-type]
                required=bool(node.value("required", default=True)), choices=node.texts("choices", default=()))
    if (one.kind == "choice") != bool(one.choices):
        node.fail("kind", "kind: choice 要写 choices，其他类型不写")
    node.done()
    return one


def _refuse(node: Node) -> RefuseRule:
    rule = RefuseRule(
        field=node.text("field"), contains=node.texts("contains", default=()),
        above=node.checked("above", float, "应为数字", default=None),
        refusal=Refusal(node.text("reason"), node.text("department"), node.text("advice")))
    if bool(rule.contains) == (rule.above is not None):
        node.fail("field", "contains 和 above 写一个")
    node.done()
    return rule


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        raise ValueError(text)
    return timedelta(hours=int(match[1] or 0), minutes=int(match[2] or 0))


def _day(node: Node, key: Any) -> date:
    if isinstance(key, date):
        return key
    try:
        return date.fromisoformat(str(key))
    except ValueError:
        node.fail(key, "应为日期，例如 2027-02-06")
