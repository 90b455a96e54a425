"""Understanding does not fall below what was reached, on messages that are not training data.

The sample is small and plain; the cases are drawn from public accounts; the long ones are invented. What other messages
reach is measured with `make evaluate FILE=...`.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.core.agent import Agent
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY

from assistant.evaluate import MODEL
from assistant.evaluation.figures import report
from assistant.evaluation.messages import Message, parse_all, read_messages
from assistant.evaluation.overlap import trained_on, training_texts
from assistant.nlu.embedding import TrainingVectors, digest
from assistant.nlu.encoder import shared_encoder

SAMPLE, CASES, LONG = (Path(__file__).parent / f"{name}.jsonl" for name in ("sample", "cases", "long_cases"))
#: multilingual-e5-small is deterministic up to the rounding of stored vectors.
SAME_DIRECTION = 0.99


@pytest.fixture(scope="module")
def agent() -> Agent:
    return Agent.load(str(MODEL))


@pytest.fixture(scope="module")
def figures(agent: Agent) -> dict[str, Any]:
    return report(asyncio.run(parse_all(agent, read_messages(SAMPLE))))


@pytest.fixture(scope="module")
def case_figures(agent: Agent) -> dict[str, Any]:
    figures: dict[str, Any] = report(asyncio.run(parse_all(agent, read_messages(CASES))))["clear"]
    return figures


@pytest.mark.parametrize(("path", "messages"), [(SAMPLE, 40), (CASES, 370), (LONG, 36)])
def test_what_is_measured_with_is_not_training_data(path: Path, messages: int) -> None:
    measured = read_messages(path)
    assert len(measured) >= messages
    assert not trained_on(measured, training_texts())


def test_training_data_among_messages_is_noticed_even_when_changed_a_little() -> None:
    text = max(training_texts(), key=len)
    lines = [text.upper() + "!!", "so " + text.replace(",", ""), "a message that nobody has ever trained anything on"]
    messages = [
        Message(str(number), line, "en", "other", frozenset(), None, None, False) for number, line in enumerate(lines)
    ]
    assert trained_on(messages, training_texts()) == ["0", "1"]


def test_the_type_is_right_often_enough(figures: dict[str, Any]) -> None:
    assert figures["accuracy"] >= 0.8
    assert figures["selective_accuracy"] >= 0.85
    assert figures["coverage"] >= 0.6


def test_cases_from_public_accounts_are_read_right_often_enough(case_figures: dict[str, Any]) -> None:
    assert case_figures["accuracy"] >= 0.8
    assert case_figures["selective_accuracy"] >= 0.87
    assert case_figures["coverage"] >= 0.7


@pytest.mark.parametrize(("flag", "f1"), [("self_harm", 0.7), ("paid", 0.7), ("leaked", 0.7), ("deepfake", 0.75)])
def test_what_has_happened_is_read_out_of_cases(case_figures: dict[str, Any], flag: str, f1: float) -> None:
    assert case_figures["flags"][flag]["f1"] >= f1


def test_facts_of_long_stories_are_found_wherever_they_stand(agent: Agent) -> None:
    figures = report(asyncio.run(parse_all(agent, read_messages(LONG))))
    assert figures["accuracy"] >= 0.6
    assert figures["selective_accuracy"] >= 0.75
    for flag in ("paid", "leaked", "self_harm"):
        assert figures["flags"][flag]["recall"] >= 0.5, flag


def test_every_crisis_of_the_sample_is_seen(figures: dict[str, Any]) -> None:
    assert figures["flags"]["self_harm"]["recall"] == 1.0
    assert figures["flags"]["self_harm"]["precision"] >= 0.6


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("my son is being blackmailed on snapchat they want 300", "disclose"),
        ("my nudes are going round in the class group chat", "disclose"),
        ("should i pay?", "ask_should_i_pay"),
        ("someone hacked my minecraft account", "other_problem"),
    ],
)
def test_a_told_case_outweighs_a_weak_guess_at_another_intent(agent: Agent, text: str, intent: str) -> None:
    parsed = asyncio.run(agent.parse_message(text))
    assert parsed[INTENT][INTENT_NAME_KEY] == intent


def test_platforms_and_countries_are_found(figures: dict[str, Any]) -> None:
    assert figures["platform_accuracy"] >= 0.9
    assert figures["country_accuracy"] >= 0.95


def test_evaluating_prints_one_line_of_json_and_writes_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    command = [sys.executable, "-m", "assistant.evaluate", str(SAMPLE), "--json", "--page", str(page)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(result.stdout)
    assert {"accuracy", "coverage", "selective_accuracy", "flags", "confusion", "ms_per_message"} <= set(figures)
    assert result.stdout.count("\n") == 1
    assert figures["noisy"]["accuracy"] > 0.5
    assert figures["trained_on"] == []
    assert figures["by_noise"]["typos"]["untidy"] > 0.5
    html = page.read_text(encoding="utf-8")
    assert html.count("<tr>") > 20
    assert "A crisis was not seen" not in html


def test_stored_vectors_are_those_of_the_training_texts() -> None:
    texts = sorted(set(training_texts()))
    stored = TrainingVectors().read()
    assert {digest(text) for text in texts} <= set(stored)
    for text in texts[:: len(texts) // 12]:
        for vector, fresh in zip(stored[digest(text)], shared_encoder().encode(text), strict=True):
            assert float(vector @ fresh / np.linalg.norm(vector)) > SAME_DIRECTION
