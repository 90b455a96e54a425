"""Measures understanding on a file of messages: `python -m assistant.evaluate FILE.jsonl [--json]`.

Each line is an object with `id`, `text`, `lang`, `label`, `flags`, `platform`, `country` and optionally `ambiguous`
(messages that a person could fairly read otherwise are counted in all figures and left out of `clear`). Every message
is read as it is, as somebody in a hurry would have typed it, and with each kind of noise alone (assistant/noise.py).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.utils.log_utils import configure_structlog

from assistant.evaluation.figures import by_noise, report
from assistant.evaluation.messages import parse_all, read_messages
from assistant.evaluation.overlap import trained_on, training_texts
from assistant.evaluation.page import write_page
from assistant.nlu.case_types import TYPES
from assistant.noise import KINDS

MODEL = Path("models/assistant.tar.gz")
PAGE = Path("results/understanding.html")


def as_text(figures: dict[str, Any]) -> str:
    """The report for people."""
    lines = []
    parts = {"All messages": figures, "Without ambiguous ones": figures["clear"]}
    if figures["noisy"]:
        parts["Without ambiguous ones, written in a hurry"] = figures["noisy"]["clear"]
    for title, part in parts.items():
        lines += [f"{title}: {part['messages']}"]
        for name in ("accuracy", "coverage", "selective_accuracy", "platform_accuracy", "country_accuracy"):
            lines.append(f"  {name:20} {part[name]}")
        for flag, values in part["flags"].items():
            numbers = "  ".join(f"{name} {values[name]}" for name in ("precision", "recall", "f1", "support"))
            lines.append(f"  flag {flag:15} {numbers}")
    known = figures["trained_on"]
    lines.append(f"Messages that stand in the training data, in whole or nearly: {', '.join(known) or 'none'}")
    clear = figures["clear"]
    lines.append(
        f"English {clear['accuracy_english']}, other languages {clear['accuracy_other_languages']} (clear ones)"
    )
    errors = {name: part["expected_calibration_error"] for name, part in figures["calibration"].items()}
    lines.append("Calibration error: " + "  ".join(f"{name} {error}" for name, error in errors.items()))
    lines.append(
        "Coverage and selective accuracy: "
        + "  ".join(f"{point['coverage']:.0%} {point['accuracy']}" for point in figures["curve"][3::4])
    )
    lines.append(
        "Type right by kind of noise, before and after: "
        + "  ".join(f"{kind} {part['tidy']} {part['untidy']}" for kind, part in figures["by_noise"].items())
    )
    lines.append(f"ms a message: {figures['ms_per_message']}")
    lines.append("Accuracy by language: " + "  ".join(f"{k} {v}" for k, v in figures["accuracy_by_language"].items()))
    lines.append("Confusion (rows: label, columns: understood as)")
    lines.append(" " * 14 + "".join(f"{name:>14}" for name in TYPES))
    for label, counts in figures["confusion"].items():
        lines.append(f"{label:14}" + "".join(f"{counts.get(name, 0):>14}" for name in TYPES))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--page", type=Path, default=PAGE, help=f"where the page for people goes ({PAGE})")
    arguments = parser.parse_args()
    for path in (arguments.file, arguments.model):
        if not path.exists():
            sys.exit(f"{path} does not exist." + (" Run `make train` first." if path == arguments.model else ""))
    configure_structlog(logging.ERROR)  # Rasa's debug lines repeat the messages
    messages = read_messages(arguments.file)
    agent = Agent.load(str(arguments.model))
    pairs = asyncio.run(parse_all(agent, messages))
    untidy = asyncio.run(parse_all(agent, [message.untidy() for message in messages]))
    of_kind = {
        kind: asyncio.run(parse_all(agent, [message.untidy(kind) for message in messages])) for kind in sorted(KINDS)
    }
    figures = report(pairs, untidy)
    figures |= {"by_noise": by_noise(pairs, of_kind), "trained_on": trained_on(messages, training_texts())}
    write_page(arguments.page, arguments.file.name, figures, pairs)
    if arguments.json:
        print(json.dumps(figures))
    else:
        print(f"{as_text(figures)}\nThe misread messages, by kind of error: {arguments.page}")


if __name__ == "__main__":
    main()
