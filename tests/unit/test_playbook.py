"""The plan for a case, with the playbook as it is written."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest

from actions.case import Case
from actions.playbook import Condition, Playbook, playbook

BLACKMAIL = ("image", "financial", "both", "other", "grooming")
#: Facts that bring about each situation.
SITUATIONS: dict[str, dict[str, str]] = {
    "image": {"demand_images": "yes", "threat": "yes"},
    "financial": {"demand_money": "yes", "threat": "yes"},
    "both": {"demand_money": "yes", "demand_images": "yes"},
    "other": {"threat": "yes"},
    "grooming": {"grooming": "yes"},
    "webcam_email": {"webcam_email": "yes"},
    "offending": {"offending": "yes"},
    "unknown": {},
    "other_problem": {"scope": "other_problem"},
    "off_topic": {"scope": "off_topic"},
}


def values(situation: str, **more: str) -> dict[str, str]:
    case = Case({**SITUATIONS[situation], **{name: value for name, value in more.items() if name != "crisis"}})
    assert case.situation == situation
    return {**case.values(), **({"crisis": more["crisis"]} if "crisis" in more else {})}


def plan(situation: str, **more: str) -> list[str]:
    return [step.id for step in playbook().steps_for(values(situation, **more))]


def asked(facts: dict[str, str], step: str | None = None, settled: Sequence[str] = ()) -> str | None:
    question = playbook().next_question(facts, settled, playbook().step(step))
    return question.id if question else None


def all_asked(facts: dict[str, str], step: str | None = None) -> list[str]:
    """The questions that come if none is ever answered."""
    seen: list[str] = []
    while question := asked(facts, step, seen):
        assert question not in seen
        seen.append(question)
    return seen


@pytest.mark.parametrize(
    ("when", "unless", "facts", "holds"),
    [
        ({}, {}, {}, True),
        ({"paid": "yes"}, {}, {"paid": "yes"}, True),
        ({"paid": "yes"}, {}, {"paid": "no"}, False),
        ({"paid": "yes"}, {}, {}, False),
        ({"situation": ["image", "both"]}, {}, {"situation": "both"}, True),
        ({"situation": ["image", "both"]}, {}, {"situation": "financial"}, False),
        ({"situation": "image", "paid": "yes"}, {}, {"situation": "image"}, False),
        ({"situation": "image", "paid": "yes"}, {}, {"situation": "image", "paid": "yes"}, True),
        ({}, {"crisis": "yes"}, {"crisis": "yes"}, False),
        ({}, {"crisis": "yes"}, {}, True),
        ({}, {"minor": ["yes", "no"]}, {"minor": "no"}, False),
        ({}, {"minor": ["yes", "no"]}, {"minor": "unknown"}, True),
        ({}, {"paid": "yes", "leaked": "yes"}, {"paid": "yes"}, True),
        ({}, {"paid": "yes", "leaked": "yes"}, {"paid": "yes", "leaked": "yes"}, False),
        ({"paid": "yes"}, {"paid": "yes"}, {"paid": "yes"}, False),
    ],
)
def test_all_lines_of_a_condition_must_hold_and_a_list_means_one_of(
    when: dict[str, object], unless: dict[str, object], facts: dict[str, str], holds: bool
) -> None:
    assert Condition.read({"when": when, "unless": unless}).holds(facts) is holds


def test_an_entry_without_conditions_always_holds() -> None:
    assert Condition.read({"id": "anything"}).holds({})


@pytest.mark.parametrize(
    ("situation", "steps"),
    [
        ("webcam_email", ["email_ignore", "email_password", "email_report"]),
        ("offending", ["offending_stop", "offending_talk"]),
        ("grooming", ["tell_someone", "evidence", "report", "block", "close_doors", "police", "aftercare"]),
        ("unknown", []),
        ("other_problem", []),
        ("off_topic", []),
    ],
)
def test_a_situation_that_is_no_blackmail_by_a_person_has_its_own_plan(situation: str, steps: list[str]) -> None:
    assert plan(situation) == steps


@pytest.mark.parametrize("situation", ["image", "financial", "both", "other"])
def test_the_plan_against_blackmail_goes_from_telling_someone_to_aftercare(situation: str) -> None:
    assert plan(situation) == [
        "tell_someone",
        "evidence",
        "report",
        "block",
        "close_doors",
        "remove",
        "police",
        "watch",
        "aftercare",
    ]


@pytest.mark.parametrize("situation", BLACKMAIL)
@pytest.mark.parametrize("crisis", [{}, {"crisis": "yes"}])
def test_reporting_comes_before_blocking(situation: str, crisis: dict[str, str]) -> None:
    steps = plan(situation, **crisis)
    assert steps.index("report") < steps.index("block")


@pytest.mark.parametrize("situation", BLACKMAIL)
def test_in_a_crisis_nobody_is_asked_to_save_proof(situation: str) -> None:
    assert "evidence" in plan(situation)
    calm, crisis = plan(situation), plan(situation, crisis="yes")
    assert crisis == [step for step in calm if step != "evidence"]


@pytest.mark.parametrize("situation", BLACKMAIL)
def test_a_known_offender_is_not_blocked_but_talked_about_with_an_adult(situation: str) -> None:
    steps = plan(situation, offender_known="yes")
    assert "block" not in steps
    assert steps.index("report") < steps.index("known_person")
    for stranger in ({}, {"offender_known": "no"}):
        assert "block" in plan(situation, **stranger)
        assert "known_person" not in plan(situation, **stranger)


@pytest.mark.parametrize("situation", ["image", "financial", "both", "other"])
def test_a_payment_is_looked_at_before_anything_but_telling_someone(situation: str) -> None:
    assert plan(situation, paid="yes")[:2] == ["tell_someone", "payment"]
    assert "payment" not in plan(situation, paid="no")
    assert "payment" not in plan(situation)


@pytest.mark.parametrize("situation", BLACKMAIL)
def test_what_was_shared_is_dealt_with_before_the_report_of_the_person(situation: str) -> None:
    steps = plan(situation, leaked="yes")
    assert steps.index("leaked") < steps.index("report")
    assert "leaked" not in plan(situation, leaked="no")


def test_the_mass_email_has_no_step_about_a_person() -> None:
    more = {"demand_money": "yes", "paid": "yes", "leaked": "yes", "offender_known": "no", "crisis": "yes"}
    assert set(plan("webcam_email", **more)) == {"email_ignore", "email_password", "email_report"}


def test_every_step_is_reached_by_some_case() -> None:
    reached = {
        step
        for situation in ("image", "financial", "webcam_email", "offending")
        for happened in ({}, {"paid": "yes"}, {"leaked": "yes"}, {"offender_known": "yes"})
        if situation in ("image", "financial") or not happened
        for step in plan(situation, **happened)
    }
    assert reached == {step.id for step in playbook().steps}


def test_every_question_is_asked_in_some_case() -> None:
    steps = (None, *(step.id for step in playbook().steps))
    reached = {
        question for situation, step in product(SITUATIONS, steps) for question in all_asked(values(situation), step)
    }
    assert reached == {question.id for question in playbook().questions}


@pytest.mark.parametrize(
    ("situation", "questions"),
    [
        ("other", ["demand", "safety", "offender_known", "country"]),
        ("image", ["safety", "offender_known", "country"]),
        ("both", ["safety", "offender_known", "paid", "country"]),
        ("financial", ["safety", "paid", "country"]),
        ("grooming", ["safety", "country"]),
        ("webcam_email", ["image_shown", "country"]),
        ("offending", ["country"]),
        ("unknown", []),
        ("off_topic", []),
        ("other_problem", []),
    ],
)
def test_questions_come_one_at_a_time_and_only_those_of_the_situation(situation: str, questions: list[str]) -> None:
    assert all_asked(values(situation)) == questions


@pytest.mark.parametrize(
    ("situation", "fact", "value", "question"),
    [
        ("image", "safety", "ok", "safety"),
        ("image", "safety", "danger", "safety"),
        ("both", "paid", "no", "paid"),
        ("image", "offender_known", "no", "offender_known"),
        ("image", "country", "IE", "country"),
        ("webcam_email", "image_shown", "no", "image_shown"),
        ("other", "demand_other", "yes", "demand"),
    ],
)
def test_a_question_whose_answer_is_known_is_not_asked(situation: str, fact: str, value: str, question: str) -> None:
    assert question in all_asked(values(situation))
    assert question not in all_asked(values(situation, **{fact: value}))


def test_what_they_want_is_not_asked_when_it_was_shared_already() -> None:
    assert asked(values("other", leaked="yes")) == "safety"


def test_how_it_was_paid_is_asked_only_right_before_the_step_about_the_money() -> None:
    known = {"safety": "ok", "paid": "yes", "country": "IE"}
    facts = values("financial", **known)
    assert asked(facts, "payment") == "payment_method"
    assert asked({**facts, "payment_method": "paypal"}, "payment") is None
    for step in (None, "tell_someone", "report"):
        assert asked(facts, step) is None


@pytest.mark.parametrize(
    "known", [{"age_group": "16_17"}, {"age_group": "adult"}, {"speaking_for": "child"}, {"speaking_for": "pupil"}]
)
def test_the_age_is_asked_only_before_the_tools_that_depend_on_it_and_only_if_unknown(known: dict[str, str]) -> None:
    facts = {"safety": "ok", "paid": "no", "country": "IE"}
    assert asked(values("financial", **facts), "remove") == "minor"
    assert asked(values("financial", **facts), "report") is None
    assert asked(values("financial", **facts, **known), "remove") is None


def test_the_next_step_is_the_first_that_is_not_finished() -> None:
    book, facts = playbook(), values("financial")
    following = book.next_step(facts, ("tell_someone", "evidence"))
    assert following is not None
    assert following.id == "report"
    assert book.next_step(facts, plan("financial")) is None
    assert book.next_step(values("unknown"), ()) is None


def test_steps_and_questions_are_found_by_name_or_not_at_all() -> None:
    book = playbook()
    step, question = book.step("report"), book.question("demand")
    assert step is not None
    assert (step.id, step.how) == ("report", "report")
    assert question is not None
    assert set(question.facts) == {"demand_money", "demand_images", "demand_other"}
    for name in (None, "nothing"):
        assert book.step(name) is None
        assert book.question(name) is None


def test_names_of_steps_and_questions_are_unique() -> None:
    for names in ([step.id for step in playbook().steps], [question.id for question in playbook().questions]):
        assert len(names) == len(set(names))


def test_another_playbook_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "playbook.yml"
    path.write_text(
        "questions: [{id: colour, fact: colour}]\n"
        "steps: [{id: paint, when: {colour: red}, contact: painter}]\n"
        "acknowledgements: [colour]\n"
    )
    book = Playbook.read(path)
    question = book.next_question({}, (), None)
    assert question is not None
    assert question.id == "colour"
    assert book.next_question({}, ("colour",), None) is None
    assert [step.contact for step in book.steps_for({"colour": "red"})] == ["painter"]
    assert book.steps_for({"colour": "blue"}) == []
    assert book.acknowledgements == ("colour",)
