"""Trained models on disk: which one fits the present data, and the receipt that says what it was made from."""

import hashlib
import json
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path

PATTERNS = ("bot/config.yml", "bot/domain/*.yml", "bot/nlu/*.py", "data/**/*.yml", "desk/gateways/chinese_text.py")


@dataclass(frozen=True)
class Receipt:
    """What a model was trained from and what came of it; kept beside it as JSON."""

    fingerprint: str
    trained_at: str
    seconds: float
    rasa: str
    sentences: dict[str, int]


class BrokenModel(Exception):
    """A model file cannot be read."""


def sources(root: Path) -> list[Path]:
    """Every file that a model depends on."""
    return sorted({path for pattern in PATTERNS for path in root.glob(pattern)})


def fingerprint(root: Path) -> str:
    """A hash of everything a model depends on: the name of the model that fits."""
    digest = hashlib.sha256()
    for path in sources(root):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def fitting(root: Path, models_dir: Path) -> Path:
    """Where the model for the present data is, or will be once it is trained."""
    return models_dir / f"{fingerprint(root)}.tar.gz"


def check(model: Path) -> None:
    """Raise BrokenModel unless the file is a whole archive with Rasa's metadata in it."""
    try:
        with tarfile.open(model) as archive:
            names = archive.getnames()
    except (OSError, tarfile.TarError, EOFError) as error:
        raise BrokenModel(f"{model.name}: {error}") from error
    if not any(name.endswith("metadata.json") for name in names):
        raise BrokenModel(f"{model.name}: metadata.json is missing")


def keep_receipt(model: Path, receipt: Receipt) -> None:
    """Write the receipt beside the model."""
    text = json.dumps(asdict(receipt), ensure_ascii=False, indent=2)
    model.with_name(model.name.removesuffix(".tar.gz") + ".json").write_text(text + "\n", encoding="utf-8")
