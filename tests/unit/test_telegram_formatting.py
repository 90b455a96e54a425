"""How messages look on Telegram: every text of every language is valid and fits; nothing can break the markup."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.directory import directory
from assistant.channels.telegram.chats import Chats
from assistant.channels.telegram.formatting import as_html, card, needs_contact_card, parts, rendered, units
from assistant.channels.telegram.kinds import ATTACHMENTS, FORWARDED, OTHER, start_parameter
from assistant.channels.telegram.updates import COMMANDS
from assistant.check_content import texts
from assistant.nlg import ContactCard, languages
from tests.bot_api_server import parse_html
from tests.unit.test_nlg import NOON

LANGUAGES = languages().values()
ENGLISH = languages()["en"]
WORDS = ENGLISH.terms["contact"]


def plain(html: str) -> str:
    return parse_html(html)[0]


def contacts() -> list[dict[str, Any]]:
    return [
        ContactCard(service, ENGLISH, NOON).fields()
        for code in sorted(directory().codes)
        for service in directory().country(code).services  # type: ignore[union-attr]
    ]


# -- markup ------------------------------------------------------------------------------------------------------------


@given(st.text())
def test_any_text_stays_what_it_is(text: str) -> None:
    shown = plain(as_html(text))
    assert shown == text or shown == text.replace("*", "") or "*" in text


def test_emphasis_becomes_bold_and_other_stars_stay() -> None:
    assert as_html("Type *human* now") == "Type <b>human</b> now"
    assert as_html("2*3*4 * 5 **x** *") == "2*3*4 * 5 **x** *"
    assert as_html("<b> & *<i>*") == "&lt;b&gt; &amp; <b>&lt;i&gt;</b>"


def test_every_text_of_every_language_is_valid_and_fits() -> None:
    for language in LANGUAGES:
        for name, text in texts(language):
            for html in rendered(text, None, WORDS) if text else []:
                assert 0 < units(plain(html)) <= 4096, f"{language.code}: {name}"


# -- long texts --------------------------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(st.text(st.sampled_from("ab \n.é😱"), max_size=300), st.integers(4, 60))
def test_parts_fit_and_lose_nothing(text: str, most: int) -> None:
    pieces = parts(text, most)
    assert all(0 < units(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_texts_are_split_between_paragraphs_before_lines_before_sentences_before_words() -> None:
    assert parts("one two\n\nthree four", 12) == ["one two", "three four"]
    assert parts("one\ntwo three\nfour", 14) == ["one\ntwo three", "four"]
    assert parts("One two. Three four", 12) == ["One two.", "Three four"]
    assert parts("one two three", 8) == ["one two", "three"]
    assert parts("😱😱😱", 4) == ["😱😱", "😱"]
    assert parts(" \n ", 4) == []


# -- contacts ----------------------------------------------------------------------------------------------------------


def test_every_contact_is_a_valid_card_with_all_that_is_known() -> None:
    for contact in contacts():
        html = card(contact, WORDS)
        text = plain(html)
        assert text.startswith(contact["name"])
        assert "{" not in text
        for known in ("url", "chat_url", "report_url", "email", "hours"):
            assert known not in contact or contact[known].lower() in text.lower()
        if "phone" in contact:
            digits = "".join(filter(str.isdigit, contact["phone_dial"]))
            assert digits in "".join(filter(str.isdigit, text))
            assert f"<code>{contact['phone']}</code>" in html if needs_contact_card(contact) else "+" in text


def test_a_card_takes_the_place_of_the_plain_line_and_is_not_said_twice() -> None:
    contact = next(known for known in contacts() if known.get("phone") == "116 111")
    assert rendered(f"{contact['name']}: call 116 111.", contact, WORDS) == [card(contact, WORDS)]
    assert rendered(f"Call now: {contact['name']}", contact, WORDS) == [f"Call now: {contact['name']}"]
    assert rendered("Hello.", contact, WORDS) == [f"Hello.\n\n{card(contact, WORDS)}"]
    long = rendered("word " * 810, contact, WORDS)
    assert len(long) == 2
    assert long[1] == card(contact, WORDS)


def test_names_and_notes_with_signs_are_safe() -> None:
    contact = {"name": "<A> & {b}", "area": "<x>", "notes": ["<y>"], "hours": "9 < 10", "open_now": True}
    assert plain(card(contact, WORDS)) == "<A> & {b} (<x>)\n9 < 10, open now\n<y>"


# -- buttons and words -------------------------------------------------------------------------------------------------


def test_callback_data_is_short_whatever_the_payload_and_different_in_each_chat() -> None:
    chats = Chats(b"key")
    one, two = chats.of(1, "en"), chats.of(2, "en")
    payloads = [
        "/affirm",
        '/inform{"speaking_for":"friend","demand_money":"yes","threat":"yes","платформа":"инстаграм"}',
    ]
    keys = {chats.key_of(chat, payload) for chat in (one, two) for payload in payloads}
    assert len(keys) == 4
    assert all(1 <= len(key.encode()) <= 64 and ":" not in key for key in keys)


def test_the_number_of_a_person_is_not_in_what_is_remembered() -> None:
    chats = Chats(b"key")
    chat = chats.of(5_900_000_001, "bg")
    assert "5900000001" not in repr(chat)
    assert chat is chats.of(5_900_000_001, None)
    assert Chats(b"other").of(5_900_000_001, "bg").id != chat.id


def test_everything_the_channel_says_has_words() -> None:
    wanted = {*ATTACHMENTS.values(), FORWARDED, OTHER, *(f"utter_telegram_command_{name}" for name in COMMANDS)}
    assert wanted <= set(ENGLISH.responses)
    used = wanted | {
        f"utter_telegram_{name}"
        for name in ("help", "privacy", "what_stays", "language", "stale", "removed", "private_only", "step")
    }
    assert {name for name in ENGLISH.responses if name.startswith("utter_telegram_")} == used


def test_descriptions_of_commands_fit_the_menu() -> None:
    for language in LANGUAGES:
        for name in COMMANDS:
            for variation in language.responses.get(f"utter_telegram_command_{name}", []):
                assert 1 <= len(variation["text"]) <= 256
                assert "{" not in variation["text"]


@pytest.mark.parametrize(
    ("argument", "meant"),
    [
        ("IE", ("IE", None)),
        ("ie", ("IE", None)),
        ("IE_en", ("IE", "en")),
        ("IE-en", ("IE", "en")),
        ("IE_en_site-7", ("IE", "en")),
        ("IE_School", ("IE", None)),
        ("", (None, None)),
        ("school", (None, None)),
        ("I", (None, None)),
        ("IE en", (None, None)),
        ("IE_en'--", (None, None)),
    ],
)
def test_deep_links(argument: str, meant: tuple[str | None, str | None]) -> None:
    assert start_parameter(argument) == meant
