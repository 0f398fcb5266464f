"""Suggestions and praise: taken as they are said, answered as promised (KF-3.4)."""

from __future__ import annotations

from typing import Literal

from actions.base import DeskAction, Events, Talk, leave_task
from actions.forms import State, TaskForm
from actions.phrasing import bare
from actions.receipts import left_half_done, receipt, register

ENOUGH = 8
SLOTS = ("feedback_kind", "feedback_text")
NOTHING_SAID = ("", "提建议", "我想提个建议", "有个建议", "我有个建议", "提个意见", "我要表扬", "我想表扬", "表扬", "给你们提个建议")


class FeedbackForm(TaskForm):
    """One message is enough; a mere announcement is asked for its content."""

    form = "feedback_form"
    steps = ("feedback_text",)
    free_text = frozenset({"feedback_text"})
    own_intents = frozenset({"give_suggestion", "give_praise", "inform", "nlu_fallback", "file_complaint"})

    async def begin(self, talk: Talk, state: State) -> None:
        """Which of the two it is."""
        state["feedback_kind"] = "praise" if talk.intent == "give_praise" else "suggestion"
        state["feedback_text"] = None

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """What was said."""
        text = talk.text.strip()
        if talk.pressed or talk.is_small_talk or bare(text) in NOTHING_SAID:
            return
        if requested == "feedback_text" or len(text) >= ENOUGH:
            state["feedback_text"] = text

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """Gladly."""
        talk.say("utter_want_praise" if state["feedback_kind"] == "praise" else "utter_want_suggestion")


class FeedbackSubmit(DeskAction):
    """Registers and thanks."""

    called = "action_feedback_submit"

    async def act(self, talk: Talk) -> Events:
        """A ticket, so that it is read."""
        kind: Literal["praise", "suggestion"] = talk.slot("feedback_kind") or "suggestion"
        text = talk.slot("feedback_text")
        ticket = await register(talk, kind=kind, subject=text[:60], detail=text, effect="feedback")
        receipt(talk, ticket, f"utter_{kind}_receipt", buttons=left_half_done(talk))
        return leave_task(*SLOTS)
