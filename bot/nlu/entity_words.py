"""Bags of words in which what the rules find is one word: 「修空调」 and 「做脸」 are both ``service_item``.

A sentence is classified by what is asked, whichever service, time or place it is about; a synonym that an editor adds
to the policy is at once as familiar to the classifier as the old ones.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.catalogue import CatalogueExtractor, catalogue
from bot.nlu.entity_resolver import resolved
from bot.nlu.identifiers import IdentifierExtractor
from bot.nlu.normalisation import normalise
from bot.nlu.people_places import PeoplePlacesExtractor
from bot.nlu.times import TimeExtractor
from bot.nlu.tokenizer import tokens_of

EXTRACTORS = (IdentifierExtractor, CatalogueExtractor, PeoplePlacesExtractor, TimeExtractor)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class EntityWordsFeaturizer(CountVectorsFeaturizer):
    """Rasa's CountVectorsFeaturizer over our tokens with entities of the rules replaced by their kind."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """As the parent's; ``policy_dir`` as in CatalogueExtractor, ``max_chars`` as in the tokenizer."""
        return {**CountVectorsFeaturizer.get_default_config(), "min_ngram": 1, "max_ngram": 3,
                "token_pattern": r"(?u)\b\w+\b", "policy_dir": "policy", "max_chars": 400}

    def _get_message_tokens_by_attribute(self, message: Message, attribute: str) -> list[str]:
        if attribute != TEXT:
            return list(super()._get_message_tokens_by_attribute(message, attribute))
        text = str(message.get(TEXT))[: self._config["max_chars"]]
        return list(entity_words(text, self._config["policy_dir"]))


def entity_words(text: str, policy_dir: str = "policy") -> tuple[str, ...]:
    """For each token its word: the kind of entity at the first token of one, nothing at its others."""
    return _entity_words(text, policy_dir, catalogue(policy_dir).look())


@lru_cache(maxsize=20_000)
def _entity_words(text: str, policy_dir: str, edition: int) -> tuple[str, ...]:
    """Kept for each edition of the catalogue, with which the words change."""
    found = resolved([one for extractor in _extractors(policy_dir) for one in extractor.entities(text)])
    words: list[str] = []
    inside = None
    for token in tokens_of(normalise(text)):
        entity = next((one for one in found if one["start"] <= token.start < one["end"]), None)
        words.append(token.text if entity is None else "" if entity is inside else str(entity["entity"]))
        inside = entity
    return tuple(words)


@lru_cache(maxsize=4)
def _extractors(policy_dir: str) -> tuple[Any, ...]:
    return tuple(kind({**kind.get_default_config(), **({"policy_dir": policy_dir} if kind is CatalogueExtractor else {})})
                 for kind in EXTRACTORS)
