"""Entities named by the gazetteer: platform, country, age group, payment method."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.extractors.spacy_entity_extractor import SpacyEntityExtractor
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from spacy.tokens import Doc


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False, model_from="SpacyNLP")
class GazetteerEntityExtractor(SpacyEntityExtractor):
    """Rasa's SpacyEntityExtractor, giving the gazetteer's identifier as the value ("ig" becomes "instagram")."""

    @staticmethod
    def _extract_entities(doc: Doc) -> list[dict[str, Any]]:
        if doc.text.startswith(INTENT_MESSAGE_PREFIX):
            return []
        return [
            {
                "entity": entity.label_,
                "value": entity.ent_id_ or entity.text,
                "start": entity.start_char,
                "end": entity.end_char,
                "confidence": None,
            }
            for entity in doc.ents
        ]
