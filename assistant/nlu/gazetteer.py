"""Builds the spaCy pipeline that finds platform, country, age group and payment method.

A blank multilingual pipeline with an entity ruler; nothing is downloaded. Its patterns come from `content/`
(platforms, payment methods) and from CLDR (names of countries in every target language).

Run as `python -m assistant.nlu.gazetteer FOLDER`; `make train` does.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import spacy
from babel import Locale
from spacy.language import Language

from actions.content import CONTENT, load_yaml

GAZETTEER = CONTENT / "gazetteer.yml"
#: The part of the pipeline that finds names.
RULER = "entity_ruler"
#: Codes in CLDR's list of territories that name no country.
NOT_COUNTRIES = {"EU", "UN", "EZ", "QO", "ZZ"}
#: Shorter names with letters added are other words too often.
SHORTEST_INFLECTED = 6
SHORTEST_IN_COMPOUNDS = 4
AGE_GROUPS = {"under_13": range(6, 13), "13_15": range(13, 16), "16_17": range(16, 18), "adult": range(18, 91)}


def age_rules() -> Iterator[dict[str, Any]]:
    """Ways of giving one's age, with every number of each age group."""
    templates = [template for ways in load_yaml(GAZETTEER)["ages"].values() for template in ways]
    for group, ages in AGE_GROUPS.items():
        for age in ages:
            for template in templates:
                yield {"label": "age_group", "id": group, "pattern": template.format(age=age)}


def platform_rules() -> Iterator[dict[str, Any]]:
    """Names of platforms, long ones with the endings of cases, and words put together with one ("snapaccount")."""
    data = load_yaml(GAZETTEER)
    compound = rf"(?:{'|'.join(data['put_together_with'])})\w{{0,2}}"
    ending = rf"\w{{1,{data['longest_ending']}}}"
    for identifier, platform in load_yaml(CONTENT / "platforms.yml")["platforms"].items():
        aliases = {platform["name"], *platform.get("aliases", ()), *platform.get("short_aliases", ())}
        for alias in aliases:
            yield {"label": "platform", "id": identifier, "pattern": _pattern(alias, data["only_in_capitals"])}
        for shortest, added in ((SHORTEST_INFLECTED, ending), (SHORTEST_IN_COMPOUNDS, compound)):
            stems = "|".join(sorted(alias.lower() for alias in aliases if len(alias) >= shortest and alias.isalpha()))
            if stems:
                pattern = [{"LOWER": {"REGEX": f"^(?:{stems}){added}$"}}]
                yield {"label": "platform", "id": identifier, "pattern": pattern}


def payment_rules() -> Iterator[dict[str, Any]]:
    for identifier, method in load_yaml(CONTENT / "payments.yml")["payment_methods"].items():
        for alias in {method["name"], *method.get("aliases", ())}:
            yield {"label": "payment_method", "id": identifier, "pattern": alias}


def country_rules() -> Iterator[dict[str, Any]]:
    """Names of countries in every target language, as CLDR has them, their everyday names, and forms of them."""
    data = load_yaml(GAZETTEER)
    names: dict[str, str] = {}
    for language in data["languages"]:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in NOT_COUNTRIES and len(name) > 2:
                names.setdefault(name.lower(), code)
    for known in (data["country_aliases"], data["country_forms"]):
        for code, aliases in known.items():
            names.update(dict.fromkeys(aliases, code))
    for name in sorted(set(names) - set(data["not_a_country"])):
        yield {"label": "country", "id": names[name], "pattern": _pattern(name, data["only_in_capitals"])}


def _pattern(name: str, only_in_capitals: Sequence[str]) -> str | list[dict[str, str]]:
    """What the ruler looks for: the name however it is written, or in capitals only."""
    return [{"ORTH": name.upper()}] if name.lower() in only_in_capitals else name


def build() -> Language:
    """The pipeline, ready to use."""
    pipeline = spacy.blank("xx")
    ruler = pipeline.add_pipe(RULER, config={"phrase_matcher_attr": "LOWER", "overwrite_ents": True})
    ruler.add_patterns([*country_rules(), *payment_rules(), *platform_rules(), *age_rules()])
    return pipeline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pipeline is written")
    folder = parser.parse_args().folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    pipeline = build()
    pipeline.disable_pipe(RULER)  # assistant/nlu/entities.py says why
    pipeline.to_disk(folder)


if __name__ == "__main__":
    main()
