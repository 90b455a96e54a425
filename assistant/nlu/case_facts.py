"""Reads the facts of a case out of a message: who demands what, what has happened, who is speaking.

A fact is a label `slot:value` (docs/architecture.md lists them). Training examples carry theirs as metadata in
Rasa's own format; recognised facts leave as entities named like the slot, so that slot mappings pick them up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import skops.io as sio
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
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
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from assistant.nlu.embedding import Array

#: Message attribute with the probability of every fact, {label: 0..1}; read by the crisis guard and the evaluation.
FACT_PROBABILITIES = "case_facts"
#: Message attribute with the probability of every type of case, {type: 0..1}.
TYPE_PROBABILITIES = "sextortion_type"

#: Parts of the stored classifier that skops does not know as harmless by itself.
TRUSTED = ["sklearn.calibration._CalibratedClassifier", "sklearn.calibration._SigmoidCalibration"]
#: Beginnings of the intents whose examples teach facts even where they state none.
CASE_INTENTS = ("disclose", "inform", "crisis", "other_problem", "out_of_scope")

TYPES = ("image", "financial", "both", "webcam_email", "other", "off_topic")
#: What deciding a type says about who demands what.
FACTS_OF_TYPE = {
    "image": ("demand_images:yes",),
    "financial": ("demand_money:yes",),
    "both": ("demand_images:yes", "demand_money:yes"),
    "webcam_email": ("webcam_email:yes",),
}
#: Where a message gives several values of one slot, the graver one counts.
GRAVEST_FIRST = {"safety": ("self_harm", "danger", "distressed", "ok")}
#: Facts that make a message a matter of image-based abuse even when nobody demands money or images.
OTHER_ABUSE = ("threat:yes", "demand_other:yes", "leaked:yes", "deepfake:yes", "grooming:yes")


def type_of_facts(facts: Iterable[str]) -> str:
    """The type of case that a set of facts describes, one of `TYPES`.

    >>> type_of_facts(["demand_money:yes", "demand_images:yes"])
    'both'
    """
    stated = set(facts)
    if "webcam_email:yes" in stated:
        return "webcam_email"
    money, images = "demand_money:yes" in stated, "demand_images:yes" in stated
    if "offending:yes" in stated:
        return "off_topic"
    if money and images:
        return "both"
    if money or images:
        return "financial" if money else "image"
    return "other" if stated.intersection(OTHER_ABUSE) else "off_topic"


class _OneVersusRest:
    """Logistic regressions as plain arrays, stored without pickle. `classes` are their names."""

    def __init__(self, weights: Array, bias: Array, classes: list[str]) -> None:
        self.weights, self.bias, self.classes = weights, bias, classes

    def probabilities(self, features: Array) -> Array:
        return np.asarray(1 / (1 + np.exp(-(features @ self.weights.T + self.bias))))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class CaseFactsClassifier(GraphComponent, EntityExtractorMixin):
    """One-vs-rest linear classifier for facts, and a calibrated kernel machine for the type of case.

    Both read the sentence vector and the cues (data/nlu/cues.yml). The type, one of six at a time, gains from the
    kernel; the many facts would be slow with it. A fact whose probability reaches its threshold becomes an entity;
    one that does not is asked for by the dialogue.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "regularisation": 0.5,
            "min_examples": 8,
            "threshold": 0.4,
            "thresholds": {},
            "type_threshold": 0.6,
            "margin": 2.0,
            "gamma": 0.02,
        }

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        intents: frozenset[str] = frozenset(),
        facts: _OneVersusRest | None = None,
        types: CalibratedClassifierCV | None = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._intents = intents
        self._facts = facts
        self._types = types

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
        with model_storage.read_from(resource) as folder:
            arrays = np.load(folder / "facts.npz", allow_pickle=False)
            facts = _OneVersusRest(arrays["weights"], arrays["bias"], arrays["classes"].tolist())
            intents = frozenset(arrays["intents"].tolist())
            types = sio.load(folder / "types.skops", trusted=TRUSTED)
        return cls(config, model_storage, resource, intents, facts, types)

    def train(self, training_data: TrainingData) -> Resource:
        """Fits one classifier a fact and one for the type of case."""
        messages = [message for message in training_data.intent_examples if tells_of_a_case(message)]
        features = np.vstack([_sentence_features(message) for message in messages])
        stated = [stated_facts(message) for message in messages]
        self._intents = frozenset(message.get(INTENT) for message, facts in zip(messages, stated, strict=True) if facts)
        self._facts = self._fit_facts(features, stated)
        self._types = self._fit_types(features, [type_of_facts(facts) for facts in stated])
        with self._model_storage.write_to(self._resource) as folder:
            np.savez(
                folder / "facts.npz",
                weights=self._facts.weights,
                bias=self._facts.bias,
                classes=np.array(self._facts.classes),
                intents=np.array(sorted(self._intents)),
            )
            sio.dump(self._types, folder / "types.skops")
        return self._resource

    def _fit_facts(self, features: Array, stated: list[set[str]]) -> _OneVersusRest:
        counts = Counter(label for facts in stated for label in facts)
        labels = sorted(label for label, count in counts.items() if count >= self._config["min_examples"])
        fits = [self._fit(features, [label in facts for facts in stated]) for label in labels]
        weights = np.vstack([fit.coef_ for fit in fits])
        return _OneVersusRest(weights, np.concatenate([fit.intercept_ for fit in fits]), labels)

    def _fit(self, features: Array, target: list[bool]) -> LogisticRegression:
        return LogisticRegression(C=self._config["regularisation"], max_iter=1000).fit(features, target)

    def _fit_types(self, features: Array, types: list[str]) -> CalibratedClassifierCV:
        machine = SVC(C=self._config["margin"], gamma=self._config["gamma"])
        return CalibratedClassifierCV(machine, cv=3, ensemble=False).fit(features, np.array(types))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text and not text.startswith(INTENT_MESSAGE_PREFIX):
                self._recognise(message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def _recognise(self, message: Message) -> None:
        if self._facts is None or self._types is None:
            return
        whole = _sentence_features(message)
        likely = self._facts.probabilities(whole)[0]
        facts = {label: float(p) for label, p in zip(self._facts.classes, likely, strict=True)}
        types = dict(zip(self._types.classes_.tolist(), self._types.predict_proba(whole)[0].tolist(), strict=True))
        message.set(FACT_PROBABILITIES, facts, add_to_output=True)
        message.set(TYPE_PROBABILITIES, types, add_to_output=True)
        if message.get(INTENT, {}).get(INTENT_NAME_KEY) not in self._intents:
            return  # a bare "no" or "thanks" states no fact, whatever it resembles
        entities = [self._entity(message, label, p) for label, p in self._decided(facts, types).items()]
        message.set(ENTITIES, message.get(ENTITIES, []) + self.add_extractor_name(entities), add_to_output=True)

    def _decided(self, facts: dict[str, float], types: dict[str, float]) -> dict[str, float]:
        """The facts sure enough to be taken for said, at most one value a slot."""
        thresholds = self._config["thresholds"]
        sure = {label: p for label, p in facts.items() if p >= thresholds.get(label, self._config["threshold"])}
        likeliest = max(types, key=lambda name: types[name])
        if types[likeliest] >= self._config["type_threshold"]:
            for label in FACTS_OF_TYPE.get(likeliest, ()):
                sure[label] = max(sure.get(label, 0.0), types[likeliest])
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


def stated_facts(message: Message) -> set[str]:
    """The facts that a training example carries in its metadata."""
    metadata = (message.get(METADATA) or {}).get(METADATA_INTENT) or {}
    return set(metadata.get("facts", ()))


def _gravity(label: str) -> int:
    slot, _, value = label.partition(":")
    order = GRAVEST_FIRST.get(slot, ())
    return len(order) - order.index(value) if value in order else 0


def tells_of_a_case(message: Message) -> bool:
    """Whether a training example says something of a case or of another problem: only such teach facts."""
    intent = message.get(INTENT) or ""
    return bool(message.get(TEXT)) and (bool(stated_facts(message)) or intent.startswith(CASE_INTENTS))


def _sentence_features(message: Message) -> Array:
    """One row: the sentence vector, then the cues."""
    _, vector = message.get_dense_features(TEXT)
    _, cues = message.get_sparse_features(TEXT)
    return np.hstack([vector.features, cues.features.toarray()]) if cues else np.asarray(vector.features)
