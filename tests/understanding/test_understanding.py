"""Understanding does not fall below what was reached, on messages that are not training data.

The sample is small and our own; what real messages reach is measured with `make evaluate FILE=...`.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from rasa.core.agent import Agent

from assistant.evaluate import MODEL, Message, parse_all, report
from assistant.nlu.crisis import normalised
from assistant.nlu.embedding import TrainingVectors, digest, shared_encoder

SAMPLE = Path(__file__).parent / "sample.jsonl"
#: multilingual-e5-small is deterministic up to the rounding of stored vectors.
SAME_DIRECTION = 0.99


def training_texts() -> Iterator[str]:
    for path in Path("data/nlu").rglob("*.yml"):
        for block in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            if "intent" in block:
                yield from (line.strip()[2:] for line in block["examples"].splitlines() if line.strip())


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    messages = [Message.read(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    return report(list(zip(messages, asyncio.run(parse_all(Agent.load(str(MODEL)), messages)), strict=True)))


def test_the_sample_is_not_training_data() -> None:
    trained = {normalised(text) for text in training_texts()}
    sample = {normalised(json.loads(line)["text"]) for line in SAMPLE.read_text(encoding="utf-8").splitlines()}
    assert len(sample) >= 40
    assert not sample & trained


def test_the_type_is_right_often_enough(figures: dict[str, Any]) -> None:
    assert figures["accuracy"] >= 0.8
    assert figures["selective_accuracy"] >= 0.85
    assert figures["coverage"] >= 0.6


def test_every_crisis_of_the_sample_is_seen(figures: dict[str, Any]) -> None:
    assert figures["flags"]["self_harm"]["recall"] == 1.0
    assert figures["flags"]["self_harm"]["precision"] >= 0.6


def test_platforms_and_countries_are_found(figures: dict[str, Any]) -> None:
    assert figures["platform_accuracy"] >= 0.9
    assert figures["country_accuracy"] >= 0.95


def test_evaluating_prints_one_line_of_json() -> None:
    command = [sys.executable, "-m", "assistant.evaluate", str(SAMPLE), "--json"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(result.stdout)
    assert {"accuracy", "coverage", "selective_accuracy", "flags", "confusion", "ms_per_message"} <= set(figures)
    assert result.stdout.count("\n") == 1


def test_stored_vectors_are_those_of_the_training_texts() -> None:
    texts = sorted(set(training_texts()))
    stored = TrainingVectors().read()
    assert {digest(text) for text in texts} <= set(stored)
    for text in texts[:: len(texts) // 12]:
        vector, fresh = stored[digest(text)], shared_encoder().encode(text)
        assert float(vector @ fresh / np.linalg.norm(vector)) > SAME_DIRECTION
