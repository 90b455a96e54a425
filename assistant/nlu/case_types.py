"""What kind of case a set of facts describes. Needs nothing of Rasa, so that tuning/ can share it."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha1

TYPES = ("image", "financial", "both", "webcam_email", "other", "off_topic")
#: What deciding a type says about who demands what.
FACTS_OF_TYPE = {
    "image": ("demand_images:yes",),
    "financial": ("demand_money:yes",),
    "both": ("demand_images:yes", "demand_money:yes"),
    "webcam_email": ("webcam_email:yes",),
}
#: Facts that make a message a matter of image-based abuse even when nobody demands money or images.
OTHER_ABUSE = ("threat:yes", "demand_other:yes", "leaked:yes", "deepfake:yes", "grooming:yes")
#: Beginnings of the intents whose examples teach facts even where they state none.
CASE_INTENTS = ("disclose", "inform", "crisis", "other_problem", "out_of_scope")
#: One training example in so many is kept from what learns, to see what it is worth.
HELD_OUT_ONE_IN = 10


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


def tells_of_a_case(intent: str, facts: Iterable[str]) -> bool:
    """Whether a training example says something of a case or of another problem: only such teach facts."""
    return any(True for _ in facts) or intent.startswith(CASE_INTENTS)


def held_out(text: str) -> bool:
    """Whether the training example `text` is kept from the encoder's adaptation and from fitting the classifiers.

    What they say of examples they have learned from is surer than what they will say of people's messages, so their
    probabilities are calibrated on these.
    """
    squeezed = " ".join(text.split())
    return int(sha1(squeezed.encode(), usedforsecurity=False).hexdigest(), 16) % HELD_OUT_ONE_IN == 0
