"""Lets Rasa know the responses of content/languages/, so that they are written in one place only."""

from __future__ import annotations

from pathlib import Path

from rasa.shared.constants import UTTER_PREFIX
from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter

from actions.content import load_yaml
from assistant.nlg import SOURCE_LANGUAGE, languages


class ContentImporter(RasaFileImporter):
    """Rasa's file importer, adding to the domain the English responses that rules name.

    `rasa data validate` then says when a rule names a response that has no words. Named in config.yml.
    """

    def get_domain(self) -> Domain:
        words = languages()[SOURCE_LANGUAGE].responses
        responses = {
            name: [{"text": variation["text"]} for variation in words[name]] for name in self._named() & set(words)
        }
        return super().get_domain().merge(Domain.from_dict({"responses": responses}))

    def _named(self) -> set[str]:
        rules = (rule for path in self._story_files for rule in load_yaml(Path(path)).get("rules", ()))
        actions = (step["action"] for rule in rules for step in rule["steps"] if "action" in step)
        return {action for action in actions if action.startswith(UTTER_PREFIX)}
