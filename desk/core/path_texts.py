"""What the escalation path says: to customers in courteous words with what happens next, to the people of the desk."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.core.deadlines import Deadline
from desk.core.escalation import EVENTS, Rule
from desk.core.promises import CLOCK_NAMES
from desk.core.tickets import KIND_NAMES, Ticket

# What was missed, while it is still owed; and when it came after all, but late.
_MISSED = {
    "reply": "我们没能在承诺的时间内答复您的{what}", "response": "我们没能在承诺的时间内答复您的{what}",
    "consult": "您的{what}需要几个部门一起商量，我们没能按承诺的时间安排好会商",
    "result": "您的{what}我们已经处理，但没能在承诺的时间内把结果告诉您"}
_LATE = {
    "reply": "您的{what}我们答复得比承诺的晚了", "response": "您的{what}我们答复得比承诺的晚了",
    "consult": "您的{what}我们安排会商比承诺的晚了", "result": "您的{what}我们反馈结果比承诺的晚了"}
_NEXT = {"reply": "答复您", "response": "答复您", "consult": "安排好会商", "result": "把结果告诉您"}


def moment(at: datetime, zone: ZoneInfo) -> str:
    """“11月27日09:00”: with the date, for a notice may be read a day later."""
    local = at.astimezone(zone)
    return f"{local.month}月{local.day}日{local:%H:%M}"


def named(ticket: Ticket) -> str:
    """A ticket as the customer knows it: “投诉（TS261124-0001）”."""
    return f"{KIND_NAMES[ticket.kind]}（{ticket.number}）"


def apology(ticket: Ticket, rule: Rule, missed: Deadline | None, *, running: Iterable[Deadline], now: datetime,
            zone: ZoneInfo) -> str:
    """An apology for a missed promise (KF-3.5.1), with who looks after it now and the next promise that still stands."""
    clock = missed.clock if missed is not None else ""
    if missed is not None and missed.ended_at is not None:
        said = _LATE.get(clock, "您的{what}办得比承诺的晚了")
        return f"非常抱歉，{said.format(what=named(ticket))}，让您久等了。如果还有什么需要，请随时告诉我们。"
    said = _MISSED.get(clock, "您的{what}办得比承诺的慢，让您久等了")
    carer = "我们已请主管督办" if "notify_supervisor" in rule.then else "我们正在抓紧处理"
    ahead = min((one for one in running if one.clock in _NEXT and one.due_at is not None and one.due_at > now),
                key=lambda one: one.due_at or now, default=None)
    if ahead is None or ahead.due_at is None:
        return f"非常抱歉，{said.format(what=named(ticket))}。{carer}，一有进展马上告诉您。"
    by = moment(ahead.due_at, zone)
    return f"非常抱歉，{said.format(what=named(ticket))}。{carer}，最迟{by}前{_NEXT[ahead.clock]}。"


def reminder(ticket: Ticket, *, by: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    """Asks whether an answered ticket is settled, and says what happens without an answer."""
    asked = f"您的{named(ticket)}我们已经答复，请问问题解决了吗？如果还没有解决，请告诉我们，我们会继续处理。"
    if by is None or by <= now:
        return asked
    return f"{asked}{moment(by, zone)}前没有收到您的意见，我们将按已解决办结。"


def settled(ticket: Ticket) -> str:
    """Says that a ticket was ended because the customer did not object."""
    return (f"您的{named(ticket)}答复后没有收到您的不同意见，现按已解决办结。"
            "如果问题还在，请随时告诉我们，我们会重新为您处理。")


def staff_notice(ticket: Ticket, rule: Rule, missed: Deadline | None, *, title: str, now: datetime,
                 zone: ZoneInfo) -> str:
    """Tells the people of the desk which ticket needs them, and why."""
    what = f"{KIND_NAMES[ticket.kind]} {ticket.number}（{title or ticket.subject}）"
    if missed is None or missed.due_at is None:
        times = f"（第 {ticket.urged} 次）" if rule.when == "ticket_urged" and ticket.urged > 1 else ""
        return f"{what}：{EVENTS.get(rule.when, '请跟进')}{times}。"
    clock, due = CLOCK_NAMES[missed.clock], moment(missed.due_at, zone)
    return f"{what}：{clock}已超时，时限是{due}。" if missed.due_at < now else f"{what}：{clock}将在{due}到期。"


def chase(company: str, ticket: Ticket, title: str, missed: Deadline | None, *, now: datetime, zone: ZoneInfo) -> str:
    """Presses an outsourced provider (WW-8)."""
    wanted = "请尽快安排并回复进度"
    if missed is not None and missed.due_at is not None and missed.due_at < now:
        owed = "响应" if missed.clock == "supplier_response" else "完成"
        wanted = f"约定的{owed}时限（{moment(missed.due_at, zone)}）已过，请立即处理并回复进度"
    return f"{company}外包工单 {ticket.number}：{title}。{wanted}。"
