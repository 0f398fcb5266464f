"""Names of the public guide in a message: services and outlets by any of their names, straight from ``policy/``.

The names are read while the bot serves, not when it is trained: a synonym added by an editor is understood within a
second. While there is a mistake in the folder, the names from before it hold.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import spacy
import structlog
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from spacy.matcher import PhraseMatcher
from spacy.util import filter_spans

from bot.nlu.rule_extractor import Found, RuleExtractor
from desk.core.errors import PolicyError
from desk.core.policy import Policy
from desk.core.services import spoken
from desk.gateways.chinese_text import Folded, fold
from desk.gateways.policy_files import load_policy, signature

log = structlog.get_logger()
LOOK_EVERY_S = 1.0

# Words that differ beyond their characters between the mainland and Taiwan or Hong Kong.
REGIONAL = (("宽带", "宽频"), ("网络", "网路"), ("空调", "冷气"))
_DONE = re.compile(r"[好完了不]")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class CatalogueExtractor(RuleExtractor):
    """Finds service_item and outlet with their ids as values; the longest name wins."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._catalogue = catalogue(str(config["policy_dir"]))

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``policy_dir``: where the policy files are."""
        return {**RuleExtractor.get_default_config(), "policy_dir": "policy"}

    def find(self, text: Folded) -> Iterator[Found]:
        """The services and outlets of a folded text."""
        pipeline, matcher = self._catalogue.phrases()
        doc = pipeline.make_doc(text.text)
        for span in filter_spans(matcher(doc, as_spans=True)):
            if re.search(r"[^维报]修$", span.text) and _DONE.match(text.text, span.end_char):
                continue  # 「网修好了」 tells, it does not ask for 「网修」
            entity, _, value = span.label_.partition(":")
            yield Found(entity, value, span.start_char, span.end_char)


class Catalogue:
    """The phrases of a policy folder, read again when a file of it was written; ``edition`` counts the readings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = signature(folder)
        self._looked = time.monotonic()
        self._phrases = _phrases(load_policy(folder))
        self.edition = 1

    def phrases(self) -> tuple[Any, PhraseMatcher]:
        """A blank Chinese pipeline (one character, one token) and the matcher."""
        self.look()
        return self._phrases

    def look(self) -> int:
        """Read the folder again if it has changed, looking once a second at most; returns the edition."""
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY_S:
            self._looked = now
            seen = signature(self._folder)
            if seen != self._seen:
                self._seen = seen
                self._read()
        return self.edition

    def _read(self) -> None:
        try:
            self._phrases = _phrases(load_policy(self._folder))
        except PolicyError as mistake:
            log.warning("catalogue.rejected", problem=mistake.detail)
        else:
            self.edition += 1


@lru_cache(maxsize=4)
def catalogue(policy_dir: str) -> Catalogue:
    """The catalogue of a folder."""
    return Catalogue(Path(policy_dir))


def _phrases(policy: Policy) -> tuple[Any, PhraseMatcher]:
    pipeline = spacy.blank("zh")
    matcher = PhraseMatcher(pipeline.vocab)
    for service in policy.services.values():
        _add(matcher, pipeline, f"service_item:{service.id}", spoken(service))
    for outlet in policy.outlets.values():
        _add(matcher, pipeline, f"outlet:{outlet.id}", (outlet.name, *outlet.synonyms))
    return pipeline, matcher


def _add(matcher: PhraseMatcher, pipeline: Any, label: str, phrases: tuple[str, ...]) -> None:
    folded = {fold(phrase).text for phrase in phrases}
    folded |= {phrase.replace(here, there) for phrase in folded for here, there in REGIONAL}
    matcher.add(label, [pipeline.make_doc(phrase) for phrase in sorted(folded)])
