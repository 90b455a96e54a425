"""Entities named by the gazetteer: platform, country, age group, payment method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.extractors.spacy_entity_extractor import SpacyEntityExtractor
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from spacy.tokens import Doc

from actions.content import CONTENT, load_yaml

Entity = dict[str, Any]
PLATFORM = "platform"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False, model_from="SpacyNLP")
class GazetteerEntityExtractor(SpacyEntityExtractor):
    """Rasa's SpacyEntityExtractor, giving the gazetteer's identifier as the value ("ig" becomes "instagram").

    Of several platforms it gives the one that content/gazetteer.yml prefers.
    """

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
