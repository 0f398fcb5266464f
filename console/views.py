"""How the API shows things: plain data in which phones are masked and every code has its Chinese name beside it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from console import case_words, words
from console.masking import masked, masked_all, phone
from desk.core.agents import PERMISSIONS, Agent, Shift
from desk.core.bookings import Booking
from desk.core.conversations import Conversation, Message
from desk.core.customers import Customer
from desk.core.deadlines import Deadline
from desk.core.facts import Fact
from desk.core.handoffs import Handoff
from desk.core.policy import Policy
from desk.core.promises import CLOCK_NAMES
from desk.core.tickets import KIND_NAMES, MOVES, NEEDS_RESULT, OUTCOME_NAMES, STATUS_NAMES, Ticket
from desk.service.conversations import ConversationView
from desk.service.worklist import HandoffView, Worklist


def agent(one: Agent) -> dict[str, Any]:
    """An agent, without the password's hash."""
    return {"id": one.id, "username": one.username, "name": one.name, "role": one.role,
            "role_name": words.ROLES[one.role], "permissions": sorted(PERMISSIONS[one.role]),
            "skills": list(one.skills), "capacity": one.capacity, "on_duty": one.on_duty, "active": one.active}


def message(one: Message) -> dict[str, Any]:
    """One event of a conversation as agents see it, with what the bot made of it."""
    intent = (one.payload.get("parse") or {}).get("intent") or {}
    shown: dict[str, Any] = {
        "seq": one.seq, "kind": one.kind, "sender": one.sender, "text": masked(one.text), "at": one.at.isoformat(),
        "agent": one.payload.get("agent"),
        "buttons": [masked(str(button.get("title", ""))) for button in one.payload.get("buttons", ())]}
    if one.sender == "agent":
        shown["id"] = (one.dedup_key or "").split(":", 3)[-1]
    if intent.get("name"):
        shown["parse"] = {"intent": intent["name"], "intent_name": words.INTENTS.get(intent["name"], intent["name"]),
                          "confidence": round(float(intent.get("confidence") or 0), 3)}
    return shown


def conversation(one: Conversation, caller: Agent, names: Mapping[int, str]) -> dict[str, Any]:
    """The head of a conversation: who owns it."""
    return {"id": one.id, "channel": one.channel, "channel_name": words.CHANNELS.get(one.channel, one.channel),
            "title": title(one), "created_at": one.created_at.isoformat(), "owner": one.owner,
            "owner_name": words.OWNERS[one.owner], "agent": names.get(one.agent_id or 0),
            "mine": one.owner == "agent" and one.agent_id == caller.id, "last_seq": one.last_seq}


def title(one: Conversation) -> str:
    """What a conversation is called in lists: the verified surname, or a visitor's short code."""
    return f"{one.surname}姓客户" if one.surname else f"访客 {one.id[:4].upper()}"


def handoff(policy: Policy, one: Handoff) -> dict[str, Any]:
    """One request for a person with the bot's note."""
    queue = policy.queues.get(one.queue)
    return {"id": one.id, "queue": one.queue, "queue_name": queue.name if queue else one.queue,
            "reason": one.reason, "reason_name": words.reason(one.reason),
            "priority": "emergency" if one.rank == 0 else "normal", "requested_at": one.requested_at.isoformat(),
            "accepted_at": one.accepted_at.isoformat() if one.accepted_at else None,
            "number": one.number, "tier": one.tier, "callback_ticket": one.callback_ticket,
            "summary": words.summary(policy, one.summary, zone(policy))}


def queue(policy: Policy, work: Worklist, said: Mapping[str, Message], names: Mapping[int, str]) -> dict[str, Any]:
    """What waits, in serving order, what the agent holds, and what rings at them."""
    def line(view: HandoffView) -> dict[str, Any]:
        return _line(policy, view, said, names)

    return {"waiting": [line(view) for view in work.waiting], "mine": [line(view) for view in work.mine],
            "ringing": line(work.ringing) if work.ringing else None}


def _line(policy: Policy, view: HandoffView, said: Mapping[str, Message], names: Mapping[int, str]) -> dict[str, Any]:
    last, one = said.get(view.conversation.id), view.handoff
    return {**handoff(policy, one), "conversation": view.conversation.id, "title": title(view.conversation),
            "channel_name": words.CHANNELS.get(view.conversation.channel, view.conversation.channel),
            "waited_s": round(view.waited_s, 1), "last_seq": view.conversation.last_seq,
            "place": view.place, "why": words.why(view.why, one.tier),
            "rings_at": names.get(one.offered_to or 0), "answer_by": _iso(view.answer_by),
            "left_s": None if view.left_s is None else round(view.left_s, 1),
            "last": {"sender": last.sender, "text": masked(last.text)[:120], "at": last.at.isoformat()} if last else None}


def shift(policy: Policy, one: Shift) -> dict[str, Any]:
    """A planned shift."""
    return {"id": one.id, "agent": one.agent_id, "starts_at": one.starts_at.isoformat(),
            "ends_at": one.ends_at.isoformat(), "when": words.span(one.starts_at, one.ends_at, zone(policy))}


def whole(policy: Policy, view: ConversationView, caller: Agent, names: Mapping[int, str]) -> dict[str, Any]:
    """Everything beside a conversation."""
    return {"conversation": conversation(view.conversation, caller, names),
            "messages": [message(one) for one in view.messages],
            "handoff": handoff(policy, view.handoff) if view.handoff else None,
            "customer": customer(view.customer) if view.customer else None,
            "slots": words.collected(policy, view.conversation.slots, zone(policy)),
            "task": words.TASKS.get(view.conversation.active_loop or "", view.conversation.active_loop),
            "tickets": [ticket(policy, one) for one in view.tickets],
            "bookings": [booking(policy, one) for one in view.bookings]}


def customer(one: Customer) -> dict[str, Any]:
    """A customer record with the phone masked."""
    return {"customer_no": one.customer_no, "name": one.name, "phone": phone(one.phone), "gender": one.gender,
            "address": masked(one.address), "plan": one.plan, "balance": f"{one.balance_fen / 100:.2f}",
            "tier": one.tier, "notes": masked(one.notes),
            "contract_until": one.contract_until.isoformat() if one.contract_until else None}


def ticket(policy: Policy, one: Ticket, due: Deadline | None = None) -> dict[str, Any]:
    """A ticket as a line; ``due`` is the clock that comes due next."""
    return {"number": one.number, "kind": one.kind, "kind_name": KIND_NAMES[one.kind], "subject": masked(one.subject),
            "status": one.status, "status_name": STATUS_NAMES[one.status], "open": one.is_open,
            "priority": one.priority, "priority_name": words.PRIORITIES[one.priority], "department": one.department,
            "opened_at": one.opened_at.isoformat(), "due_at": _iso(due.due_at) if due else None,
            "due_clock": CLOCK_NAMES.get(due.clock, due.clock) if due else None, "waiting": one.waiting_for_customer,
            "contact_name": masked(one.contact_name), "contact_phone": phone(one.contact_phone), "urged": one.urged,
            "service_name": words.service(policy, one.service_id)}


def whole_ticket(policy: Policy, one: Ticket, facts: Iterable[Fact], names: Mapping[int, str],
                 owner: Customer | None, due: Deadline | None = None) -> dict[str, Any]:
    """A ticket with its promise, its customer, the next steps and everything that happened to it."""
    return {**ticket(policy, one, due), "detail": masked(one.detail), "address": masked(one.address),
            "result": masked(one.result), "outcome": one.outcome, "outcome_name": OUTCOME_NAMES.get(one.outcome or ""),
            "our_fault": one.our_fault, "conversation": one.conversation_id,
            "updated_at": _iso(one.updated_at), "closed_at": _iso(one.closed_at),
            "customer": customer(owner) if owner else None, "fields": masked_all(one.fields),
            "promise": masked_all(one.promise),
            "next": [{"to": to, "name": STATUS_NAMES[to], "needs_result": to in NEEDS_RESULT}
                     for to in STATUS_NAMES if to in MOVES[one.status]],
            "facts": [fact(happened, names, zone(policy)) for happened in facts]}


def fact(one: Fact, names: Mapping[int, str], where: ZoneInfo) -> dict[str, Any]:
    """One thing that happened to a ticket or a task, in words."""
    return {"at": one.at.isoformat(), "name": one.name, "title": case_words.title(one), "actor": _actor(one.actor, names),
            "text": masked(case_words.text(one, where)),
            "minor": one.name.partition(".")[2] in case_words.BOOKKEEPING}


def _actor(actor: str, names: Mapping[int, str]) -> str:
    kind, _, number = actor.partition(":")
    if kind == "agent" and number.isdigit():
        return names.get(int(number), "客服")
    return words.ACTORS.get(actor, actor)


def booking(policy: Policy, one: Booking) -> dict[str, Any]:
    """A booking."""
    return {"number": one.number, "service_name": words.service(policy, one.service_id),
            "place_name": words.place(policy, one.resource), "address": masked(one.address),
            "starts_at": one.starts_at.isoformat(), "when": words.moment(one.starts_at, zone(policy)),
            "status": one.status, "status_name": words.BOOKING_STATUS[one.status],
            "contact_name": masked(one.contact_name), "contact_phone": phone(one.contact_phone),
            "note": masked(one.note)}


def zone(policy: Policy) -> ZoneInfo:
    """The time zone of the company."""
    return ZoneInfo(policy.company.timezone)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
