"""Words of crisis are found however they are written, and everyday expressions are not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.content import CONTENT, load_yaml
from assistant.nlu.crisis import CrisisLexicon, crisis_lexicon, normalised

FILES = sorted((CONTENT / "crisis_lexicon").glob("*.yml"))
SMALL = CrisisLexicon(
    [
        {
            "self_harm": ["want to die", "kill myself", "kms and i will", "kms"],
            "danger": ["outside my house"],
            "cancel": ["dont want to die", "dont want to kill myself", "told me to kms", "not outside my house"],
        },
        {"self_harm": ["je veux mourir"]},
    ]
)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("I Want To DIE", " i want to die "),
        ("I don't, don’t, don`t", " i dont dont dont "),
        ("dieeeee", " die "),
        ("I  want\n\tto   die", " i want to die "),
        ("want to die...", " want to die "),
        ("want,to-die!", " want to die "),
        ("want_to_die", " want to die "),
        ("need", " need "),
        ("ÉTÉ", " ete "),
        ("e\u0301te\u0301", " ete "),
        ("ХОЧУ УМЕРЕТЬ", " хочу умереть "),
        ("k1ll mys3lf", " k1ll mys3lf "),
    ],
)
def test_messages_are_compared_as_the_lexicon_writes_them(text: str, written: str) -> None:
    assert normalised(text) == written


@pytest.mark.parametrize("text", ["", "   ", "...", "😭", "\n"])
def test_a_message_without_words_holds_nothing(text: str) -> None:
    assert normalised(text).strip() == ""
    assert crisis_lexicon().found(text) == set()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("i want to die", {"self_harm"}),
        ("I WANT TO DIEEEE!!!", {"self_harm"}),
        ("i want to die\nplease", {"self_harm"}),
        ("he is outside my house", {"danger"}),
        ("he is outside my house and i want to die", {"danger", "self_harm"}),
        ("je veux mourir", {"self_harm"}),
        ("i want to diet", set()),
        ("skms", set()),
        ("kmsing", set()),
        ("want die to", set()),
    ],
)
def test_whole_phrases_of_every_language_are_found_at_once(text: str, kinds: set[str]) -> None:
    assert SMALL.found(text) == kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("i don't want to die", set()),
        ("he told me to kms", set()),
        ("he is not outside my house", set()),
        ("i don't want to kill myself but i want to die", {"self_harm"}),
        ("i want to die, i don't want to die", {"self_harm"}),
        ("he told me to kms. kms", {"self_harm"}),
        ("he told me to kms and i will", {"self_harm"}),
        ("i don't want to die and he is outside my house", {"danger"}),
    ],
)
def test_a_cancelling_phrase_takes_back_only_what_it_covers(text: str, kinds: set[str]) -> None:
    assert SMALL.found(text) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "i want to die",
        "gonna kms tonight",
        "I wanna dieeee",
        "wish i was dead",
        "i’m going to end it",
        "i dont want to kill myself but i want to die",
        "he told me to kms and i will",
    ],
)
def test_signs_of_self_harm_are_found_with_the_real_lexicon(text: str) -> None:
    assert "self_harm" in crisis_lexicon().found(text)


@pytest.mark.parametrize("text", ["he is outside my house", "HE IS OUTSIDE MY HOUSE!!"])
def test_signs_of_danger_are_found_with_the_real_lexicon(text: str) -> None:
    assert crisis_lexicon().found(text) == {"danger"}


@pytest.mark.parametrize(
    "text",
    [
        "my mum will kill me",
        "i dont want to kill myself",
        "he says hell kill himself",
        "this game is killing me",
        "she wants 200 euro or she sends my nudes to everyone",
        "my phone died",
        "lol dead",
        "ok thanks",
    ],
)
def test_everyday_expressions_are_no_crisis(text: str) -> None:
    assert crisis_lexicon().found(text) == set()


def phrases_of(path: Path, *kinds: str) -> list[str]:
    return [normalised(phrase) for kind in kinds for phrase in load_yaml(path)[kind]]


@cache
def signs() -> set[str]:
    """Every phrase of every language that means a crisis."""
    return {phrase for path in FILES for phrase in phrases_of(path, "self_harm", "danger")}


def parts_of(phrase: str) -> Iterator[str]:
    """Every run of words in a phrase."""
    words = phrase.split()
    for start, end in combinations(range(len(words) + 1), 2):
        yield f" {' '.join(words[start:end])} "


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", ["self_harm", "danger"])
def test_phrases_of_a_language_are_found_in_messages_among_all_languages(path: Path, kind: str) -> None:
    phrases = [phrase.strip() for phrase in phrases_of(path, kind)]
    assert phrases
    for phrase in (phrases[0], phrases[len(phrases) // 2], phrases[-1]):
        shouted = phrase.upper() if phrase.upper().lower() == phrase else phrase
        assert kind in crisis_lexicon().found(f"hi. {shouted}!! 😭"), phrase


def test_no_phrase_stands_for_a_crisis_and_for_none() -> None:
    cancelling = {phrase for path in FILES for phrase in phrases_of(path, "cancel")}
    assert not signs() & cancelling
    assert all(phrase.strip() for phrase in signs() | cancelling)


def test_every_english_cancelling_phrase_takes_back_something() -> None:
    cancelling = phrases_of(CONTENT / "crisis_lexicon" / "en.yml", "cancel")
    assert [phrase for phrase in cancelling if signs().isdisjoint(parts_of(phrase))] == []
