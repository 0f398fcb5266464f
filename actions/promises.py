"""What we promise: of a rule, of the kind of request under way, or of the customer's own ticket with its deadline."""

from __future__ import annotations

import re

from rasa_sdk.events import FollowupAction, SlotSet

from actions import ticket_answers
from actions.base import DeskAction, Events, Talk, button
from actions.ticket_words import NEXT_STEP, ahead, named, tell_status
from desk.core.policy import Topic
from desk.core.tickets import AT_WORK, Ticket
from desk.service import tickets

WHEN = re.compile(r"多久|多长时间|什么时候|啥时候|几点|几天|几个?小时|何时|时限|还不|还没|怎么还|怎么样了")
MINE = re.compile(r"我(的|那|这|上次|刚|昨天|今天|们?报|投诉|提)|那个?单|这个?单|工单|给我")
IN_GENERAL = re.compile(r"一般|通常|规定|你们.{0,4}(承诺|保证)|如果|要是|万一|平时|正常")
TASK_TOPICS = {"complaint_form": "complaint", "fault_form": "fault", "callback_form": "callback"}
ANY_TICKET = "reply"  # the topic about tickets of any kind
KINDS = {"complaint": {"complaint", "compensation"}, "fault": {"fault"}, "callback": {"callback"},
         "compensation": {"compensation", "complaint"}, "emergency": {"emergency"}}
NEXT = {"complaint": ("我要投诉", "file_complaint"), "fault": ("我要报修", "report_fault"),
        "callback": ("请给我回电", "request_callback"), "compensation": ("申请赔付", "request_compensation"),
        "late": ("催一下", "urge_ticket"), "confirm": ("查进度", "ask_ticket_status")}


class AskPolicy(DeskAction):
    """What we promise, with its article."""

    called = "action_ask_policy"

    async def act(self, talk: Talk) -> Events:
        """The deadline of the very ticket that is asked about; else the rule that the question names."""
        topic = _topic(talk)
        mine = await _mine(talk, topic)
        if len(mine) > 1:
            return [SlotSet("ticket_purpose", "status"), FollowupAction("ticket_form")]
        if mine:
            await _own(talk, mine[0])
            return [SlotSet("last_ticket", mine[0].number)]
        title, intent = NEXT.get(topic.id, ("查进度", "ask_ticket_status"))
        talk.say("utter_policy", promise=topic.text, cite=topic.cite, more="" if talk.task else "还有什么可以帮您？",
                 buttons=[] if talk.task else [button(title, intent)])
        return []


async def _own(talk: Talk, ticket: Ticket) -> None:
    outlook = await ticket_answers.look(talk, ticket.number)
    if outlook.missed is not None or ticket.waiting_for_customer:
        tell_status(talk, outlook)
    else:
        talk.say("utter_policy_own", cite="、".join(ticket.promise.get("cite", ())), ahead=ahead(talk, outlook),
                 next=NEXT_STEP[ticket.status], surname=talk.surname, **named(ticket),
                 buttons=[button("催一下", "urge_ticket", ticket_no=ticket.number)])


async def _mine(talk: Talk, topic: Topic) -> list[Ticket]:
    """The open tickets that a question may be about; none for a question about the rule, or within a task."""
    if talk.task or IN_GENERAL.search(talk.text) or not WHEN.search(talk.text):
        return []
    known = [one for one in await talk.call(tickets.recent, conversation_id=talk.conversation) if one.status in AT_WORK]
    just = await ticket_answers.subject(talk)
    if just is not None and just.number in {one.number for one in known}:
        return [just]
    of_kind = [one for one in known if one.kind in KINDS.get(topic.id, {one.kind})]
    if MINE.search(talk.text):
        return of_kind or known[:1]
    return of_kind if len(of_kind) == 1 else []


def _topic(talk: Talk) -> Topic:
    """The rule with the longest name in the question; for a question that names none, that of the task under way."""
    topics = talk.policy.topics
    hits = [(len(name), topic.id) for topic in topics.values() for name in topic.names if name in talk.text]
    found = topics[max(hits)[1]] if hits else next(iter(topics.values()))
    return topics.get(TASK_TOPICS.get(talk.task, ""), found) if found.id == ANY_TICKET else found
