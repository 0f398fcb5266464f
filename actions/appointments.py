"""The time of a booking: what a customer says against what is free. Shared by booking and changing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Events, Talk
from actions.forms import State
from actions.phrasing import ANYTHING, day, full_time, said_time, short_time
from desk.gateways import chinese_time
from desk.gateways.chinese_time import Resolved
from desk.service import bookings

REASONS = {"past": "utter_booking_past", "too_soon": "utter_booking_too_soon", "too_far": "utter_booking_too_far",
           "closed": "utter_booking_closed", "off_grid": "utter_booking_off_grid", "full": "utter_booking_full"}


def wish_of(talk: Talk, requested: bool) -> str | None:
    """The time the customer names; “都可以” counts when the time was asked."""
    phrases = talk.entities("datetime")
    if phrases:
        return "".join(phrases) if len(phrases) > 1 and not chinese_time.names_day(phrases[-1]) else phrases[-1]
    return "随时" if requested and ANYTHING.search(talk.text) else None


async def settle(talk: Talk, state: State, *, service_id: str, resource: str, time_slot: str,
                 day_slot: str | None, phrase: str) -> None:
    """Turn a wish into a bookable time in ``time_slot``, or say why not and offer what is free (the question is put then).

    ``day_slot`` keeps the day talked about, so that “下午三点” after “周六” is understood.
    """
    known = date.fromisoformat(state[day_slot]) if day_slot and state[day_slot] else None
    state[time_slot] = None
    state.asked = True
    resolved = understand(phrase, known, talk.now)
    if resolved is None:
        await _offer_nearest(talk, service_id, resource, talk.now, "utter_booking_soonest" if phrase == "随时"
                             else "utter_booking_time_unclear", phrase=phrase)
        return
    where = resolved.start or resolved.end
    assert where is not None
    if day_slot:
        state[day_slot] = where.astimezone(talk.zone).date().isoformat()
    if resolved.kind == "time":
        await _at(talk, state, service_id, resource, time_slot, resolved)
    elif resolved.kind == "range" and resolved.end and resolved.start and resolved.end.date() != resolved.start.date():
        await _offer_nearest(talk, service_id, resource, max(resolved.start, talk.now), "utter_booking_range",
                             phrase=phrase)
    elif resolved.kind == "deadline":
        await _offer_nearest(talk, service_id, resource, talk.now, "utter_booking_range", phrase=phrase)
    else:
        await _offer_day(talk, service_id, resource, where.date(), _part(resolved))


def understand(phrase: str, known: date | None, now: datetime) -> Resolved | None:
    """A phrase in the light of the day that is being talked about."""
    if known is not None and not chinese_time.names_day(phrase):
        noon = datetime.combine(known, now.timetz()).replace(hour=0, minute=0)
        if known > now.date():
            return chinese_time.resolve(phrase, now=noon)
    return chinese_time.resolve(phrase, now=now)


def _part(resolved: Resolved) -> str | None:
    if resolved.kind == "range" and resolved.start is not None:
        return "am" if resolved.start.hour < 12 else "pm"
    return resolved.part


async def _at(talk: Talk, state: State, service_id: str, resource: str, time_slot: str, resolved: Resolved) -> None:
    assert resolved.start is not None
    readings = [resolved.start]
    if resolved.ambiguous:
        readings.append(resolved.start + timedelta(hours=12 if resolved.start.hour < 12 else -12))
    checks = [(at, await talk.call(bookings.check, service_id=service_id, resource=resource, starts_at=at))
              for at in readings]
    at, check = next(((at, check) for at, check in checks if check.ok), checks[0])
    if check.ok:
        state[time_slot], state.asked = at.isoformat(), False
        return
    if check.reason == "closed" and await _closed_all_day(talk, service_id, resource, at):
        return
    talk.say(REASONS[check.reason or "closed"], day=day(at, talk.zone), time=full_time(at, talk.zone),
             buttons=slot_buttons(talk, check.alternatives))


async def _closed_all_day(talk: Talk, service_id: str, resource: str, at: datetime) -> bool:
    wanted = at.astimezone(talk.zone).date()
    offers = await talk.call(bookings.offers, service_id=service_id, resource=resource, day=wanted)
    if not offers.slots:
        await _offer_day(talk, service_id, resource, wanted, None)
    return not offers.slots


async def _offer_day(talk: Talk, service_id: str, resource: str, wanted: date, part: str | None) -> None:
    offers = await talk.call(bookings.offers, service_id=service_id, resource=resource, day=wanted, part=part)
    at = datetime.combine(wanted, datetime.min.time(), talk.zone)
    if offers.slots:
        talk.say("utter_booking_offers", day=day(at, talk.zone), buttons=slot_buttons(talk, offers.slots))
        return
    near = await talk.call(bookings.nearest, service_id=service_id, resource=resource,
                           around=at + timedelta(hours=10))
    talk.say("utter_booking_day_closed", day=day(at, talk.zone), why=_why(offers.closed),
             buttons=slot_buttons(talk, near))


def _why(closed: str | None) -> str:
    return (closed or "没有空位").removeprefix("当天").removesuffix("，休息")


async def _offer_nearest(talk: Talk, service_id: str, resource: str, around: datetime, response: str,
                         **values: Any) -> None:
    near = await talk.call(bookings.nearest, service_id=service_id, resource=resource, around=around)
    talk.say(response, buttons=slot_buttons(talk, near), **values)


def slot_buttons(talk: Talk, slots: list[datetime]) -> list[dict[str, str]]:
    """Free times as quick replies."""
    return [{"title": short_time(slot, talk.zone),
             "payload": f'/inform{{"datetime":"{said_time(slot, talk.zone)}"}}'} for slot in slots]


def lost(talk: Talk, task: str) -> Events:
    """Somebody was faster: the form takes the same wish again and offers what is left."""
    talk.say("utter_booking_lost")
    wish = said_time(datetime.fromisoformat(talk.slot(f"{task}_time")), talk.zone)
    return [SlotSet(f"{task}_time", None), SlotSet(f"{task}_confirm", None), SlotSet(f"{task}_wish", wish),
            FollowupAction("booking_form" if task == "booking" else "change_booking_form")]
