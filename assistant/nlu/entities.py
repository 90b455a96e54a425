"""Entities named by the gazetteer: platform, country, age group, payment method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.extractors.spacy_entity_extractor import SpacyEntityExtractor
from rasa.nlu.utils.spacy_utils import SpacyModel
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.tokens import Doc

from actions.content import CONTENT, load_yaml
from assistant.nlu.gazetteer import RULER

Entity = dict[str, Any]
PLATFORM = "platform"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False, model_from="SpacyNLP")
class GazetteerEntityExtractor(SpacyEntityExtractor):
    """Rasa's SpacyEntityExtractor, giving the gazetteer's identifier as the value ("ig" becomes "instagram").

    Of several platforms it gives the one that content/gazetteer.yml prefers. It runs the ruler of the pipeline itself,
    once a message: for SpacyNLP, which has every training example pass through the pipeline, the ruler is switched off.
    """

    def process(self, messages: list[Message], model: SpacyModel) -> list[Message]:
        ruler = model.model.get_pipe(RULER)
        for message in messages:
            entities = self._extract_entities(ruler(model.model.make_doc(message.get(TEXT))))
            message.set(ENTITIES, message.get(ENTITIES, []) + self.add_extractor_name(entities), add_to_output=True)
        return messages

    @staticmethod
    def _extract_entities(doc: Doc) -> list[Entity]:
        if doc.text.startswith(INTENT_MESSAGE_PREFIX):
            return []
        entities = [
            {
                "entity": entity.label_,
                "value": entity.ent_id_ or entity.text,
                "start": entity.start_char,
                "end": entity.end_char,
                "confidence": None,
            }
            for entity in doc.ents
        ]
        platforms = [entity for entity in entities if entity["entity"] == PLATFORM]
        chosen = preferred_platform(platforms, words=sum(token.is_alpha for token in doc))
        return [entity for entity in entities if entity["entity"] != PLATFORM or entity is chosen]


def preferred_platform(mentioned: Sequence[Entity], words: int) -> Entity | None:
    """The platform that matters of those `mentioned`, in their order, in a message of so many words."""
    kinds, preferences = _platform_preferences()
    for preference in preferences:
        if words > preference.get("most_words", words):
            continue
        fitting = [
            entity
            for entity in mentioned
            if entity["value"] not in preference.get("not", ())
            and (
                kinds[entity["value"]] in preference.get("kinds", ())
                or entity["value"] in preference.get("platforms", ())
            )
        ]
        if fitting:
            return fitting[0 if preference["take"] == "first" else -1]
    return None


@lru_cache(maxsize=1)
def _platform_preferences() -> tuple[Mapping[str, str], Sequence[Mapping[str, Any]]]:
    """The kind of every platform, and the preferences of content/gazetteer.yml."""
    platforms = load_yaml(CONTENT / "platforms.yml")["platforms"]
    preferences = load_yaml(CONTENT / "gazetteer.yml")["which_platform"]
    return {identifier: platform["kind"] for identifier, platform in platforms.items()}, preferences
