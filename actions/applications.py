"""Applications and orders: the fields of a service asked one at a time, refused with reason and way (GG-7)."""

from __future__ import annotations

import re
from typing import Any

from actions import appointments, contacts
from actions.base import DeskAction, Events, Talk, button, leave_task
from actions.forms import State, TaskForm, agrees, service_asked_about
from actions.phrasing import WRONG, bare, day, full_time
from actions.receipts import receipt, register
from desk.core import services
from desk.core.applications import qualify
from desk.core.policy import Field, Service
from desk.gateways import chinese_time

SLOTS = ("application_service", "application_fields", "application_complete", "application_name",
         "application_phone", "application_confirm")
_RIGHT = re.compile(r"^.*?(?:应该是|应该写|改成|改为|换成|是|[,\uff0c:\uff1a])+")


class ApplicationForm(TaskForm):
    """Which service, its own fields, and a contact."""

    form = "application_form"
    steps = ("application_service", "application_complete", "application_name", "application_phone",
             "application_confirm")
    free_text = frozenset({"application_complete"})
    own_intents = frozenset({"apply_service", "inform", "nlu_fallback", "affirm", "deny", "book_service",
                             "change_booking"})

    def answers(self, talk: Talk, requested: str) -> bool:
        """What was asked for as an entity."""
        if requested == "application_complete":
            field = next_field(talk, State(talk))
            return field is not None and self._fits(talk, field)
        wanted = {"application_service": "service_item", "application_name": "person_name",
                  "application_phone": "phone"}
        return requested in wanted and bool(talk.entity(wanted[requested]))

    def _fits(self, talk: Talk, field: Field) -> bool:
        """Whether the words have what the field wants, or what it is refused for (“烟花20箱” reports no fire)."""
        if qualify(talk.policy.services[talk.slot("application_service")], {field.key: talk.text}) is not None:
            return True
        kind = "service_item" if field.kind in ("text", "number") else field.kind
        return bool(talk.entity(kind)) and talk.intent not in ("ask_price", "ask_procedure", "ask_hours")

    async def begin(self, talk: Talk, state: State) -> None:
        """Start clean, but know the verified."""
        for slot in SLOTS:
            state[slot] = None
        await contacts.prefill(talk, state, name_slot="application_name", phone_slot="application_phone")
        contacts.recall(state, name_slot="application_name", phone_slot="application_phone")

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """The service first, then field by field."""
        if requested in (None, "application_service"):
            self._take_service(talk, state, requested)
        elif requested == "application_complete":
            self._take_field(talk, state)
        if requested != "application_complete":
            contacts.take(talk, state, requested, name_slot="application_name", phone_slot="application_phone")
        if requested == "application_confirm" and not state.touched:
            if agrees(talk):
                state["application_confirm"] = "yes"
            elif not self._corrected(talk, state) and (talk.intent in ("deny", "change_booking")
                                                       or WRONG.search(talk.text)):
                state["application_confirm"], state.asked = None, True
                talk.say("utter_application_what_to_change")

    def _take_service(self, talk: Talk, state: State, requested: str | None) -> None:
        said = talk.entity("service_item") or (None if requested else service_asked_about(talk))
        service = talk.policy.services.get(said or "")
        if service is None and requested:
            service = services.match(talk.policy, talk.text).service
        if service is not None and service.application:
            state["application_service"], state["application_fields"] = service.id, {}
        elif service is not None:
            state["application_service"] = None
            talk.say("utter_application_not_needed", service=service.name, buttons=[
                button(f"预约{service.name}", "book_service", service_item=service.id)])
        elif requested and talk.intent in ("inform", "nlu_fallback", "apply_service"):
            state["application_service"] = None
            talk.say("utter_application_unknown_service")

    def _corrected(self, talk: Talk, state: State) -> bool:
        """“带宽改成1000M”: the field that is named, or whose kind of answer is given, is filled anew."""
        given = _RIGHT.sub("", talk.text.strip())
        for field in talk.policy.services[state["application_service"]].application:
            if not _is_about(talk, field):
                continue
            value = _answer(talk, field, given)
            if value is not None:
                state["application_fields"] = {**state["application_fields"], field.key: value}
                return True
        return False

    def _take_field(self, talk: Talk, state: State) -> None:
        field = next_field(talk, state)
        text = talk.text.strip()
        if field is None or not text:
            return
        given = _answer(talk, field, text)
        polite = field.kind != "choice" and talk.intent in ("affirm", "thank", "greet") and len(text) <= 4
        if given is not None and not polite:
            state["application_fields"] = {**(state["application_fields"] or {}), field.key: given}

    async def missing(self, talk: Talk, state: State) -> str | None:
        """Fields first; a refused application ends here."""
        service = talk.policy.services.get(state["application_service"] or "")
        if service is not None and state["application_complete"] is None:
            refusal = qualify(service, state["application_fields"] or {})
            if refusal is not None:
                talk.say("utter_application_refused", reason=refusal.reason, advice=refusal.advice,
                         department=refusal.department)
                state["application_confirm"] = "refused"
                return None
            if next_field(talk, state) is None:
                state["application_complete"] = "yes"
        return await super().missing(talk, state)

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """The next field in its own words."""
        if slot == "application_service":
            talk.say("utter_want_application_service", buttons=[
                button(one.name, "inform", service_item=one.id)
                for one in services.of_kind(talk.policy, "application")])
        elif slot == "application_complete":
            field = next_field(talk, state)
            assert field is not None
            buttons = [{"title": one, "payload": one} for one in field.choices]
            stop = "" if field.ask[-1] in "。？！）?" else "。"
            talk.dispatcher.utter_message(text=self._opening(talk, state) + field.ask + stop, buttons=buttons)
        elif slot == "application_phone":
            talk.say("utter_want_application_phone", surname=contacts.title(talk, state), buttons=contacts.phone_buttons())
        elif slot == "application_confirm":
            talk.say("utter_want_application_confirm", details=details(talk, state), buttons=[
                button("确认提交", "affirm"), button("修改", "deny"), button("不办了", "stop")])
        else:
            talk.say(f"utter_want_{slot}")

    def _opening(self, talk: Talk, state: State) -> str:
        service = talk.policy.services[state["application_service"]]
        if state["application_fields"] or talk.slot("application_service") == service.id:
            return ""
        return f"好的，帮您办理{service.name}。一共{len(service.application)}项，我一项一项问。\n"


class ApplicationSubmit(DeskAction):
    """Registers the application, or leaves a refused one."""

    called = "action_application_submit"

    async def act(self, talk: Talk) -> Events:
        """Ticket and receipt with fee and time limit."""
        if talk.slot("application_confirm") == "refused":
            return leave_task(*SLOTS)
        service = talk.policy.services[talk.slot("application_service")]
        fields: dict[str, Any] = talk.slot("application_fields") or {}
        ticket = await register(
            talk, kind="application", subject=f"{service.name}申请", effect="application", service_id=service.id,
            fields=fields, detail="\n".join(f"{one.label}：{fields.get(one.key, '')}" for one in service.application),
            contact_name=talk.slot("application_name") or "", address=str(fields.get("address", "")),
            contact_phone=contacts.stored(talk.slot("application_phone")))
        offer = [button("预约上门时间" if service.booking.where == "onsite" else "预约面谈时间", "book_service",
                        service_item=service.id, **({"address": ticket.address} if ticket.address else {}))
                 ] if service.booking else []
        receipt(talk, ticket, "utter_application_receipt", service=service.name, limit=service.time_limit,
                buttons=offer)
        return leave_task(*SLOTS)


def _answer(talk: Talk, field: Field, text: str) -> str | None:
    """What a text gives for a field; None when it does not fit its kind."""
    if field.kind == "datetime":
        return _dated(talk, text)
    if field.kind == "choice":
        said = re.sub(r"[的吧呀啊\s]|就|选|要", "", bare(text)).lower()
        return next((one for one in field.choices if one.lower() in said),
                    next((one for one in field.choices if len(said) > 1 and said in one.lower()), None))
    if field.kind == "number" and not any(c.isdigit() or c in "一二两三四五六七八九十" for c in text):
        return None
    return text[:300]


def _is_about(talk: Talk, field: Field) -> bool:
    """Whether a correction is of this field."""
    if field.kind in ("address", "datetime") and talk.entity(field.kind):
        return True
    return any(part in talk.text for part in field.label.split("和")) or any(one in talk.text for one in field.choices)


def _dated(talk: Talk, text: str) -> str | None:
    """A time with its date, which the words lose overnight: “后天上午（11月26日星期四）”; None for what is past."""
    resolved = chinese_time.resolve(appointments.wish_of(talk, False) or text, now=talk.now)
    at = (resolved.start or resolved.end) if resolved else None
    if resolved is None or at is None:
        return text[:300]
    if (resolved.end or at) < talk.now:
        talk.say("utter_application_past")
        return None
    return full_time(at, talk.zone) if resolved.kind == "time" else f"{text[:300]}（{day(at, talk.zone)}）"


def next_field(talk: Talk, state: State) -> Field | None:
    """The next field of the service that is not filled."""
    service: Service = talk.policy.services[state["application_service"]]
    filled = state["application_fields"] or {}
    return next((one for one in service.application if one.required and one.key not in filled), None)


def details(talk: Talk, state: State) -> str:
    """The application in lines, to be confirmed."""
    service = talk.policy.services[state["application_service"]]
    fields = state["application_fields"] or {}
    lines = [f"· 服务：{service.name}", *(f"· {one.label}：{fields.get(one.key, '')}" for one in service.application),
             f"· 联系人：{state['application_name']}，{contacts.shown(state, 'application_phone')}"]
    return "\n".join(lines)


