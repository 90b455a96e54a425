"""What is said next, planned with the real playbook and directory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.case import FACTS, Case
from actions.content import CONTENT, load_yaml
from actions.conversation import Planner, Progress, Said, Turn
from actions.directory import directory
from actions.playbook import playbook
from assistant.nlg import ContentNLG, languages

PROJECT = CONTENT.parent
DOMAIN = yaml.safe_load((PROJECT / "domain.yml").read_text(encoding="utf-8"))
#: What Rasa does for each intent, as data/rules.yml has it.
RULES: dict[str, list[str]] = {}
for rule in yaml.safe_load((PROJECT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]:
    steps = [alternative for step in rule["steps"] for alternative in step.get("or", [step])]
    for step in steps:
        if "intent" in step:
            RULES[step["intent"]] = [action["action"] for action in steps if "action" in action]

#: A case of which nothing is missing before the first step.
KNOWN = {
    "demand_money": "yes",
    "threat": "yes",
    "safety": "ok",
    "paid": "no",
    "country": "IE",
    "age_group": "13_15",
}
HEARD = Progress(first_aid_given=True)
CONTACTS_OF_ADULTS = {"international/stopncii", "international/esafety_au"}


def planner(language: str = "en") -> Planner:
    return Planner(playbook(), directory(), language)


def next_turn(facts: dict[str, str], progress: Progress, intent: str, brought: bool = False) -> Turn:
    return planner().next_turn(Case(facts), progress, Said(intent, brought_facts=brought))


def says(turn: Turn) -> list[str]:
    return [say.response for say in turn.says]


def walk(facts: dict[str, str], progress: Progress, *intents: str) -> Turn:
    """The turn after the last of `intents`, said one after the other."""
    turn = Turn(Case(facts), progress)
    for intent in intents:
        turn = planner().next_turn(turn.case, turn.progress, Said(intent))
    return turn


def repeat(turn: Turn, intent: str, place: str) -> list[Turn]:
    """The turns from `turn` on if `intent` is said while there is a `place`: "pending" or "current_step"."""
    turns = [turn]
    while getattr(turns[-1].progress, place):
        assert len(turns) < 30, "there is no end to it"
        turns.append(planner().next_turn(turns[-1].case, turns[-1].progress, Said(intent)))
    return turns


# -- being heard -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "facts",
    [
        {"demand_money": "yes"},
        {"demand_images": "yes"},
        {"threat": "yes"},
        {"leaked": "yes"},
        {"webcam_email": "yes"},
        {"grooming": "yes"},
        {"offending": "yes"},
    ],
)
def test_first_aid_comes_in_the_first_turn_of_a_known_case_before_any_question(facts: dict[str, str]) -> None:
    turn = next_turn(facts, Progress(), "disclose", brought=True)
    assert says(turn)[0] == "utter_reflect"
    assert "utter_first_aid" in says(turn)
    assert says(turn).index("utter_first_aid") < len(says(turn)) - 1
    assert says(turn)[-1].startswith("utter_ask_")
    assert turn.progress.first_aid_given


def test_first_aid_is_said_only_once() -> None:
    turn = next_turn({"demand_money": "yes"}, Progress(), "disclose", brought=True)
    for intent in ("inform", "prefer_not_to_say", "nlu_fallback", "ask_will_they_share"):
        turn = planner().next_turn(turn.case, turn.progress, Said(intent))
        assert "utter_first_aid" not in says(turn)
        assert "utter_reflect" not in says(turn)


def test_without_a_case_nothing_is_said_but_what_is_happening() -> None:
    for facts in ({}, {"scope": "off_topic"}, {"platform": "instagram", "age_group": "13_15"}):
        turn = next_turn(facts, Progress(), "inform", brought=True)
        assert says(turn) == ["utter_ask_what_happened"]
        assert not turn.progress.first_aid_given


def test_the_helpline_is_shown_with_first_aid_where_the_country_is_known() -> None:
    for country, contact in (("IE", "IE/"), ("LU", "LU/bee_secure_helpline")):
        turn = next_turn({"demand_money": "yes", "country": country}, Progress(), "disclose", brought=True)
        shown = [say.contact for say in turn.says if say.response == "utter_first_aid"]
        assert len(shown) == 1
        assert shown[0] is not None
        assert shown[0].startswith(contact)
    turn = next_turn({"demand_money": "yes"}, Progress(), "disclose", brought=True)
    assert [say.contact for say in turn.says if say.response == "utter_first_aid"] == [None]


@pytest.mark.parametrize("fact", ["paid", "sent_more", "leaked", "deepfake", "offender_known"])
def test_a_hard_fact_is_acknowledged_when_it_becomes_known_and_never_again(fact: str) -> None:
    facts = {"demand_money": "yes", "threat": "yes", fact: "yes"}
    turn = next_turn(facts, HEARD, "inform", brought=True)
    assert says(turn).count(f"utter_ack_{fact}") == 1
    assert says(turn).index(f"utter_ack_{fact}") < len(says(turn)) - 1
    again = planner().next_turn(turn.case, turn.progress, Said("nlu_fallback"))
    assert f"utter_ack_{fact}" not in says(again)
    denied = next_turn({**facts, fact: "no"}, HEARD, "inform", brought=True)
    assert f"utter_ack_{fact}" not in says(denied)


def test_a_yes_to_a_question_is_acknowledged_in_the_same_turn() -> None:
    turn = next_turn({"demand_money": "yes", "safety": "ok"}, replace(HEARD, pending="paid"), "affirm")
    assert turn.case.is_yes("paid")
    assert says(turn) == ["utter_ack_paid", "utter_ask_country"]


# -- crisis ------------------------------------------------------------------------------------------------------------


def test_after_a_crisis_the_next_message_is_met_with_care_and_the_one_after_it_goes_on() -> None:
    facts = {**KNOWN, "safety": "self_harm"}
    stay = next_turn(facts, replace(HEARD, crisis="open"), "nlu_fallback")
    assert says(stay) == ["utter_crisis_stay"]
    assert stay.says[0].contact is not None
    assert stay.says[0].contact.startswith("IE/")
    following = planner().next_turn(stay.case, stay.progress, Said("inform"))
    assert says(following) == ["utter_step_tell_someone"]
    assert "utter_crisis_stay" not in says(planner().next_turn(following.case, following.progress, Said("step_done")))


@pytest.mark.parametrize("intent", ["inform", "affirm", "deny", "step_done", "thanks", "ask_will_they_share"])
def test_nothing_but_care_is_said_while_the_crisis_is_open(intent: str) -> None:
    progress = replace(HEARD, crisis="open", current_step="report", finished_steps=("tell_someone",))
    turn = next_turn({**KNOWN, "leaked": "yes"}, progress, intent, brought=True)
    assert says(turn) == ["utter_crisis_stay"]
    assert turn.progress.finished_steps == ("tell_someone",)
    assert turn.progress.current_step == "report"


@pytest.mark.parametrize("intent", ["continue_plan", "feeling_ok"])
def test_whoever_wants_to_go_on_after_a_crisis_is_taken_at_their_word(intent: str) -> None:
    turn = next_turn(KNOWN, replace(HEARD, crisis="open"), intent)
    assert says(turn) == ["utter_step_tell_someone"]
    assert turn.progress.crisis not in (None, "open")
    assert "utter_crisis_stay" not in says(planner().next_turn(turn.case, turn.progress, Said("nlu_fallback")))


def test_a_crisis_before_the_case_is_known_asks_what_happened_afterwards() -> None:
    turn = next_turn({"safety": "self_harm"}, Progress(crisis="open"), "continue_plan")
    assert says(turn) == ["utter_ask_what_happened"]


def test_a_new_crisis_opens_care_again() -> None:
    stay = next_turn(KNOWN, replace(HEARD, crisis="open"), "nlu_fallback")
    again = planner().next_turn(stay.case, replace(stay.progress, crisis="open"), Said("nlu_fallback"))
    assert says(again) == ["utter_crisis_stay"]


def test_in_a_crisis_the_plan_leaves_out_the_proof_for_good() -> None:
    turn = next_turn({**KNOWN, "safety": "danger"}, replace(HEARD, crisis="open"), "continue_plan")
    seen = [one.progress.current_step for one in repeat(turn, "step_done", "current_step")]
    assert "evidence" not in seen
    assert seen[:3] == ["tell_someone", "report", "block"]


# -- questions ---------------------------------------------------------------------------------------------------------


def test_questions_are_asked_one_a_turn_until_a_step_comes() -> None:
    turn = next_turn({"demand_money": "yes", "demand_images": "yes"}, Progress(), "disclose", brought=True)
    turns = repeat(turn, "prefer_not_to_say", "pending")
    assert [one.progress.pending for one in turns] == ["safety", "offender_known", "paid", "country", None]
    assert says(turns[-1]) == ["utter_step_tell_someone"]


@pytest.mark.parametrize(
    ("fact", "value", "question"),
    [
        ("safety", "distressed", "utter_ask_safety"),
        ("paid", "no", "utter_ask_paid"),
        ("country", "MT", "utter_ask_country"),
        ("offender_known", "no", "utter_ask_offender_known"),
    ],
)
def test_a_known_fact_is_never_asked(fact: str, value: str, question: str) -> None:
    turn = next_turn({"demand_money": "yes", "demand_images": "yes", fact: value}, Progress(), "disclose", brought=True)
    assert not any(question in says(one) for one in repeat(turn, "dont_know", "pending"))


def test_a_question_that_was_not_answered_is_asked_once_more_and_then_dropped() -> None:
    facts = {"demand_money": "yes"}
    first = next_turn(facts, HEARD, "disclose", brought=True)
    second = planner().next_turn(first.case, first.progress, Said("nlu_fallback"))
    third = planner().next_turn(second.case, second.progress, Said("nlu_fallback"))
    assert says(first) == ["utter_ask_safety"]
    assert says(second) == ["utter_rephrase", "utter_ask_safety"]
    assert says(third) == ["utter_ask_paid"]
    assert not any("utter_ask_safety" in says(one) for one in repeat(third, "dont_know", "pending"))


def test_a_question_in_between_asks_again_without_calling_it_misunderstood() -> None:
    turn = next_turn(
        {"demand_money": "yes"}, replace(HEARD, pending="safety", asked=("safety",)), "ask_will_they_share"
    )
    assert says(turn) == ["utter_ask_safety"]


@pytest.mark.parametrize("intent", ["dont_know", "prefer_not_to_say", "skip_step", "cannot_do"])
def test_a_declined_question_is_not_asked_again(intent: str) -> None:
    turn = next_turn({"demand_money": "yes"}, replace(HEARD, pending="safety", asked=("safety",)), intent)
    assert says(turn) == ["utter_ask_paid"]
    assert "safety" in turn.progress.declined
    for following in ("affirm", "inform", "nlu_fallback", "nlu_fallback", "nlu_fallback", "step_done"):
        turn = planner().next_turn(turn.case, turn.progress, Said(following))
        assert "utter_ask_safety" not in says(turn)


@pytest.mark.parametrize(
    ("question", "facts", "intent", "fact", "value"),
    [
        ("paid", {"demand_money": "yes", "safety": "ok"}, "affirm", "paid", "yes"),
        ("paid", {"demand_money": "yes", "safety": "ok"}, "deny", "paid", "no"),
        ("offender_known", {"demand_images": "yes", "safety": "ok"}, "affirm", "offender_known", "yes"),
        ("offender_known", {"demand_images": "yes", "safety": "ok"}, "deny", "offender_known", "no"),
        ("image_shown", {"webcam_email": "yes"}, "affirm", "image_shown", "yes"),
        ("image_shown", {"webcam_email": "yes"}, "deny", "image_shown", "no"),
        ("minor", {"demand_money": "yes"}, "affirm", "age_group", "under_18"),
        ("minor", {"demand_money": "yes"}, "deny", "age_group", "adult"),
        ("safety", {"demand_money": "yes"}, "affirm", "safety", "ok"),
    ],
)
def test_a_plain_yes_or_no_answers_the_question_that_was_asked(
    question: str, facts: dict[str, str], intent: str, fact: str, value: str
) -> None:
    turn = next_turn(facts, replace(HEARD, pending=question, asked=(question,)), intent)
    assert turn.case.get(fact) == value
    assert f"utter_ask_{question}" not in says(turn)


def test_whoever_says_that_they_are_not_safe_is_asked_what_it_is() -> None:
    turn = next_turn({"demand_money": "yes"}, replace(HEARD, pending="safety", asked=("safety",)), "deny")
    assert says(turn) == ["utter_ask_safety_more"]
    assert turn.case.get("safety") is None
    answered = planner().next_turn(
        Case({**turn.case.facts, "safety": "distressed"}), turn.progress, Said("inform", brought_facts=True)
    )
    assert says(answered) == ["utter_ask_paid"]


@pytest.mark.parametrize("intent", ["affirm", "deny"])
def test_a_yes_or_no_is_no_answer_when_the_message_said_something_else(intent: str) -> None:
    facts = {"demand_money": "yes", "safety": "ok", "leaked": "yes"}
    turn = next_turn(facts, replace(HEARD, pending="paid", asked=("paid",)), intent, brought=True)
    assert turn.case.get("paid") is None
    assert says(turn)[-1] == "utter_ask_paid"


@pytest.mark.parametrize("intent", ["dont_know", "prefer_not_to_say", "cannot_do"])
def test_a_question_is_not_declined_when_the_message_said_something_else(intent: str) -> None:
    facts = {"demand_money": "yes", "safety": "ok", "leaked": "yes"}
    turn = next_turn(facts, replace(HEARD, pending="paid", asked=("paid",)), intent, brought=True)
    assert turn.progress.declined == ()


@pytest.mark.parametrize("question", ["country", "demand", "payment_method"])
def test_a_yes_does_not_answer_a_question_that_asks_for_more_than_that(question: str) -> None:
    turn = next_turn({"threat": "yes"}, replace(HEARD, pending=question, asked=(question,)), "affirm")
    assert dict(turn.case.facts) == {"threat": "yes"}


def test_without_a_question_a_yes_teaches_nothing() -> None:
    turn = next_turn({"demand_money": "yes"}, HEARD, "affirm")
    assert dict(turn.case.facts) == {"demand_money": "yes"}


# -- steps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("intent", ["step_done", "already_did", "affirm"])
def test_a_step_that_is_done_gives_way_to_the_next(intent: str) -> None:
    turn = next_turn(KNOWN, replace(HEARD, current_step="tell_someone"), intent)
    assert says(turn) == ["utter_step_evidence"]
    assert turn.progress.finished_steps == ("tell_someone",)
    assert turn.progress.current_step == "evidence"


@pytest.mark.parametrize("intent", ["cannot_do", "deny"])
def test_a_step_that_cannot_be_done_is_left_with_a_kind_word(intent: str) -> None:
    turn = next_turn(KNOWN, replace(HEARD, current_step="tell_someone"), intent)
    assert says(turn) == ["utter_cannot_do", "utter_step_evidence"]
    assert "tell_someone" in turn.progress.finished_steps


def test_a_step_can_be_skipped_without_a_word() -> None:
    assert says(next_turn(KNOWN, replace(HEARD, current_step="tell_someone"), "skip_step")) == ["utter_step_evidence"]


def test_going_back_says_the_step_before_in_full() -> None:
    turn = walk(KNOWN, HEARD, "inform", "step_done", "step_done")
    assert turn.progress.current_step == "report"
    back = planner().next_turn(turn.case, turn.progress, Said("go_back"))
    assert says(back) == ["utter_step_evidence"]
    assert back.progress.finished_steps == ("tell_someone",)
    first = walk(KNOWN, back.progress, "go_back", "go_back")
    assert says(first) == ["utter_step_tell_someone"]
    assert first.progress.finished_steps == ()


def test_after_another_message_the_step_at_hand_is_only_named() -> None:
    turn = walk(KNOWN, HEARD, "inform", "step_done")
    for intent in ("nlu_fallback", "ask_will_they_share", "thanks"):
        again = planner().next_turn(turn.case, turn.progress, Said(intent))
        assert says(again) == ["utter_resume_step"]
        assert again.says[0].step is not None
        assert again.says[0].step["id"] == "evidence"
        assert again.progress.finished_steps == turn.progress.finished_steps


def test_whoever_wants_to_go_on_hears_the_step_in_full() -> None:
    turn = walk(KNOWN, HEARD, "inform", "step_done", "continue_plan")
    assert says(turn) == ["utter_step_evidence"]


def test_steps_are_numbered_within_the_plan_of_the_case() -> None:
    *turns, end = repeat(walk(KNOWN, HEARD, "inform"), "step_done", "current_step")
    for number, turn in enumerate(turns, start=1):
        assert turn.says[-1].step == {"id": turn.progress.current_step, "number": number, "of": len(turns)}
    assert says(end) == ["utter_plan_done"]


def test_after_the_plan_the_person_is_asked_what_else_there_is() -> None:
    turn = walk({**KNOWN, "offending": "yes"}, HEARD, "inform", "step_done", "step_done")
    assert says(turn) == ["utter_plan_done"]
    assert turn.progress.plan_done
    assert says(planner().next_turn(turn.case, turn.progress, Said("thanks"))) == ["utter_anything_else"]


def test_news_after_the_plan_opens_the_step_it_needs() -> None:
    turn = walk(KNOWN, HEARD, "inform", *["step_done"] * 9)
    assert turn.progress.plan_done
    learned = Case({**turn.case.facts, "leaked": "yes"})
    news = planner().next_turn(learned, turn.progress, Said("inform", brought_facts=True))
    assert says(news) == ["utter_ack_leaked", "utter_step_leaked"]


def test_a_step_with_a_contact_shows_that_of_the_country() -> None:
    turn = walk(KNOWN, HEARD, "inform")
    contact = turn.says[-1].contact
    assert contact is not None
    assert contact.startswith("IE/")


def test_the_age_is_asked_right_before_the_tools_against_sharing() -> None:
    facts = {name: value for name, value in KNOWN.items() if name != "age_group"}
    finished = ("tell_someone", "evidence", "report", "block")
    turn = next_turn(facts, replace(HEARD, finished_steps=finished, current_step="close_doors"), "step_done")
    assert says(turn) == ["utter_ask_minor"]
    for intent, age in (("affirm", "under_18"), ("deny", "adult")):
        answered = planner().next_turn(turn.case, turn.progress, Said(intent))
        assert answered.case.get("age_group") == age
        assert says(answered) == ["utter_step_remove"]


# -- how to do it ------------------------------------------------------------------------------------------------------


def test_show_how_asks_for_the_platform_once_and_then_answers_in_general() -> None:
    progress = replace(HEARD, current_step="report", finished_steps=("tell_someone", "evidence"))
    asked = planner().show_how(Case(KNOWN), progress, Said("show_how"))
    assert says(asked) == ["utter_ask_platform"]
    again = planner().show_how(Case(KNOWN), asked.progress, Said("show_how"))
    assert says(again) == ["utter_how_report_general", "utter_resume_step"]
    block = planner().show_how(Case(KNOWN), again.progress, Said("ask_platform_block"))
    assert says(block) == ["utter_how_block_general", "utter_resume_step"]


def test_naming_the_platform_shows_how_it_is_done_there() -> None:
    progress = replace(HEARD, current_step="report", finished_steps=("tell_someone", "evidence"))
    asked = planner().show_how(Case(KNOWN), progress, Said("show_how"))
    named = planner().next_turn(
        Case({**KNOWN, "platform": "instagram"}), asked.progress, Said("inform", brought_facts=True)
    )
    assert says(named) == ["utter_how_report_instagram", "utter_resume_step"]
    assert named.progress.how_wanted is None
    assert "utter_how_report_instagram" not in says(planner().next_turn(named.case, named.progress, Said("thanks")))


@pytest.mark.parametrize(
    ("step", "topic"), [("evidence", "evidence"), ("report", "report"), ("block", "block"), ("close_doors", "privacy")]
)
def test_show_how_is_about_the_step_at_hand(step: str, topic: str) -> None:
    steps = ["tell_someone", "evidence", "report", "block", "close_doors"]
    progress = replace(HEARD, current_step=step, finished_steps=tuple(steps[: steps.index(step)]))
    turn = planner().show_how(Case({**KNOWN, "platform": "snapchat"}), progress, Said("show_how"))
    assert says(turn) == [f"utter_how_{topic}_snapchat", "utter_resume_step"]
    assert turn.progress.current_step == step


@pytest.mark.parametrize(
    ("intent", "topic"),
    [("ask_platform_report", "report"), ("ask_platform_block", "block"), ("ask_settings_private", "privacy")],
)
def test_a_question_about_an_app_is_answered_whatever_the_step(intent: str, topic: str) -> None:
    progress = replace(HEARD, current_step="tell_someone")
    turn = planner().show_how(Case({**KNOWN, "platform": "tiktok"}), progress, Said(intent))
    assert says(turn)[0] == f"utter_how_{topic}_tiktok"


@pytest.mark.parametrize("method", [None, *load_yaml(CONTENT / "payments.yml")["payment_methods"]])
def test_how_a_payment_is_stopped_depends_on_how_it_was_paid(method: str | None) -> None:
    facts = {**KNOWN, "paid": "yes", **({"payment_method": method} if method else {})}
    progress = replace(
        HEARD,
        current_step="payment",
        finished_steps=("tell_someone",),
        acknowledged=("paid",),
        declined=("payment_method",),
    )
    turn = planner().show_how(Case(facts), progress, Said("show_how"))
    assert says(turn) == [f"utter_payment_{method or 'other'}", "utter_resume_step"]
    assert says(turn)[0] in languages()["en"].responses


def test_at_the_payment_a_question_about_an_app_is_about_the_app() -> None:
    facts = {**KNOWN, "paid": "yes", "payment_method": "paypal", "platform": "instagram"}
    progress = replace(HEARD, current_step="payment", finished_steps=("tell_someone",), acknowledged=("paid",))
    assert (
        says(planner().show_how(Case(facts), progress, Said("ask_platform_report")))[0] == "utter_how_report_instagram"
    )


def test_steps_say_whether_there_is_more_to_show() -> None:
    first = walk({**KNOWN, "paid": "yes", "payment_method": "card"}, HEARD, "inform")
    *turns, _ = repeat(first, "step_done", "current_step")
    assert [turn.progress.current_step for turn in turns if turn.values().get("step_has_how") == "yes"] == [
        "payment",
        "evidence",
        "report",
        "block",
        "close_doors",
    ]


# -- contacts ----------------------------------------------------------------------------------------------------------


def test_a_hand_off_names_the_contacts_of_the_country_and_says_what_to_say() -> None:
    turn = planner().hand_off(Case(KNOWN), HEARD)
    contacts = [say.contact for say in turn.says if say.response == "utter_contact"]
    assert says(turn)[0] == "utter_hand_off"
    assert says(turn)[-1] == "utter_summary"
    assert contacts[0] is not None
    assert contacts[0].startswith("IE/")
    assert 2 <= len(contacts) <= 5
    assert len(contacts) == len(set(contacts))


def test_without_a_case_the_hand_off_has_no_summary() -> None:
    assert says(planner().hand_off(Case({"country": "IE"}), Progress()))[-1] == "utter_after_contacts"


def test_without_a_country_the_hand_off_shows_who_helps_everywhere_and_asks_for_it() -> None:
    turn = planner().hand_off(Case({"demand_money": "yes"}), HEARD)
    assert says(turn)[0] == "utter_hand_off_no_country"
    assert says(turn)[-1] == "utter_ask_country"
    contacts = [say.contact for say in turn.says if say.response == "utter_contact"]
    assert contacts
    assert all(contact is not None and contact.startswith("international/") for contact in contacts)
    assert turn.progress.contact_wanted
    assert turn.progress.pending == "country"


def test_the_wish_for_a_human_is_kept_until_the_country_is_known() -> None:
    asked = planner().hand_off(Case({"demand_money": "yes"}), HEARD)
    waiting = planner().next_turn(asked.case, asked.progress, Said("nlu_fallback"))
    assert waiting.progress.contact_wanted
    known = Case({**waiting.case.facts, "country": "MT"})
    turn = planner().next_turn(known, waiting.progress, Said("inform", brought_facts=True))
    assert "utter_hand_off" in says(turn)
    assert says(turn)[-1] == "utter_summary"
    assert any((say.contact or "").startswith("MT/") for say in turn.says)
    assert not turn.progress.contact_wanted
    assert "utter_hand_off" not in says(planner().next_turn(turn.case, turn.progress, Said("continue_plan")))


def test_whoever_does_not_tell_their_country_is_not_asked_again_at_the_hand_off() -> None:
    turn = planner().hand_off(Case({"demand_money": "yes"}), replace(HEARD, declined=("country",)))
    assert "utter_ask_country" not in says(turn)
    assert says(turn)[-1] == "utter_summary"


@pytest.mark.parametrize("code", [*sorted(directory().codes), "US", "ZZ", None])
@pytest.mark.parametrize(
    "facts",
    [
        {"demand_money": "yes"},
        {"demand_money": "yes", "age_group": "13_15"},
        {"demand_money": "yes", "age_group": "adult"},
        {"demand_money": "yes", "speaking_for": "child"},
        {"demand_images": "yes", "speaking_for": "pupil"},
        {"offending": "yes"},
    ],
)
def test_everybody_gets_contacts_each_once_and_not_too_many(code: str | None, facts: dict[str, str]) -> None:
    case = Case({**facts, **({"country": code} if code else {})})
    for in_crisis in (False, True):
        contacts = planner().contacts(case, in_crisis)
        assert 1 <= len(contacts) <= 5
        assert len(contacts) == len(set(contacts))
        assert all(service.private_cases for service in contacts)
        references = {f"{service.country}/{service.id}" for service in contacts}
        assert not references & {"LU/stopline", "IT/clicca_e_segnala"}
        if case.minor != "no":
            assert not references & CONTACTS_OF_ADULTS
        else:
            assert "international/take_it_down" not in references


@pytest.mark.parametrize("code", sorted(directory().codes))
def test_in_a_crisis_those_who_listen_at_once_come_first(code: str) -> None:
    contacts = planner().contacts(Case({"demand_money": "yes", "country": code}), in_crisis=True)
    assert contacts[0].roles & {"crisis", "emergency"}
    assert any(service.roles & {"crisis", "child_helpline", "helpline"} for service in contacts)


def test_of_several_helplines_one_that_is_open_is_chosen() -> None:
    case = Case({"country": "BG"})
    noon, night = datetime(2026, 1, 14, 10, tzinfo=UTC), datetime(2026, 1, 14, 1, tzinfo=UTC)
    by_day, by_night = planner().best(case, "helpline", noon), planner().best(case, "helpline", night)
    assert by_day is not None
    assert by_night is not None
    assert by_day.id == "safenet_advice"
    assert by_night.id == "national_child_line"
    assert by_night.open_at(night)


def test_where_a_role_is_missing_somebody_else_answers() -> None:
    crisis = planner().best(Case({"country": "XK"}), "crisis")
    assert crisis is not None
    assert planner().best(Case({}), "helpline") is not None


def test_the_belgian_contact_speaks_the_language_of_the_person() -> None:
    case = Case({"country": "BE"})
    for language, identifier in (("nl", "zelfmoordlijn"), ("fr", "prevention_suicide")):
        found = planner(language).best(case, "crisis")
        assert found is not None
        assert found.id == identifier


def test_an_adult_in_the_united_kingdom_gets_the_helpline_for_adults_while_it_is_open() -> None:
    adult = Case({"country": "GB", "age_group": "adult", "demand_money": "yes"})
    child = Case({"country": "GB", "age_group": "13_15", "demand_money": "yes"})
    noon = datetime(2026, 1, 14, 12, tzinfo=UTC)
    for case, identifier in ((adult, "revenge_porn_helpline"), (child, "childline")):
        found = planner().best(case, "helpline", noon)
        assert found is not None
        assert found.id == identifier


# -- not understood ----------------------------------------------------------------------------------------------------


def test_whoever_is_not_understood_twice_is_offered_a_human() -> None:
    first = next_turn({"country": "IE"}, Progress(), "nlu_fallback")
    second = planner().next_turn(first.case, first.progress, Said("nlu_fallback"))
    assert says(first) == ["utter_ask_what_happened"]
    assert says(second) == ["utter_offer_human"]
    assert second.says[0].contact is not None
    assert second.says[0].contact.startswith("IE/")


@pytest.mark.parametrize(
    "said", [Said("greet"), Said("inform", brought_facts=True), Said("ask_privacy", answered=True)]
)
def test_being_understood_in_between_starts_the_count_anew(said: Said) -> None:
    turn = next_turn({}, Progress(), "nlu_fallback")
    turn = planner().next_turn(turn.case, turn.progress, said)
    turn = planner().next_turn(turn.case, turn.progress, Said("nlu_fallback"))
    assert says(turn) == ["utter_ask_what_happened"]


# -- slots -------------------------------------------------------------------------------------------------------------


def test_the_place_in_the_conversation_survives_in_slots() -> None:
    progress = Progress(
        asked=("safety", "paid"),
        declined=("paid",),
        pending="country",
        current_step="report",
        finished_steps=("tell_someone",),
        first_aid_given=True,
        acknowledged=("leaked",),
        crisis="stayed",
        contact_wanted=True,
        how_wanted="report",
        step_has_how=True,
        plan_done=True,
        unclear=1,
    )
    assert Progress.from_slots(progress.slots()) == progress
    assert Progress.from_slots({}) == Progress() == Progress.from_slots(dict.fromkeys(progress.slots()))
    assert set(progress.slots()) <= set(DOMAIN["slots"])


# -- any conversation --------------------------------------------------------------------------------------------------


def values_of(fact: str) -> list[str]:
    """Values that a fact may take. Platforms are those with words of their own for every topic."""
    some = {
        "platform": ["instagram", "snapchat"],
        "country": ["IE", "GB", "BE", "DK", "US"],
        "payment_method": ["paypal", "crypto"],
    }
    return some.get(fact) or DOMAIN["slots"][fact]["values"]


FACT = st.sampled_from(FACTS).flatmap(lambda fact: st.tuples(st.just(fact), st.sampled_from(values_of(fact))))
INTENT = st.sampled_from(sorted(set(RULES) - {"erase_confirmed"}))
#: Messages that move the conversation are more frequent than questions.
EVENT = st.tuples(
    st.one_of(
        INTENT, st.sampled_from(["inform", "affirm", "deny", "step_done", "show_how", "ask_human", "nlu_fallback"])
    ),
    st.lists(FACT, max_size=2),
)


def hold(slots: dict[str, Any], intent: str, brought: bool) -> list[tuple[str, dict[str, Any]]]:
    """What Rasa says in a turn: the response and what it was rendered with. Changes `slots` as Rasa would."""
    if intent.startswith("crisis_"):
        slots["crisis"] = "open"
    said: list[tuple[str, dict[str, Any]]] = []
    for action in RULES[intent]:
        if action.startswith("utter_"):
            said.append((action, {}))
            continue
        if action == "action_start_over":
            for name in set(slots) - {"country", "language"}:
                del slots[name]
            continue
        case, progress = Case.from_slots(slots), Progress.from_slots(slots)
        event = Said(intent, brought_facts=brought, answered=bool(said))
        if action == "action_hand_off":
            turn = planner().hand_off(case, progress)
        elif action == "action_show_how":
            turn = planner().show_how(case, progress, event)
        else:
            assert action == "action_next_step"
            turn = planner().next_turn(case, progress, event)
        for say in turn.says:
            said.append((say.response, {"facts": turn.values(), "contact": say.contact, "step": say.step}))
            questions = [question for question in playbook().questions if f"utter_ask_{question.id}" == say.response]
            assert not any(fact in turn.case.facts for question in questions for fact in question.facts), say.response
        slots.update({**turn.case.facts, **turn.progress.slots()})
    return said


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.lists(EVENT, min_size=1, max_size=14))
def test_whatever_happens_a_turn_ends_with_something_to_tap(events: list[tuple[str, list[tuple[str, str]]]]) -> None:
    nlg, slots, first_aid = ContentNLG(), {"language": "en"}, 0
    for intent, facts in events:
        slots.update(facts)
        said = hold(slots, intent, bool(facts))
        assert said, f"{intent}: silence"
        for name, given_to_it in said:
            assert name in languages()["en"].responses, name
            response = nlg.render(name, slots, "webchat", **given_to_it)
            assert response is not None
            assert response["text"].strip()
        assert response is not None
        assert response.get("buttons"), f"{intent} ends with {said[-1][0]}"
        first_aid = 0 if intent == "start_over" else first_aid + [name for name, _ in said].count("utter_first_aid")
        assert first_aid <= 1
