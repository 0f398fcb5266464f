"""Rasa's own check of domain, sentences, rules and stories."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.model
ROOT = Path(__file__).parents[2]


def test_rasa_finds_no_conflicts() -> None:
    """``rasa data validate`` ends with success: no conflicting stories, no unknown intents, no misaligned entities."""
    ended = subprocess.run(
        [sys.executable, "-m", "rasa", "data", "validate", "--domain", "bot/domain", "--data", "data", "-c",
         "bot/config.yml"], cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said[-3000:]
    assert "No story structure conflicts found" in said
    assert "Misaligned entity" not in said
    assert "is listed in the domain file, but is not found in the NLU training data" not in said.replace(
        "'nlu_fallback' is listed in the domain file, but is not found in the NLU training data", "")
