"""The last word on entities: where extractors overlap, the surer kind wins; an entity is named once per place."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message

ORDER = ("IdentifierExtractor", "CatalogueExtractor", "PeoplePlacesExtractor", "TimeExtractor", "NamesCrfExtractor")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityResolver(GraphComponent, EntityExtractorMixin):
    """Keeps one of overlapping entities: by extractor in ORDER, addresses over what stands inside them."""

    @classmethod
    def create(cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> EntityResolver:
        """See the parent class."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Resolve the entities of each message."""
        for message in messages:
            message.set(ENTITIES, resolved(message.get(ENTITIES, [])), add_to_output=True)
        return messages


def resolved(entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entities without overlaps, in order of appearance."""
    kept: list[dict[str, Any]] = []
    for one in sorted(entities, key=_rank):
        if all(one["end"] <= other["start"] or one["start"] >= other["end"] for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one["start"])


def _rank(entity: dict[str, Any]) -> tuple[int, int]:
    extractor = entity.get("extractor", "")
    place = ORDER.index(extractor) if extractor in ORDER else len(ORDER)
    if entity["entity"] == "address":
        place = 1 if place < len(ORDER) - 1 else place
    return place, -(entity["end"] - entity["start"])
