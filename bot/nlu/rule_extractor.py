"""What our rule-based entity extractors share: folding, offsets of the text as sent, and Rasa's entity form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from desk.gateways.chinese_text import Folded, fold


@dataclass(frozen=True)
class Found:
    """One entity in folded text: ``value`` is its normal form."""

    entity: str
    value: str
    start: int
    end: int


class RuleExtractor(GraphComponent, EntityExtractorMixin):
    """Base of extractors that look and do not learn; subclasses give ``find``."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``max_chars``: characters of a message that are looked at."""
        return {"max_chars": 400}

    @classmethod
    def create(cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> RuleExtractor:
        """See the parent class."""
        return cls(config)

    def find(self, text: Folded) -> Iterable[Found]:
        """The entities of a folded text."""
        raise NotImplementedError

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities to each message."""
        for message in messages:
            text = str(message.get(TEXT) or "")[: self._config["max_chars"]]
            message.set(ENTITIES, message.get(ENTITIES, []) + self.entities(text), add_to_output=True)
        return messages

    def entities(self, text: str) -> list[dict[str, Any]]:
        """Rasa's entities of a text as sent."""
        folded = fold(text)
        found = []
        for one in self.find(folded):
            start, end = folded.original(one.start, one.end)
            found.append({"entity": one.entity, "value": one.value, "start": start, "end": end,
                          "text": text[start:end], "extractor": type(self).__name__})
        return found
