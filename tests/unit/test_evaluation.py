"""The figures of an evaluation, on readings whose figures are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.figures import by_noise, calibration, curve, report
from assistant.evaluation.messages import Message, Pair, Understood, understood
from assistant.evaluation.page import errors_by_kind, write_page
from assistant.nlu.case_types import TYPES

MESSAGE = Message("1", "<b>he wants money</b>", "en", "financial", frozenset({"paid"}), "snapchat", None, False)


def read_as(label: str, confidence: float, flags: frozenset[str] = frozenset({"paid"})) -> Understood:
    rest = (1 - confidence) / (len(TYPES) - 1)
    types = {name: confidence if name == label else rest for name in TYPES}
    return Understood(types, {"paid:yes": 0.9}, flags, "snapchat", None, confidence >= 0.6, 5.0)


@pytest.fixture
def pairs() -> list[Pair]:
    return [
        (MESSAGE, read_as("financial", 0.9)),
        (MESSAGE, read_as("financial", 0.7)),
        (MESSAGE, read_as("image", 0.65)),
        (MESSAGE, read_as("image", 0.5, frozenset())),
        (replace(MESSAGE, ambiguous=True, lang="de"), read_as("both", 0.95)),
    ]


def test_shares_are_counted_with_and_without_ambiguous_messages(pairs: list[Pair]) -> None:
    figures = report(pairs)
    assert (figures["accuracy"], figures["coverage"], figures["selective_accuracy"]) == (0.4, 0.8, 0.5)
    clear = figures["clear"]
    assert (clear["accuracy"], clear["coverage"], clear["selective_accuracy"]) == (0.5, 0.75, 0.6667)
    assert (clear["accuracy_english"], clear["accuracy_other_languages"]) == (0.5, None)
    assert clear["flags"]["paid"] == {"precision": 1.0, "recall": 0.75, "f1": 0.8571, "support": 4}
    assert figures["confusion"] == {"financial": {"financial": 2, "image": 2, "both": 1}}
    assert figures["noisy"] is None


def test_the_curve_takes_the_surest_first(pairs: list[Pair]) -> None:
    points = {point["coverage"]: point for point in curve(pairs[:4])}
    assert points[0.5] == {"coverage": 0.5, "accuracy": 1.0, "threshold": 0.7}
    assert points[1.0] == {"coverage": 1.0, "accuracy": 0.5, "threshold": 0.5}


def test_probabilities_that_hold_have_no_calibration_error() -> None:
    honest = [(MESSAGE, read_as("financial", 0.75))] * 3 + [(MESSAGE, read_as("image", 0.75))]
    assert calibration(honest)["type"]["expected_calibration_error"] == 0.0
    boasting = [(MESSAGE, read_as("image", 1.0))] * 4
    assert calibration(boasting)["type"]["expected_calibration_error"] == 1.0


def test_noise_is_judged_on_the_clear_messages_it_changes(pairs: list[Pair]) -> None:
    shouted = [(replace(message, text=message.text.upper()), read_as("other", 0.9)) for message, _ in pairs]
    figures = by_noise(pairs, {"capitals": shouted, "leet": pairs})
    assert figures["capitals"] == {"messages": 4, "tidy": 0.5, "untidy": 0.0}
    assert figures["leet"] == {"messages": 0, "tidy": None, "untidy": None}


def test_errors_stand_under_their_kind_gravest_first(pairs: list[Pair]) -> None:
    unseen = (replace(MESSAGE, flags=frozenset({"paid", "self_harm"})), read_as("financial", 0.9))
    kinds = [(kind.kind, kind.detail, len(kind.pairs)) for kind in errors_by_kind([*pairs, unseen])]
    assert kinds[0] == ("crisis_missed", ("self_harm",), 1)
    assert ("type_wrong", ("financial", "image"), 1) in kinds
    assert ("type_asked", ("financial",), 1) in kinds
    assert ("flag_missed", ("paid",), 1) in kinds


def test_the_page_shows_messages_as_text_only(pairs: list[Pair], tmp_path: Path) -> None:
    page = tmp_path / "results" / "page.html"
    write_page(page, "file.jsonl", report(pairs, pairs) | {"by_noise": by_noise(pairs, {"typos": pairs})}, pairs)
    html = page.read_text(encoding="utf-8")
    assert "&lt;b&gt;he wants money" in html
    assert "<b>" not in html
    assert "<script" not in html


def test_a_parse_is_read_as_the_dialogue_reads_it() -> None:
    entities = [{"entity": "safety", "value": "self_harm"}, {"entity": "platform", "value": "kik"}]
    parsed: dict[str, Any] = {
        "entities": entities,
        "sextortion_type": {"image": 0.7, "other": 0.3},
        "case_facts": {"safety:self_harm": 0.8},
    }
    result = understood(parsed, 0.6, 3.0)
    assert (result.label, result.decided, result.platform) == ("image", True, "kik")
    assert result.flags == {"self_harm"}
    assert (result.probability("self_harm"), result.probability("paid")) == (0.8, 0.0)
