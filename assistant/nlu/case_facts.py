"""Reads the facts of a case out of a message: who demands what, what has happened, who is speaking.

A fact is a label `slot:value` (docs/architecture.md lists them). Training examples carry theirs as metadata in
Rasa's own format; recognised facts leave as entities named like the slot, so that slot mappings pick them up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
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
    METADATA,
    METADATA_INTENT,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.linear_model import LogisticRegression

from assistant.nlu.embedding import PART_FEATURES, Array

#: Message attribute with the probability of every fact, {label: 0..1}; read by the crisis guard and the evaluation.
FACT_PROBABILITIES = "case_facts"
#: Message attribute with the probability of every type of case, {type: 0..1}.
TYPE_PROBABILITIES = "sextortion_type"

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


class _Logistic:
    """Logistic regression as plain arrays, stored without pickle. `classes` are its columns' names."""

    def __init__(self, weights: Array, bias: Array, classes: list[str], exclusive: bool) -> None:
        self.weights, self.bias, self.classes, self.exclusive = weights, bias, classes, exclusive

    def probabilities(self, features: Array) -> Array:
        scores = features @ self.weights.T + self.bias
        if not self.exclusive:
            return np.asarray(1 / (1 + np.exp(-scores)))
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class CaseFactsClassifier(GraphComponent, EntityExtractorMixin):
    """One-vs-rest linear classifier for facts and one for the type of case, over the sentence features.

    A fact whose probability reaches its threshold becomes an entity; one that does not is asked for by the dialogue.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "regularisation": 0.3,
            "min_examples": 8,
            "threshold": 0.5,
            "thresholds": {},
            "type_threshold": 0.6,
        }

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        facts: _Logistic | None = None,
        types: _Logistic | None = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
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
            arrays = np.load(folder / "weights.npz", allow_pickle=False)
            classes = json.loads((folder / "classes.json").read_text())
        facts, types = (
            _Logistic(arrays[f"{name}_weights"], arrays[f"{name}_bias"], classes[name], exclusive=name == "types")
            for name in ("facts", "types")
        )
        return cls(config, model_storage, resource, facts, types)

    def train(self, training_data: TrainingData) -> Resource:
        """Fits one classifier a fact and one for the type of case."""
        messages = [message for message in training_data.intent_examples if message.get(TEXT)]
        features = np.vstack([_sentence_features(message) for message in messages])
        stated = [stated_facts(message) for message in messages]
        self._facts = self._fit_facts(features, stated)
        self._types = self._fit_types(features, [type_of_facts(facts) for facts in stated])
        with self._model_storage.write_to(self._resource) as folder:
            np.savez(
                folder / "weights.npz",
                facts_weights=self._facts.weights,
                facts_bias=self._facts.bias,
                types_weights=self._types.weights,
                types_bias=self._types.bias,
            )
            (folder / "classes.json").write_text(
                json.dumps({"facts": self._facts.classes, "types": self._types.classes})
            )
        return self._resource

    def _fit_facts(self, features: Array, stated: list[set[str]]) -> _Logistic:
        counts = {label: sum(label in facts for facts in stated) for label in set().union(*stated)}
        labels = sorted(label for label, count in counts.items() if count >= self._config["min_examples"])
        fits = [self._fit(features, [label in facts for facts in stated]) for label in labels]
        weights = np.vstack([fit.coef_ for fit in fits])
        return _Logistic(weights, np.concatenate([fit.intercept_ for fit in fits]), labels, exclusive=False)

    def _fit_types(self, features: Array, types: list[str]) -> _Logistic:
        fit = self._fit(features, types)
        return _Logistic(fit.coef_, fit.intercept_, [str(name) for name in fit.classes_], exclusive=True)

    def _fit(self, features: Array, target: list[Any]) -> LogisticRegression:
        return LogisticRegression(C=self._config["regularisation"], max_iter=2000, random_state=0).fit(features, target)

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
        parts = message.get(PART_FEATURES)
        features = whole if parts is None else np.vstack([whole, parts])
        strongest = self._facts.probabilities(features).max(axis=0)
        facts = {label: float(p) for label, p in zip(self._facts.classes, strongest, strict=True)}
        types = {
            name: float(p) for name, p in zip(self._types.classes, self._types.probabilities(whole)[0], strict=True)
        }
        message.set(FACT_PROBABILITIES, facts, add_to_output=True)
        message.set(TYPE_PROBABILITIES, types, add_to_output=True)
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


def _sentence_features(message: Message) -> Array:
    _, sentence = message.get_dense_features(TEXT)
    return np.asarray(sentence.features)
