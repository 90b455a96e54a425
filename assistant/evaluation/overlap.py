"""Finds messages that were trained on, in whole or nearly: what was learned by heart measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assistant.evaluation.messages import Message
from assistant.nlu.crisis import normalised
from assistant.nlu.examples import read_examples

#: So many words in a row, and this share of a message's such rows, are no chance.
ROW, SHARE = 5, 0.3


def training_texts() -> Iterator[str]:
    """All training examples."""
    return (example.text for example in read_examples())


def trained_on(messages: Iterable[Message], texts: Iterable[str]) -> list[str]:
    """The ids of the messages that stand among `texts`, or share whole phrases with one of them."""
    whole = set()
    by_row: dict[tuple[str, ...], list[int]] = {}
    for number, text in enumerate(texts):
        words = normalised(text).split()
        whole.add(" ".join(words))
        for phrase in _rows(words):
            by_row.setdefault(phrase, []).append(number)
    return [message.id for message in messages if _known(normalised(message.text).split(), whole, by_row)]


def _known(words: list[str], whole: set[str], by_row: dict[tuple[str, ...], list[int]]) -> bool:
    phrases = _rows(words)
    shared: dict[int, int] = {}
    for phrase in phrases:
        for number in by_row.get(phrase, ()):
            shared[number] = shared.get(number, 0) + 1
    return " ".join(words) in whole or (bool(phrases) and max(shared.values(), default=0) / len(phrases) >= SHARE)


def _rows(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + ROW]) for start in range(len(words) - ROW + 1)}
