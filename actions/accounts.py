"""A customer's own record: only after a one-time code."""

from __future__ import annotations

import re

from rasa_sdk.events import SlotSet

from actions.base import DeskAction, Events, Talk, button, leave_task
from actions.forms import State, TaskForm
from actions.phrasing import REFUSES
from desk.core import verification
from desk.core.customers import masked_phone
from desk.core.errors import Invalid, NotVerified, TooMany
from desk.service import customers

SLOTS = ("verify_phone", "verify_code")
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_RESEND = re.compile(r"没(有)?收到|再发|重发|重新发|换个?号")
GIVEN_UP = "given_up"


class VerificationForm(TaskForm):
    """Phone, then the code that went to it."""

    form = "verification_form"
    steps = ("verify_phone", "verify_code")
    own_intents = frozenset({"ask_account", "inform", "nlu_fallback", "affirm"})

    def answers(self, talk: Talk, requested: str) -> bool:
        """A phone or a code."""
        return bool(talk.entity("phone")) or (requested == "verify_code" and bool(
            _CODE.search(talk.text) or _RESEND.search(talk.text)))

    async def begin(self, talk: Talk, state: State) -> None:
        """Who is known needs no code."""
        for slot in SLOTS:
            state[slot] = None
        if talk.verified:
            state["verify_phone"] = state["verify_code"] = "known"

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """A phone sends a code; six digits answer it."""
        phone = talk.entity("phone")
        code = _CODE.search(talk.text)
        if phone and state["verify_phone"] != "known":
            await self._send(talk, state, phone)
        elif requested == "verify_code" and code:
            await self._check(talk, state, code[0])
        elif requested == "verify_code" and _RESEND.search(talk.text):
            if "换" in talk.text:
                state["verify_phone"] = None
            else:
                await self._send(talk, state, state["verify_phone"])
        elif requested and (talk.intent == "deny" or REFUSES.search(talk.text)):
            state["verify_phone"] = state["verify_code"] = GIVEN_UP
        elif requested and any(c.isdigit() for c in talk.text):
            state[requested], state.asked = None, True
            talk.say("utter_phone_wrong" if requested == "verify_phone" else "utter_code_shape")

    async def _send(self, talk: Talk, state: State, phone: str) -> None:
        try:
            await talk.call(customers.send_code, conversation_id=talk.conversation, phone=phone,
                            key=talk.key("code"))
            state["verify_phone"] = phone
        except Invalid:
            state["verify_phone"] = None
            talk.say("utter_phone_wrong")
        except verification.ResendTooSoon as error:
            state["verify_phone"], state.asked = phone, True
            talk.say("utter_code_too_soon", seconds=error.wait_s)
        except TooMany:
            state["verify_phone"] = state["verify_code"] = GIVEN_UP
            talk.say("utter_code_too_many")

    async def _check(self, talk: Talk, state: State, code: str) -> None:
        try:
            customer = await talk.call(customers.check_code, conversation_id=talk.conversation, code=code)
            state["verify_code"] = "ok"
            state["customer_title"] = customer.name[:1] + {"男": "先生", "女": "女士"}.get(customer.gender, "先生/女士")
        except verification.WrongCode as error:
            state["verify_code"], state.asked = None, True
            talk.say("utter_code_wrong", left=error.tries_left)
        except verification.CodeExpired:
            state["verify_phone"] = state["verify_code"] = None
            talk.say("utter_code_expired")
        except TooMany:
            state["verify_code"] = GIVEN_UP
            talk.say("utter_code_dead", buttons=[button("转人工", "request_human")])
        except NotVerified:
            state["verify_code"] = GIVEN_UP
            talk.say("utter_no_record", buttons=[button("转人工", "request_human")])

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """Say why, and where the code went."""
        if slot == "verify_phone":
            talk.say("utter_want_verify_phone")
        else:
            talk.say("utter_want_verify_code", phone=masked_phone(state["verify_phone"]),
                     minutes=verification.LIFETIME_MINUTES)


class ShowAccount(DeskAction):
    """The record, masked where it need not be seen."""

    called = "action_show_account"

    async def act(self, talk: Talk) -> Events:
        """Read it, and log that it was read."""
        known = SlotSet("customer_title", talk.slot("customer_title"))
        if talk.slot("verify_code") == GIVEN_UP:
            if talk.slot("verify_phone") == GIVEN_UP and not talk.dispatcher.messages:
                talk.say("utter_verification_left")
            return leave_task(*SLOTS)
        try:
            customer = await talk.call(customers.account, conversation_id=talk.conversation, actor="bot",
                                       purpose="ask_account")
        except NotVerified:
            talk.say("utter_verification_left")
            return leave_task(*SLOTS)
        until = customer.contract_until.astimezone(talk.zone) if customer.contract_until else None
        title = customer.name[:1] + {"男": "先生", "女": "女士"}.get(customer.gender, "")
        owing = customer.balance_fen < 0
        talk.say("utter_account_owing" if owing else "utter_account", title=title, number=customer.customer_no,
                 phone=masked_phone(customer.phone), plan=customer.plan or "暂无",
                 balance=f"{abs(customer.balance_fen) / 100:.2f}",
                 passed="核验通过。" if talk.slot("verify_code") == "ok" else "",
                 until=f"{until:%Y年%-m月%-d日}" if until else "长期有效")
        return [*leave_task(*SLOTS), known]
