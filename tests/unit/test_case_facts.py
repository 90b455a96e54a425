"""Which type of case a set of facts describes, for training and for judging."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from actions.case import Case
from assistant.nlu.case_facts import GRAVEST_FIRST
from assistant.nlu.case_types import FACTS_OF_TYPE, OTHER_ABUSE, TYPES, type_of_facts

FACTS = (
    "demand_money:yes",
    "demand_images:yes",
    "webcam_email:yes",
    "offending:yes",
    "threat:yes",
    "leaked:yes",
    "paid:yes",
    "safety:self_harm",
)


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ([], "off_topic"),
        (["demand_money:yes"], "financial"),
        (["demand_money:yes", "threat:yes"], "financial"),
        (["demand_images:yes"], "image"),
        (["demand_images:yes", "grooming:yes"], "image"),
        (["demand_images:yes", "demand_money:yes"], "both"),
        (["demand_money:yes", "demand_images:yes", "leaked:yes"], "both"),
        (["webcam_email:yes"], "webcam_email"),
        (["webcam_email:yes", "demand_money:yes"], "webcam_email"),
        (["webcam_email:yes", "demand_money:yes", "threat:yes"], "webcam_email"),
        (["threat:yes"], "other"),
        (["demand_other:yes"], "other"),
        (["leaked:yes"], "other"),
        (["deepfake:yes"], "other"),
        (["grooming:yes"], "other"),
        (["offending:yes"], "off_topic"),
        (["offending:yes", "demand_images:yes"], "off_topic"),
        (["offending:yes", "demand_money:yes"], "off_topic"),
        (["offending:yes", "threat:yes", "leaked:yes"], "off_topic"),
        (["leaked:no"], "off_topic"),
        (["paid:no"], "off_topic"),
        (["safety:self_harm"], "off_topic"),
        (["speaking_for:child", "age_group:13_15"], "off_topic"),
        (["scope:other_problem"], "off_topic"),
    ],
)
def test_the_type_follows_from_the_facts(facts: list[str], kind: str) -> None:
    assert type_of_facts(facts) == kind


def test_neither_order_nor_repetition_matters() -> None:
    facts = ["demand_money:yes", "leaked:yes", "demand_images:yes"]
    assert type_of_facts(facts) == type_of_facts(reversed(facts)) == type_of_facts(iter(facts * 2)) == "both"


def test_every_set_of_facts_has_one_of_the_types_and_every_type_is_reached() -> None:
    subsets = chain.from_iterable(combinations(FACTS, size) for size in range(len(FACTS) + 1))
    assert {type_of_facts(facts) for facts in subsets} == set(TYPES)


@pytest.mark.parametrize("kind", sorted(FACTS_OF_TYPE))
def test_the_facts_that_a_type_stands_for_describe_that_type(kind: str) -> None:
    assert type_of_facts(FACTS_OF_TYPE[kind]) == kind


@pytest.mark.parametrize("fact", OTHER_ABUSE)
def test_whatever_counts_as_abuse_is_on_topic(fact: str) -> None:
    assert type_of_facts([fact]) == "other"


@pytest.mark.parametrize(
    "facts",
    [
        ("demand_money:yes", "threat:yes"),
        ("demand_images:yes", "threat:yes"),
        ("demand_money:yes", "demand_images:yes"),
        ("webcam_email:yes", "demand_money:yes"),
        ("threat:yes",),
        ("leaked:yes",),
        ("deepfake:yes",),
    ],
)
def test_the_classifier_and_the_dialogue_mean_the_same_by_a_type(facts: tuple[str, ...]) -> None:
    assert Case(dict(fact.split(":") for fact in facts)).sextortion_type == type_of_facts(facts)


def test_self_harm_and_danger_are_graver_than_being_upset() -> None:
    order = GRAVEST_FIRST["safety"]
    assert order.index("self_harm") < order.index("danger") < order.index("distressed") < order.index("ok")
