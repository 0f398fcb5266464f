"""Time expressions in a message, whole; what they mean depends on now and is decided by the actions."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe

from bot.nlu.rule_extractor import RuleExtractor
from desk.gateways import chinese_time


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class TimeExtractor(RuleExtractor):
    """Finds datetime; its value is the phrase as the customer wrote it."""

    def entities(self, text: str) -> list[dict[str, Any]]:
        """Rasa's entities of a text as sent."""
        return [{"entity": "datetime", "value": words, "start": start, "end": end, "text": words,
                 "extractor": "TimeExtractor"} for start, end, words in chinese_time.find(text)]
