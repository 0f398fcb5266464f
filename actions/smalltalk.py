"""Greeting, thanks, leaving a task, abuse, what was not understood, and the start of a session."""

from __future__ import annotations

from rasa_sdk.events import ActionExecuted, ActiveLoop, SessionStarted, SlotSet

from actions import ticket_answers
from actions.base import DeskAction, Events, Talk, button, leave_task
from actions.handing_over import hand_over

TASK_NAMES = {"booking_form": "预约", "change_booking_form": "改期", "cancel_booking_form": "取消预约", "complaint_form": "投诉",
              "fault_form": "报修", "application_form": "申请", "feedback_form": "反馈", "ticket_form": "查询",
              "verification_form": "身份核验", "callback_form": "回电登记"}
MEANINGS = {"book_service": "预约服务", "report_fault": "报修", "file_complaint": "投诉", "ask_price": "问价格",
            "ask_service": "了解服务", "apply_service": "办理业务", "ask_ticket_status": "查进度", "ask_booking": "查预约",
            "ask_hours": "问营业时间", "ask_location": "问地址", "ask_procedure": "问办理流程",
            "change_booking": "改预约", "cancel_booking": "取消预约", "urge_ticket": "催进度", "ask_account": "查账户",
            "request_compensation": "要求赔付", "request_callback": "请求回电", "give_suggestion": "提建议",
            "ask_policy": "问服务承诺", "withdraw_ticket": "撤回工单"}
KEPT_HOURS = 24
GUESS = 0.12


class Greet(DeskAction):
    """A greeting by name and time of day."""

    called = "action_greet"

    async def act(self, talk: Talk) -> Events:
        """Who we are, what can be done here."""
        hour = talk.now.hour
        part = "早上好" if hour < 10 else "上午好" if hour < 12 else "下午好" if hour < 18 else "晚上好"
        if talk.task:
            talk.say("utter_greet_again")
        else:
            talk.say("utter_greet", hello=part, company=talk.policy.company.name, surname=talk.surname,
                     buttons=menu())
        return []


class Stop(DeskAction):
    """Leaves the task under way."""

    called = "action_stop"

    async def act(self, talk: Talk) -> Events:
        """Say what was left; the collected slots of the task are forgotten."""
        if talk.task:
            talk.say("utter_task_left", task=TASK_NAMES[talk.task])
        else:
            talk.say("utter_nothing_to_stop")
        filled = [name for name, value in talk.tracker.slots.items()
                  if value is not None and name.split("_")[0] in _PREFIXES]
        return leave_task(*filled)


_PREFIXES = frozenset({"booking", "change", "cancel", "complaint", "fault", "application", "feedback", "ticket",
                       "verify", "callback"})


class Goodbye(DeskAction):
    """A goodbye in the middle of a task leaves it, and says that nothing was submitted."""

    called = "action_goodbye"

    async def act(self, talk: Talk) -> Events:
        """What was filled in is kept for who comes back."""
        if not talk.task:
            talk.say("utter_goodbye")
            return []
        talk.say("utter_goodbye_in_task", task=TASK_NAMES[talk.task])
        return leave_task()


class Abuse(DeskAction):
    """Stays calm once; the second time a person takes over."""

    called = "action_abuse"

    async def act(self, talk: Talk) -> Events:
        """No lecture."""
        if self.called in talk.previous_actions():
            talk.say("utter_calm", surname=talk.surname)
            await hand_over(talk, reason="angry")
            return leave_task()
        if talk.task:
            talk.say("utter_abuse_in_task")
        else:
            talk.say("utter_abuse", buttons=[button("我要投诉", "file_complaint"), button("转人工", "request_human")])
        return []


class Courtesy(DeskAction):
    """A short word: an answer to the question whether a ticket is settled, or only politeness."""

    response = ""

    async def act(self, talk: Talk) -> Events:
        """Politeness only where it means nothing else."""
        events = await ticket_answers.respond(talk)
        if events is None:
            talk.say(self.response)
        return events or []


class Affirm(Courtesy):
    """A yes to nothing the bot has offered."""

    called, response = "action_affirm", "utter_affirm"


class Deny(Courtesy):
    """A no."""

    called, response = "action_deny", "utter_deny"


class Thank(Courtesy):
    """Thanks."""

    called, response = "action_thank", "utter_thank"


class OutOfScope(Courtesy):
    """Something we do not do, unless we had asked for it."""

    called, response = "action_out_of_scope", "utter_out_of_scope"


class Fallback(DeskAction):
    """What was not understood: asked once with a guess, then a person."""

    called = "action_fallback_turn"

    async def act(self, talk: Talk) -> Events:
        """Two misunderstandings in a row lead to a person."""
        return await not_understood(talk)


class SessionStart(DeskAction):
    """A new session after an hour of silence keeps what was said and goes on with the task under way."""

    called = "action_session_start"

    async def act(self, talk: Talk) -> Events:
        """Slots are carried over; a task younger than a day stays active."""
        events: Events = [SessionStarted()]
        idle_s = (talk.slot("session_started_metadata") or {}).get("idle_s") or 0
        task = talk.task if idle_s < KEPT_HOURS * 3600 else None
        for name, value in talk.tracker.slots.items():
            if value is not None and (task or name == "customer_title") and name != "session_started_metadata":
                events.append(SlotSet(name, value))
        if task:
            events.append(ActiveLoop(task))
        return [*events, ActionExecuted("action_listen")]


async def not_understood(talk: Talk) -> Events:
    """Say so, within a task or with a guess; when the message before was not understood either, a person takes over.

    What is said about a ticket just told of needs no intent.
    """
    about_ticket = await ticket_answers.respond(talk)
    if about_ticket is not None:
        return about_ticket
    if any(name.startswith("utter_not_understood") for name in talk.said_before()):
        talk.say("utter_misunderstood_again")
        await hand_over(talk, reason="misunderstood")
        return leave_task()
    guesses = _guesses(talk)
    if talk.task:
        talk.say("utter_not_understood_in_task")
    elif guesses:
        talk.say("utter_not_understood_guess", buttons=[
            *(button(MEANINGS[name], name) for name in guesses), button("转人工", "request_human")])
    else:
        talk.say("utter_not_understood", buttons=menu())
    return []


def _guesses(talk: Talk) -> list[str]:
    ranking = talk.message.get("intent_ranking") or []
    return [one["name"] for one in ranking if one["name"] in MEANINGS and one["confidence"] >= GUESS][:2]


def menu() -> list[dict[str, str]]:
    """The quick replies of a greeting."""
    return [button("预约服务", "book_service"), button("报修", "report_fault"), button("投诉建议", "file_complaint"),
            button("查进度", "ask_ticket_status"), button("转人工", "request_human")]
