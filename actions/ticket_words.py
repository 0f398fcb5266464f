"""What is said about a ticket: its step on the path (KF-3.2), the next promise with its deadline, what was done."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from actions.base import Talk, button
from actions.phrasing import due
from desk.core import durations
from desk.core.tickets import KIND_NAMES, STATUS_NAMES, Ticket
from desk.service.ticket_outlook import Outlook

PATH = ("received", "verified", "coordinated", "replied", "confirmed")
NEXT_STEP = {"received": "核实情况", "verified": "协调有关部门处理", "coordinated": "给您答复", "replied": "请您确认"}
AHEAD = {"reply": "最迟{by}答复您", "response": "最迟{by}答复您", "consult": "最迟{by}安排好会商",
         "result": "最迟{by}把结果告诉您"}
OWED = {"reply": "本应{by}答复您", "response": "本应{by}答复您", "consult": "本应{by}安排好会商",
        "result": "本应{by}把结果告诉您"}
# Only what concerns the customer: an apology is a notice of its own.
DONE = {"raise_priority": "提高优先级", "notify_department": "提醒{department}加紧处理", "chase_supplier": "催促承接单位",
        "notify_supervisor": "通知主管", "review_compensation": "发起赔付审核", "recovery_task": "安排专人联系您"}


def named(ticket: Ticket) -> dict[str, Any]:
    """What the responses call a ticket."""
    return {"number": ticket.number, "kind": KIND_NAMES[ticket.kind], "department": ticket.department,
            "status": STATUS_NAMES[ticket.status], "result": ended(ticket.result)}


def tell_status(talk: Talk, outlook: Outlook) -> None:
    """Where it stands, what comes next and until when; an apology where a promise was not kept."""
    ticket = outlook.ticket
    values = {**named(ticket), "surname": talk.surname}
    if ticket.status == "replied":
        talk.say("utter_ticket_replied", buttons=solved_buttons(ticket), **values)
    elif not ticket.is_open:
        talk.say("utter_ticket_result", **values)
    elif ticket.waiting_for_customer:
        talk.say("utter_ticket_waits", question=ended(outlook.question), **values)
    elif outlook.missed is not None:
        talk.say("utter_ticket_overdue", owed=owed(talk, outlook), measures=measures(outlook), ahead=ahead(talk, outlook),
                 buttons=[button("催一下", "urge_ticket", ticket_no=ticket.number),
                          button("找主管", "request_supervisor", ticket_no=ticket.number)], **values)
    else:
        talk.say("utter_ticket_underway", step=PATH.index(ticket.status) + 1, steps=len(PATH),
                 next=NEXT_STEP[ticket.status], ahead=ahead(talk, outlook),
                 buttons=[button("催一下", "urge_ticket", ticket_no=ticket.number)], **values)


def ahead(talk: Talk, outlook: Outlook) -> str:
    """The next promise that still runs, with its deadline in the customer's words."""
    if outlook.due is not None and outlook.due.due_at is not None:
        return AHEAD[outlook.due.clock].format(by=due(outlook.due.due_at.isoformat(), talk.now))
    within = talk.policy.promise_for(outlook.ticket.kind).result_within
    if outlook.missed is None and within is not None:
        return f"处理完成后 {durations.spoken(within)}内把结果告诉您"
    return "一有进展马上告诉您"


def owed(talk: Talk, outlook: Outlook) -> str:
    """The promise that was not kept."""
    missed = outlook.missed
    assert missed is not None
    assert missed.due_at is not None
    return OWED[missed.clock].format(by=due(missed.due_at.isoformat(), talk.now))


def measures(outlook: Outlook) -> str:
    """What the policy has had done about a delay so far; nothing is claimed that was not."""
    return "我们已经请主管督办，" if "notify_supervisor" in outlook.done else ""


def done(outlook: Outlook, steps: Collection[str]) -> str:
    """“已提高优先级、提醒投诉专席加紧处理并通知主管”; “已转达” where the rules say nothing that a customer needs."""
    said = [words.format(department=outlook.ticket.department) for word, words in DONE.items() if word in steps]
    if not said:
        return f"已转达{outlook.ticket.department}"
    return "已" + ("、".join(said[:-1]) + f"并{said[-1]}" if len(said) > 1 else said[0])


def solved_buttons(ticket: Ticket) -> list[dict[str, str]]:
    """The two answers to “问题解决了吗”."""
    return [button("已解决", "affirm", ticket_no=ticket.number), button("没解决", "deny", ticket_no=ticket.number)]


def ended(text: str) -> str:
    """A sentence with its full stop."""
    return text if not text or text.endswith(("。", "！", "？")) else f"{text}。"
