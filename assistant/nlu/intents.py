"""Rasa's intent classifier, fed with what suits sentence vectors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.base_model import Array


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DenseLogisticRegressionClassifier(LogisticRegressionClassifier):
    """Rasa's LogisticRegressionClassifier on a dense matrix: the same result without sparse arithmetic on full rows."""

    def _create_X(self, messages: list[Message]) -> Array:
        return np.vstack([np.hstack(list(_sentence_features(message))) for message in messages])


def _sentence_features(message: Message) -> Iterator[Array]:
    """One row a featurizer."""
    _, counted = message.get_sparse_features(TEXT)
    _, vector = message.get_dense_features(TEXT)
    if counted:
        yield counted.features.toarray()
    if vector:
        yield vector.features
