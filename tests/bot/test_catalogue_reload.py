"""A changed policy is understood by the running bot, without a restart and without training."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.nlu import catalogue as module
from bot.nlu.catalogue import CatalogueExtractor, catalogue
from bot.nlu.entity_words import entity_words
from tests.bot.found import values
from tests.policy.editing import copied, rewrite

pytestmark = pytest.mark.model


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the shipped policy that is looked at every time."""
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.0)
    yield copied(tmp_path)
    catalogue.cache_clear()


def rules(folder: Path) -> CatalogueExtractor:
    return CatalogueExtractor({**CatalogueExtractor.get_default_config(), "policy_dir": str(folder)})


def test_a_new_synonym_is_understood(folder: Path) -> None:
    """As an entity, and as a word to the classifier."""
    extractor = rules(folder)
    assert [] == values(extractor, "约个扫尘", "service_item")
    assert "service_item" not in entity_words("约个扫尘", str(folder))
    rewrite(folder, "services.yml", "synonyms: [保洁, 打扫卫生", "synonyms: [保洁, 扫尘")
    assert ["cleaning"] == values(extractor, "约个扫尘", "service_item")
    assert "service_item" in entity_words("约个扫尘", str(folder))
    assert [] == values(extractor, "打扫卫生吧", "outlet")


def test_a_mistake_keeps_the_names_from_before(folder: Path) -> None:
    """Until it is mended."""
    extractor = rules(folder)
    rewrite(folder, "services.yml", "synonyms: [保洁, 打扫卫生", "synonym: [保洁, 扫尘")
    assert ["cleaning"] == values(extractor, "想约打扫卫生", "service_item")
    rewrite(folder, "services.yml", "synonym: [保洁, 扫尘", "synonyms: [保洁, 扫尘")
    assert ["cleaning"] == values(extractor, "约个扫尘", "service_item")


def test_the_folder_is_looked_at_once_a_second(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message costs a comparison of clocks, not ten stat calls."""
    monkeypatch.setattr(module, "LOOK_EVERY_S", 1.0)
    looks = []
    known = catalogue(str(folder))
    monkeypatch.setattr(module, "signature", lambda directory: looks.append(directory))
    for _ in range(1000):
        known.look()
    assert len(looks) <= 1
