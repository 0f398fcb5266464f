"""Bookings that are made already: showing, changing and cancelling them."""

from __future__ import annotations

import re
from datetime import datetime

from actions import appointments
from actions.base import DeskAction, Events, Talk, button, leave_task
from actions.forms import State, TaskForm, agrees
from actions.own_numbers import own
from actions.phrasing import full_time, short_time
from desk.core.booking_rules import SlotUnavailable
from desk.core.bookings import Booking
from desk.core.errors import DeskError
from desk.service import bookings

CHANGE_SLOTS = ("change_number", "change_day", "change_wish", "change_time", "change_confirm")
_KEEPS = re.compile(r"(不|别|先别|不用|不要)取消|保留|留着")


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
        """Where there is only one booking it is meant."""
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
        """Start clean, unless the time was lost to somebody else and another is wanted."""
        if state["change_wish"] and state["change_number"]:
            return
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
            if agrees(talk):
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
                return "change_time"
        return await super().missing(talk, state)

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """Which, when, sure?"""
        if slot == "change_number":
            await self._ask_number(talk)
            return
        booking = await find_booking(talk, state["change_number"])
        assert booking is not None
        if slot == "change_time":
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
        except SlotUnavailable:
            return appointments.lost(talk, "change")
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
        """A number, or words about cancelling at the last question."""
        return bool(talk.entity("booking_no")) or (requested == "cancel_confirm" and "取消" in talk.text)

    async def begin(self, talk: Talk, state: State) -> None:
        """Start clean."""
        await super().begin(talk, state)
        state["cancel_confirm"] = None

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """A number, a yes or a no."""
        await self._take_number(talk, state, requested)
        if requested == "cancel_confirm" and (talk.intent == "deny" or _KEEPS.search(talk.text)):
            state["cancel_confirm"] = "no"
        elif requested == "cancel_confirm" and (agrees(talk) or talk.intent in ("cancel_booking", "stop")):
            state["cancel_confirm"] = "yes"

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
    return await own(talk, number, find=bookings.find, what="booking")


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
