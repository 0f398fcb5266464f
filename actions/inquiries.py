"""Answers from the public guide (GG-4); what is not in it is not invented."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, time

from rasa_sdk.events import FollowupAction, SlotSet

from actions import appointments, ticket_answers
from actions.base import DeskAction, Events, Talk, button
from actions.own_bookings import ShowBookings
from actions.phrasing import bare, listed, numbered
from actions.smalltalk import not_understood
from desk.core import services
from desk.core.calendars import Calendar, DayKind
from desk.core.policy import Outlet, Service
from desk.gateways import chinese_time, policy_files

SHOWN = 10
_ASKING = re.compile(
    r"多少钱|怎么收费|什么价格?|价格|费用|收费|贵不贵|怎么办理?|流程|材料|手续|需要|准备|请问|一下|大概|一般|服务|业务|项目"
    r"|提供|介绍|可以|上门|师傅|[一每](?:次|个?月|年|小时|平米?|台)|[那这]个|什么|怎么|哪些|你们|[那这呢吗啊的是要样带办有还想问能做都我帮钱]")
_THERE = re.compile(r"[那这]个?(家|店|里|边|儿|门店|网点)|你们那")
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
        return [SlotSet("last_service", service.id)]

    def answer(self, talk: Talk, service: Service) -> None:
        """Answer about a service."""
        raise NotImplementedError

    def _which(self, talk: Talk) -> None:
        named = subject(talk.text)
        offered = services.closest(talk.policy, named) or services.of_kind(talk.policy, "booking")[:SHOWN]
        talk.say("utter_which_service_closest" if named else "utter_which_service", question=self.question,
                 buttons=[button(one.name, self.intent, service_item=one.id) for one in offered])


class AskPrice(AboutService):
    """What it costs."""

    called, intent, question = "action_ask_price", "ask_price", "费用"

    def answer(self, talk: Talk, service: Service) -> None:
        """The fee and how to go on."""
        talk.say("utter_price", service=service.name, fee=service.fee, offer=offer(talk), buttons=next_steps(talk, service))


class AskProcedure(AboutService):
    """How it is done and what is needed."""

    called, intent, question = "action_ask_procedure", "ask_procedure", "办理流程"

    def answer(self, talk: Talk, service: Service) -> None:
        """Conditions, material, steps, time limit."""
        talk.say("utter_procedure", service=service.name, conditions="；".join(service.conditions),
                 materials="、".join(service.materials), steps=numbered(service.procedure), limit=service.time_limit, offer=offer(talk),
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
            return [SlotSet("last_service", service.id)]
        everything = list(talk.policy.services.values())
        closest = services.closest(talk.policy, subject(talk.text))
        talk.say("utter_service_closest" if closest else "utter_services", company=talk.policy.company.name,
                 services="、".join(one.name for one in everything),
                 buttons=[button(one.name, "ask_service", service_item=one.id)
                          for one in (closest or everything[:SHOWN])])
        return []


class AskHours(DeskAction):
    """Opening hours of an outlet, a service or the desk, on a day if one is named."""

    called = "action_ask_hours"

    async def act(self, talk: Talk) -> Events:
        """Today or the named day, and the general hours."""
        what, calendar = self._calendar(talk)
        phrase = appointments.wish_of(talk, False)
        resolved = chinese_time.resolve(phrase, now=talk.now) if phrase and chinese_time.names_day(phrase) else None
        if resolved is not None and resolved.start is not None:
            self._on_day(talk, what, calendar, resolved.start.astimezone(talk.zone).date())
        else:
            talk.say("utter_hours", what=what, hours=describe(calendar))
        return [SlotSet("last_outlet", talk.entity("outlet") or talk.slot("last_outlet"))]

    def _on_day(self, talk: Talk, what: str, calendar: Calendar, day: date) -> None:
        said, windows = f"{day.month}月{day.day}日", calendar.windows(day)
        if not policy_files.is_published(day):
            talk.say("utter_hours_unpublished", what=what, day=said, year=day.year, hours=describe(calendar))
        elif windows:
            talk.say("utter_hours_day", what=what, day=said, hours=_windows((a.time(), b.time()) for a, b in windows))
        else:
            talk.say("utter_hours_closed", what=what, day=said, hours=describe(calendar),
                     why=(calendar.closed_reason(day) or "休息").removeprefix("当天").removesuffix("，休息"))

    def _calendar(self, talk: Talk) -> tuple[str, Calendar]:
        policy = talk.policy
        outlet = named_outlet(talk)
        if outlet is not None:
            return outlet.name, policy.calendars[outlet.calendar]
        if any(word in talk.text for word in ("人工", "客服", "热线", "电话")):
            queue = next(iter(policy.queues.values()))
            return "人工客服", policy.calendars[queue.calendar]
        service = named_service(talk, context=bool(talk.task))
        if service is not None and service.booking is not None and service.booking.where == "onsite":
            return f"{service.name}上门服务", policy.calendars[service.booking.calendar]
        first = next(iter(policy.outlets.values()))
        return "各门店", policy.calendars[first.calendar]


class AskLocation(DeskAction):
    """Where the outlets are and how to get there."""

    called = "action_ask_location"

    async def act(self, talk: Talk) -> Events:
        """One outlet with directions, or all."""
        outlet = named_outlet(talk)
        if outlet is not None:
            talk.say("utter_location", outlet=outlet.name, address=outlet.address, directions=outlet.directions,
                     phone=outlet.phone, hours=describe(talk.policy.calendars[outlet.calendar]))
        else:
            lines = [f"· {one.name}：{one.address}" for one in talk.policy.outlets.values()]
            talk.say("utter_locations", outlets="\n".join(lines), hotline=talk.policy.company.hotline, buttons=[
                button(f"{one.name}怎么走", "ask_location", outlet=one.id) for one in talk.policy.outlets.values()])
        return [SlotSet("last_outlet", outlet.id if outlet else None)]


class TakeUp(DeskAction):
    """A yes to “需要我帮您办理吗”: the service talked about is booked or applied for."""

    called = "action_take_up"

    async def act(self, talk: Talk) -> Events:
        """Begin the task that fits the service; ask which one when none was named."""
        if talk.task:
            return await not_understood(talk)
        about_ticket = await ticket_answers.respond(talk)
        if about_ticket is not None:
            return about_ticket
        service = talk.policy.services.get(talk.slot("last_service") or "")
        if service is None and talk.previous_actions()[-1:] != ["action_show_bookings"]:
            talk.say("utter_affirm")
            return []
        applies = service is not None and service.booking is None and service.application
        return [FollowupAction("application_form" if applies else "booking_form")]


class Inform(DeskAction):
    """Words that name something but say not what to do with it: “那周日呢”, a number, a service with a time."""

    called = "action_inform"

    async def act(self, talk: Talk) -> Events:
        """Go on with the last question, or take up what is meant; ask when that is open."""
        if talk.task:
            return await not_understood(talk)
        about_ticket = await ticket_answers.respond(talk) if not talk.entity("ticket_no") else None
        if about_ticket is not None:
            return about_ticket
        meant = self._meant(talk)
        if meant is None and not talk.message.get("entities"):
            return await not_understood(talk)
        if meant is None:
            talk.say("utter_inform")
            return []
        if meant.endswith("_form"):
            return [FollowupAction(meant)]
        return await ANSWERS[meant](self._app).act(talk)

    def _meant(self, talk: Talk) -> str | None:
        named = {name for name in ("ticket_no", "booking_no", "service_item", "outlet", "datetime") if talk.entity(name)}
        asked = self._asked(talk)
        if "ticket_no" in named:
            return "ticket_form"
        if "booking_no" in named:
            return "action_show_bookings"
        if named & ASKED_AGAIN.get(asked, set()):
            return asked
        service = talk.policy.services.get(talk.entity("service_item") or "")
        if service is not None and service.booking is not None and named & {"datetime", "outlet"}:
            return "booking_form"
        return "action_ask_service" if service is not None else None

    def _asked(self, talk: Talk) -> str:
        """The last question that was answered, however often it was repeated with other words."""
        names = (event["name"] for event in reversed(talk.tracker.events) if event["event"] == "action")
        return str(next((name for name in names if name not in ("action_listen", self.called)), ""))


ANSWERS: dict[str, type[DeskAction]] = {one.called: one for one in (AskPrice, AskProcedure, AskService, AskHours,
                                                                   AskLocation, ShowBookings)}
ASKED_AGAIN = {"action_ask_price": {"service_item"}, "action_ask_procedure": {"service_item"},
               "action_ask_service": {"service_item"}, "action_ask_hours": {"datetime", "outlet"},
               "action_ask_location": {"outlet"}}


def named_outlet(talk: Talk) -> Outlet | None:
    """The outlet a message names; else the one of the booking under way, or for “那家店” of the last answer."""
    said = talk.entity("outlet") or (talk.slot("booking_place") if talk.task == "booking_form" else None)
    if said is None and _THERE.search(talk.text):
        said = talk.slot("last_outlet")
    return talk.policy.outlets.get(said or "")


def named_service(talk: Talk, *, context: bool = True) -> Service | None:
    """The service a message names; else, with ``context``, the one of the task or of the last answer."""
    said = talk.entity("service_item")
    if said is None and context:
        said = talk.slot(f"{talk.task.removesuffix('_form')}_service") or talk.slot("last_service")
        if services.closest(talk.policy, subject(talk.text)):
            said = None
    return talk.policy.services.get(said or "")


def subject(text: str) -> str:
    """What a question is about: “开锁” of “开锁多少钱”, which we may not have; nothing of “那个多少钱”."""
    rest = _ASKING.sub("", bare(text)).strip()
    return rest if len(rest) >= 2 else ""


def offer(talk: Talk) -> str:
    """The offer to take a service up, unless a task is under way already."""
    return "" if talk.task else "需要我帮您办理吗？"


def next_steps(talk: Talk, service: Service) -> list[dict[str, str]]:
    """What one can do with a service, unless a task is under way already."""
    if talk.task:
        return []
    steps: list[tuple[bool, Callable[[], dict[str, str]]]] = [
        (service.booking is not None, lambda: button(f"预约{service.name}", "book_service", service_item=service.id)),
        (bool(service.application), lambda: button(f"申请{service.name}", "apply_service", service_item=service.id)),
        (service.kinds == {"fault"}, lambda: button("我要报修", "report_fault")),
    ]
    return [make() for possible, make in steps if possible]


def describe(calendar: Calendar) -> str:
    """Opening hours by kind of day in words."""
    days: dict[str, list[str]] = {}
    for kind, name in KINDS:
        hours = _windows((w.start, w.end) for w in calendar.days.get(kind, ()))
        days.setdefault(hours or "休息", []).append(name)
    if len(days) == 1:
        return f"每天{next(iter(days))}".replace("每天00:00–24:00", "全天24小时")
    return "，".join(f"{listed(names)}{hours}" for hours, names in days.items())


def _windows(windows: Iterable[tuple[time, time]]) -> str:
    return "、".join(f"{start:%H:%M}–{'24:00' if end == time(0) else f'{end:%H:%M}'}" for start, end in windows)
