"""Runs conversation files: whole conversations with what the assistant must say, offer and show.

A file holds one behaviour and is named as a sentence:

    country: IE                      # as the embedding page gives it, or absent
    turns:
      - user: "she wants 200 euro"   # or `tap: /payload`, a button of the last message
        says: [utter_reflect, utter_first_aid, utter_ask_safety]   # the messages, by response, in order
        contact: IE/childline        # somewhere in the turn; for services that answer day and night
        contact_in: DE               # some contact of that country; which one depends on the hour
        step: report                 # of the last message
        buttons: [/step_done]        # offered by the last message, others may be
        contains: ["112"]            # texts in the turn
        lacks: ["PayPal"]            # texts not in the turn
        never: [utter_ask_paid]      # responses not in the turn
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from actions.directory import directory
from assistant.nlg import SOURCE_LANGUAGE, languages
from tests.assistant_process import Client

FOLDER = Path(__file__).parent
#: This response is nothing but a contact, so that its pattern fits every text.
ANY_TEXT = "utter_contact"
CHECKS = {"user", "tap", "says", "contact", "contact_in", "step", "buttons", "contains", "lacks", "never"}


def conversation_files() -> list[Path]:
    return sorted(FOLDER.rglob("*.yml"))


def responses_of(text: str) -> set[str]:
    """The names of the responses that `text` may be, whatever their {names} stand for."""
    names = {name for name, patterns in _patterns().items() if any(pattern.fullmatch(text) for pattern in patterns)}
    return names - {ANY_TEXT} or names


def run(path: Path, client: Client) -> None:
    """Holds the conversation of a file. Raises AssertionError with the turn that went wrong."""
    conversation = yaml.safe_load(path.read_text(encoding="utf-8"))
    client.start(country=conversation.get("country"))
    for number, turn in enumerate(conversation["turns"], start=1):
        assert set(turn) <= CHECKS, f"{path.name}: turn {number}: unknown {sorted(set(turn) - CHECKS)}"
        assert set(turn) - {"user", "tap"}, f"{path.name}: turn {number} checks nothing"
        messages = client.say(turn["user"]) if "user" in turn else client.tap(turn["tap"])
        problems = list(_problems(turn, messages))
        shown = "\n".join(f"    {sorted(responses_of(m['text']))} {m['text']}" for m in messages)
        assert not problems, f"{path.name}: turn {number} ({turn.get('user') or turn['tap']}): {problems}\n{shown}"


def _problems(turn: dict[str, Any], messages: list[dict[str, Any]]) -> Iterator[str]:
    last, text = messages[-1], "\n".join(message["text"] for message in messages)
    said = [responses_of(message["text"]) for message in messages]
    if "says" in turn:
        wanted = turn["says"]
        if len(wanted) != len(said) or any(name not in names for name, names in zip(wanted, said, strict=True)):
            yield f"says {[sorted(names) for names in said]}, not {wanted}"
    yield from (f"says {name}" for name in turn.get("never", ()) if any(name in names for names in said))
    yield from (f"{piece!r} is missing" for piece in turn.get("contains", ()) if piece not in text)
    yield from (f"{piece!r} is there" for piece in turn.get("lacks", ()) if piece in text)
    if "step" in turn and last.get("step", {}).get("id") != turn["step"]:
        yield f"step is {last.get('step')}"
    offered = {button["payload"] for button in last["buttons"]}
    yield from (f"button {payload} is missing" for payload in turn.get("buttons", ()) if payload not in offered)
    if "contact_in" in turn and not any(
        message.get("contact", {}).get("country") == turn["contact_in"] for message in messages
    ):
        yield f"no contact in {turn['contact_in']}"
    if "contact" in turn:
        service = directory().service(turn["contact"])
        assert service, f"there is no {turn['contact']}"
        if not any(message.get("contact", {}).get("name") == service.name for message in messages):
            yield f"contact {turn['contact']} is not shown"


def _patterns() -> dict[str, list[re.Pattern[str]]]:
    if not _CACHE:
        for name, variations in languages()[SOURCE_LANGUAGE].responses.items():
            _CACHE[name] = [_pattern(variation.get("text", "")) for variation in variations]
    return _CACHE


def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"{\w+}", template.strip())
    return re.compile(".*".join(re.escape(piece) for piece in pieces), re.DOTALL)


_CACHE: dict[str, list[re.Pattern[str]]] = {}
