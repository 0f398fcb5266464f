"""What is said to who waits or is about to wait for a person (Maister's eight, PD-5): occupied, begun, explained, worth it.

The place and the range are told by the desk itself (``desk.core.notices``).
"""

from __future__ import annotations

from actions.base import Talk
from desk.core import durations, notices
from desk.core.waiting import Quote

EXPLAINED_MIN, LONG_MIN = 5, 15
# What the agent will need, by the queue's topic.
NEEDED = (("complaint", "事情的时间、经过和照片票据"), ("fault", "故障现象、地址和照片"), ("request_human", "想办的事和相关单号"))


def callback_within(talk: Talk) -> str:
    """Within what time a call back is promised: “ 2 小时内”."""
    promise = talk.policy.promise_for("callback")
    within = promise.reply_within or promise.respond_within
    return f" {durations.spoken(within)}内" if within is not None else "尽快"


def in_words(quote: Quote) -> str:
    """A quote within a sentence: “要等不到 1 分钟” would read as its opposite."""
    return " 1 分钟以内" if quote.high_min <= 1 else notices.wait_with_odds(quote)


def wait_reason(quote: Quote, callback: str) -> str:
    """Why it takes longer, and the way round a long wait; nothing where it is short."""
    why = "这会儿找客服的人比较多。" if quote.high_min > EXPLAINED_MIN else ""
    return f"{why}不想等的话，也可以留个电话，我们{callback}给您回过去。" if quote.high_min >= LONG_MIN else why


def meanwhile(talk: Talk, *, queue: str, ticket: str | None, high_min: int | None) -> None:
    """One message right after queueing: the case is open, what to send meanwhile, why it takes so long, another way."""
    topics = talk.policy.queues[queue].topics
    needed = next((what for topic, what in NEEDED if topic in topics), NEEDED[-1][1])
    high = high_min or 0
    talk.say("utter_meanwhile", needed=needed, begun=f"工单 {ticket} 已经建好。" if ticket else "",
             why="这会儿找客服的人比较多，让您多等了。" if high > EXPLAINED_MIN else "",
             callback=f"不方便等的话，说一声“给我回电”，我们{callback_within(talk)}给您打过去。" if high >= LONG_MIN else "")
