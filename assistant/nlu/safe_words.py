"""Words that work at any moment, told at the start: one for a human, one for out."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from actions.content import CONTENT, load_yaml
from assistant.nlu.crisis import normalised


@lru_cache(maxsize=1)
def safe_words() -> dict[str, str]:
    """Intent by safe word, from `safe_words` in the terms of every language."""
    words: dict[str, str] = {}
    for path in sorted((CONTENT / "languages").glob("*/terms.yml")):
        for intent, alternatives in load_yaml(path).get("safe_words", {}).items():
            words.update({normalised(word): intent for word in alternatives})
    return words


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SafeWords(GraphComponent):
    """Decides the intent of a message that is nothing but a safe word. Stands after every classifier."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SafeWords:
        return cls()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            intent = safe_words().get(normalised(message.get(TEXT) or ""))
            if intent:
                message.set(INTENT, {INTENT_NAME_KEY: intent, PREDICTED_CONFIDENCE_KEY: 1.0}, add_to_output=True)
        return messages
