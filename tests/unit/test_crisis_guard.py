"""When the classifiers alone, without any phrase of the lexicon, make a message a crisis."""

from __future__ import annotations

import pytest
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.case_facts import FACT_PROBABILITIES
from assistant.nlu.crisis import DANGER, OTHER_PERSON, SELF_HARM, CrisisGuard

GUARD = CrisisGuard({"self_harm_fact_threshold": 0.15, "self_harm_threshold": 0.45, "danger_threshold": 0.5})


def guarded(facts: dict[str, float], intents: dict[str, float]) -> Message:
    """A message without words of crisis, of which the classifiers said so much, after the guard."""
    ranking = [{INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: p} for name, p in intents.items()]
    message = Message(
        {TEXT: "there is a message here", FACT_PROBABILITIES: facts, INTENT: ranking[0], INTENT_RANKING_KEY: ranking}
    )
    return GUARD.process([message])[0]


@pytest.mark.parametrize(
    ("facts", "intents", "decided"),
    [
        ({"safety:self_harm": 0.2}, {"disclose": 1.0}, SELF_HARM),
        ({"safety:self_harm": 0.1}, {"disclose": 1.0}, "disclose"),
        ({"safety:self_harm": 0.2}, {"ask_what_now": 1.0}, "ask_what_now"),
        # The intent is believed only as far as the fact does not speak against it.
        ({"safety:self_harm": 0.0}, {SELF_HARM: 0.8}, SELF_HARM),  # its own intent stays, whatever the guard believes
        ({"safety:self_harm": 0.0}, {"disclose": 0.6, SELF_HARM: 0.4}, "disclose"),
        ({"safety:self_harm": 0.1}, {"disclose": 0.15, SELF_HARM: 0.85}, SELF_HARM),
        ({"safety:self_harm": 0.6, "speaking_for:friend": 0.9}, {"disclose": 1.0}, OTHER_PERSON),
        ({"safety:self_harm": 0.1}, {"disclose": 0.15, OTHER_PERSON: 0.85}, OTHER_PERSON),
        ({"safety:danger": 0.6}, {"disclose": 1.0}, DANGER),
        ({"safety:danger": 0.9, "safety:self_harm": 0.9}, {"disclose": 1.0}, SELF_HARM),
    ],
)
def test_the_fact_decides_and_the_intent_counts_half(
    facts: dict[str, float], intents: dict[str, float], decided: str
) -> None:
    assert guarded(facts, intents).get(INTENT)[INTENT_NAME_KEY] == decided


def test_a_crisis_leaves_one_word_on_safety() -> None:
    message = guarded({"safety:self_harm": 0.9, "safety:danger": 0.9}, {"disclose": 1.0})
    [entity] = message.get(ENTITIES)
    assert (entity[ENTITY_ATTRIBUTE_TYPE], entity[ENTITY_ATTRIBUTE_VALUE]) == ("safety", "self_harm")
