"""The classifiers of facts and types, on messages whose meaning is plain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.nlu.base_model import Array
from assistant.nlu.case_classifiers import CaseClassifiers, Settings
from assistant.nlu.case_types import held_out, type_of_facts

SETTINGS = Settings(landmarks=50, gamma=0.1, facts_margin=1.0, types_margin=5.0, words_margin=0.3, min_examples=8)
#: Facts, words, and the place in the space of features where such messages lie.
KINDS = (
    ({"demand_money:yes", "threat:yes"}, "pay {} euros or all see it", (3.0, 0.0, 0.0)),
    ({"demand_images:yes", "threat:yes"}, "send picture number {} or all see it", (0.0, 3.0, 0.0)),
    (set[str](), "homework for page {} please", (0.0, 0.0, 3.0)),
)

#: Facts that only the first messages of each kind state.
RARE = {"deepfake:yes": 4, "leaked:yes": 2}


@pytest.fixture(scope="module")
def classifiers() -> CaseClassifiers:
    chance = np.random.default_rng(1)
    texts, features, stated = [], [], []
    for number in range(150):
        for facts, words, place in KINDS:
            texts.append(words.format(number))
            features.append(np.array(place) + chance.normal(0, 0.3, 3))
            rare = {fact for fact, times in RARE.items() if number < times}
            stated.append(facts | rare)
    assert 20 < sum(map(held_out, texts)) < 80
    return CaseClassifiers.fit(texts, np.array(features), stated, SETTINGS)


def at(place: tuple[float, ...]) -> Array:
    return np.array([place])


@pytest.mark.parametrize(("stated", "words", "place"), KINDS)
def test_plain_messages_are_read_right_and_surely(
    classifiers: CaseClassifiers, stated: set[str], words: str, place: tuple[float, ...]
) -> None:
    facts, types = classifiers.probabilities(words.format(999), at(place))
    assert {fact for fact, p in facts.items() if p > 0.5} == stated
    assert types[type_of_facts(stated)] > 0.9
    assert sum(types.values()) == pytest.approx(1)


def test_views_that_disagree_leave_it_unsure(classifiers: CaseClassifiers) -> None:
    _, types = classifiers.probabilities("pay 20 euros or all see it", at((0.0, 3.0, 0.0)))
    assert max(types.values()) < 0.75


def test_a_rare_fact_is_learned_with_care_and_a_rarer_one_not_at_all(classifiers: CaseClassifiers) -> None:
    facts, _ = classifiers.probabilities("homework for page 1 please", at((0.0, 0.0, 3.0)))
    assert 0 < facts["deepfake:yes"] < 0.5
    assert "leaked:yes" not in facts


def test_what_is_stored_reads_the_same(classifiers: CaseClassifiers, tmp_path: Path) -> None:
    classifiers.save(tmp_path)
    message = ("send picture number 5 or all see it", at((0.5, 2.0, 0.2)))
    loaded = CaseClassifiers.load(tmp_path).probabilities(*message)
    for before, after in zip(classifiers.probabilities(*message), loaded, strict=True):
        assert after == pytest.approx(before)
    assert b"picture" not in (tmp_path / "case_classifiers.npz").read_bytes()
