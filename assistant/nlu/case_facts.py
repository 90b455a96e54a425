"""Reads the facts of a case out of a message: who demands what, what has happened, who is speaking.

A fact is a label `slot:value` (docs/architecture.md lists them). Training examples carry theirs as metadata in
Rasa's own format; recognised facts leave as entities named like the slot, so that slot mappings pick them up.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_CONFIDENCE,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    INTENT,
    INTENT_NAME_KEY,
    METADATA,
    METADATA_INTENT,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from threadpoolctl import threadpool_limits

from assistant.nlu.base_model import Array
from assistant.nlu.case_classifiers import CaseClassifiers, Settings
from assistant.nlu.case_types import FACTS_OF_TYPE, tells_of_a_case
from assistant.nlu.embedding import TrainingVectors
from assistant.nlu.encoder import DIMENSIONS, shared_encoder
from assistant.nlu.stories import Likely, Reading, parts, read_together

#: Message attribute with the probability of every fact, {label: 0..1}; read by the crisis guard and the evaluation.
FACT_PROBABILITIES = "case_facts"
#: Message attribute with the probability of every type of case, {type: 0..1}.
TYPE_PROBABILITIES = "sextortion_type"

#: The intent of telling what has happened.
DISCLOSE = "disclose"

#: Where a message gives several values of one slot, the graver one counts.
GRAVEST_FIRST = {"safety": ("self_harm", "danger", "distressed", "ok")}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class CaseFactsClassifier(GraphComponent, EntityExtractorMixin):
    """Facts and the type of case, read from the adapted vector (docs/decisions/0010), the cues and the words.

    A fact whose probability reaches its threshold becomes an entity; one that does not is asked for by the dialogue.
    Rasa's config sets how the classifiers learn (assistant/nlu/case_classifiers.py) and from when on they are believed.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "min_examples": 8,
            "threshold": 0.4,
            "thresholds": {},
            "type_threshold": 0.6,
            "outweighed_below": {},
            "landmarks": 1000,
            "gamma": 0.02,
            "facts_margin": 1.0,
            "types_margin": 5.0,
            "words_margin": 0.3,
            "scale": 8.0,
        }

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        intents: frozenset[str] = frozenset(),
        classifiers: CaseClassifiers | None = None,
        mean: Array | None = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._intents = intents
        self._classifiers = classifiers
        self._mean = np.zeros(DIMENSIONS, dtype=np.float32) if mean is None else mean

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CaseFactsClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CaseFactsClassifier:
        # Products as small as a message's take longer on several threads, and several people write at once.
        threadpool_limits(1, "blas")
        with model_storage.read_from(resource) as folder:
            arrays = np.load(folder / "facts.npz", allow_pickle=False)
            classifiers = CaseClassifiers.load(folder)
        intents = frozenset(arrays["intents"].tolist())
        return cls(config, model_storage, resource, intents, classifiers, arrays["mean"])

    def train(self, training_data: TrainingData) -> Resource:
        """Fits the classifiers to the examples that tell of a case."""
        messages = [
            message
            for message in training_data.intent_examples
            if message.get(TEXT) and tells_of_a_case(message.get(INTENT) or "", stated_facts(message))
        ]
        texts = [message.get(TEXT) for message in messages]
        vectors = TrainingVectors().encode(texts, shared_encoder())
        self._mean = np.mean([both.adapted for both in vectors], axis=0).astype(np.float32)
        pairs = zip(messages, vectors, strict=True)
        features = np.vstack(
            [self._features(both.adapted, _flags(message.get_sparse_features(TEXT)[1])) for message, both in pairs]
        )
        stated = [stated_facts(message) for message in messages]
        self._intents = frozenset(message.get(INTENT) for message, facts in zip(messages, stated, strict=True) if facts)
        settings = Settings(**{field.name: self._config[field.name] for field in fields(Settings)})
        self._classifiers = CaseClassifiers.fit(texts, features, stated, settings)
        with self._model_storage.write_to(self._resource) as folder:
            np.savez(folder / "facts.npz", intents=np.array(sorted(self._intents)), mean=self._mean)
            self._classifiers.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text and not text.startswith(INTENT_MESSAGE_PREFIX):
                self._recognise(message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def _recognise(self, message: Message) -> None:
        if self._classifiers is None:
            return
        facts, types = self._read(message, self._classifiers)
        message.set(FACT_PROBABILITIES, facts, add_to_output=True)
        message.set(TYPE_PROBABILITIES, types, add_to_output=True)
        kind = self._decided_type(types)
        if kind and kind != "off_topic":
            self._outweigh_guess(message, types[kind])
        if message.get(INTENT, {}).get(INTENT_NAME_KEY) not in self._intents:
            return  # a bare "no" or "thanks" states no fact, whatever it resembles
        implied = dict.fromkeys(FACTS_OF_TYPE.get(kind, ()), types[kind]) if kind else {}
        entities = [self._entity(message, label, p) for label, p in self._decided(facts, implied).items()]
        message.set(ENTITIES, message.get(ENTITIES, []) + self.add_extractor_name(entities), add_to_output=True)

    def _decided_type(self, types: Likely) -> str | None:
        """The type that is sure enough to be taken for said, if one is."""
        likeliest = max(types, key=lambda name: types[name])
        return likeliest if types[likeliest] >= self._config["type_threshold"] else None

    def _outweigh_guess(self, message: Message, certainty: float) -> None:
        """Takes a message that surely tells of a case for just that, where its intent is a weaker guess at another."""
        intent = message.get(INTENT, {})
        name = str(intent.get(INTENT_NAME_KEY))
        limits = (limit for start, limit in self._config["outweighed_below"].items() if name.startswith(start))
        if any(intent[PREDICTED_CONFIDENCE_KEY] < limit for limit in limits):
            message.set(INTENT, {INTENT_NAME_KEY: DISCLOSE, PREDICTED_CONFIDENCE_KEY: certainty}, add_to_output=True)

    def _read(self, message: Message, classifiers: CaseClassifiers) -> Reading:
        """What a message says; a long one is read in parts, too."""
        text, words = message.get(TEXT), message.get(TOKENS_NAMES[TEXT])
        cues_of_words, cues = message.get_sparse_features(TEXT)

        def read(text: str, cues: Array) -> Reading:
            return classifiers.probabilities(text, self._features(shared_encoder().encode(text).adapted, cues))

        whole = read(text, _flags(cues))
        read_parts = [
            read(text[words[part.start].start : words[part.stop - 1].end], _flags(cues_of_words, part))
            for part in parts(len(words))
        ]
        return read_together(whole, read_parts) if read_parts else whole

    def _features(self, vector: Array, cues: Array) -> Array:
        """One row: what sets the vector apart from the mean one, then the cues."""
        apart = (vector - self._mean) * np.float32(self._config["scale"])
        return np.concatenate([apart, cues]).reshape(1, -1)

    def _decided(self, facts: Likely, implied: Likely) -> dict[str, float]:
        """The facts sure enough to be taken for said, at most one value a slot."""
        thresholds = self._config["thresholds"]
        sure = {label: p for label, p in facts.items() if p >= thresholds.get(label, self._config["threshold"])}
        for label, p in implied.items():
            sure[label] = max(sure.get(label, 0.0), p)
        by_slot: dict[str, str] = {}
        for label in sorted(sure, key=lambda label: (-_gravity(label), -sure[label])):
            by_slot.setdefault(label.partition(":")[0], label)
        return {label: sure[label] for label in by_slot.values()}

    @staticmethod
    def _entity(message: Message, label: str, probability: float) -> dict[str, Any]:
        slot, _, value = label.partition(":")
        return {
            ENTITY_ATTRIBUTE_TYPE: slot,
            ENTITY_ATTRIBUTE_VALUE: value,
            ENTITY_ATTRIBUTE_START: 0,
            ENTITY_ATTRIBUTE_END: len(message.get(TEXT)),
            ENTITY_ATTRIBUTE_CONFIDENCE: probability,
        }


def _flags(found: Features | None, words: slice = slice(None)) -> Array:
    """Which cues of data/nlu/cues.yml stand in the message, or in some of its `words`: 1 or 0 for each."""
    if found is None:
        return np.zeros(0, dtype=np.float32)
    return np.asarray(found.features.toarray()[words].max(axis=0), dtype=np.float32)


def stated_facts(message: Message) -> set[str]:
    """The facts that a training example carries in its metadata."""
    metadata = (message.get(METADATA) or {}).get(METADATA_INTENT) or {}
    return set(metadata.get("facts", ()))


def _gravity(label: str) -> int:
    slot, _, value = label.partition(":")
    order = GRAVEST_FIRST.get(slot, ())
    return len(order) - order.index(value) if value in order else 0
