"""Name and phone of a customer, taken the same way in every task; a phone may be refused."""

from __future__ import annotations

import re

from actions.base import Talk, button
from actions.forms import REFUSED, State
from actions.phrasing import REFUSES, bare
from desk.core.customers import masked_phone
from desk.service import customers

_NAME = re.compile(r"[\u4e00-\u9fff·]{2,4}")
_RENAMED = re.compile(r"(?:名字|姓名|称呼|联系人|预约人).{0,8}?(?:是|叫|改成|改为|换成|写)(?!错|什么|不|的)"
                      r"(?P<name>[\u4e00-\u9fff·]{2,4}?)吧?$")
_TITLE = re.compile(r"(先生|女士|小姐|太太|师傅|老师|经理|总)$")
_NO_NAMES = re.compile(r"^(好的|可以|是的|没有|不是|不用|谢谢|随便|你好|您好|确认|对的|嗯嗯|什么|知道|不知道|不想说|不方便|不告诉)$")


async def prefill(talk: Talk, state: State, *, name_slot: str | None, phone_slot: str) -> None:
    """A verified customer is not asked for what we know."""
    if not talk.verified:
        return
    customer = await talk.call(customers.account, conversation_id=talk.conversation, actor="bot",
                               purpose="contact of a task")
    if name_slot and state[name_slot] is None:
        state[name_slot] = customer.name
    if state[phone_slot] is None:
        state[phone_slot] = customer.phone


def recall(state: State, *, name_slot: str, phone_slot: str) -> None:
    """Who has given a name and a phone in this conversation is not asked again; for tasks that read them back."""
    for slot, known in ((name_slot, "contact_name"), (phone_slot, "contact_phone")):
        if state[slot] is None and state[known] is not None:
            state[slot] = state[known]


def take(talk: Talk, state: State, requested: str | None, *, name_slot: str | None, phone_slot: str) -> None:
    """Take a phone and a name wherever they stand, and a bare answer to the question for one."""
    phone, renamed = talk.entity("phone"), _RENAMED.search(bare(talk.text))
    name = renamed["name"] if renamed and name_slot else talk.entity("person_name")
    if phone:
        state[phone_slot] = state["contact_phone"] = phone
    if name and name_slot and (requested == name_slot or not _TITLE.search(name)):
        _take_name(state, name_slot, name)
    elif name_slot and requested == name_slot and not phone:
        _take_bare_name(talk, state, name_slot)
    if requested == phone_slot and not phone and (talk.intent == "deny" or REFUSES.search(talk.text)):
        state[phone_slot] = REFUSED
        talk.say("utter_phone_refused")
    elif requested == phone_slot and not phone and sum(c.isdigit() for c in talk.text) >= 5:
        state[phone_slot], state.asked = None, True
        talk.say("utter_phone_wrong")


def _take_name(state: State, name_slot: str, name: str) -> None:
    state[name_slot] = state["contact_name"] = name
    state["customer_title"] = name if _TITLE.search(name) else None


def _take_bare_name(talk: Talk, state: State, name_slot: str) -> None:
    text = re.sub(r"^(我是|我叫|叫我?|姓名|名字)[是:：]?", "", talk.text).strip(" ,.。\uff0c！!")
    if talk.intent == "deny" or REFUSES.search(talk.text):
        state[name_slot] = "匿名客户"
    elif _NAME.fullmatch(text) and not _NO_NAMES.match(text) and talk.intent not in ("affirm", "greet", "thank"):
        _take_name(state, name_slot, text)


def title(talk: Talk, state: State) -> str:
    """How to call the customer, with a comma after it, also when the name came with this very message."""
    said = state["customer_title"]
    return f"{said}\uff0c" if said else talk.surname


def phone_buttons() -> list[dict[str, str]]:
    """The way out for those who give no phone."""
    return [button("不方便留电话", "deny")]


def shown(state: State, phone_slot: str) -> str:
    """A phone as it is read back: whole if it was told in this conversation, masked if it comes from the record."""
    phone = state[phone_slot]
    if phone in (None, REFUSED, ""):
        return "未留电话"
    return str(phone) if phone == state["contact_phone"] else masked_phone(str(phone))


def stored(phone: str | None) -> str:
    """A phone as it is stored: empty when refused."""
    return "" if phone in (None, REFUSED) else str(phone)
