"""What follows from the facts of a case."""

from __future__ import annotations

from itertools import product

import pytest

from actions.case import FACTS, Case

YES = "yes"
TYPES = {None, "image", "financial", "both", "webcam_email", "other", "none"}


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ((), None),
        (("demand_money",), "financial"),
        (("demand_money", "threat"), "financial"),
        (("demand_images",), "image"),
        (("demand_images", "threat"), "image"),
        (("demand_money", "demand_images"), "both"),
        (("demand_money", "demand_images", "grooming"), "both"),
        (("demand_money", "demand_other"), "financial"),
        (("demand_images", "leaked"), "image"),
        (("threat",), "other"),
        (("demand_other",), "other"),
        (("leaked",), "other"),
        (("deepfake",), "other"),
        (("sent_more",), "other"),
        (("paid",), "other"),
        (("webcam_email",), "webcam_email"),
        (("webcam_email", "demand_money"), "webcam_email"),
        (("webcam_email", "demand_money", "threat"), "webcam_email"),
        (("webcam_email", "demand_money", "image_shown"), "financial"),
        (("webcam_email", "demand_money", "offender_known"), "financial"),
        (("webcam_email", "demand_images"), "image"),
        (("webcam_email", "image_shown", "threat"), "other"),
        (("grooming",), "none"),
        (("grooming", "demand_images"), "none"),
        (("grooming", "demand_images", "threat"), "image"),
        (("grooming", "demand_money"), "financial"),
        (("grooming", "threat"), "other"),
        (("offender_known",), None),
        (("image_shown",), None),
    ],
)
def test_the_type_of_sextortion_follows_from_who_demands_what(facts: tuple[str, ...], kind: str | None) -> None:
    assert Case(dict.fromkeys(facts, YES)).sextortion_type == kind


@pytest.mark.parametrize("scope", ["other_problem", "off_topic"])
def test_another_problem_is_no_sextortion_until_somebody_threatens(scope: str) -> None:
    assert Case({"scope": scope}).sextortion_type == "none"
    assert Case({"scope": scope}).situation == scope
    assert Case({"scope": scope, "threat": YES}).situation == "other"
    assert Case({"scope": scope, "demand_money": YES}).situation == "financial"


@pytest.mark.parametrize(
    "fact",
    ["demand_money", "demand_images", "webcam_email", "paid", "leaked", "image_shown", "offender_known", "threat"],
)
def test_a_no_counts_as_little_as_not_knowing(fact: str) -> None:
    assert Case({fact: "no"}).sextortion_type is None
    assert not Case({fact: "no"}).is_yes(fact)


@pytest.mark.parametrize(
    ("facts", "situation"),
    [
        ({}, "unknown"),
        ({"demand_money": YES}, "financial"),
        ({"demand_images": YES}, "image"),
        ({"demand_money": YES, "demand_images": YES}, "both"),
        ({"leaked": YES}, "other"),
        ({"webcam_email": YES}, "webcam_email"),
        ({"webcam_email": YES, "image_shown": "no"}, "webcam_email"),
        ({"webcam_email": YES, "image_shown": YES, "demand_money": YES}, "financial"),
        ({"grooming": YES}, "grooming"),
        ({"grooming": YES, "demand_images": YES}, "grooming"),
        ({"grooming": YES, "threat": YES, "demand_images": YES}, "image"),
        ({"grooming": YES, "scope": "off_topic"}, "grooming"),
        ({"platform": "instagram", "country": "IE", "age_group": "13_15"}, "unknown"),
        ({"safety": "danger"}, "unknown"),
    ],
)
def test_the_situation_says_which_plan_applies(facts: dict[str, str], situation: str) -> None:
    assert Case(facts).situation == situation


def test_somebody_who_threatens_others_gets_the_plan_for_that_whatever_else_was_said() -> None:
    for demands in product((None, YES), repeat=3):
        facts = {
            fact: value for fact, value in zip(("demand_money", "threat", "grooming"), demands, strict=True) if value
        }
        assert Case({**facts, "offending": YES}).situation == "offending"


def test_every_combination_of_facts_has_a_type_and_a_situation_that_fit_together() -> None:
    names = (
        "demand_money",
        "demand_images",
        "threat",
        "webcam_email",
        "image_shown",
        "grooming",
        "offending",
        "leaked",
    )
    for values in product((False, True), repeat=len(names)):
        case = Case({name: YES for name, stated in zip(names, values, strict=True) if stated})
        kind, situation = case.sextortion_type, case.situation
        assert kind in TYPES
        if case.is_yes("offending"):
            assert situation == "offending"
        elif kind in (None, "none"):
            assert situation in ("unknown", "grooming")
        else:
            assert situation == kind
        if kind in ("financial", "both"):
            assert case.is_yes("demand_money")
        if kind in ("image", "both"):
            assert case.is_yes("demand_images")


@pytest.mark.parametrize(
    ("facts", "speaker", "audience"),
    [
        ({}, "self", "child"),
        ({"speaking_for": "self", "age_group": "13_15"}, "self", "child"),
        ({"speaking_for": "self", "age_group": "adult"}, "self", "adult"),
        ({"age_group": "adult"}, "self", "adult"),
        ({"speaking_for": "child"}, "child", "parent"),
        ({"speaking_for": "child", "age_group": "adult"}, "child", "parent"),
        ({"speaking_for": "pupil"}, "pupil", "professional"),
        ({"speaking_for": "friend"}, "friend", "child"),
        ({"speaking_for": "friend", "age_group": "adult"}, "friend", "adult"),
    ],
)
def test_the_speaker_decides_for_whom_a_service_must_be_there(
    facts: dict[str, str], speaker: str, audience: str
) -> None:
    assert Case(facts).speaker == speaker
    assert Case(facts).audience == audience


@pytest.mark.parametrize(
    ("facts", "minor"),
    [
        ({}, "unknown"),
        ({"speaking_for": "friend"}, "unknown"),
        ({"age_group": "under_13"}, "yes"),
        ({"age_group": "13_15"}, "yes"),
        ({"age_group": "16_17"}, "yes"),
        ({"age_group": "under_18"}, "yes"),
        ({"age_group": "adult"}, "no"),
        ({"speaking_for": "child"}, "yes"),
        ({"speaking_for": "pupil"}, "yes"),
        ({"speaking_for": "child", "age_group": "adult"}, "no"),
    ],
)
def test_a_child_or_pupil_counts_as_a_minor_unless_an_adult_age_was_given(facts: dict[str, str], minor: str) -> None:
    assert Case(facts).minor == minor


def test_of_several_platforms_named_the_last_counts() -> None:
    assert Case.from_slots({"platform": ["instagram", "snapchat"]}).get("platform") == "snapchat"
    assert Case.from_slots({"platform": ["discord"]}).get("platform") == "discord"


def test_empty_slots_are_facts_nobody_knows() -> None:
    case = Case.from_slots(
        {"platform": [], "paid": None, "country": "", "language": "de", "crisis": "open", "asked": ["paid"]}
    )
    assert dict(case.facts) == {}
    assert case.situation == "unknown"


def test_every_fact_is_read_from_the_slot_of_its_name() -> None:
    slots = {name: f"value of {name}" for name in FACTS}
    assert dict(Case.from_slots(slots).facts) == slots


def test_the_values_hold_the_facts_and_what_follows_from_them() -> None:
    values = Case({"demand_money": YES, "paid": "no", "speaking_for": "child"}).values()
    assert values["paid"] == "no"
    assert values["sextortion_type"] == values["situation"] == "financial"
    assert values["speaker"] == "child"
    assert values["minor"] == YES
    assert Case({}).values()["sextortion_type"] == "unknown"
    assert all(isinstance(value, str) for value in values.values())
