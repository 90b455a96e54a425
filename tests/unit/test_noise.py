"""The noise of evaluations: untidy, the same every time, and still readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.noise import KINDS, with_mixed_noise, with_noise

TEXT = "I'm 15 and a girl on Instagram recorded me. She wants 200€, or she sends my nudes to everyone!"


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"no_accents", "transliterated"}))
def test_every_kind_changes_a_message_and_keeps_most_of_it(kind: str) -> None:
    untidy = with_noise(TEXT, kind)
    assert untidy != TEXT
    assert abs(len(untidy) - len(TEXT)) < 30
    assert "200€" in untidy


@pytest.mark.parametrize(
    ("text", "kind", "untidy"),
    [
        ("Θέλει λεφτά", "transliterated", "thelei lefta"),
        ("Някой ме изнудва", "transliterated", "nyakoj me iznudva"),
        ("хочу їсти", "transliterated", "hochu yisti"),
        ("il a envoyé ça à l'école", "no_accents", "il a envoye ca a l'ecole"),
        ("don't send it, ok?", "no_punctuation", "dont send it ok"),
        ("he will leak my nudes", "slips", "he will leek my noodles"),
    ],
)
def test_kinds_write_as_people_do(text: str, kind: str, untidy: str) -> None:
    assert with_noise(text, kind) == untidy


@given(st.text(max_size=80), st.integers(0, 50))
def test_any_text_can_be_made_untidy_the_same_way_twice(text: str, seed: int) -> None:
    assert with_mixed_noise(text, seed) == with_mixed_noise(text, seed)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        with_noise(TEXT, "rain")
