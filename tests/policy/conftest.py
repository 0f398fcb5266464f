"""What the tests of the policy share."""

from pathlib import Path

import pytest

from tests.policy.editing import Edit, copied, rewrite


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """A copy of the shipped policy with one edit in one file."""
    def edit(file: str, old: str, new: str) -> Path:
        folder = copied(tmp_path)
        rewrite(folder, file, old, new)
        return folder

    return edit
