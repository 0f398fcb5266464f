"""When not to believe the classifier: too unsure, two answers alike, nothing said at all, or a doubtful yes.

A yes has consequences (it books, files, withdraws), so it needs more certainty than a question.
"""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.normalisation import normalise


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SurenessClassifier(FallbackClassifier):
    """Rasa's FallbackClassifier with its options; ``consent_threshold`` is what an intent of ``consent`` needs."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """As the parent's; a yes at 0.6."""
        return {**FallbackClassifier.get_default_config(), "consent": ["affirm"], "consent_threshold": 0.6}

    def _should_fallback(self, message: Message) -> bool:
        if not re.search(r"\w", normalise(str(message.get(TEXT) or "")).text):
            return True
        intent = message.data[INTENT]
        consent = intent.get(INTENT_NAME_KEY) in self.component_config["consent"]
        if consent and intent.get(PREDICTED_CONFIDENCE_KEY, 0) < self.component_config["consent_threshold"]:
            return True
        return bool(super()._should_fallback(message))
