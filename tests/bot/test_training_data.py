"""The training sentences are enough, consistent and about nobody: what a careless edit of ``data/nlu`` would break."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from desk.core.services import names
from desk.gateways.chinese_text import fold
from desk.gateways.policy_files import load_policy
from tests.bot.sentences import ROOT, Sentence, sentences

DATA = sentences()
BY_INTENT = Counter(one.intent for one in DATA)
OPENING = ("ask_service", "ask_price", "ask_hours", "ask_location", "ask_procedure", "ask_policy", "ask_ticket_status", "ask_booking",
           "ask_account", "apply_service", "book_service", "change_booking", "cancel_booking", "file_complaint",
           "report_fault", "report_emergency", "urge_ticket", "withdraw_ticket", "give_suggestion", "give_praise",
           "request_compensation", "request_human", "request_callback", "request_supervisor")
ENTITIES = set(yaml.safe_load((ROOT / "bot/domain/_shared.yml").read_text(encoding="utf-8"))["entities"])
POLICY = load_policy(Path(ROOT / "policy"))


def marked(kind: str) -> list[tuple[str, Sentence]]:
    """The words marked as an entity, with their sentences."""
    return [(mark.words, one) for one in DATA for mark in one.marks if mark.entity == kind]


@pytest.mark.parametrize("intent", OPENING)
def test_intents_that_open_a_task_are_well_learned(intent: str) -> None:
    """At least 60 sentences for what a conversation may begin with."""
    assert BY_INTENT[intent] >= 60


def test_no_intent_is_poor() -> None:
    """At least 25 sentences for every intent."""
    assert not {intent: count for intent, count in BY_INTENT.items() if count < 25}


def test_a_sentence_has_one_intent() -> None:
    """The same words never stand under two intents, nor twice under one."""
    intents: dict[str, list[str]] = {}
    for one in DATA:
        intents.setdefault(re.sub(r"[\s,.!?]+$", "", fold(one.text).text), []).append(one.intent)
    assert not {text: said for text, said in intents.items() if len(set(said)) > 1}
    assert not [text for text, count in Counter(one.text for one in DATA).items() if count > 1]


def test_every_entity_is_of_the_domain() -> None:
    """A mark with an unknown name would be learned and never used."""
    assert {mark.entity for one in DATA for mark in one.marks} <= ENTITIES


def test_marked_services_are_in_the_guide() -> None:
    """A marked service_item is a name or a synonym of the policy, however written."""
    known = {fold(name).text.replace("宽带", "宽频") for one in POLICY.services.values() for name in names(one)}
    assert not [(words, one.text) for words, one in marked("service_item")
                if fold(words).text.replace("宽带", "宽频") not in known]


def test_marked_outlets_are_in_the_guide() -> None:
    """A marked outlet is a name or a synonym of the policy."""
    known = {name for one in POLICY.outlets.values() for name in (one.name, *one.synonyms)}
    assert not [(words, one.text) for words, one in marked("outlet") if fold(words).text not in known]


def test_phones_are_nobodys() -> None:
    """Mobile numbers are of the fictional block 138000000xx, typed or spoken."""
    spoken = str.maketrans("零〇一幺二两三四五六七八九", "0011223456789")
    for words, one in marked("phone"):
        digits = re.sub(r"\D", "", fold(words).text.translate(spoken))
        assert re.fullmatch(r"138000000\d\d|05710000\d{4}", digits), one.text
    for one in DATA:
        for number in re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", fold(one.text).text):
            assert number.startswith("138000000"), one.text


def test_marks_are_whole() -> None:
    """No bracket is left over from a mark that was written wrong, and no mark begins or ends with a blank or a stop."""
    for one in DATA:
        assert not re.search(r"[\[\]{}]|\]\(", one.text), one.text
        for mark in one.marks:
            assert not re.search(r"^[\s，。,.]|[\s，。,.]$", mark.words), one.text


def test_chinese_sentences_use_chinese_punctuation() -> None:
    """A comma or question mark after a Chinese character is full-width."""
    assert not [one.text for one in DATA if re.search(r"[\u4e00-\u9fff][,?!;]", one.text)]
