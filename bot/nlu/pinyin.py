"""Bags of pinyin syllables: the same sound typed or heard with other characters gives the same features."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pypinyin import lazy_pinyin
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer
from rasa.shared.nlu.training_data.message import Message


@lru_cache(maxsize=20_000)
def syllable(char: str) -> str:
    """The tone-less syllable of a character; anything else as it is."""
    return lazy_pinyin(char)[0] if len(char) == 1 and "\u4e00" <= char <= "\u9fff" else char


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class PinyinCountVectorsFeaturizer(CountVectorsFeaturizer):
    """Rasa's CountVectorsFeaturizer over tone-less syllables; takes the same options."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """As the parent's, with single syllables and pairs."""
        return {**CountVectorsFeaturizer.get_default_config(), "min_ngram": 1, "max_ngram": 2,
                "token_pattern": r"(?u)\b\w+\b"}

    def _get_processed_message_tokens_by_attribute(self, message: Message, attribute: str) -> list[str]:
        return [syllable(token) for token in super()._get_processed_message_tokens_by_attribute(message, attribute)]
