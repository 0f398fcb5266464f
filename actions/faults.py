"""Faults are registered for repair; emergencies get a safety sentence, a ticket and a person, in that order."""

from __future__ import annotations

import re

from rasa_sdk.events import SlotSet

from actions import contacts, ticket_answers
from actions.base import DeskAction, Events, Talk, button, leave_task
from actions.forms import REFUSED, State, TaskForm
from actions.handing_over import hand_over
from actions.phrasing import REFUSES, bare
from actions.receipts import left_half_done, receipt, register
from desk.core import services
from desk.core.policy import Service

SLOTS = ("fault_matter", "fault_service", "fault_address", "fault_phone")
NOTHING_SAID = ("", "报修", "我要报修", "我想报修", "坏了", "维修", "我要维修", "修东西", "有东西坏了", "东西坏了")
DANGERS = (
    ("elevator", re.compile(r"电梯")),
    ("gas", re.compile(r"煤气|燃气|天然气|瓦斯|液化气")),
    ("fire", re.compile(r"(?<!打)火(?!花)|冒烟|烧焦|糊味|爆炸|烧起来")),
    ("electricity", re.compile(r"漏电|触电|电到|电线|火花|短路|打火|插座")),
    ("water", re.compile(r"水管|漏水|水漫|淹|爆管|喷水|跑水")),
    ("injury", re.compile(r"受伤|流血|晕|摔|砸|骨折|昏|救命|烫伤|烧伤")),
    ("outage", re.compile(r"全公司|整个公司|全断|瘫痪|断网|断电|停电|全部|都上不了|机房|中断")),
)


class FaultForm(TaskForm):
    """What is broken, where, and how to reach the customer."""

    form = "fault_form"
    steps = ("fault_matter", "fault_service", "fault_address", "fault_phone")
    free_text = frozenset({"fault_matter"})
    own_intents = frozenset({"report_fault", "inform", "nlu_fallback", "affirm", "deny"})

    def answers(self, talk: Talk, requested: str) -> bool:
        """What was asked for as an entity."""
        wanted = {"fault_address": "address", "fault_phone": "phone", "fault_service": "service_item"}
        return requested in wanted and bool(talk.entity(wanted[requested]))

    async def about_known(self, talk: Talk) -> bool:
        """“还是没修好” about an answer, or what was asked for it, is no new fault."""
        return talk.intent == "report_fault" and await ticket_answers.meaning(talk, begins=True) is not None

    async def begin(self, talk: Talk, state: State) -> None:
        """Start clean, but know the verified."""
        for slot in SLOTS[:3]:
            state[slot] = None
        await contacts.prefill(talk, state, name_slot=None, phone_slot="fault_phone")

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """The first message mostly says what is broken."""
        text = talk.text.strip()
        opens = requested is None and not talk.pressed and len(text) >= 4
        told = requested == "fault_matter" and not talk.is_small_talk
        if (opens or told) and bare(text) not in NOTHING_SAID and not text.startswith("/"):
            state["fault_matter"] = text
        elif (requested == "fault_service" and not talk.pressed and not talk.is_small_talk and len(text) >= 4) or (
                requested in ("fault_address", "fault_phone") and self.adds(talk)):
            state["fault_matter"] = f"{state['fault_matter']}\uff1b{text}"
        service = self._service(talk, text) if opens or requested in ("fault_matter", "fault_service") else None
        if service:
            state["fault_service"] = service
        self._take_address(talk, state, requested)
        contacts.take(talk, state, requested, name_slot=None, phone_slot="fault_phone")

    def _take_address(self, talk: Talk, state: State, requested: str | None) -> None:
        text, bare_answer = talk.text.strip(), talk.intent in ("inform", "nlu_fallback")
        if talk.entity("address"):
            state["fault_address"] = talk.entity("address")
        elif requested == "fault_address" and (talk.intent == "deny" or (bare_answer and REFUSES.search(text))):
            state["fault_address"] = REFUSED
            talk.say("utter_address_refused")
        elif requested == "fault_address" and len(bare(text)) >= 4 and bare_answer and not talk.entity("phone"):
            state["fault_address"] = text[:100]

    def _service(self, talk: Talk, text: str) -> str | None:
        named = talk.entity("service_item")
        if named and "fault" in talk.policy.services[named].kinds:
            return named
        guessed = services.by_symptom(talk.policy, text)
        return guessed.id if guessed else None

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """One thing at a time."""
        if slot == "fault_service":
            talk.say("utter_want_fault_service", buttons=[
                button(one.name, "inform", service_item=one.id) for one in _repairs(talk)])
        elif slot == "fault_phone":
            talk.say("utter_want_fault_phone", buttons=contacts.phone_buttons())
        else:
            talk.say(f"utter_want_{slot}")


class FaultSubmit(DeskAction):
    """Registers the fault and says when somebody calls."""

    called = "action_fault_submit"

    async def act(self, talk: Talk) -> Events:
        """Ticket and receipt, with the offer of a time; “没修好” about an answer reopens its ticket."""
        service_id, matter = talk.slot("fault_service"), talk.slot("fault_matter")
        if matter is None:
            return await ticket_answers.respond(talk) or []
        service = talk.policy.services[service_id]
        phone, address = contacts.stored(talk.slot("fault_phone")), contacts.stored(talk.slot("fault_address"))
        ticket = await register(talk, kind="fault", subject=f"{service.name}：{matter[:40]}", detail=matter,
                                effect="fault", service_id=service_id, contact_phone=phone,
                                address=address)
        offer = [button("预约上门时间", "book_service", service_item=service_id)] if service.booking else []
        receipt(talk, ticket, "utter_fault_receipt" if phone else "utter_fault_receipt_here", fee=service.fee,
                buttons=offer or left_half_done(talk))
        visit = [SlotSet("booking_place", address)] if offer and address else []  # not asked for again
        return [*leave_task(*SLOTS), *visit]


class Emergency(DeskAction):
    """Safety first, then a ticket, then a person."""

    called = "action_emergency"

    async def act(self, talk: Talk) -> Events:
        """Whatever task was under way is left."""
        danger = next((name for name, pattern in DANGERS if pattern.search(talk.text)), "other")
        talk.say(f"utter_emergency_{danger}")
        ticket = await register(talk, kind="emergency", subject=talk.text[:60], detail=talk.text,
                                effect="emergency", address=talk.entity("address") or "",
                                contact_phone=talk.entity("phone") or "")
        receipt(talk, ticket, "utter_emergency_receipt" if ticket.address else "utter_emergency_receipt_where")
        await hand_over(talk, reason="report_emergency", priority="emergency", ticket=ticket.number)
        return leave_task()


def _repairs(talk: Talk) -> list[Service]:
    return services.of_kind(talk.policy, "fault")
