"""Answers from the public guide (GG-4); what is not in it is not invented."""

from __future__ import annotations

from collections.abc import Callable

from rasa_sdk.events import FollowupAction

from actions.base import DeskAction, Events, Talk, button
from actions.phrasing import listed, numbered
from desk.core import services
from desk.core.calendars import Calendar, DayKind
from desk.core.policy import Service, Topic
from desk.gateways import chinese_time

SHOWN = 8
KINDS: tuple[tuple[DayKind, str], ...] = (("workday", "工作日"), ("restday", "周末"), ("holiday", "法定节假日"))


class AboutService(DeskAction):
    """Base of answers about one service: the one named, or the one talked about."""

    intent = ""
    question = ""

    async def act(self, talk: Talk) -> Events:
        """Find the service, answer, offer the next step."""
        service = named_service(talk)
        if service is None:
            self._which(talk)
            return []
        self.answer(talk, service)
        return [{"event": "slot", "timestamp": None, "name": "last_service", "value": service.id}]

    def answer(self, talk: Talk, service: Service) -> None:
        """Answer about a service."""
        raise NotImplementedError

    def _which(self, talk: Talk) -> None:
        closest = services.match(talk.policy, talk.text).closest
        offered = closest or services.of_kind(talk.policy, "booking")[:SHOWN]
        talk.say("utter_which_service_closest" if closest else "utter_which_service", question=self.question,
                 buttons=[button(one.name, self.intent, service_item=one.id) for one in offered])


class AskPrice(AboutService):
    """What it costs."""

    called, intent, question = "action_ask_price", "ask_price", "费用"

    def answer(self, talk: Talk, service: Service) -> None:
        """The fee and how to go on."""
        talk.say("utter_price", service=service.name, fee=service.fee, buttons=next_steps(talk, service))


class AskProcedure(AboutService):
    """How it is done and what is needed."""

    called, intent, question = "action_ask_procedure", "ask_procedure", "办理流程"

    def answer(self, talk: Talk, service: Service) -> None:
        """Conditions, material, steps, time limit."""
        talk.say("utter_procedure", service=service.name, conditions=listed(service.conditions),
                 materials=listed(service.materials), steps=numbered(service.procedure), limit=service.time_limit,
                 buttons=next_steps(talk, service))


class AskService(DeskAction):
    """What there is, or what one service is."""

    called = "action_ask_service"

    async def act(self, talk: Talk) -> Events:
        """One service, or the list; an unknown one gets the closest offers."""
        service = named_service(talk, context=False)
        if service is not None:
            talk.say("utter_service", service=service.name, summary=service.summary, fee=service.fee,
                     limit=service.time_limit, buttons=next_steps(talk, service))
            return [{"event": "slot", "timestamp": None, "name": "last_service", "value": service.id}]
        names = "、".join(one.name for one in talk.policy.services.values())
        closest = services.match(talk.policy, talk.text).closest
        buttons = [button(one.name, "ask_service", service_item=one.id)
                   for one in (closest or list(talk.policy.services.values())[:SHOWN])]
        talk.say("utter_services", services=names, company=talk.policy.company.name, buttons=buttons)
        return []


class AskHours(DeskAction):
    """Opening hours of an outlet, a service or the desk, on a day if one is named."""

    called = "action_ask_hours"

    async def act(self, talk: Talk) -> Events:
        """Today or the named day, and the general hours."""
        what, calendar = self._calendar(talk)
        phrase = talk.entity("datetime")
        resolved = chinese_time.resolve(phrase, now=talk.now) if phrase else None
        if resolved is not None and resolved.start is not None:
            day = resolved.start.astimezone(talk.zone).date()
            windows = calendar.windows(day)
            said = f"{day.month}月{day.day}日"
            if windows:
                talk.say("utter_hours_day", what=what, day=said, hours=_windows([
                    f"{a:%H:%M}–{'24:00' if b.hour == b.minute == 0 else f'{b:%H:%M}'}" for a, b in windows]))
            else:
                talk.say("utter_hours_closed", what=what, day=said, why=calendar.closed_reason(day) or "休息",
                         hours=describe(calendar))
        else:
            talk.say("utter_hours", what=what, hours=describe(calendar))
        return []

    def _calendar(self, talk: Talk) -> tuple[str, Calendar]:
        policy = talk.policy
        outlet = policy.outlets.get(talk.entity("outlet") or "")
        if outlet is not None:
            return outlet.name, policy.calendars[outlet.calendar]
        if any(word in talk.text for word in ("人工", "客服", "热线", "电话")):
            queue = next(iter(policy.queues.values()))
            return "人工客服", policy.calendars[queue.calendar]
        service = named_service(talk)
        if service is not None and service.booking is not None and service.booking.where == "onsite":
            return f"{service.name}的上门时间", policy.calendars[service.booking.calendar]
        first = next(iter(policy.outlets.values()))
        return "各门店", policy.calendars[first.calendar]


class AskLocation(DeskAction):
    """Where the outlets are and how to get there."""

    called = "action_ask_location"

    async def act(self, talk: Talk) -> Events:
        """One outlet with directions, or all."""
        outlet = talk.policy.outlets.get(talk.entity("outlet") or "")
        if outlet is not None:
            talk.say("utter_location", outlet=outlet.name, address=outlet.address, directions=outlet.directions,
                     phone=outlet.phone, hours=describe(talk.policy.calendars[outlet.calendar]))
        else:
            lines = [f"· {one.name}：{one.address}" for one in talk.policy.outlets.values()]
            talk.say("utter_locations", outlets="\n".join(lines), buttons=[
                button(f"{one.name}怎么走", "ask_location", outlet=one.id) for one in talk.policy.outlets.values()])
        return []


class AskPolicy(DeskAction):
    """What we promise, with its article."""

    called = "action_ask_policy"

    async def act(self, talk: Talk) -> Events:
        """The topic with the longest name in the question; the general promise otherwise."""
        topic = named_topic(talk)
        talk.say("utter_policy", text=topic.text, cite=topic.cite)
        return []


class TakeUp(DeskAction):
    """A yes to “需要我帮您办理吗”: the service talked about is booked or applied for."""

    called = "action_take_up"

    async def act(self, talk: Talk) -> Events:
        """Begin the task that fits the service; ask which one when none was named."""
        service = talk.policy.services.get(talk.slot("last_service") or "")
        if service is None and talk.previous_actions()[-1:] != ["action_show_bookings"]:
            talk.say("utter_affirm")
            return []
        applies = service is not None and service.booking is None and service.application
        return [FollowupAction("application_form" if applies else "booking_form")]


def named_service(talk: Talk, *, context: bool = True) -> Service | None:
    """The service a message names; else, with ``context``, the one of the task or of the last answer."""
    said = talk.entity("service_item")
    if said is None and context:
        said = talk.slot("booking_service") or talk.slot("application_service") or talk.slot("last_service")
        if services.match(talk.policy, talk.text).closest and _names_something(talk.text):
            said = None
    return talk.policy.services.get(said or "")


def _names_something(text: str) -> bool:
    """“开锁多少钱” names something we may not have; “多少钱” and “那个多少钱” do not."""
    rest = text
    for word in ("多少钱", "怎么收费", "什么价格", "什么价", "价格", "费用", "收费", "贵不贵", "怎么办理", "怎么办", "流程", "材料", "需要",
                 "要带", "什么", "请问", "一下", "那个", "这个", "那", "呢", "吗", "啊", "的", "大概", "是", "要", "?", "\uff1f", "你们",
                 "一般", "怎么", "样", "带", "办", "手续", "哪些", "有", "还", "想", "问", "准备"):
        rest = rest.replace(word, "")
    return len(rest.strip()) >= 2


def named_topic(talk: Talk) -> Topic:
    """The promise a question is about."""
    topics = talk.policy.topics
    hits = [(len(name), topic.id) for topic in topics.values() for name in topic.names if name in talk.text]
    return topics[max(hits)[1]] if hits else next(iter(topics.values()))


def next_steps(talk: Talk, service: Service) -> list[dict[str, str]]:
    """What one can do with a service, unless a task is under way already."""
    if (talk.tracker.active_loop or {}).get("name"):
        return []
    steps: list[tuple[bool, Callable[[], dict[str, str]]]] = [
        (service.booking is not None, lambda: button(f"预约{service.name}", "book_service", service_item=service.id)),
        (bool(service.application), lambda: button(f"申请{service.name}", "apply_service", service_item=service.id)),
        (service.kinds == {"fault"}, lambda: button("我要报修", "report_fault")),
    ]
    return [make() for possible, make in steps if possible]


def describe(calendar: Calendar) -> str:
    """Opening hours by kind of day in words."""
    lines = []
    for kind, name in KINDS:
        windows = calendar.days.get(kind, ())
        hours = _windows([f"{w.start:%H:%M}–{'24:00' if w.end.hour == w.end.minute == 0 else f'{w.end:%H:%M}'}"
                          for w in windows])
        lines.append(f"{name}{hours or '休息'}")
    if len({line.removeprefix(name) for line, (_, name) in zip(lines, KINDS, strict=True)}) == 1:
        return f"每天{lines[0].removeprefix('工作日')}".replace("每天00:00–24:00", "全天24小时")
    return "，".join(lines)


def _windows(hours: list[str]) -> str:
    return "、".join(hours)
