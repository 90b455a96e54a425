"""Rasa's own test stories hold: `rasa test core --fail-on-prediction-errors`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_rasa_predicts_every_intent_and_action_of_the_test_stories(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rasa", "test", "core", "--fail-on-prediction-errors"]
    files = ["--model", "models/assistant.tar.gz", "--stories", "tests/dialogue/test_stories.yml"]
    result = subprocess.run(
        [*command, *files, "--endpoints", "tests/dialogue/endpoints.yml", "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    failed = tmp_path / "failed_test_stories.yml"
    assert result.returncode == 0, failed.read_text() if failed.exists() else result.stderr[-2000:]
