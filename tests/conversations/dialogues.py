"""Dialogues as data: how the YAML files are read, played and judged. Not a test: used by ``test_dialogues.py``.

A dialogue has a ``name``, ``steps`` and what to ``expect`` at the end. A step is one of

* ``user: text`` (or a list: sent at once, before any answer); ``{ticket}``, ``{booking}``, ``{code}`` stand for the
  newest ticket or booking number seen and the newest one-time code
* ``press: title`` of a button among the newest ones
* ``agent: accepts | says TEXT | returns | closes``, ``staff: leaves``, ``others: N`` (come to the general queue),
  ``later: SECONDS`` (what comes due is done)
* ``desk: verified | coordinated | asks TEXT | contacts TEXT | handled TEXT | replies TEXT`` with the newest open ticket

and may judge what the customer sees after it: ``bot`` (all of these stand in the bot's words), ``bot_not``, ``system``
(in what the desk itself says), ``first`` (in the very first thing said), ``buttons`` (titles), ``silent: true`` (the bot
says nothing), ``intent``, ``slots``,
``task``, ``owner``. ``expect`` may hold ``tickets`` and ``bookings`` (lists of fields), ``owner``, ``handoff``,
``tasks`` (kinds, of all tickets) and ``told`` (audiences who got a notice; others may have got one too).
"""

import re
from pathlib import Path
from typing import Any

import yaml

from desk.service import conversations
from tests.conversations.stage import Stage

HERE = Path(__file__).parent
STEP_KEYS = {"user", "press", "agent", "desk", "staff", "others", "later", "bot", "bot_not", "system", "buttons", "silent", "intent",
             "slots", "task", "owner", "first"}
EXPECT_KEYS = {"tickets", "bookings", "owner", "handoff", "tasks", "told"}


def load_all() -> list[Any]:
    """Every dialogue as a pytest-ready (id, dialogue) pair, checked for unknown keys."""
    found = []
    for path in sorted(HERE.glob("*/*.yml")):
        for dialogue in yaml.safe_load(path.read_text(encoding="utf-8")):
            name = f"{path.parent.name}/{path.stem}: {dialogue['name']}"
            for step in dialogue["steps"]:
                assert set(step) <= STEP_KEYS, f"{name}: {set(step) - STEP_KEYS}"
            assert set(dialogue.get("expect", {})) <= EXPECT_KEYS, name
            found.append((name, dialogue))
    return found


class Player:
    """Plays one dialogue; ``script`` keeps what was said, for the message of a failure."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.buttons: list[dict[str, str]] = []
        self.seen = ""
        self.script: list[str] = []

    def play(self, dialogue: dict[str, Any]) -> None:
        """Play the steps and judge the end."""
        for step in dialogue["steps"]:
            self._step(step)
        self._end(dialogue.get("expect", {}))

    def _step(self, step: dict[str, Any]) -> None:
        if "staff" in step:
            self.stage.off_duty()
        before = self.stage.last_seq()
        if "others" in step:
            self.stage.others_wait(int(step["others"]))
        if "later" in step:
            self.stage.later(float(step["later"]))
        if "desk" in step:
            does, _, text = step["desk"].partition(" ")
            self.stage.on_ticket(does, text)
        if "agent" in step:
            does, _, text = step["agent"].partition(" ")
            self.stage.agent(does, text)
        for text in _listed(step.get("user")):
            self._say(self._filled(text))
        if "press" in step:
            self._press(step["press"])
        self._hear(before)
        self._judge(step)

    def _say(self, text: str, payload: str | None = None) -> None:
        self.script.append(f"客: {text}")
        self.stage.send(text, payload)

    def _press(self, title: str) -> None:
        found = next((one for one in self.buttons if title in one["title"]), None)
        self._true(found is not None, f"no button {title!r} among {[one['title'] for one in self.buttons]}")
        assert found is not None
        self._say(found["title"], found["payload"])

    def _hear(self, before: int) -> None:
        self.answers = self.stage.answers(before)
        for one in self.answers:
            titles = [button["title"] for button in one.get("buttons") or []]
            self.script.append(f"{one['sender']}: {one['text']}" + (f"  {titles}" if titles else ""))
            self.seen += one["text"] + "\n"
        offered = [button for one in self.answers for button in one.get("buttons") or []]
        self.buttons = offered or self.buttons

    def _filled(self, text: str) -> str:
        for name, prefix in (("{ticket}", "TS"), ("{booking}", "BK")):
            if name in text:
                numbers = re.findall(rf"{prefix}\d{{11}}", self.seen)
                self._true(bool(numbers), f"no {prefix} number seen")
                text = text.replace(name, numbers[-1])
        return text.replace("{code}", self.stage.code()) if "{code}" in text else text

    def _judge(self, step: dict[str, Any]) -> None:
        bot = "\n".join(one["text"] for one in self.answers if one["sender"] == "bot")
        system = "\n".join(one["text"] for one in self.answers if one["sender"] == "system")
        for words in _listed(step.get("bot")):
            self._true(re.search(words, bot) is not None, f"{words!r} is not in {bot!r}")
        for words in _listed(step.get("bot_not")):
            self._true(re.search(words, bot) is None, f"{words!r} is in {bot!r}")
        for words in _listed(step.get("system")):
            self._true(re.search(words, system) is not None, f"{words!r} is not in {system!r}")
        if "first" in step:
            opening = self.answers[0]["text"] if self.answers else ""
            self._true(re.search(step["first"], opening) is not None, f"{step['first']!r} is not said first")
        for title in _listed(step.get("buttons")):
            self._true(any(title in one["title"] for one in self.buttons), f"no button {title!r}")
        if step.get("silent"):
            self._true(bot == "", f"the bot spoke: {bot!r}")
        self._judge_state(step)

    def _judge_state(self, step: dict[str, Any]) -> None:
        conversation = conversations.get(self.stage.application.desk, conversation_id=self.stage.conversation)
        if "owner" in step:
            self._same(step["owner"], conversation.owner, "owner")
        if "task" in step:
            self._same(step["task"], conversation.active_loop, "task")
        for slot, value in step.get("slots", {}).items():
            self._same(value, conversation.slots.get(slot), f"slot {slot}")
        if "intent" in step:
            messages = conversations.events(self.stage.application.desk, conversation_id=self.stage.conversation)
            parse = [m.payload.get("parse") for m in messages if m.sender == "customer"][-1] or {}
            self._same(step["intent"], (parse.get("intent") or {}).get("name"), "intent")

    def _end(self, expect: dict[str, Any]) -> None:
        with self.stage.application.desk.begin() as uow:
            conversation = uow.conversations.get(self.stage.conversation)
            tickets = uow.tickets.of_conversation(conversation.id)[::-1]
            bookings = uow.bookings.of_conversation(conversation.id, since=conversation.created_at)
            handoff = uow.handoffs.last_of(conversation.id)
        if "tickets" in expect:
            self._records("tickets", expect["tickets"], tickets)
        if "bookings" in expect:
            self._records("bookings", expect["bookings"], bookings)
        if "owner" in expect:
            self._same(expect["owner"], conversation.owner, "owner")
        if "tasks" in expect or "told" in expect:
            self._behind_the_scenes(expect, [one.number for one in tickets])
        if "handoff" in expect:
            self._records("handoff", [expect["handoff"]], [handoff])

    def _behind_the_scenes(self, expect: dict[str, Any], numbers: list[str]) -> None:
        with self.stage.application.desk.begin() as uow:
            kinds = [task.kind for number in numbers for task in uow.tasks.of_ticket(number)]
            departments = {f"department:{name}" for name in self.stage.application.desk.policy.departments()}
            told = {one.audience for one in uow.staff_notices.unseen(["supervisors", *departments])}
        if "tasks" in expect:
            self._same(expect["tasks"], kinds, "tasks")
        for audience in expect.get("told", []):
            self._true(audience in told, f"{audience} was not told: {told}")

    def _records(self, what: str, expected: list[dict[str, Any]], found: list[Any]) -> None:
        self._same(len(expected), len(found), f"number of {what}")
        zone = self.stage.application.desk.policy.calendars["outlet"].timezone
        for fields, record in zip(expected, found, strict=True):
            for name, value in fields.items():
                actual = getattr(record, name)
                if hasattr(actual, "astimezone"):
                    actual = actual.astimezone(zone).strftime("%Y-%m-%d %H:%M")
                self._same(value, actual, f"{what}.{name}")

    def _same(self, expected: Any, actual: Any, what: str) -> None:
        self._true(expected == actual, f"{what}: expected {expected!r}, is {actual!r}")

    def _true(self, condition: bool, why: str) -> None:
        assert condition, why + "\n" + "\n".join(self.script)


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else list(value)
