"""Names of platforms, countries and ways to pay, and ages, as young people write them."""

from __future__ import annotations

from functools import cache

import pytest
from spacy.language import Language

from actions.content import CONTENT, load_yaml
from actions.directory import directory
from assistant.nlu.entities import GazetteerEntityExtractor
from assistant.nlu.gazetteer import build


@cache
def pipeline() -> Language:
    return build()


def found(text: str, label: str | None = None) -> list[str]:
    """Identifiers of what is named in `text`, in order."""
    return [entity.ent_id_ for entity in pipeline()(text).ents if label in (None, entity.label_)]


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("it was on instagram", "instagram"),
        ("he added me on insta", "instagram"),
        ("on ig", "instagram"),
        ("IG", "instagram"),
        ("snapchat", "snapchat"),
        ("she has my snap", "snapchat"),
        ("on fb", "facebook"),
        ("whatsapp", "whatsapp"),
        ("on tiktok", "tiktok"),
        ("telegram", "telegram"),
        ("he wrote on discord", "discord"),
        ("инстаграм", "instagram"),
        ("в инстаграме", "instagram"),
        ("سناب شات", "snapchat"),
        ("omegle", "omegle"),
        ("on viber", "viber"),
        ("kik", "kik"),
        ("op mijn snapaccount", "snapchat"),
        ("in een telegramgroep", "telegram"),
        ("mein facebookprofil", "facebook"),
        ("på snapen", "snapchat"),
        ("clonaram meu zap", "whatsapp"),
        ("he texted me on LINE", "line"),
    ],
)
def test_platforms_are_found_by_their_slang(text: str, platform: str) -> None:
    assert found(text, "platform") == [platform]


def test_several_platforms_are_all_found_in_order() -> None:
    assert found("we met on tiktok then snapchat", "platform") == ["tiktok", "snapchat"]


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("we met on tiktok then snapchat", "snapchat"),
        ("a girl on instagram got me on telegram", "telegram"),
        ("a woman off facebook recorded me on skype and says it's going on youtube", "skype"),
        ("he wrote on whatsapp and has my mum's facebook", "whatsapp"),
        ("we met on okcupid, i have deleted insta", "okcupid"),
        ("it is on youtube and on reddit", "youtube"),
        ("kirjutas mulle messengeris", "messenger"),
        ("poznałem ją na tinderze", "tinder"),
        ("email", "email"),
        ("i got an email from a hacker who has my password", None),
        ("nothing of that kind", None),
    ],
)
def test_of_several_platforms_the_one_of_the_contact_counts(text: str, platform: str | None) -> None:
    entities = GazetteerEntityExtractor._extract_entities(pipeline()(text))
    assert next((entity["value"] for entity in entities if entity["entity"] == "platform"), None) == platform


@pytest.mark.parametrize(
    "text", ["instead of that", "big problem", "a snapping turtle", "it is on my phone", "the same line"]
)
def test_parts_of_other_words_are_no_platforms(text: str) -> None:
    assert found(text, "platform") == []


@pytest.mark.parametrize("identifier", sorted(load_yaml(CONTENT / "platforms.yml")["platforms"]))
def test_every_platform_is_found_by_its_own_name(identifier: str) -> None:
    name = load_yaml(CONTENT / "platforms.yml")["platforms"][identifier]["name"]
    assert found(name, "platform") == [identifier]


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("i live in ireland", "IE"),
        ("Éire", "IE"),
        ("im from the uk", "GB"),
        ("England", "GB"),
        ("Scotland", "GB"),
        ("ich bin aus Deutschland", "DE"),
        ("germany", "DE"),
        ("Allemagne", "DE"),
        ("Österreich", "AT"),
        ("Nederland", "NL"),
        ("the netherlands", "NL"),
        ("holland", "NL"),
        ("España", "ES"),
        ("Polska", "PL"),
        ("Suomi", "FI"),
        ("Hrvatska", "HR"),
        ("Ελλάδα", "GR"),
        ("България", "BG"),
        ("Україна", "UA"),
        ("Türkiye", "TR"),
        ("Magyarország", "HU"),
        ("Česko", "CZ"),
        ("Luxembourg", "LU"),
        ("Malta", "MT"),
        ("usa", "US"),
        ("mieszkam w polsce", "PL"),
        ("Magyarországon élek", "HU"),
        ("я из украины", "UA"),
        ("asun suomessa", "FI"),
    ],
)
def test_countries_are_found_in_the_languages_people_write(text: str, country: str) -> None:
    assert found(text, "country") == [country]


@pytest.mark.parametrize("code", sorted(directory().codes))
def test_every_country_with_contacts_is_found_by_its_english_name(code: str) -> None:
    country = directory().country(code)
    assert country is not None
    if country.name.lower() not in load_yaml(CONTENT / "gazetteer.yml")["not_a_country"]:
        assert found(f"I live in {country.name}.", "country") == [code]


@pytest.mark.parametrize(
    "text", ["my friend chad", "that man", "her name is Jordan", "i love my togo cup", "the eu", "po polsku"]
)
def test_first_names_and_everyday_words_are_no_countries(text: str) -> None:
    assert found(text, "country") == []


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("im 12", "under_13"),
        ("i'm 13", "13_15"),
        ("I am 15 and scared", "13_15"),
        ("i’m 16", "16_17"),
        ("im only 17", "16_17"),
        ("i am 18", "adult"),
        ("im 34", "adult"),
        ("ich bin 14", "13_15"),
        ("j'ai 13 ans", "13_15"),
        ("tengo 15 años", "13_15"),
        ("ik ben 16", "16_17"),
        ("mam 12 lat", "under_13"),
        ("мне 14 лет", "13_15"),
        ("мені 15", "13_15"),
        ("12 éves vagyok", "under_13"),
        ("my son is 13", "13_15"),
        ("my 16 year old", "16_17"),
        ("my daughter is 11", "under_13"),
    ],
)
def test_the_age_of_the_person_is_found(text: str, group: str) -> None:
    assert found(text, "age_group") == [group]


@pytest.mark.parametrize(
    "text",
    [
        "he is 34",
        "he was 30",
        "she said she is 16",
        "she told me she was 17",
        "the guy turned out to be 40",
        "he has 15 of my pictures",
        "they want 50 euro",
        "send 18 pics",
        "he gave me 24 hours",
        "at 16:30",
    ],
)
def test_the_age_of_the_other_person_and_other_numbers_are_not_taken_for_it(text: str) -> None:
    assert found(text, "age_group") == []


def test_of_two_ages_the_own_one_counts() -> None:
    assert found("i'm 15 and he is 40", "age_group") == ["13_15"]
    assert found("she said she is 19 but i'm 14", "age_group") == ["13_15"]


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("i paid with paypal", "paypal"),
        ("a steam card", "gift_card"),
        ("apple gift card", "gift_card"),
        ("paysafecard", "paysafecard"),
        ("bitcoin", "crypto"),
        ("western union", "western_union"),
        ("bank transfer", "bank_transfer"),
        ("ich habe es überwiesen", "bank_transfer"),
        ("virement", "bank_transfer"),
        ("with my revolut", "revolut"),
        ("credit card", "card"),
        ("kreditkarte", "card"),
    ],
)
def test_ways_to_pay_are_found(text: str, method: str) -> None:
    assert found(text, "payment_method") == [method]


def test_the_longest_name_wins() -> None:
    assert found("a steam card") == ["gift_card"]
    assert found("he is on steam") == ["steam"]


def test_a_message_can_name_everything_at_once() -> None:
    text = "I'm 14, from Ireland, it was on snapchat and i paid with paypal"
    assert {entity.label_: entity.ent_id_ for entity in pipeline()(text).ents} == {
        "age_group": "13_15",
        "country": "IE",
        "platform": "snapchat",
        "payment_method": "paypal",
    }


@pytest.mark.parametrize("text", ["", " ", "help me please", "he wants money or he leaks my pics"])
def test_a_message_that_names_nothing_has_no_names(text: str) -> None:
    assert found(text) == []
