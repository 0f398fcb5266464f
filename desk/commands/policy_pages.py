"""What ``desk policy`` prints: promises and escalation path, differences, and why a ticket's deadlines are what they are."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from desk.core import durations, tasks, tickets
from desk.core.escalation import STEPS, WHENS, Rule
from desk.core.policies import PolicyVersion
from desk.core.policy import Policy
from desk.core.policy_changes import changes
from desk.core.promises import CLOCK_NAMES, CUSTOMERS, Verdict
from desk.service.explaining import ClockShown, Explanation, StepShown

CLOCKS = ("reply", "consult", "result", "response", "confirm", "notice")
VERDICTS: dict[Verdict | None, str] = {"kept": "已兑现", "broken": "已违约", None: "进行中"}


def promises(policy: Policy, *, row: PolicyVersion | None, in_force: str, versions: Sequence[PolicyVersion]) -> Iterator[str]:
    """``desk policy show``."""
    zone = ZoneInfo(policy.company.timezone)
    since = _at(row.valid_from, zone) + " 起生效" if row is not None else "尚未载入服务台"
    yield f"策略版本 {policy.version}（{since}{'，现行' if row and row.version == in_force else ''}）"
    if policy.note:
        yield f"说明：{policy.note}"
    yield from _section("工单承诺", ["类型", *(CLOCK_NAMES[clock] for clock in CLOCKS), "计时", "依据"], _ticket_rows(policy))
    yield from _section("任务时限", ["任务", "时限", "计时", "依据"], _task_rows(policy))
    yield from _section("等待人工", ["队列", "首次问候", "接听", "依据"], (
        [queue.name, durations.spoken(queue.greet_within), durations.spoken(queue.answer_within), _cites(queue.cite)]
        for queue in policy.queues.values()))
    yield from _section("升级路径", ["规则", "何时", "做什么", "依据"], (
        [rule.id, when(rule), "、".join(STEPS[step] for step in rule.then), _cites(rule.cite)] for rule in policy.escalation))
    yield from _section("版本历史", ["版本", "载入时间", "生效时间", "说明"], [
        [one.version + ("（现行）" if one.version == in_force else ""), _at(one.loaded_at, zone), _at(one.valid_from, zone),
         one.note or "—"] for one in versions])


def differences(before: Policy, after: Policy, *, name: str) -> Iterator[str]:
    """``desk policy diff``."""
    found = changes(before, after)
    yield f"{before.version} → {after.version}（{name}）：{f'{len(found)} 处不同' if found else '含义相同'}"
    for one in found:
        if one.added or one.removed:
            yield f"  {one.path}: " + " ".join([*(f"-{word}" for word in one.removed), *(f"+{word}" for word in one.added)])
        else:
            yield f"  {one.path}: {one.before} → {one.after}"


def explanation(told: Explanation) -> Iterator[str]:
    """``desk policy explain``."""
    ticket = told.ticket
    yield (f"{tickets.KIND_NAMES[ticket.kind]} {ticket.number}：{ticket.subject}（{tickets.STATUS_NAMES[ticket.status]}，"
           f"{ticket.department}）")
    known = "" if told.version_known else "，这个版本没有留存，以下按现行规则显示"
    yield f"按策略版本 {told.policy_version or '（未知）'} 承诺：{told.text}（{_cites(told.cite)}）{known}"
    for clock in told.clocks:
        yield from _clock(clock, told.zone)
    for task in told.tasks:
        yield f"{tasks.KIND_NAMES[task.task.kind]} #{task.task.id}：{task.task.title}（{tasks.STATUS_NAMES[task.task.status]}）"
        for clock in task.clocks:
            yield from (f"  {line}" for line in _clock(clock, told.zone))
    if told.events:
        yield "客户要求和评价引起的步骤"
        yield from (f"  {_step(step, told.zone)}" for step in told.events)
    yield f"时间均为 {told.zone.key}；结论与事实复算{'一致' if told.agrees else '不一致'}。"


def when(rule: Rule) -> str:
    """When a rule applies, in words: “首次答复到期前 30 分钟（紧急事件）”."""
    said = WHENS[rule.when]
    if rule.after < timedelta(0):
        said = f"{said}前 {durations.spoken(rule.after)}"
    elif rule.after:
        said = f"{said}后 {durations.spoken(rule.after)}"
    if rule.times > 1:
        said += f"第 {rule.times} 次起"
    names = {**tickets.KIND_NAMES, **tasks.KIND_NAMES}
    return said + (f"（{'、'.join(sorted(names.get(kind, kind) for kind in rule.kinds))}）" if rule.kinds else "")


def _ticket_rows(policy: Policy) -> Iterator[list[str]]:
    for promise in policy.promises.values():
        within = {rule.clock: durations.spoken(rule.within) for rule in promise.clocks()}
        yield [tickets.KIND_NAMES.get(promise.kind, "其他"), *(within.get(clock, "—") for clock in CLOCKS),  # type: ignore[call-overload]
               policy.calendars[promise.calendar].name, _cites(promise.cite)]


def _task_rows(policy: Policy) -> Iterator[list[str]]:
    for kind, task in policy.tasks.items():
        yield [tasks.KIND_NAMES[kind], durations.spoken(task.within), policy.calendars[task.calendar].name, _cites(task.cite)]
    for one in policy.suppliers.values():
        limits = f"{durations.spoken(one.respond_within)}响应，{durations.spoken(one.complete_within)}完成"
        yield [f"外包：{one.name}", limits, policy.calendars[one.calendar].name, _cites(one.cite)]


def _clock(clock: ClockShown, zone: ZoneInfo) -> Iterator[str]:
    again = f"（第 {clock.number} 次）" if clock.number > 1 else ""
    rule = (f"{durations.spoken(clock.within)}，{clock.calendar}" if clock.within is not None else "规则已不可考")
    yield f"{clock.name}{again}：{rule}（{_cites(clock.cite)}，策略 {clock.policy_version}）"
    due = _at(clock.due_at, zone) if clock.due_at else f"暂停中，还剩 {durations.spoken(clock.left or timedelta(0))}"
    stopped = f"，停止 {_at(clock.stopped_at, zone)}" if clock.stopped_at else ""
    yield f"  开始 {_at(clock.started_at, zone)}，到期 {due}{stopped}"
    for since, until in clock.pauses:
        yield f"  等客户补充：{_at(since, zone)} 至 {_at(until, zone) if until else '现在'}"
    agrees = "一致" if clock.agrees else "不一致"
    yield f"  结论 {_verdict(clock, clock.recorded)}，复算 {_verdict(clock, clock.recomputed)}：{agrees}"
    yield from (f"  {_step(step, zone)}" for step in clock.steps)


def _verdict(clock: ClockShown, verdict: Verdict | None) -> str:
    return "期满" if verdict == "broken" and clock.clock in CUSTOMERS else VERDICTS[verdict]


def _step(step: StepShown, zone: ZoneInfo) -> str:
    what = f"{'、'.join(STEPS[word] for word in step.then)}（{step.rule_id}，{_cites(step.cite)}）"
    if step.taken_at is not None:
        return f"已做 {_at(step.taken_at, zone)} {what}"
    return f"将做 {_at(step.at, zone)} {what}" if step.at is not None else f"已做 {what}"


def _section(title: str, head: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    table = [head, *rows]
    if len(table) == 1:
        return
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    yield ""
    yield title
    for row in table:
        yield "  " + "  ".join(text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)).rstrip()


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _cites(cite: Iterable[str]) -> str:
    return "、".join(cite) or "—"


def _at(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"
