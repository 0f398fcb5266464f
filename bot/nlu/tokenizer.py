"""Character tokens for Chinese, made from normalised text, with offsets of the text as the customer sent it.

One Chinese character is one token, a run of letters or digits stays together: entities never cut through a token.
Each token carries ``data["word"]``, the jieba word it belongs to, and ``data["bies"]``, its place in it, so that
word boundaries still count as features.
"""

from __future__ import annotations

import re
from typing import Any

import jieba
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.normalisation import Normalised, normalise

_TOKEN = re.compile(r"[a-z]+|\d+|[^\sa-z\d]")
jieba.setLogLevel("WARNING")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class ChineseTokenizer(Tokenizer):
    """Splits normalised Chinese into characters. ``max_chars`` cuts what is classified; people read it all."""

    @staticmethod
    def supported_languages() -> list[str] | None:
        """Chinese only."""
        return ["zh"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``max_chars``: characters of a message that are looked at."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None,
                "prefix_separator_symbol": None, "max_chars": 400}

    @classmethod
    def create(cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> ChineseTokenizer:
        """See the parent class."""
        jieba.initialize()
        return cls(config)

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The tokens of an attribute of a message."""
        text = str(message.get(attribute) or "")[: self._config["max_chars"]]
        return tokens_of(normalise(text))


def tokens_of(normalised: Normalised) -> list[Token]:
    """The tokens of a normalised text."""
    words = _words(normalised.text)
    tokens = []
    for match in _TOKEN.finditer(normalised.text):
        start, end = normalised.original(match.start(), match.end())
        word, first, last = words[match.start()]
        place = ("S" if last - first <= match.end() - match.start() else
                 "B" if match.start() == first else "E" if match.end() == last else "I")
        tokens.append(Token(match.group(), start, end, data={"word": word, "bies": place}))
    return tokens


def _words(text: str) -> list[tuple[str, int, int]]:
    """For every character the jieba word around it and that word's bounds."""
    around: list[tuple[str, int, int]] = []
    for word, start, end in jieba.tokenize(text):
        around += [(word, start, end)] * (end - start)
    return around
