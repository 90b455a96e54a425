"""What is known about a person's situation, made only from facts, never from their words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: The facts of a case, each a slot of the same name (domain.yml says which values it takes).
FACTS = (
    "demand_money",
    "demand_images",
    "demand_other",
    "threat",
    "webcam_email",
    "image_shown",
    "paid",
    "sent_more",
    "leaked",
    "deepfake",
    "offender_known",
    "offending",
    "grooming",
    "scope",
    "speaking_for",
    "age_group",
    "safety",
    "platform",
    "payment_method",
    "country",
)

MINOR_GROUPS = ("under_13", "13_15", "16_17", "under_18")


@dataclass(frozen=True)
class Case:
    """Facts by name; a fact that is not known is absent. `platform` holds the last one named."""

    facts: Mapping[str, str]

    @classmethod
    def from_slots(cls, slots: Mapping[str, Any]) -> Case:
        """Reads the facts out of the tracker's slots; a list (several named at once) counts by its last value."""
        facts = {}
        for name in FACTS:
            value = slots.get(name)
            if isinstance(value, list):
                value = value[-1] if value else None
            if value:
                facts[name] = str(value)
        return cls(facts)

    def get(self, fact: str) -> str | None:
        return self.facts.get(fact)

    def is_yes(self, fact: str) -> bool:
        return self.facts.get(fact) == "yes"

    @property
    def sextortion_type(self) -> str | None:
        """image, financial, both, webcam_email, other (blackmail for something else or not said), none, or unknown."""
        money, images = self.is_yes("demand_money"), self.is_yes("demand_images")
        real_contact = self.is_yes("image_shown") or self.is_yes("offender_known") or images
        if self.is_yes("webcam_email") and not real_contact:
            return "webcam_email"
        if self.is_yes("grooming") and not (self.is_yes("threat") or money):
            return "none"
        if money and images:
            return "both"
        if money or images:
            return "financial" if money else "image"
        if any(map(self.is_yes, ("threat", "demand_other", "leaked", "deepfake", "sent_more", "paid"))):
            return "other"
        return "none" if self.get("scope") else None

    @property
    def situation(self) -> str:
        """Which plan applies: the type of sextortion, or offending, grooming, other_problem, off_topic, unknown."""
        if self.is_yes("offending"):
            return "offending"
        kind = self.sextortion_type
        if kind in ("image", "financial", "both", "webcam_email", "other"):
            return kind
        if self.is_yes("grooming"):
            return "grooming"
        return self.get("scope") or "unknown"

    @property
    def speaker(self) -> str:
        """self, child (a parent speaks), friend or pupil (a teacher speaks)."""
        return self.get("speaking_for") or "self"

    @property
    def minor(self) -> str:
        """Whether the victim is under 18: yes, no or unknown."""
        group = self.get("age_group")
        if group == "adult":
            return "no"
        if group in MINOR_GROUPS or self.speaker in ("child", "pupil"):
            return "yes"
        return "unknown"

    @property
    def audience(self) -> str:
        """For whom a service must be there: child, adult, parent or professional."""
        if self.speaker in ("child", "pupil"):
            return {"child": "parent", "pupil": "professional"}[self.speaker]
        return "adult" if self.minor == "no" else "child"

    def values(self) -> dict[str, str]:
        """Facts and what follows from them, for conditions in the playbook and in the words."""
        return {
            **self.facts,
            "sextortion_type": self.sextortion_type or "unknown",
            "situation": self.situation,
            "speaker": self.speaker,
            "minor": self.minor,
        }
