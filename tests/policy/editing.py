"""Copies of the shipped policy with one edit. Not a test: used by the tests beside it."""

import shutil
from collections.abc import Callable
from pathlib import Path

from desk.gateways.policy_files import read_policy

SHIPPED = Path(__file__).parents[2] / "policy"
Edit = Callable[[str, str, str], Path]


def copied(to: Path) -> Path:
    """A copy of the shipped policy in a folder called policy."""
    return Path(shutil.copytree(SHIPPED, to / "policy"))


def rewrite(folder: Path, file: str, old: str, new: str) -> None:
    """Replace the first place at which something stands."""
    content = (folder / file).read_text(encoding="utf-8")
    assert old in content, f"{file} has changed: {old!r}"
    (folder / file).write_text(content.replace(old, new, 1), encoding="utf-8")


def edited_texts(*edits: tuple[str, str, str]) -> dict[str, str]:
    """The texts of the shipped policy with some edits."""
    texts = read_policy(SHIPPED)
    for file, old, new in edits:
        assert old in texts[file], f"{file} has changed: {old!r}"
        texts[file] = texts[file].replace(old, new, 1)
    return texts


def line_of(file: str, text: str) -> int:
    """The line of the shipped file on which something stands."""
    lines = (SHIPPED / file).read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, start=1) if text in line)
