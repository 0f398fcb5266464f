"""Services and outlets are found by any of their names, however written."""

import pytest

from bot.nlu.catalogue import CatalogueExtractor
from bot.nlu.entity_words import entity_words
from bot.nlu.normalisation import normalise
from bot.nlu.tokenizer import tokens_of
from tests.bot.found import found, values

pytestmark = pytest.mark.model

RULES = CatalogueExtractor(CatalogueExtractor.get_default_config())


@pytest.mark.parametrize(
    ("text", "words", "service"),
    [
        ("我想裝寬頻", "裝寬頻", "broadband_install"),
        ("寬頻月費多少", "寬頻", "broadband_install"),
        ("網路維修", "網路維修", "network_repair"),
        ("想修网", "修网", "network_repair"),
        ("做ＳＰＡ", "ＳＰＡ", "beauty"),
        ("😀剪頭髮", "剪頭髮", "hairdressing"),
        ("修冷氣", "修冷氣", "appliance_repair"),
    ],
)
def test_services(text: str, words: str, service: str) -> None:
    """The longest name wins; the value is the service."""
    assert found(RULES, text, "service_item") == [words]
    assert values(RULES, text, "service_item") == [service]


@pytest.mark.parametrize("text", ["网修好了", "網修好了，谢谢", "网修完了没"])
def test_what_is_done_is_not_asked_for(text: str) -> None:
    """“网修好了” tells that the net works again."""
    assert found(RULES, text, "service_item") == []


def test_outlets() -> None:
    """An outlet by a short name."""
    assert values(RULES, "去總店還是東店", "outlet") == ["center", "east"]


def test_entities_are_one_word_to_the_classifier() -> None:
    """Whatever service, time or number is named, the sentence reads the same."""
    said = [[word for word in entity_words(text) if word] for text in ("约明天上午的剪头", "约周六下午三点的保洁")]
    assert said[0] == said[1] == ["约", "datetime", "的", "service_item"]


def test_a_word_for_every_token() -> None:
    """Features of a sequence stay in step with its tokens."""
    text = "约明天上午的剪头"
    assert len(entity_words(text)) == len(tokens_of(normalise(text)))
