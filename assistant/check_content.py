"""Checks everything in content/: schemas, sources, phone numbers, completeness, wording, reading ease.

`make check-content` runs it; it exits with 1 and a list when something is wrong.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import phonenumbers
import yaml

from actions.case import FACTS
from actions.content import CONTENT, load_yaml
from actions.directory import Directory
from actions.playbook import Playbook
from assistant.nlg import SOURCE_LANGUAGE, Language, languages
from assistant.reading_ease import reading_age

SCHEMAS = {
    "directory/[A-Z][A-Z].yml": "directory",
    "directory/international.yml": "international",
    "platforms.yml": "platforms",
    "payments.yml": "payments",
    "playbook.yml": "playbook",
    "gazetteer.yml": "gazetteer",
}
HIGHEST_READING_AGE = 12.0
#: Facts last checked longer ago than this are listed (not an error: somebody has to look at the page again).
OLDEST_MONTHS = 24
_PLACEHOLDER = re.compile(r"{(\w+)}")
_URL = re.compile(r"https?://\S+")


def schema_errors() -> Iterator[str]:
    for pattern, name in SCHEMAS.items():
        schema = json.loads((CONTENT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
        for path in sorted(CONTENT.glob(pattern)):
            for error in validator.iter_errors(load_yaml(path)):
                where = "/".join(str(part) for part in error.absolute_path)
                yield f"{path.name}: {where}: {error.message[:200]}"


def source_errors() -> Iterator[str]:
    """Every source named by a value exists, and every listed source is used."""
    for path in sorted((CONTENT / "directory").glob("*.yml")):
        data = load_yaml(path)
        named = set(_named_sources({key: value for key, value in data.items() if key != "sources"}))
        listed = set(data["sources"])
        yield from (f"{path.name}: source {name} is not listed" for name in sorted(named - listed))
        yield from (f"{path.name}: source {name} is not used" for name in sorted(listed - named))


def _named_sources(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("sources", "country_sources", "scope_sources"):
                lists = value.values() if isinstance(value, dict) else [value]
                yield from (name for names in lists for name in names)
            else:
                yield from _named_sources(value)
    elif isinstance(node, list):
        for value in node:
            yield from _named_sources(value)


def phone_errors() -> Iterator[str]:
    """International numbers are possible, and say the same as the number printed for use inside the country."""
    for path in sorted((CONTENT / "directory").glob("[A-Z][A-Z].yml")):
        for service in load_yaml(path)["services"]:
            for kind in ("phone", "sms", "whatsapp"):
                entry = service.get(kind)
                if entry and "e164" in entry:
                    yield from _phone_error(f"{path.name}: {service['id']}: {kind}", entry)


def _phone_error(where: str, entry: dict[str, Any]) -> Iterator[str]:
    number = phonenumbers.parse(entry["e164"])
    if not phonenumbers.is_possible_number(number):
        yield f"{where}: {entry['e164']} cannot be a phone number"
    dialled = re.sub(r"\D", "", entry["dial"]).lstrip("0")
    if not dialled.endswith(str(number.national_number)) and not str(number.national_number).endswith(dialled):
        yield f"{where}: {entry['dial']} and {entry['e164']} differ"


def do_not_use_errors() -> Iterator[str]:
    """No value known to be wrong is shown, in the country it is wrong for."""
    directory = Directory.read()
    for code in sorted(directory.codes):
        wrong = {
            entry["value"].strip() for entry in load_yaml(CONTENT / "directory" / f"{code}.yml").get("do_not_use", ())
        }
        country = directory.country(code)
        for service in country.services if country else ():
            phones = (service.phone, service.sms, service.whatsapp)
            shown = {text for phone in phones if phone for text in (phone.shown, phone.dial)}
            shown |= {
                address for address in (service.url, service.chat_url, service.report_url, service.email) if address
            }
            yield from (f"{code}: {service.id} shows {value}, which is wrong" for value in sorted(shown & wrong))


def reachability_errors() -> Iterator[str]:
    """In every country somebody can be reached: a helpline or child helpline, and a number for emergencies."""
    directory = Directory.read()
    for code in sorted(directory.codes):
        if not any(directory.find(code, role) for role in ("helpline", "child_helpline", "crisis")):
            yield f"{code}: nobody to talk to may be shown"


def completeness_errors() -> Iterator[str]:
    """Everything the playbook and the platforms can say has English words; every condition has its note."""
    words = languages()[SOURCE_LANGUAGE]
    book = Playbook.read()
    wanted = {f"utter_ask_{question.id}" for question in book.questions}
    wanted |= {f"utter_step_{step.id}" for step in book.steps} | {f"utter_ack_{fact}" for fact in book.acknowledgements}
    wanted |= {f"utter_payment_{method}" for method in load_yaml(CONTENT / "payments.yml")["payment_methods"]}
    yield from (f"en: no words for {name}" for name in sorted(wanted - set(words.responses)))
    yield from (f"en: no title for step {step.id}" for step in book.steps if step.id not in words.terms["steps"])
    yield from (
        f"playbook: question {question.id} asks for an unknown fact {fact}"
        for question in book.questions
        for fact in question.facts
        if fact not in FACTS
    )
    conditions = {
        condition
        for path in (CONTENT / "directory").glob("*.yml")
        for service in load_yaml(path)["services"]
        for condition in service.get("conditions", ())
    }
    yield from (f"en: no words for condition {name}" for name in sorted(conditions - set(words.terms["conditions"])))


def translation_errors() -> Iterator[str]:
    """A translation names only responses that exist, with the same placeholders, and says who has reviewed it."""
    source = languages()[SOURCE_LANGUAGE]
    for language in languages().values():
        if "review" not in load_yaml(CONTENT / "languages" / language.code / "terms.yml"):
            yield f"{language.code}: terms.yml does not say who has reviewed it"
        for name, variations in language.responses.items():
            if name not in source.responses:
                yield f"{language.code}: {name} is not a response"
                continue
            allowed = {
                hole for variation in source.responses[name] for hole in _PLACEHOLDER.findall(variation.get("text", ""))
            }
            used = {hole for variation in variations for hole in _PLACEHOLDER.findall(variation.get("text", ""))}
            yield from (
                f"{language.code}: {name}: {{{hole}}} is not filled in there" for hole in sorted(used - allowed)
            )


def widget_errors() -> Iterator[str]:
    """A translation of the widget's words has only words that exist, with the same placeholders."""
    source = own_widget_words(languages()[SOURCE_LANGUAGE])
    for language in languages().values():
        for name, text in own_widget_words(language).items():
            if name not in source:
                yield f"{language.code}: widget {name} is not a text of the widget"
            elif set(_PLACEHOLDER.findall(text)) != set(_PLACEHOLDER.findall(source[name])):
                yield f"{language.code}: widget {name}: the {{names}} differ from the English text"


def own_widget_words(language: Language) -> dict[str, str]:
    """What a language's widget.yml holds, without the English that stands in for missing texts."""
    path = CONTENT / "languages" / language.code / "widget.yml"
    words: dict[str, str] = load_yaml(path)["widget"] if path.exists() else {}
    return words


def untranslated() -> Iterator[str]:
    """What a language says in English for now."""
    source = languages()[SOURCE_LANGUAGE]
    for language in languages().values():
        missing = set(source.responses) - set(language.responses)
        if missing:
            yield f"{language.code}: {len(missing)} responses are said in English: {', '.join(sorted(missing)[:5])} ..."


def texts(language: Language) -> Iterator[tuple[str, str]]:
    """Every text of a language with the name of its response."""
    for name, variations in language.responses.items():
        for variation in variations:
            yield name, variation.get("text", "")
            yield from ((name, button["title"]) for button in variation.get("buttons") or ())
    yield from ((f"widget {name}", text) for name, text in own_widget_words(language).items())


def wording_errors() -> Iterator[str]:
    """No blame, no promise, no asking for images or names (content/wording.yml)."""
    banned = load_yaml(CONTENT / "wording.yml")["banned"]
    for entry in banned:
        pattern = re.compile(entry["pattern"], re.IGNORECASE)
        for name, text in texts(languages()[SOURCE_LANGUAGE]):
            if name not in entry.get("except", ()) and pattern.search(text):
                yield f"en: {name}: {pattern.search(text).group()!r}: {entry['why']}"  # type: ignore[union-attr]


def reading_errors() -> Iterator[str]:
    """English texts can be read at the age of 12 (addresses and placeholders do not count)."""
    for name, text in texts(languages()[SOURCE_LANGUAGE]):
        plain = _PLACEHOLDER.sub("it", _URL.sub("", text))
        age = reading_age(plain)
        if age > HIGHEST_READING_AGE:
            yield f"en: {name}: reading age {age:.1f}: {plain[:60]!r}"


def stale() -> Iterator[str]:
    """Files whose facts were last checked more than two years ago."""
    today = date.today()
    for path in sorted((CONTENT / "directory").glob("*.yml")):
        checked = date.fromisoformat(load_yaml(path)["checked"])
        if (today - checked).days > OLDEST_MONTHS * 30.44:
            yield f"{path.name}: last checked {checked}"


CHECKS = (
    schema_errors,
    source_errors,
    phone_errors,
    do_not_use_errors,
    reachability_errors,
    completeness_errors,
    translation_errors,
    widget_errors,
    wording_errors,
    reading_errors,
)


def errors() -> list[str]:
    """Everything that is wrong in content/."""
    return [error for check in CHECKS for error in check()]


def _print(title: str, lines: Iterable[str]) -> None:
    for number, line in enumerate(lines):
        if not number:
            print(title)
        print(f"  {line}")


def main() -> None:
    try:
        found = errors()
    except (yaml.YAMLError, KeyError) as error:
        sys.exit(f"A content file cannot be read: {type(error).__name__}: {error}")
    _print("Checked long ago; please look again:", stale())
    _print("Not translated yet:", untranslated())
    _print("Wrong:", found)
    if found:
        sys.exit(f"{len(found)} things in content/ need mending.")
    files = sum(1 for path in Path(CONTENT).rglob("*.yml"))
    print(f"Content: {files} files, nothing wrong.")


if __name__ == "__main__":
    main()
