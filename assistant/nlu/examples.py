"""The training examples as they stand in data/nlu. Needs nothing of Rasa, so that tuning/ can share it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from actions.content import load_yaml
from assistant.nlu.case_types import tells_of_a_case, type_of_facts

EXAMPLES = Path("data/nlu")


@dataclass(frozen=True)
class Example:
    """One example: what somebody writes, what they want with it, and the facts (`slot:value`) that it states."""

    text: str
    intent: str
    facts: frozenset[str]

    @property
    def type(self) -> str | None:
        """The type of case; None where it tells nothing of a case."""
        return type_of_facts(self.facts) if tells_of_a_case(self.intent, self.facts) else None


def read_examples(folder: Path = EXAMPLES) -> Iterator[Example]:
    """All examples of Rasa's training files in `folder`."""
    for path in sorted(folder.rglob("*.yml")):
        for block in load_yaml(path)["nlu"]:
            if "intent" not in block:
                continue
            facts = frozenset((block.get("metadata") or {}).get("facts", ()))
            for line in block["examples"].splitlines():
                if line.strip():
                    yield Example(line.strip().removeprefix("- "), block["intent"], facts)
