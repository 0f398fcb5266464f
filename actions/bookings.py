"""Bookings: making one. Those that are made already are in ``own_bookings``."""

from __future__ import annotations

from datetime import datetime

from actions import appointments, contacts
from actions.base import DeskAction, Events, Talk, button, leave_task
from actions.forms import State, TaskForm, agrees, service_asked_about
from actions.phrasing import ANYTHING, EITHER, bare, full_time
from desk.core import services
from desk.core.booking_rules import SlotUnavailable
from desk.core.policy import BookingRule, Policy, Service
from desk.service import bookings

BOOKING_SLOTS = ("booking_service", "booking_place", "booking_day", "booking_wish", "booking_time", "booking_name",
                 "booking_phone", "booking_confirm")
SHOWN_SERVICES = 10
TOLD_EARLY = ("datetime", "outlet", "address", "person_name", "phone")
OWN = {"address", "person_name", "phone"}


class BookingForm(TaskForm):
    """Service, place, time, name, phone, confirmation."""

    form = "booking_form"
    steps = ("booking_service", "booking_place", "booking_time", "booking_name", "booking_phone", "booking_confirm")
    own_intents = frozenset({"book_service", "inform", "affirm", "deny", "change_booking"})

    def answers(self, talk: Talk, requested: str) -> bool:
        """A message with the entity that was asked for, or another service (“我约的是保洁”)."""
        if talk.intent == "ask_booking" and talk.entity("service_item"):
            return True
        if requested in ("booking_place", "booking_time") and EITHER.search(talk.text):
            return True
        wanted = {"booking_service": ("service_item",), "booking_place": ("outlet", "address"),
                  "booking_time": ("datetime",), "booking_name": ("person_name",), "booking_phone": ("phone",),
                  "booking_confirm": ("datetime", "phone", "outlet", "address")}[requested]
        given = {name for name in wanted if talk.entity(name)}
        asking = talk.intent in ("ask_price", "ask_location", "ask_hours", "ask_procedure")
        # A question may name a service, an outlet or a day; who gives an own address, name or phone answers.
        return bool(given & OWN) or (bool(given) and not asking)

    async def begin(self, talk: Talk, state: State) -> None:
        """Know the verified and what was just talked about; keep what an interrupted booking had."""
        asked = service_asked_about(talk)
        if _rule(talk.policy, asked) is not None:
            state["booking_service"] = asked
        await contacts.prefill(talk, state, name_slot="booking_name", phone_slot="booking_phone")
        contacts.recall(state, name_slot="booking_name", phone_slot="booking_phone")

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
        if said is None and requested in (None, "booking_service") and not state["booking_service"]:
            said = _service_for(talk.policy, talk.text)
        if said is None and requested == "booking_service":
            match = services.match(talk.policy, talk.text)
            said = match.service.id if match.service else None
            if said is None and any(talk.entity(name) for name in TOLD_EARLY):
                return  # tells something else first; the service is asked for again
            if said is None and talk.intent in ("inform", "book_service", "nlu_fallback", "apply_service"):
                state["booking_service"], state.asked = None, True
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
        elif rule.where == "onsite" and len(bare(talk.text)) >= 4 and talk.intent in ("inform", "nlu_fallback") \
                and not talk.entity("datetime") and not talk.entity("phone"):
            state["booking_place"] = talk.text.strip()[:100]
        elif rule.where == "outlet" and talk.intent == "inform" and not any(
                talk.entity(name) for name in ("datetime", "phone", "person_name", "service_item")):
            state["booking_place"] = None
            talk.say("utter_booking_unknown_outlet")

    def _take_confirmation(self, talk: Talk, state: State) -> None:
        if state.touched:
            return
        if agrees(talk):
            state["booking_confirm"] = True
        elif talk.intent in ("deny", "change_booking"):
            state["booking_confirm"], state.asked = None, True
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
                return "booking_time"
        return await super().missing(talk, state)

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """Ask with the choices there are."""
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
        elif slot == "booking_time":
            await self._ask_time(talk, state)
        elif slot == "booking_phone":
            talk.say("utter_want_booking_phone", surname=contacts.title(talk, state), buttons=contacts.phone_buttons())
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
                 phone=contacts.shown(state, "booking_phone"),
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
        except SlotUnavailable:
            return appointments.lost(talk, "booking")
        talk.say(f"utter_booking_done_{rule.where}", number=booking.number, surname=talk.surname,
                 service=talk.policy.services[service_id].name, time=full_time(booking.starts_at, talk.zone),
                 place=_place_name(talk.policy, service_id, place))
        return leave_task(*BOOKING_SLOTS)


def _service_for(policy: Policy, text: str) -> str | None:
    """The service that mends what a text says is broken: “空调坏了，明天能来吗”."""
    found = services.by_symptom(policy, text)
    return found.id if found is not None and found.booking is not None else None


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
