"""Finds messages that were trained on, in whole or nearly: what was learned by heart measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from assistant.evaluation.messages import Message
from assistant.nlu.crisis import normalised

#: So many words in a row, and this share of a message's such rows, are no chance.
ROW, SHARE = 5, 0.3


def training_texts(folder: Path = Path("data/nlu")) -> Iterator[str]:
    """All training examples."""
    for path in sorted(folder.rglob("*.yml")):
        for block in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            if "intent" in block:
                yield from (line.strip().removeprefix("- ") for line in block["examples"].splitlines() if line.strip())


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
