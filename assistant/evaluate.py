"""Measures understanding on a file of messages: `python -m assistant.evaluate FILE.jsonl [--json]`.

Each line is an object with `id`, `text`, `lang`, `label`, `flags`, `platform`, `country` and optionally `ambiguous`
(messages that a person could fairly read otherwise are counted in all figures and left out of `clear`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.utils.log_utils import configure_structlog

from actions.case import MINOR_GROUPS
from assistant.nlu.case_facts import TYPE_PROBABILITIES, TYPES

FLAGS = ("self_harm", "paid", "leaked", "minor", "third_party", "deepfake")
MODEL = Path("models/assistant.tar.gz")
#: A type below this probability is asked for, not assumed. The same number as in config.yml.
TYPE_THRESHOLD = 0.6


@dataclass(frozen=True)
class Message:
    """One line of an evaluation file."""

    id: str
    text: str
    lang: str
    label: str
    flags: frozenset[str]
    platform: str | None
    country: str | None
    ambiguous: bool

    @classmethod
    def read(cls, line: str) -> Message:
        data = json.loads(line)
        return cls(
            id=str(data["id"]),
            text=data["text"],
            lang=data["lang"],
            label=data["label"],
            flags=frozenset(data.get("flags", ())),
            platform=_identifier(data.get("platform")),
            country=data.get("country"),
            ambiguous=bool(data.get("ambiguous")),
        )


@dataclass(frozen=True)
class Understood:
    """What the pipeline made of a message."""

    types: dict[str, float]
    flags: frozenset[str]
    platform: str | None
    country: str | None
    intent: str
    milliseconds: float

    @property
    def label(self) -> str:
        return max(self.types, key=lambda name: self.types[name])

    @property
    def decided(self) -> bool:
        return self.types[self.label] >= TYPE_THRESHOLD


def _identifier(platform: str | None) -> str | None:
    return platform.lower().replace(" ", "_") if platform else None


def understood(parsed: dict[str, Any], milliseconds: float) -> Understood:
    """Reads Rasa's parse of a message the way the dialogue does."""
    entities: dict[str, str] = {entity["entity"]: entity["value"] for entity in parsed["entities"]}
    flags = {
        "self_harm": entities.get("safety") == "self_harm",
        "paid": entities.get("paid") == "yes",
        "leaked": entities.get("leaked") == "yes",
        "minor": entities.get("age_group") in MINOR_GROUPS,
        "third_party": entities.get("speaking_for") in ("child", "friend", "pupil"),
        "deepfake": entities.get("deepfake") == "yes",
    }
    return Understood(
        types=parsed.get(TYPE_PROBABILITIES) or dict.fromkeys(TYPES, 0.0),
        flags=frozenset(flag for flag, is_set in flags.items() if is_set),
        platform=entities.get("platform"),
        country=entities.get("country"),
        intent=parsed["intent"]["name"],
        milliseconds=milliseconds,
    )


async def parse_all(agent: Agent, messages: Iterable[Message]) -> list[Understood]:
    results = []
    for message in messages:
        started = time.perf_counter()
        parsed = await agent.parse_message(message.text)
        results.append(understood(parsed, (time.perf_counter() - started) * 1000))
    return results


Pair = tuple[Message, Understood]


def _share(pairs: Sequence[Pair], holds: Callable[[Message, Understood], bool]) -> float | None:
    return round(sum(holds(*pair) for pair in pairs) / len(pairs), 4) if pairs else None


def _flag_figures(pairs: Sequence[Pair], flag: str) -> dict[str, float | int | None]:
    hits = sum(flag in m.flags and flag in u.flags for m, u in pairs)
    stated, found = sum(flag in m.flags for m, _ in pairs), sum(flag in u.flags for _, u in pairs)
    precision, recall = hits / found if found else None, hits / stated if stated else None
    f1 = 2 * hits / (stated + found) if stated + found else None
    rounded = {"precision": precision, "recall": recall, "f1": f1}
    return {**{name: None if value is None else round(value, 4) for name, value in rounded.items()}, "support": stated}


def _figures(pairs: Sequence[Pair]) -> dict[str, Any]:
    decided = [pair for pair in pairs if pair[1].decided]
    return {
        "messages": len(pairs),
        "accuracy": _share(pairs, lambda m, u: m.label == u.label),
        "coverage": _share(pairs, lambda m, u: u.decided),
        "selective_accuracy": _share(decided, lambda m, u: m.label == u.label),
        "platform_accuracy": _share(pairs, lambda m, u: m.platform == u.platform),
        "country_accuracy": _share(pairs, lambda m, u: m.country == u.country),
        "flags": {flag: _flag_figures(pairs, flag) for flag in FLAGS},
    }


def report(pairs: Sequence[Pair]) -> dict[str, Any]:
    """All figures; `clear` repeats them without the messages marked ambiguous."""
    by_language: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_language[pair[0].lang].append(pair)
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    for message, result in pairs:
        confusion[message.label][result.label] += 1
    return {
        **_figures(pairs),
        "ms_per_message": round(sum(u.milliseconds for _, u in pairs) / len(pairs), 2) if pairs else None,
        "clear": _figures([pair for pair in pairs if not pair[0].ambiguous]),
        "accuracy_by_language": {
            lang: _share(some, lambda m, u: m.label == u.label) for lang, some in sorted(by_language.items())
        },
        "confusion": {label: dict(counts) for label, counts in sorted(confusion.items())},
    }


def as_text(figures: dict[str, Any]) -> str:
    """The report for people."""
    lines = []
    for title, part in (("All messages", figures), ("Without ambiguous ones", figures["clear"])):
        lines += [f"{title}: {part['messages']}"]
        for name in ("accuracy", "coverage", "selective_accuracy", "platform_accuracy", "country_accuracy"):
            lines.append(f"  {name:20} {part[name]}")
        for flag, values in part["flags"].items():
            numbers = "  ".join(f"{name} {values[name]}" for name in ("precision", "recall", "f1", "support"))
            lines.append(f"  flag {flag:15} {numbers}")
    lines.append(f"ms a message: {figures['ms_per_message']}")
    lines.append("Accuracy by language: " + "  ".join(f"{k} {v}" for k, v in figures["accuracy_by_language"].items()))
    lines.append("Confusion (rows: label, columns: understood as)")
    lines.append(" " * 14 + "".join(f"{name:>14}" for name in TYPES))
    for label, counts in figures["confusion"].items():
        lines.append(f"{label:14}" + "".join(f"{counts.get(name, 0):>14}" for name in TYPES))
    return "\n".join(lines)


def misread(pairs: Iterable[Pair]) -> Iterator[str]:
    """The messages that were misread in any way, with what they were read as."""
    for message, result in pairs:
        label = message.label, sorted(message.flags), message.platform, message.country
        read_as = result.label, sorted(result.flags), result.platform, result.country
        if label != read_as:
            sure = f"{result.types[result.label]:.2f} {result.intent}{' ambiguous' if message.ambiguous else ''}"
            yield f"\n{message.id} {label}\n  read as {read_as} {sure}\n  {message.text}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--errors", action="store_true", help="also print each message that was misread")
    arguments = parser.parse_args()
    for path in (arguments.file, arguments.model):
        if not path.exists():
            sys.exit(f"{path} does not exist." + (" Run `make train` first." if path == arguments.model else ""))
    configure_structlog(logging.ERROR)  # Rasa's debug lines repeat the messages
    messages = [Message.read(line) for line in arguments.file.read_text(encoding="utf-8").splitlines() if line.strip()]
    agent = Agent.load(str(arguments.model))
    pairs = list(zip(messages, asyncio.run(parse_all(agent, messages)), strict=True))
    figures = report(pairs)
    print(json.dumps(figures) if arguments.json else as_text(figures))
    if arguments.errors:
        print("\n".join(misread(pairs)))


if __name__ == "__main__":
    main()
