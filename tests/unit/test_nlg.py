"""Responses as people read them, from the real words and contacts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from actions.case import Case
from actions.content import CONTENT, load_yaml
from actions.directory import Hours, Phone, Service, directory
from actions.playbook import playbook
from assistant.nlg import ContactCard, ContentNLG, case_summary, language_for, languages, platform_name

ENGLISH = language_for("en")
NLG = ContentNLG()
COUNTRIES = sorted(directory().codes)
SPEAKERS = (None, "self", "child", "friend", "pupil")
#: Facts that bring about each value of what follows from facts.
SITUATIONS: dict[str, dict[str, str]] = {
    "image": {"demand_images": "yes", "threat": "yes"},
    "financial": {"demand_money": "yes", "threat": "yes"},
    "both": {"demand_money": "yes", "demand_images": "yes"},
    "other": {"threat": "yes"},
    "webcam_email": {"webcam_email": "yes"},
    "grooming": {"grooming": "yes"},
    "offending": {"offending": "yes"},
    "unknown": {},
    "other_problem": {"scope": "other_problem"},
    "off_topic": {"scope": "off_topic"},
}
STEP = {"id": "report", "number": 3, "of": 9}
NIGHT, NOON = datetime(2026, 1, 14, 2, tzinfo=UTC), datetime(2026, 1, 14, 12, tzinfo=UTC)


def render(name: str, slots: dict[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
    response = NLG.render(name, slots or {}, "webchat", **kwargs)
    assert response is not None, name
    return response


def text(name: str, slots: dict[str, Any] | None = None, **kwargs: Any) -> str:
    return str(render(name, slots, **kwargs)["text"])


def service(**more: Any) -> Service:
    given: dict[str, Any] = {
        "id": "line",
        "country": "IE",
        "name": "The Line",
        "roles": frozenset({"helpline"}),
        "audience": frozenset({"child"}),
        "checked": "2026-01-01",
        **more,
    }
    return Service(**given)


def card(found: Service, now: datetime = NOON) -> ContactCard:
    return ContactCard(found, ENGLISH, now)


def weekly(*spans: tuple[tuple[str, ...], str, str]) -> Hours:
    return Hours(always=False, weekly=spans, timezone="UTC")


# -- which variation ---------------------------------------------------------------------------------------------------


def test_the_variation_with_most_conditions_that_hold_is_said() -> None:
    general = text("utter_reflect", {"threat": "yes"})
    child = text("utter_reflect", {"threat": "yes", "speaking_for": "child"})
    email = text("utter_reflect", {"webcam_email": "yes"})
    both = text("utter_reflect", {"webcam_email": "yes", "speaking_for": "child"})
    assert len({general, child, email, both}) == 4
    assert "your child" in both
    assert "e-mail" in both
    assert "your child" not in email
    assert "e-mail" not in child


def test_a_variation_needs_all_its_conditions() -> None:
    british, irish = ({"age_group": "13_15", "country": code} for code in ("GB", "IE"))
    assert "Report Remove" in text("utter_step_remove", british)
    assert "Report Remove" not in text("utter_step_remove", irish)
    assert "Report Remove" not in text("utter_step_remove", {"age_group": "adult", "country": "GB"})
    assert "stopncii" in text("utter_step_remove", {"age_group": "adult", "country": "GB"})
    assert "stopncii" not in text("utter_step_remove", irish)


def test_facts_that_come_with_the_call_decide_over_the_slots() -> None:
    facts = Case({"demand_money": "yes"}).values()
    assert text("utter_reflect", {"webcam_email": "yes"}, facts=facts) == text("utter_reflect", {"demand_money": "yes"})


def test_of_several_platforms_the_last_one_named_chooses_the_words() -> None:
    assert "Snapchat" in text("utter_step_evidence", {"platform": ["instagram", "snapchat"]})
    assert "Snapchat" not in text("utter_step_evidence", {"platform": ["snapchat", "instagram"]})


def test_without_a_country_the_crisis_answer_names_the_numbers_of_europe() -> None:
    for slots in ({"country": None}, {}):
        answer = text("utter_crisis_self_harm", slots)
        assert "112" in answer
        assert "116 111" in answer
        assert "findahelpline.com" in answer
    assert "many European countries" not in text("utter_crisis_self_harm", {"country": "IE"})


@pytest.mark.parametrize("speaker", ["child", "friend", "pupil"])
def test_what_happened_is_asked_about_the_one_it_happened_to(speaker: str) -> None:
    asked = text("utter_ask_what_happened", {"speaking_for": speaker})
    assert asked != text("utter_ask_what_happened")
    assert {"child": "your child", "friend": "to them", "pupil": "the pupil"}[speaker] in asked


def test_an_unknown_response_is_none_and_a_known_one_keeps_its_buttons() -> None:
    assert NLG.render("utter_nothing_of_the_kind", {}, "webchat") is None
    buttons = render("utter_ask_paid")["buttons"]
    assert [button["payload"] for button in buttons] == ["/affirm", "/deny", "/prefer_not_to_say"]


def test_rendering_does_not_change_the_words_for_the_next_person() -> None:
    before = render("utter_crisis_self_harm", {"country": "IE"})
    before["buttons"].clear()
    before["custom"]["contact"]["name"] = "changed"
    after = render("utter_crisis_self_harm", {"country": "IE"})
    assert after["buttons"]
    assert after["custom"]["contact"]["name"] != "changed"
    assert "condition" not in render("utter_step_remove", {"age_group": "adult"})


async def test_rasa_gets_the_response_that_fits_the_slots_of_its_tracker() -> None:
    slots = Domain.load(str(CONTENT.parent / "domain.yml")).slots
    tracker = DialogueStateTracker.from_events("someone", [SlotSet("demand_money", "yes")], slots=slots)
    assert await NLG.generate("utter_reflect", tracker, "webchat") == render("utter_reflect", {"demand_money": "yes"})


# -- languages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [None, "", "en", "en-GB", "en_IE", "EN", "tlh", "xx-YY", "-", "english"])
def test_an_unknown_language_falls_back_to_english(code: str | None) -> None:
    assert language_for(code).code == "en"
    assert text("utter_thanks", {"language": code}) == text("utter_thanks", {"language": "en"})


def test_every_language_is_found_by_its_code_and_with_a_region() -> None:
    for code in languages():
        assert language_for(code).code == code
        assert language_for(f"{code}-ZZ").code == code


# -- nothing stays unfilled --------------------------------------------------------------------------------------------


def alternatives(name: str) -> dict[str, set[str | None]]:
    """What the conditions of a response depend on, with the values they ask for and none."""
    found: dict[str, set[str | None]] = {}
    for variation in ENGLISH.responses[name]:
        for condition in variation.get("condition", ()):
            found.setdefault(condition["name"], {None}).add(condition["value"])
    return found


def combinations(name: str) -> Iterator[dict[str, str]]:
    """Every combination of facts that can make a difference to a response."""
    options: list[list[dict[str, str]]] = []
    for fact, values in alternatives(name).items():
        chosen: list[dict[str, str]] = []
        for value in values:
            if fact == "situation":
                chosen.append(SITUATIONS[value or "unknown"])
            elif value is None:
                chosen.append({})
            elif fact == "minor":
                chosen.append({"age_group": "adult" if value == "no" else "13_15"})
            else:
                chosen.append({{"speaker": "speaking_for"}.get(fact, fact): value})
        options.append(chosen)
    for pieces in product(*options):
        for country in ({}, {"country": "IE"}, {"country": "XK"}, {"country": "US"}):
            yield {fact: value for piece in ({}, country, *pieces) for fact, value in piece.items()}


@pytest.mark.parametrize("name", sorted(ENGLISH.responses))
def test_every_name_in_braces_is_filled_in_whatever_is_known(name: str) -> None:
    for facts in combinations(name):
        for more in ({}, {"step": STEP, "contact": "IE/childline"}):
            response = render(name, facts, **more)
            assert response["text"].strip()
            assert "{" not in response["text"], facts
            assert "}" not in response["text"], facts
            for button in response.get("buttons") or ():
                assert button["title"].strip()
                assert button["payload"].startswith("/")


@pytest.mark.parametrize("name", sorted(ENGLISH.responses))
def test_every_variation_is_said_in_some_case(name: str) -> None:
    said = {text(name, facts, step=STEP) for facts in combinations(name)}
    for variation in ENGLISH.responses[name]:
        pieces = re.split(r"{\w+}", variation["text"].strip())
        pattern = re.compile(".*".join(map(re.escape, pieces)), re.DOTALL)
        assert any(pattern.fullmatch(one.strip()) for one in said), variation["text"]


@pytest.mark.parametrize("step", [step.id for step in playbook().steps])
def test_going_back_to_a_step_names_it_with_its_number(step: str) -> None:
    said = text("utter_resume_step", {}, step={"id": step, "number": 2, "of": 7})
    assert said.startswith("Back to step 2 of 7: ")
    assert ENGLISH.terms["steps"][step] in said


def test_more_is_shown_only_where_there_is_more() -> None:
    plain = render("utter_resume_step", {}, facts={**Case({}).values()})
    more = render("utter_resume_step", {}, facts={**Case({}).values(), "step_has_how": "yes"})
    assert "/show_how" not in [button["payload"] for button in plain["buttons"]]
    assert "/show_how" in [button["payload"] for button in more["buttons"]]


def test_the_country_is_named_in_the_language_of_the_conversation() -> None:
    assert "Luxembourg" in text("utter_hand_off", {"country": "LU", "threat": "yes"})
    assert "United Kingdom" in text("utter_hand_off", {"country": "GB", "threat": "yes"})


# -- crisis ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("country", [*COUNTRIES, "US", "ZZ", None])
@pytest.mark.parametrize(
    "name", ["utter_crisis_self_harm", "utter_crisis_danger", "utter_crisis_other_person", "utter_fault"]
)
def test_in_every_country_a_crisis_answer_has_an_emergency_number_and_a_contact(name: str, country: str | None) -> None:
    response = render(name, {"country": country, "language": "en"})
    contact = response["custom"]["contact"]
    assert directory().emergency_number(country) in response["text"]
    assert contact["name"] in response["text"]
    assert any(contact.get(way) for way in ("phone", "sms", "whatsapp", "chat_url", "report_url", "url"))
    assert any(
        contact.get(way) and contact[way] in response["text"]
        for way in ("phone", "sms", "whatsapp", "chat_url", "report_url", "url")
    )
    assert ENGLISH.terms["contact"]["none"] not in response["text"]
    assert response["buttons"]


def test_the_crisis_contact_is_of_the_country() -> None:
    for country in ("IE", "GB", "DE", "FR", "PL"):
        assert render("utter_crisis_danger", {"country": country})["custom"]["contact"]["country"] == country
    assert "country" not in render("utter_crisis_danger", {})["custom"]["contact"]


# -- contacts ----------------------------------------------------------------------------------------------------------


def test_a_card_has_every_way_to_reach_a_service_and_nothing_that_is_not_known() -> None:
    full = service(
        area="Dublin",
        phone=Phone("1800 123 456", "1800123456", free=True),
        sms=Phone("50808", "50808"),
        whatsapp=Phone("087 123", "+35387123"),
        email="a@line.example",
        url="https://line.example",
        chat_url="https://line.example/chat",
        report_url="https://line.example/report",
        phone_hours=Hours(always=True, weekly=(), timezone="Europe/Dublin"),
        conditions=("call_recorded",),
    )
    assert card(full).fields() == {
        "country": "IE",
        "name": "The Line",
        "area": "Dublin",
        "phone": "1800 123 456",
        "phone_dial": "1800123456",
        "free": True,
        "sms": "50808",
        "whatsapp": "+35387123",
        "email": "a@line.example",
        "url": "https://line.example",
        "chat_url": "https://line.example/chat",
        "report_url": "https://line.example/report",
        "hours": "day and night",
        "open_now": True,
        "notes": ["Calls are recorded."],
        "source_date": "2026-01-01",
    }
    assert card(service(url="https://line.example")).fields() == {
        "country": "IE",
        "name": "The Line",
        "url": "https://line.example",
        "source_date": "2026-01-01",
    }


def test_a_line_says_number_hours_and_whether_somebody_answers_now() -> None:
    found = service(
        phone=Phone("116 111", "116111", free=True),
        phone_hours=weekly((("mon", "tue", "wed", "thu", "fri"), "09:00", "17:00")),
    )
    assert card(found, NOON).line() == "The Line: call 116 111, free, Mon–Fri 09:00 to 17:00, open now."
    assert card(found, NIGHT).line() == "The Line: call 116 111, free, Mon–Fri 09:00 to 17:00, closed right now."
    assert card(found, NIGHT).fields()["open_now"] is False


def test_a_line_says_nothing_about_hours_nobody_knows_or_costs_nobody_named() -> None:
    assert card(service(phone=Phone("123", "123"))).line() == "The Line: call 123."
    assert card(service(phone=Phone("123", "123", free=False))).line() == "The Line: call 123."
    assert "open_now" not in card(service(phone=Phone("123", "123"))).fields()
    assert card(service(phone=Phone("123", "123", free=False))).fields()["free"] is False


def test_a_line_names_the_website_only_when_there_is_no_chat_or_form() -> None:
    site, chat, form = "https://line.example", "https://line.example/chat", "https://line.example/form"
    assert card(service(url=site)).line() == f"The Line: {site}."
    assert card(service(url=site, chat_url=chat)).line() == f"The Line: chat: {chat}."
    assert card(service(url=site, report_url=form)).line() == f"The Line: report: {form}."


def test_conditions_and_doubts_are_said_after_the_contact() -> None:
    found = service(phone=Phone("124 123", "124123"), conditions=("call_costs_money",), please_check=True)
    assert card(found).line().endswith("The call costs money. Please check this on their page: it may have changed.")
    assert len(card(found).fields()["notes"]) == 2


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("BG/safenet_advice", "The call costs money."),
        ("IS/red_cross_1717", "Your number must be visible when you call."),
        ("DK/cyberhus", "They answer in writing, not by phone."),
        ("GB/revenge_porn_helpline", "This is for people of 18 and over."),
        ("GB/report_remove", "This is for people under 18."),
    ],
)
def test_what_a_person_must_know_first_is_on_the_card_and_in_the_line(reference: str, words: str) -> None:
    found = directory().service(reference)
    assert found is not None
    assert words in card(found).fields()["notes"]
    assert words in card(found).line()


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ([(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "12:00", "20:00")], "every day 12:00 to 20:00"),
        ([(("sat", "sun"), "10:00", "24:00")], "Sat–Sun 10:00 to 24:00"),
        ([(("wed",), "14:00", "16:00")], "Wed 14:00 to 16:00"),
        ([(("tue", "thu"), "14:00", "16:00")], "Tue, Thu 14:00 to 16:00"),
        ([(("sun", "mon", "tue", "wed", "thu"), "11:00", "23:00")], "Mon–Thu, Sun 11:00 to 23:00"),
        (
            [(("mon", "tue"), "09:00", "12:00"), (("sat",), "22:00", "06:00")],
            "Mon–Tue 09:00 to 12:00 and Sat 22:00 to 06:00",
        ),
    ],
)
def test_hours_are_said_in_few_words(spans: list[tuple[tuple[str, ...], str, str]], words: str) -> None:
    assert card(service(phone_hours=weekly(*spans))).hours() == words


def test_hours_of_the_chat_stand_in_where_the_phone_has_none() -> None:
    assert card(service(chat_hours=weekly((("mon",), "14:00", "16:00")))).hours() == "Mon 14:00 to 16:00"
    assert card(service()).hours() is None


@pytest.mark.parametrize("code", [*COUNTRIES, "international"])
def test_every_contact_can_be_shown_and_says_how_to_reach_somebody(code: str) -> None:
    for entry in load_yaml(CONTENT / "directory" / f"{code}.yml")["services"]:
        found = directory().service(f"{code}/{entry['id']}")
        if found is None:
            continue
        line, shown = card(found).line(), card(found).fields()
        assert line.startswith(f"{found.name}: ")
        assert "{" not in line
        assert "None" not in line
        if set(shown) & {"phone", "sms", "whatsapp", "chat_url", "report_url", "url"}:
            assert not line.startswith(f"{found.name}: .")
        assert None not in shown.values()
        assert shown["source_date"] == found.checked


def test_a_contact_by_role_is_looked_up_for_the_country_and_one_by_name_is_taken() -> None:
    assert render("utter_other_problem", {"country": "LU"})["custom"]["contact"]["name"].startswith("BEE SECURE")
    named = render("utter_contact", {"country": "LU"}, contact="IE/childline")
    assert named["custom"]["contact"]["country"] == "IE"
    assert named["text"].startswith(named["custom"]["contact"]["name"])


def test_a_contact_that_is_gone_leaves_a_sentence_without_a_card() -> None:
    response = render("utter_contact", {}, contact="IE/nobody")
    assert "contact" not in response["custom"]
    assert response["text"] == ENGLISH.terms["contact"]["none"]


# -- summary -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("speaker", "first", "age"),
    [
        ("self", "Someone is threatening me online with private pictures and wants money.", "I am between 13 and 15."),
        ("child", "Someone is threatening my child online with private", "My child is between 13 and 15."),
        ("friend", "Someone is threatening my friend online with private", "My friend is between 13 and 15."),
        ("pupil", "Someone is threatening a pupil online with private", "The pupil is between 13 and 15."),
    ],
)
def test_the_summary_speaks_of_the_one_it_happened_to(speaker: str, first: str, age: str) -> None:
    case = Case({**SITUATIONS["financial"], "speaking_for": speaker, "age_group": "13_15"})
    summary = case_summary(case, ENGLISH)
    assert summary.startswith(first)
    assert age in summary
    if speaker != "self":
        assert " me " not in summary
        assert "I am" not in summary


def test_the_summary_says_what_is_known_and_nothing_else() -> None:
    facts = {"demand_money": "yes", "platform": "instagram", "paid": "yes", "leaked": "no", "offender_known": "no"}
    assert case_summary(Case(facts), ENGLISH) == (
        "Someone is threatening me online with private pictures and wants money. It happened on Instagram. "
        "The person is a stranger. Money has been paid. Nothing has been shared so far. "
        "I need help with what to do next."
    )
    assert case_summary(Case({}), ENGLISH) == "I need help with what to do next."


@pytest.mark.parametrize("situation", sorted(SITUATIONS))
@pytest.mark.parametrize("speaker", SPEAKERS)
def test_every_summary_is_whole_sentences(situation: str, speaker: str | None) -> None:
    for extra in (
        {},
        {"paid": "yes", "sent_more": "yes", "leaked": "yes", "deepfake": "yes", "offender_known": "yes"},
        {"age_group": "under_13", "safety": "self_harm"},
        {"age_group": "16_17", "safety": "danger"},
        {"age_group": "adult", "safety": "distressed", "platform": "nowhere"},
    ):
        facts = {**SITUATIONS[situation], **extra, **({"speaking_for": speaker} if speaker else {})}
        summary = case_summary(Case(facts), ENGLISH)
        assert "{" not in summary
        assert summary.endswith(".")
        assert all(sentence[0].isupper() for sentence in summary.split(". "))


def test_a_mass_email_is_never_summed_up_as_a_person_who_has_pictures() -> None:
    summary = case_summary(Case({"webcam_email": "yes", "demand_money": "yes"}), ENGLISH)
    assert "e-mail" in summary
    assert "private pictures" not in summary


def test_platforms_are_called_by_their_names() -> None:
    assert platform_name("tiktok") == "TikTok"
    assert platform_name("something new") == "something new"
