"""Crisis comes before everything: sees to it that self-harm or danger in a message decides its intent."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_TYPE,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from actions.content import CONTENT, load_yaml
from assistant.nlu.case_facts import FACT_PROBABILITIES
from assistant.nlu.case_types import CASE_INTENTS

SELF_HARM = "crisis_self_harm"
DANGER = "crisis_danger"
OTHER_PERSON = "crisis_other_person"

_APOSTROPHE = re.compile("['’‘ʼ′`´]")
_NOT_A_LETTER = re.compile(r"[^\w\s]|_")
_REPEATED = re.compile(r"(.)\1{2,}")


def normalised(text: str) -> str:
    """Text as the lexicon writes it: lower case, no accents or apostrophes, runs of a letter and of spaces squeezed.

    >>> normalised("I don't want to LIVEEEE anymore…")
    ' i dont want to live anymore '
    """
    decomposed = unicodedata.normalize("NFKD", _APOSTROPHE.sub("", text.lower()))
    text = "".join(character for character in decomposed.lower() if not unicodedata.combining(character))
    text = _REPEATED.sub(r"\1", _NOT_A_LETTER.sub(" ", text))
    return f" {' '.join(text.split())} "


class CrisisLexicon:
    """Phrases that mean self-harm or danger, and those that only look like it (content/crisis_lexicon/)."""

    def __init__(self, languages: Iterable[Mapping[str, list[str]]]) -> None:
        self._kinds: dict[str, set[str]] = defaultdict(set)
        for language in languages:
            for kind in ("self_harm", "danger", "cancel"):
                for phrase in language.get(kind, ()):
                    self._kinds[normalised(phrase).strip()].add(kind)
        self._longest = max((len(phrase.split()) for phrase in self._kinds), default=0)

    def found(self, text: str) -> set[str]:
        """The kinds, "self_harm" and "danger", of which `text` holds a phrase that no cancelling phrase covers."""
        hits = self._hits(normalised(text).split())
        cancelled = [(start, end) for start, end, kind in hits if kind == "cancel"]
        return {
            kind
            for start, end, kind in hits
            if kind != "cancel" and not any(begin <= start and end <= finish for begin, finish in cancelled)
        }

    def _hits(self, words: list[str]) -> list[tuple[int, int, str]]:
        """Every phrase of the lexicon in `words`, as (first word, word after the last, kind)."""
        return [
            (start, end, kind)
            for start in range(len(words))
            for end in range(start + 1, min(start + self._longest, len(words)) + 1)
            for kind in self._kinds.get(" ".join(words[start:end]), ())
        ]


@lru_cache(maxsize=1)
def crisis_lexicon() -> CrisisLexicon:
    """The lexicons of all languages together: people switch languages when they are upset."""
    return CrisisLexicon(load_yaml(path) for path in sorted((CONTENT / "crisis_lexicon").glob("*.yml")))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class CrisisGuard(GraphComponent, EntityExtractorMixin):
    """Overrides the intent when the lexicon or the classifiers see a crisis: recall comes first.

    It stands after the intent classifier, the case facts and the fallback, as Rasa's FallbackClassifier does.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return []

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"self_harm_fact_threshold": 0.15, "self_harm_threshold": 0.45, "danger_threshold": 0.5}

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CrisisGuard:
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text and not text.startswith(INTENT_MESSAGE_PREFIX):
                self._guard(message, text)
        return messages

    def _guard(self, message: Message, text: str) -> None:
        facts: dict[str, float] = message.get(FACT_PROBABILITIES) or {}
        intents = {
            ranked[INTENT_NAME_KEY]: ranked[PREDICTED_CONFIDENCE_KEY] for ranked in message.get(INTENT_RANKING_KEY, [])
        }
        found = crisis_lexicon().found(text)
        self_harm = _likely(
            facts.get("safety:self_harm", 0.0), intents.get(SELF_HARM, 0.0) + intents.get(OTHER_PERSON, 0.0)
        )
        danger = _likely(facts.get("safety:danger", 0.0), intents.get(DANGER, 0.0))
        # In what tells of a case a faint sign is enough; a bare "what should i do" resembles everything a little.
        tells = str(message.get(INTENT, {}).get(INTENT_NAME_KEY)).startswith(CASE_INTENTS)
        told = tells and facts.get("safety:self_harm", 0.0) >= self._config["self_harm_fact_threshold"]
        if "self_harm" in found or told or self_harm >= self._config["self_harm_threshold"]:
            someone_else = max(
                intents.get(OTHER_PERSON, 0.0),
                *(facts.get(f"speaking_for:{who}", 0.0) for who in ("child", "friend", "pupil")),
            )
            self._decide(message, OTHER_PERSON if someone_else >= 0.5 else SELF_HARM, "self_harm", max(self_harm, 0.5))
        elif "danger" in found or danger >= self._config["danger_threshold"]:
            self._decide(message, DANGER, "danger", max(danger, 0.5))

    def _decide(self, message: Message, intent: str, safety: str, confidence: float) -> None:
        decided = {INTENT_NAME_KEY: intent, PREDICTED_CONFIDENCE_KEY: confidence}
        message.set(INTENT, decided, add_to_output=True)
        ranking = [ranked for ranked in message.get(INTENT_RANKING_KEY, []) if ranked[INTENT_NAME_KEY] != intent]
        message.set(INTENT_RANKING_KEY, [decided, *ranking], add_to_output=True)
        others = [entity for entity in message.get(ENTITIES, []) if entity[ENTITY_ATTRIBUTE_TYPE] != "safety"]
        entity = {
            ENTITY_ATTRIBUTE_TYPE: "safety",
            "value": safety,
            "start": 0,
            "end": len(message.get(TEXT)),
            "confidence_entity": confidence,
        }
        message.set(ENTITIES, others + self.add_extractor_name([entity]), add_to_output=True)


def _likely(fact: float, intent: float) -> float:
    """How likely a crisis is: the fact alone is believed, the intent only as far as the fact does not speak against it.

    The intent is one guess of many and wanders with typing errors; the fact is calibrated.
    """
    return max(fact, (fact + intent) / 2)
