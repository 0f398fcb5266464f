"""Rasa's CRFEntityExtractor, trained only on the labels that no rule can settle: names and addresses."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.nlu.extractors.crf_entity_extractor import CRFEntityExtractor
from rasa.shared.nlu.constants import ENTITIES, ENTITY_ATTRIBUTE_TYPE
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class NamesCrfExtractor(CRFEntityExtractor):
    """Takes CRFEntityExtractor's options and ``labels``, the entities to learn, and ``min_confidence``."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """As the parent's; names and addresses."""
        return {**CRFEntityExtractor.get_default_config(), "labels": ["person_name", "address"],
                "min_confidence": 0.6}

    def train(self, training_data: TrainingData) -> Resource:
        """Train on a copy of the data that holds only our labels."""
        labels = set(self.component_config["labels"])
        examples = []
        for example in training_data.training_examples:
            ours = [one for one in example.get(ENTITIES) or [] if one.get(ENTITY_ATTRIBUTE_TYPE) in labels]
            copy = Message(data={**example.data, ENTITIES: ours}, features=example.features)
            if not ours:
                copy.data.pop(ENTITIES)
            examples.append(copy)
        return super().train(TrainingData(examples))

    def extract_entities(self, message: Message) -> list[dict[str, Any]]:
        """What the CRF is sure enough of."""
        least = self.component_config["min_confidence"]
        return [one for one in super().extract_entities(message)
                if one.get("confidence_entity", 1.0) >= least and one["end"] - one["start"] >= 2]
