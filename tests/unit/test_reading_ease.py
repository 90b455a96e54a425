"""Hard English is told from easy English."""

from __future__ import annotations

import pytest

from assistant.reading_ease import FEWEST_WORDS, reading_age

EASY = "Stop replying. Do not pay. Tell one adult you trust. They can help you with the next step. You are not alone."
HARD = (
    "Notwithstanding the aforementioned considerations, individuals experiencing intimidation should immediately "
    "communicate comprehensive documentation to the responsible administrative authorities."
)


@pytest.mark.parametrize("text", ["", "Done", "Talk to a human", "Notwithstanding extraordinary circumstances"])
def test_a_few_words_are_too_few_to_judge(text: str) -> None:
    assert reading_age(text) == 0


def test_the_age_is_given_from_the_first_text_that_is_long_enough() -> None:
    assert reading_age("word " * (FEWEST_WORDS - 1)) == 0
    assert reading_age("extraordinary " * FEWEST_WORDS) > 0


def test_easy_words_in_short_sentences_can_be_read_early() -> None:
    assert 0 < reading_age(EASY) < 8


def test_long_words_in_long_sentences_cannot() -> None:
    assert reading_age(HARD) > 18


def test_longer_sentences_are_harder() -> None:
    assert reading_age(EASY.replace(". ", " and ")) > reading_age(EASY) + 3


def test_longer_words_are_harder() -> None:
    assert reading_age(EASY.replace("adult", "representative").replace("step", "possibility")) > reading_age(EASY)


def test_the_end_of_a_line_ends_a_sentence() -> None:
    lines = "\n".join(
        ["Open the chat and hold a finger on one message", "Then tap the dots and choose report there"] * 3
    )
    assert reading_age(lines) < reading_age(lines.replace("\n", " ")) - 3
    assert reading_age(lines) == reading_age(lines.replace("\n", ".\n"))


def test_a_colon_ends_a_thought() -> None:
    thought = "You can do three small things right now: do not answer them and do not send anything more to them"
    assert reading_age(thought) < reading_age(thought.replace(":", ""))
