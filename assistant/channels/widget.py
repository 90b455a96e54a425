"""What the widget needs before a conversation starts: its words, the languages, and a number to call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from babel import Locale

from actions.case import Case
from actions.content import CONTENT, load_yaml
from actions.conversation import Planner
from actions.directory import INTERNATIONAL, directory
from actions.playbook import playbook
from assistant.nlg import SOURCE_LANGUAGE, ContactCard, Language, language_for, languages

WORDS = "widget.yml"


def widget_words(language: Language) -> dict[str, str]:
    """The widget's own words in a language; what it lacks is said in English."""
    words: dict[str, str] = {}
    for code in (SOURCE_LANGUAGE, language.code):
        path = CONTENT / "languages" / code / WORDS
        words.update(load_yaml(path)["widget"] if path.exists() else {})
    return words


def widget_settings(code: str | None, country: str | None, now: datetime | None = None) -> dict[str, Any]:
    """Everything the widget shows by itself, for a language and a country."""
    language, moment = language_for(code), now or datetime.now(UTC)
    service = Planner(playbook(), directory(), language.code).best(
        Case({"country": country} if country else {}), "helpline", moment
    )
    return {
        "language": _language(language),
        "languages": [_language(known) for known in languages().values()],
        "countries": _countries(language),
        "country": country if directory().country(country) else None,
        "words": widget_words(language),
        "contact": ContactCard(service, language, moment).fields() if service else None,
        "across_borders": service is None or service.country == INTERNATIONAL,
        "emergency": directory().emergency_number(country),
    }


def _language(language: Language) -> dict[str, str]:
    terms = language.terms
    return {"code": language.code, "name": terms["name"], "direction": terms.get("direction", "ltr")}


def _countries(language: Language) -> list[dict[str, str]]:
    names = Locale.parse(language.code.replace("-", "_")).territories
    found = {code: str(names.get(code) or _name(code)) for code in directory().codes}
    return [{"code": code, "name": name} for code, name in sorted(found.items(), key=lambda entry: entry[1])]


def _name(code: str) -> str:
    country = directory().country(code)
    return country.name if country else code
