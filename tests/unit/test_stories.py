"""Long messages are read in parts, and what stands in one part only is not lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.nlu.stories import PART_WORDS, SHORT_WORDS, Reading, parts, read_together

NOTHING = {"financial": 0.02, "image": 0.02, "both": 0.01, "webcam_email": 0.02, "other": 0.13, "off_topic": 0.8}


def reading(*facts: str, **types: float) -> Reading:
    """A reading that is sure of `facts`, and of nothing but a type where one is given."""
    known = ("paid:yes", "leaked:yes", "speaking_for:friend")
    return {fact: 0.9 if fact in facts else 0.05 for fact in known}, {**NOTHING, **types}


@given(st.integers(0, 3000))
def test_every_word_of_a_long_message_is_in_a_part_and_short_ones_have_none(words: int) -> None:
    cut = list(parts(words))
    assert bool(cut) == (words > SHORT_WORDS)
    assert all(part.stop - part.start == PART_WORDS and part.stop <= words for part in cut)
    if cut:
        assert set().union(*(range(part.start, part.stop) for part in cut)) == set(range(words))


def test_what_has_happened_is_taken_from_any_part() -> None:
    facts, _ = read_together(reading(), [reading(), reading("paid:yes"), reading("leaked:yes")])
    assert facts["paid:yes"] == facts["leaked:yes"] > 0.7


def test_a_faint_sign_in_one_of_many_parts_counts_little() -> None:
    facts, _ = read_together(({"paid:yes": 0.1}, NOTHING), [({"paid:yes": 0.4}, NOTHING)] * 10)
    assert facts["paid:yes"] == 0.1


def test_who_is_speaking_is_taken_from_the_whole() -> None:
    facts, _ = read_together(reading(), [reading("speaking_for:friend"), reading()])
    assert facts["speaking_for:friend"] == 0.05


@pytest.mark.parametrize(
    ("of_parts", "kind"),
    [
        ([{"financial": 0.95, "off_topic": 0.0}], "financial"),
        ([{"image": 0.95, "off_topic": 0.0}], "image"),
        ([{"image": 0.95, "off_topic": 0.0}, {"financial": 0.95, "off_topic": 0.0}], "both"),
        ([{"webcam_email": 0.95, "off_topic": 0.0}], "webcam_email"),
        ([{"other": 0.95, "off_topic": 0.0}], "other"),
        ([{}], "off_topic"),
    ],
)
def test_demands_of_parts_make_the_type(of_parts: list[dict[str, float]], kind: str) -> None:
    unsure = dict.fromkeys(NOTHING, 1 / 6)
    whole: Reading = ({}, unsure)
    _, types = read_together(whole, [reading(), *(reading(**told) for told in of_parts)])
    assert max(types, key=lambda name: types[name]) == kind
    assert sum(types.values()) == pytest.approx(1)
