"""Applications and orders: the fields of a service asked one at a time, refused with reason and way (GG-7)."""

from __future__ import annotations

from typing import Any

from actions import contacts
from actions.base import DeskAction, Events, Talk, button, leave_task
from actions.forms import State, TaskForm
from actions.receipts import receipt, register
from desk.core import services
from desk.core.applications import qualify
from desk.core.policy import Field, Service

SLOTS = ("application_service", "application_fields", "application_complete", "application_name",
         "application_phone", "application_confirm")


class ApplicationForm(TaskForm):
    """Which service, its own fields, and a contact."""

    form = "application_form"
    steps = ("application_service", "application_complete", "application_name", "application_phone",
             "application_confirm")
    free_text = frozenset({"application_complete"})
    own_intents = frozenset({"apply_service", "inform", "nlu_fallback", "affirm", "deny", "book_service"})

    def answers(self, talk: Talk, requested: str) -> bool:
        """What was asked for as an entity."""
        wanted = {"application_service": "service_item", "application_name": "person_name",
                  "application_phone": "phone"}
        return requested in wanted and bool(talk.entity(wanted[requested]))

    async def begin(self, talk: Talk, state: State) -> None:
        """Start clean, but know the verified."""
        for slot in SLOTS:
            state[slot] = None
        await contacts.prefill(talk, state, name_slot="application_name", phone_slot="application_phone")

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """The service first, then field by field."""
        if requested in (None, "application_service"):
            self._take_service(talk, state, requested)
        elif requested == "application_complete":
            self._take_field(talk, state)
        if requested != "application_complete":
            contacts.take(talk, state, requested, name_slot="application_name", phone_slot="application_phone")
        if requested == "application_confirm" and not state.touched:
            if talk.intent == "affirm":
                state["application_confirm"] = "yes"
            elif talk.intent == "deny":
                state["application_fields"], state["application_complete"] = {}, None
                talk.say("utter_application_again")

    def _take_service(self, talk: Talk, state: State, requested: str | None) -> None:
        said = talk.entity("service_item") or (talk.slot("last_service") if talk.intent == "affirm" else None)
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

    def _take_field(self, talk: Talk, state: State) -> None:
        field = next_field(talk, state)
        text = talk.text.strip()
        if field is None or not text:
            return
        given = _answer(field, text)
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
            talk.dispatcher.utter_message(text=self._opening(talk, state) + field.ask, buttons=buttons)
        elif slot == "application_phone":
            talk.say("utter_want_application_phone", buttons=contacts.phone_buttons())
        elif slot == "application_confirm":
            talk.say("utter_want_application_confirm", details=details(talk, state), buttons=[
                button("确认提交", "affirm"), button("重新填写", "deny"), button("不办了", "stop")])
        else:
            talk.say(f"utter_want_{slot}")

    def _opening(self, talk: Talk, state: State) -> str:
        service = talk.policy.services[state["application_service"]]
        if state["application_fields"]:
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
        offer = [button("预约上门时间", "book_service", service_item=service.id)] if service.booking else []
        receipt(talk, ticket, "utter_application_receipt", service=service.name, limit=service.time_limit,
                buttons=offer)
        return leave_task(*SLOTS)


def _answer(field: Field, text: str) -> str | None:
    """What a text gives for a field; None when it does not fit its kind."""
    if field.kind == "choice":
        return next((one for one in field.choices if one.lower() in text.lower()), None)
    if field.kind == "number" and not any(c.isdigit() or c in "一二两三四五六七八九十" for c in text):
        return None
    return text[:300]


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
             f"· 联系人：{state['application_name']}，{contacts.shown(state['application_phone'])}"]
    return "\n".join(lines)


