"""How tasks are carried through: a form takes what a message gives, checks it, and asks for what is missing.

Rasa runs ``booking_form`` and calls ``validate_booking_form`` each turn; ours reads the message itself, because only
so can one message fill several slots, correct one and be refused with a reason. A message that gives the form nothing
is rejected, Rasa's rules answer it, and the form is asked again: that is a digression. The question for the next slot
is said here too, so that a turn of a form is one call.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import DeskAction, Events, Talk
from actions.phrasing import AGREES, WHY, bare

LEAVES = frozenset({"stop", "request_human", "request_supervisor", "report_emergency", "abuse", "goodbye"})
ASKS = frozenset({"ask_price", "ask_hours", "ask_location", "ask_procedure", "ask_policy", "ask_service", "ask_wait",
                  "ask_ticket_status", "ask_booking", "ask_account", "help", "bot_challenge", "out_of_scope"})
TASKS = frozenset({"book_service", "change_booking", "cancel_booking", "file_complaint", "report_fault",
                   "apply_service", "request_callback", "request_compensation", "urge_ticket", "withdraw_ticket",
                   "give_suggestion", "give_praise"})
SURE, QUITE_SURE = 0.5, 0.7
COURTESY = frozenset({"thank", "affirm"})
TELL_OF_A_SERVICE = ("action_ask_price", "action_ask_procedure", "action_ask_service", "action_inform")
IDLE_S = 3600
TELLING = 4
REFUSED = "none"


class State:
    """The slots of a task while a message is read; changes become SlotSet events.

    ``asked``: what was said to this message puts the next question already.
    """

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.asked = False
        self._changed: dict[str, Any] = {}

    def __getitem__(self, slot: str) -> Any:
        return self._changed[slot] if slot in self._changed else self._talk.slot(slot)

    def __setitem__(self, slot: str, value: Any) -> None:
        self._changed[slot] = value

    @property
    def touched(self) -> bool:
        """Whether the message gave the task something."""
        return bool(self._changed)

    def events(self) -> Events:
        """The changes."""
        return [SlotSet(slot, value) for slot, value in self._changed.items()]


def service_asked_about(talk: Talk) -> str | None:
    """The service whose price or procedure was just told: “那给我装一个吧” means that one."""
    told = talk.intent == "affirm" or any(name in talk.previous_actions() for name in TELL_OF_A_SERVICE)
    return talk.slot("last_service") if told else None


def agrees(talk: Talk) -> bool:
    """A yes to what was read back, also in the words of its button."""
    return talk.intent == "affirm" or AGREES.fullmatch(bare(talk.text)) is not None


class TaskForm(DeskAction):
    """A task. Subclasses give ``form``, ``steps`` (slots in the order they are asked) and the methods below."""

    form = ""
    steps: tuple[str, ...] = ()
    own_intents: frozenset[str] = frozenset()

    def name(self) -> str:
        """Rasa's name for the validation of a form."""
        return f"validate_{self.form}"

    async def act(self, talk: Talk) -> Events:
        """Read the message, then ask for what is missing."""
        state = State(talk)
        requested = talk.slot("requested_slot")
        requested = requested if requested in self.steps else None
        fresh = requested is None or talk.is_fresh()
        if requested is None and await self.about_known(talk):
            return [*(SlotSet(slot, None) for slot in self.steps), SlotSet("requested_slot", None)]
        if requested is None:
            await self.begin(talk, state)
        elif fresh and WHY.search(talk.text):
            talk.say("utter_why_asked")
            state[requested] = None
        if fresh and not self.is_digression(talk, requested):
            await self.take(talk, state, requested)
        if fresh and requested is not None and not state.touched and not self._is_courtesy(talk, state, requested):
            if talk.intent not in self.own_intents & TASKS:
                return [SlotSet("requested_slot", requested)]
            talk.say("utter_not_understood_in_task")  # its rule would only begin this task again, and again
        missing = await self.missing(talk, state)
        if missing is not None and not state.asked:
            if fresh and requested is not None and (talk.metadata.get("idle_s") or 0) > IDLE_S:
                talk.say("utter_back_to_task")
            await self.ask(talk, state, missing)
        return [*state.events(), SlotSet("requested_slot", missing)]

    def _is_courtesy(self, talk: Talk, state: State, requested: str) -> bool:
        """A “谢谢” or “好的” in between gives nothing, but is no digression either: the question is put again."""
        if talk.intent not in COURTESY:
            return False
        if talk.intent == "thank":
            talk.say("utter_thank_in_task")
        state[requested] = None
        return True

    def is_digression(self, talk: Talk, requested: str | None) -> bool:
        """Whether the message is about something else; what answers the question at hand never is."""
        if requested is None or talk.intent in self.own_intents or self.answers(talk, requested):
            return False
        if requested.endswith("_confirm") and agrees(talk):
            return False
        enough = QUITE_SURE if requested in self.free_text and talk.intent not in LEAVES else SURE
        return talk.intent in LEAVES | ASKS | TASKS and talk.confidence >= enough

    free_text: frozenset[str] = frozenset()

    def adds(self, talk: Talk) -> bool:
        """Whether a message that answers nothing goes on telling the matter."""
        told = not talk.pressed and not talk.entity("phone") and not talk.entity("address")
        return told and talk.intent in self.own_intents & TASKS and len(talk.text.strip()) >= TELLING

    def answers(self, talk: Talk, requested: str) -> bool:
        """Whether the message plainly gives what was asked."""
        return False

    async def about_known(self, talk: Talk) -> bool:
        """Whether the message that would start the task is about a ticket instead: then it ends before it began."""
        return False

    async def begin(self, talk: Talk, state: State) -> None:
        """Fill in what is known when the task starts."""

    async def take(self, talk: Talk, state: State, requested: str | None) -> None:
        """Put what the message gives into the state."""
        raise NotImplementedError

    async def missing(self, talk: Talk, state: State) -> str | None:
        """The next slot to ask for; None when the task is complete."""
        return next((slot for slot in self.steps if state[slot] is None), None)

    async def ask(self, talk: Talk, state: State, slot: str) -> None:
        """Ask for a slot."""
        talk.say(f"utter_want_{slot}")
