"""What every test may ask for."""

import os
from pathlib import Path

import pytest

from desk.gateways import models

ROOT = Path(__file__).parents[1]
EDGES = {"store", "console", "connectors"}  # folders of tests


@pytest.fixture(scope="session")
def trained_model() -> Path:
    """The model for the present data, or ``DESK_MODEL``; ``make test`` trains it first."""
    given = os.environ.get("DESK_MODEL")
    model = Path(given) if given else models.fitting(ROOT, ROOT / "models")
    assert model.exists(), "no model for the present data: run `make train`"
    return model.resolve()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What goes through a network or a second database is an edge, so that the fast checks can leave it out."""
    for item in items:
        if item.path.relative_to(Path(__file__).parent).parts[0] in EDGES:
            item.add_marker(pytest.mark.edge)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where the mark ``model`` is deselected its modules are not even imported: Rasa would bring TensorFlow with it."""
    if "not model" in (config.option.markexpr or "") and collection_path.suffix == ".py":
        return "pytestmark = pytest.mark.model" in collection_path.read_text(encoding="utf-8") or None
    return None
