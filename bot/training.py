"""Trains the model for the present data, with progress that a person can follow, and writes its receipt."""

from __future__ import annotations

import logging
import re
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import rasa
from rasa.model_training import train as rasa_train
from rasa.shared.importers.importer import TrainingDataImporter

from bot import runtime
from desk.gateways import models
from desk.gateways.models import Receipt

STEPS = re.compile(r"(?:Starting to train component|Restored component) '(\w+)'")
Say = Callable[[str], None]


class TrainingFailed(Exception):
    """Rasa did not produce a model."""


def train(root: Path, model: Path, say: Say) -> None:
    """Train and put the model in place in one step, so that a killed training leaves nothing half done."""
    runtime.apply()
    start = time.monotonic()
    watcher = _Progress(say, start)
    logging.getLogger("rasa.engine.training.hooks").addHandler(watcher)
    logging.getLogger("rasa.engine.training.hooks").setLevel(logging.INFO)
    logging.getLogger("rasa.engine.training.hooks").propagate = False
    model.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=model.parent) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = rasa_train(domain=str(root / "bot/domain"), config=str(root / "bot/config.yml"),
                            training_files=[str(root / "data")], output=folder, fixed_model_name="model",
                            force_training=True)
        if result.code != 0 or result.model is None:
            raise TrainingFailed(f"rasa ended with code {result.code}")
        models.keep_receipt(model, _receipt(root, model, time.monotonic() - start))
        Path(result.model).replace(model)


def _receipt(root: Path, model: Path, seconds: float) -> Receipt:
    importer = TrainingDataImporter.load_from_config(str(root / "bot/config.yml"), str(root / "bot/domain"),
                                                     [str(root / "data")])
    counts = importer.get_nlu_data().number_of_examples_per_intent
    return Receipt(fingerprint=model.name.removesuffix(".tar.gz"), trained_at=datetime.now(UTC).isoformat("T", "seconds"),
                   seconds=round(seconds, 1), rasa=rasa.__version__, sentences=dict(sorted(counts.items())))


class _Progress(logging.Handler):
    """Turns Rasa's log of finished components into a line each."""

    def __init__(self, say: Say, start: float) -> None:
        super().__init__()
        self._say, self._start = say, start

    def emit(self, record: logging.LogRecord) -> None:
        """One line for each component that begins."""
        step = STEPS.search(record.getMessage())
        if step:
            self._say(f"  {time.monotonic() - self._start:5.0f} 秒  {step[1]}")
