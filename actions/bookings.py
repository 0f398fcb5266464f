"""Bookings: making one, showing, changing and cancelling."""

from __future__ import annotations

from datetime import datetime

from rasa_sdk.events import FollowupAction, SlotSet

from actions import appointments, contacts
from actions.base import DeskAction, Events, Talk, button, leave_task
from actions.forms import State, TaskForm
from actions.phrasing import ANYTHING, full_time, short_time
from desk.core import numbers, services
from desk.core.booking_rules import SlotUnavailable
from desk.core.bookings import Booking
from desk.core.errors import DeskError, NotFound, NotYours
from desk.core.policy import BookingRule, Policy, Service
from desk.service import bookings

BOOKING_SLOTS = ("booking_service", "booking_place", "booking_day", "booking_wish", "booking_time", "booking_name",
                 "booking_phone", "booking_confirm")
CHANGE_SLOTS = ("change_number", "change_day", "change_time", "change_confirm")
SHOWN_SERVICES = 8


class BookingForm(TaskForm):
    """Service, place, time, name, phone, confirmation."""

    form = "booking_form"
    steps = ("booking_service", "booking_place", "booking_time", "booking_name", "booking_phone", "booking_confirm")
    own_intents = frozenset({"book_service", "inform", "affirm", "deny", "change_booking"})

    def answers(self, talk: Talk, requested: str) -> bool:
        """A message with the entity that was asked for."""
        wanted = {"booking_service": ("service_item",), "booking_place": ("outlet", "address"),
                  "booking_time": ("datetime",), "booking_name": ("person_name",), "booking_phone": ("phone",),
                  "booking_confirm": ("datetime", "phone", "outlet", "address")}[requested]
        return any(talk.entity(name) for name in wanted) and talk.intent not in ("ask_price", "ask_location",
                                                                                  "ask_hours", "ask_procedure")

    async def begin(self, talk: Talk, state: State) -> None:
        """Know the verified; keep what an interrupted booking had."""
        if talk.intent == "affirm" and _rule(talk.policy, talk.slot("last_service")) is not None:
            state["booking_service"] = talk.slot("last_service")
        await contacts.prefill(talk, state, name_slot="booking_name", phone_slot="booking_phone")

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """Everything the message gives, in any order."""
        self._take_service(talk, state, requested)
        self._take_place(talk, state, requested)
        wish = appointments.wish_of(talk, requested == "booking_time")
        if wish and not (requested == "booking_time" and talk.intent == "deny" and not talk.entity("datetime")):
            state["booking_wish"] = wish
        contacts.take(talk, state, requested, name_slot="booking_name", phone_slot="booking_phone")
        if requested == "booking_confirm":
            self._take_confirmation(talk, state)

    def _take_service(self, talk: Talk, state: State, requested: str | None) -> None:
        said = talk.entity("service_item")
        if said is None and requested == "booking_service":
            match = services.match(talk.policy, talk.text)
            said = match.service.id if match.service else None
            if said is None and talk.intent in ("inform", "book_service", "nlu_fallback", "apply_service"):
                state["booking_service"] = None
                closest = [one for one in match.closest if one.booking] or services.of_kind(talk.policy, "booking")
                talk.say("utter_booking_unknown_service", buttons=_service_buttons(closest[:3]))
                return
        if said is None:
            return
        service = talk.policy.services.get(said)
        if service is None or service.booking is None:
            state["booking_service"] = None
            self._not_bookable(talk, said)
        elif service.id != state["booking_service"]:
            state["booking_service"] = service.id
            if state["booking_place"] and not _place_fits(service.booking, state["booking_place"]):
                state["booking_place"] = None

    def _not_bookable(self, talk: Talk, said: str) -> None:
        service = talk.policy.services.get(said)
        name = service.name if service else said
        options = [button(f"申请{name}", "apply_service", service_item=said)] if service and service.application else []
        options += [button(f"报修{name}", "report_fault")] if service and "fault" in service.kinds else []
        talk.say("utter_booking_not_bookable", service=name, buttons=options)

    def _take_place(self, talk: Talk, state: State, requested: str | None) -> None:
        rule = _rule(talk.policy, state["booking_service"])
        outlet, address = talk.entity("outlet"), talk.entity("address")
        if outlet and (rule is None or rule.where == "outlet"):
            if rule is not None and outlet not in rule.outlets:
                state["booking_place"] = None
                talk.say("utter_booking_not_there", outlet=talk.policy.outlets[outlet].name)
            else:
                state["booking_place"] = outlet
        elif address and (rule is None or rule.where == "onsite"):
            state["booking_place"] = address
        elif requested == "booking_place" and rule is not None:
            self._take_bare_place(talk, state, rule)

    def _take_bare_place(self, talk: Talk, state: State, rule: BookingRule) -> None:
        if rule.where == "outlet" and ANYTHING.search(talk.text):
            state["booking_place"] = rule.outlets[0]
        elif rule.where == "onsite" and len(talk.text.strip()) >= 4 and talk.intent in ("inform", "nlu_fallback") \
                and not talk.entity("datetime") and not talk.entity("phone"):
            state["booking_place"] = talk.text.strip()[:100]
        elif rule.where == "outlet" and talk.intent == "inform" and not any(
                talk.entity(name) for name in ("datetime", "phone", "person_name", "service_item")):
            state["booking_place"] = None
            talk.say("utter_booking_unknown_outlet")

    def _take_confirmation(self, talk: Talk, state: State) -> None:
        if state.touched:
            return
        if talk.intent == "affirm":
            state["booking_confirm"] = True
        elif talk.intent in ("deny", "change_booking"):
            state["booking_confirm"] = None
            talk.say("utter_booking_what_to_change")

    async def missing(self, talk: Talk, state: State) -> str | None:
        """Settle the time once service and place are known."""
        if state["booking_wish"] and state["booking_service"] and state["booking_place"]:
            service_id = state["booking_service"]
            await appointments.settle(talk, state, service_id=service_id, time_slot="booking_time",
                                      day_slot="booking_day", phrase=state["booking_wish"],
                                      resource=_resource(talk.policy, service_id, state["booking_place"]))
            state["booking_wish"] = None
            if state["booking_time"] is None:
                state["booking_asked"] = True
                return "booking_time"
        state["booking_asked"] = None
        return await super().missing(talk, state)

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """Ask with the choices there are; after offers or a refusal of a time the question stands already."""
        if slot == "booking_service":
            talk.say("utter_want_booking_service", buttons=_service_buttons(
                services.of_kind(talk.policy, "booking")[:SHOWN_SERVICES]))
        elif slot == "booking_place":
            rule = _rule(talk.policy, state["booking_service"])
            assert rule is not None
            name = talk.policy.services[state["booking_service"]].name
            if rule.where == "outlet":
                talk.say("utter_want_booking_outlet", service=name, buttons=[
                    button(talk.policy.outlets[one].name, "inform", outlet=one) for one in rule.outlets])
            else:
                talk.say("utter_want_booking_address", service=name)
        elif slot == "booking_time" and not state["booking_asked"]:
            await self._ask_time(talk, state)
        elif slot == "booking_phone":
            talk.say("utter_want_booking_phone", surname=talk.surname, buttons=contacts.phone_buttons())
        elif slot == "booking_confirm":
            self._ask_confirmation(talk, state)
        elif slot == "booking_name":
            talk.say("utter_want_booking_name")

    async def _ask_time(self, talk: Talk, state: State) -> None:
        service_id = state["booking_service"]
        near = await talk.call(bookings.nearest, service_id=service_id, around=talk.now,
                               resource=_resource(talk.policy, service_id, state["booking_place"]))
        talk.say("utter_want_booking_time", buttons=appointments.slot_buttons(talk, near))

    def _ask_confirmation(self, talk: Talk, state: State) -> None:
        at = datetime.fromisoformat(state["booking_time"])
        talk.say("utter_want_booking_confirm", service=talk.policy.services[state["booking_service"]].name,
                 place=_place_name(talk.policy, state["booking_service"], state["booking_place"]),
                 time=full_time(at, talk.zone), name=state["booking_name"],
                 phone=contacts.shown(state["booking_phone"]),
                 buttons=[button("确认预约", "affirm"), button("修改", "deny"), button("不约了", "stop")])


class BookingSubmit(DeskAction):
    """Writes the booking, or offers what is left when somebody was faster."""

    called = "action_booking_submit"

    async def act(self, talk: Talk) -> Events:
        """Book, confirm, forget the task."""
        service_id, place = talk.slot("booking_service"), talk.slot("booking_place")
        rule = _rule(talk.policy, service_id)
        assert rule is not None
        try:
            booking = await talk.call(
                bookings.book, service_id=service_id, resource=_resource(talk.policy, service_id, place),
                starts_at=datetime.fromisoformat(talk.slot("booking_time")), contact_name=talk.slot("booking_name"),
                contact_phone=contacts.stored(talk.slot("booking_phone")), conversation_id=talk.conversation,
                address=place if rule.where == "onsite" else "", key=talk.key("book"))
        except SlotUnavailable as error:
            talk.say("utter_booking_lost", buttons=appointments.slot_buttons(talk, error.alternatives))
            return [SlotSet("booking_time", None), SlotSet("booking_confirm", None), SlotSet("booking_asked", True),
                    FollowupAction("booking_form")]
        talk.say("utter_booking_done", number=booking.number, surname=talk.surname,
                 service=talk.policy.services[service_id].name, time=full_time(booking.starts_at, talk.zone),
                 place=_place_name(talk.policy, service_id, place))
        return leave_task(*BOOKING_SLOTS)


class ShowBookings(DeskAction):
    """What the customer has booked."""

    called = "action_show_bookings"

    async def act(self, talk: Talk) -> Events:
        """List them with what can be done."""
        number = talk.entity("booking_no")
        if number:
            booking = await find_booking(talk, number)
            if booking is not None:
                talk.say("utter_booking_shown" if booking.status == "booked" else "utter_booking_shown_cancelled",
                         booking=describe(talk, booking), buttons=_change_buttons(booking))
            return []
        found = await talk.call(bookings.upcoming, conversation_id=talk.conversation)
        if not found:
            talk.say("utter_no_bookings", buttons=[button("预约服务", "book_service")])
        elif len(found) == 1:
            talk.say("utter_booking_shown", booking=describe(talk, found[0]), buttons=_change_buttons(found[0]))
        else:
            talk.say("utter_bookings_shown", bookings="\n".join(f"· {describe(talk, one)}" for one in found))
        return []


class BookingChoice(TaskForm):
    """What changing and cancelling share: which booking is meant."""

    number_slot = ""

    async def begin(self, talk: Talk, state: State) -> None:
        """Where there is only one booking it is meant; where there is none the task ends."""
        state[self.number_slot] = None
        if talk.entity("booking_no"):
            return
        found = await talk.call(bookings.upcoming, conversation_id=talk.conversation)
        if len(found) == 1:
            state[self.number_slot] = found[0].number

    async def _take_number(self, talk: Talk, state: State, requested: str | None) -> None:
        number = talk.entity("booking_no")
        if number is None:
            return
        booking = await find_booking(talk, number)
        if booking is not None and booking.status != "booked":
            talk.say("utter_booking_over", number=number)
            booking = None
        state[self.number_slot] = booking.number if booking else None

    async def _ask_number(self, talk: Talk) -> None:
        found = await talk.call(bookings.upcoming, conversation_id=talk.conversation)
        if found:
            talk.say("utter_want_which_booking", buttons=[
                button(f"{talk.policy.services[one.service_id].name} {short_time(one.starts_at, talk.zone)}", "inform",
                       booking_no=one.number) for one in found])
        else:
            talk.say("utter_want_booking_no")


class ChangeBookingForm(BookingChoice):
    """Which booking, and when instead; the new time is read back before it is written."""

    form = "change_booking_form"
    number_slot = "change_number"
    steps = ("change_number", "change_time", "change_confirm")
    own_intents = frozenset({"change_booking", "inform", "affirm", "deny", "book_service"})

    def answers(self, talk: Talk, requested: str) -> bool:
        """A number or a time."""
        return bool(talk.entity("booking_no") or talk.entity("datetime"))

    async def begin(self, talk: Talk, state: State) -> None:
        """Start clean."""
        await super().begin(talk, state)
        for slot in ("change_time", "change_day", "change_confirm"):
            state[slot] = None

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """A number, a time, a yes."""
        await self._take_number(talk, state, requested)
        wish = appointments.wish_of(talk, requested == "change_time")
        if wish:
            state["change_wish"] = wish
        if requested == "change_confirm" and not wish:
            if talk.intent == "affirm":
                state["change_confirm"] = True
            elif talk.intent == "deny":
                state["change_time"] = state["change_day"] = None

    async def missing(self, talk: Talk, state: State) -> str | None:
        """Settle the new time once the booking is known."""
        if state["change_wish"] and state["change_number"]:
            booking = await find_booking(talk, state["change_number"])
            assert booking is not None
            state["change_day"] = state["change_day"] or booking.starts_at.astimezone(talk.zone).date().isoformat()
            await appointments.settle(talk, state, service_id=booking.service_id, resource=booking.resource,
                                      time_slot="change_time", day_slot="change_day", phrase=state["change_wish"])
            state["change_wish"] = None
            if state["change_time"] is None:
                state["booking_asked"] = True
                return "change_time"
        state["booking_asked"] = None
        return await super().missing(talk, state)

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """Which, when, sure?"""
        if slot == "change_number":
            await self._ask_number(talk)
            return
        booking = await find_booking(talk, state["change_number"])
        assert booking is not None
        if slot == "change_time" and not state["booking_asked"]:
            near = await talk.call(bookings.nearest, service_id=booking.service_id, resource=booking.resource,
                                   around=booking.starts_at)
            talk.say("utter_want_change_time", booking=describe(talk, booking),
                     buttons=appointments.slot_buttons(talk, [one for one in near if one != booking.starts_at]))
        elif slot == "change_confirm":
            at = datetime.fromisoformat(state["change_time"])
            talk.say("utter_want_change_confirm", old=full_time(booking.starts_at, talk.zone),
                     new=full_time(at, talk.zone), service=talk.policy.services[booking.service_id].name,
                     buttons=[button("确认改期", "affirm"), button("换个时间", "deny"), button("不改了", "stop")])


class ChangeBookingSubmit(DeskAction):
    """Moves the booking."""

    called = "action_change_booking_submit"

    async def act(self, talk: Talk) -> Events:
        """Move, confirm, forget the task."""
        try:
            booking = await talk.call(
                bookings.change, number=talk.slot("change_number"), conversation_id=talk.conversation,
                starts_at=datetime.fromisoformat(talk.slot("change_time")), key=talk.key("change"))
        except SlotUnavailable as error:
            talk.say("utter_booking_lost", buttons=appointments.slot_buttons(talk, error.alternatives))
            return [SlotSet("change_time", None), SlotSet("change_confirm", None), SlotSet("booking_asked", True),
                    FollowupAction("change_booking_form")]
        except DeskError:
            talk.say("utter_booking_over", number=talk.slot("change_number"))
            return leave_task(*CHANGE_SLOTS)
        talk.say("utter_change_done", booking=describe(talk, booking), surname=talk.surname)
        return leave_task(*CHANGE_SLOTS)


class CancelBookingForm(BookingChoice):
    """Which booking, and whether really."""

    form = "cancel_booking_form"
    number_slot = "cancel_number"
    steps = ("cancel_number", "cancel_confirm")
    own_intents = frozenset({"cancel_booking", "inform", "affirm", "deny"})

    def answers(self, talk: Talk, requested: str) -> bool:
        """A number."""
        return bool(talk.entity("booking_no"))

    async def begin(self, talk: Talk, state: State) -> None:
        """Start clean."""
        await super().begin(talk, state)
        state["cancel_confirm"] = None

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """A number, a yes or a no."""
        await self._take_number(talk, state, requested)
        if requested == "cancel_confirm" and talk.intent in ("affirm", "cancel_booking"):
            state["cancel_confirm"] = "yes"
        elif requested == "cancel_confirm" and talk.intent == "deny":
            state["cancel_confirm"] = "no"

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """Which, sure?"""
        if slot == "cancel_number":
            await self._ask_number(talk)
            return
        booking = await find_booking(talk, state["cancel_number"])
        assert booking is not None
        talk.say("utter_want_cancel_confirm", booking=describe(talk, booking),
                 buttons=[button("确认取消", "affirm"), button("保留预约", "deny"), button("改个时间", "change_booking")])


class CancelBookingSubmit(DeskAction):
    """Cancels, or keeps."""

    called = "action_cancel_booking_submit"

    async def act(self, talk: Talk) -> Events:
        """Give the place back."""
        if talk.slot("cancel_confirm") == "yes":
            booking = await talk.call(bookings.cancel, number=talk.slot("cancel_number"), key=talk.key("cancel"),
                                      conversation_id=talk.conversation)
            talk.say("utter_cancel_done", number=booking.number, surname=talk.surname,
                     buttons=[button("重新预约", "book_service")])
        else:
            talk.say("utter_cancel_kept")
        return leave_task("cancel_number", "cancel_confirm")


async def find_booking(talk: Talk, number: str) -> Booking | None:
    """A booking of this customer; says what is wrong and returns None otherwise."""
    if not numbers.valid(number):
        talk.say("utter_number_slip", number=number)
        return None
    try:
        return await talk.call(bookings.find, number=number, conversation_id=talk.conversation)
    except NotFound:
        talk.say("utter_booking_unknown", number=number)
    except NotYours:
        talk.say("utter_booking_not_yours", buttons=[button("核验身份", "ask_account")])
    return None


def describe(talk: Talk, booking: Booking) -> str:
    """A booking in one line."""
    place = booking.address or talk.policy.outlets[booking.resource].name
    name = talk.policy.services[booking.service_id].name
    return f"{name}，{full_time(booking.starts_at, talk.zone)}，{place}（{booking.number}）"


def _change_buttons(booking: Booking) -> list[dict[str, str]]:
    if booking.status != "booked":
        return []
    return [button("改时间", "change_booking", booking_no=booking.number),
            button("取消预约", "cancel_booking", booking_no=booking.number)]


def _service_buttons(offered: list[Service]) -> list[dict[str, str]]:
    return [button(one.name, "inform", service_item=one.id) for one in offered]


def _rule(policy: Policy, service_id: str | None) -> BookingRule | None:
    service = policy.services.get(service_id or "")
    return service.booking if service else None


def _resource(policy: Policy, service_id: str, place: str) -> str:
    rule = _rule(policy, service_id)
    return place if rule is not None and rule.where == "outlet" else bookings.ONSITE


def _place_fits(rule: BookingRule, place: str) -> bool:
    return (place in rule.outlets) if rule.where == "outlet" else len(place) > 6


def _place_name(policy: Policy, service_id: str, place: str) -> str:
    return policy.outlets[place].name if place in policy.outlets else place
