"""The plan for a case: what is still asked and which steps apply (content/playbook.yml)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from actions.content import CONTENT, load_yaml

Values = Mapping[str, str]


@dataclass(frozen=True)
class Condition:
    """Holds when every fact of `when` has one of its values and not every fact of `unless` has."""

    when: Mapping[str, tuple[str, ...]]
    unless: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Condition:
        return cls(_alternatives(entry.get("when", {})), _alternatives(entry.get("unless", {})))

    def holds(self, values: Values) -> bool:
        return _all_match(self.when, values) and not (self.unless and _all_match(self.unless, values))


@dataclass(frozen=True)
class Question:
    id: str
    facts: tuple[str, ...]
    condition: Condition
    before_step: str | None = None

    def missing(self, values: Values) -> bool:
        return self.condition.holds(values) and not any(fact in values for fact in self.facts)


@dataclass(frozen=True)
class Step:
    id: str
    condition: Condition
    how: str | None = None
    contact: str | None = None


@dataclass(frozen=True)
class Playbook:
    questions: tuple[Question, ...]
    steps: tuple[Step, ...]
    acknowledgements: tuple[str, ...]

    @classmethod
    def read(cls, path: Path = CONTENT / "playbook.yml") -> Playbook:
        data = load_yaml(path)
        questions = tuple(
            Question(
                entry["id"],
                tuple(entry["fact"]) if isinstance(entry["fact"], list) else (entry["fact"],),
                Condition.read(entry),
                entry.get("before_step"),
            )
            for entry in data["questions"]
        )
        steps = tuple(
            Step(entry["id"], Condition.read(entry), entry.get("how"), entry.get("contact")) for entry in data["steps"]
        )
        return cls(questions, steps, tuple(data["acknowledgements"]))

    def question(self, identifier: str | None) -> Question | None:
        return next((question for question in self.questions if question.id == identifier), None)

    def step(self, identifier: str | None) -> Step | None:
        return next((step for step in self.steps if step.id == identifier), None)

    def steps_for(self, values: Values) -> list[Step]:
        """The steps of the plan for a case, in order."""
        return [step for step in self.steps if step.condition.holds(values)]

    def next_step(self, values: Values, finished: Collection[str]) -> Step | None:
        return next((step for step in self.steps_for(values) if step.id not in finished), None)

    def next_question(self, values: Values, settled: Collection[str], step: Step | None) -> Question | None:
        """The first question whose fact is missing and that is not settled (answered or declined)."""
        for question in self.questions:
            due = question.before_step is None or (step is not None and question.before_step == step.id)
            if due and question.id not in settled and question.missing(values):
                return question
        return None


def _alternatives(condition: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {
        fact: tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
        for fact, value in condition.items()
    }


def _all_match(condition: Mapping[str, tuple[str, ...]], values: Values) -> bool:
    return all(values.get(fact) in allowed for fact, allowed in condition.items())


@lru_cache(maxsize=1)
def playbook() -> Playbook:
    """The playbook of this installation, read once."""
    return Playbook.read()
