"""The messages of an evaluation file, and what the pipeline made of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent

from actions.case import MINOR_GROUPS
from actions.content import CONTENT, load_yaml
from assistant.nlu.case_facts import FACT_PROBABILITIES, TYPE_PROBABILITIES, CaseFactsClassifier
from assistant.nlu.case_types import TYPES
from assistant.noise import with_mixed_noise, with_noise

#: What an evaluation file can say of a message, and the facts (of any of which the flag is made) it stands for.
FLAGS = {
    "self_harm": ("safety:self_harm",),
    "paid": ("paid:yes",),
    "leaked": ("leaked:yes",),
    "minor": tuple(f"age_group:{group}" for group in MINOR_GROUPS),
    "third_party": ("speaking_for:child", "speaking_for:friend", "speaking_for:pupil"),
    "deepfake": ("deepfake:yes",),
}


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
            lang=data["lang"].partition("-")[0],
            label=data["label"],
            flags=frozenset(data.get("flags", ())),
            platform=_identifier(data.get("platform")),
            country=data.get("country"),
            ambiguous=bool(data.get("ambiguous")),
        )

    def untidy(self, kind: str | None = None) -> Message:
        """The same message written in a hurry: with one kind of noise (assistant/noise.py) or several mixed."""
        return replace(self, text=with_noise(self.text, kind) if kind else with_mixed_noise(self.text))


@dataclass(frozen=True)
class Understood:
    """What the pipeline made of a message: probabilities of types and facts, and the flags that it takes for said."""

    types: dict[str, float]
    facts: dict[str, float]
    flags: frozenset[str]
    platform: str | None
    country: str | None
    decided: bool
    milliseconds: float

    @property
    def label(self) -> str:
        """The likeliest type."""
        return max(self.types, key=lambda name: self.types[name])

    @property
    def confidence(self) -> float:
        return self.types[self.label]

    def probability(self, flag: str) -> float:
        """How likely the facts make a flag."""
        return max(self.facts.get(fact, 0.0) for fact in FLAGS[flag])


Pair = tuple[Message, Understood]


def read_messages(path: Path) -> list[Message]:
    """The messages of a file of JSON lines."""
    return [Message.read(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def understood(parsed: dict[str, Any], type_threshold: float, milliseconds: float) -> Understood:
    """Reads Rasa's parse of a message the way the dialogue does."""
    entities: dict[str, str] = {entity["entity"]: entity["value"] for entity in parsed["entities"]}
    said = {f"{slot}:{value}" for slot, value in entities.items()}
    types = parsed.get(TYPE_PROBABILITIES) or dict.fromkeys(TYPES, 0.0)
    return Understood(
        types=types,
        facts=parsed.get(FACT_PROBABILITIES) or {},
        flags=frozenset(flag for flag, facts in FLAGS.items() if said.intersection(facts)),
        platform=entities.get("platform"),
        country=entities.get("country"),
        decided=max(types.values()) >= type_threshold,
        milliseconds=milliseconds,
    )


async def parse_all(agent: Agent, messages: Iterable[Message]) -> list[Pair]:
    """Every message with what the trained pipeline makes of it."""
    threshold = type_threshold(agent)
    pairs = []
    for message in messages:
        started = time.perf_counter()
        parsed = await agent.parse_message(message.text)
        pairs.append((message, understood(parsed, threshold, (time.perf_counter() - started) * 1000)))
    return pairs


def type_threshold(agent: Agent) -> float:
    """The probability below which the trained model asks for the type instead of deciding it."""
    assert agent.processor is not None
    nodes = agent.processor.model_metadata.predict_schema.nodes.values()
    config = next(node.config for node in nodes if node.uses is CaseFactsClassifier)
    return float({**CaseFactsClassifier.get_default_config(), **config}["type_threshold"])


def _identifier(platform: str | None) -> str | None:
    """The identifier in content/platforms.yml of a platform called so, or what it would look like."""
    return _platforms().get(platform.lower(), platform.lower().replace(" ", "_")) if platform else None


@lru_cache(maxsize=1)
def _platforms() -> dict[str, str]:
    return {
        name.lower(): identifier
        for identifier, platform in load_yaml(CONTENT / "platforms.yml")["platforms"].items()
        for name in (identifier, platform["name"], *platform.get("aliases", ()))
    }
