"""Writes an evaluation as one page that a helpline worker can read, errors grouped by kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from assistant.evaluation.messages import FLAGS, Pair
from assistant.nlu.case_types import TYPES


@dataclass(frozen=True)
class ErrorKind:
    """One way of misreading. `kind` names its heading in the template; `detail` says which flag or types."""

    kind: str
    detail: tuple[str, ...]
    pairs: list[Pair]


def errors_by_kind(pairs: Sequence[Pair]) -> list[ErrorKind]:
    """The misread messages, gravest kinds first; a message stands under each kind of error made with it."""
    found: dict[tuple[str, tuple[str, ...]], list[Pair]] = {}
    for pair in pairs:
        for key in _errors(pair):
            found.setdefault(key, []).append(pair)
    order = list(KINDS)
    return [
        ErrorKind(kind, detail, of_kind)
        for (kind, detail), of_kind in sorted(found.items(), key=lambda item: (order.index(item[0][0]), -len(item[1])))
    ]


#: Kinds of errors, gravest first. The template has the words for each.
KINDS = (
    "crisis_missed",
    "type_wrong",
    "crisis_invented",
    "flag_missed",
    "flag_invented",
    "platform",
    "country",
    "type_asked",
)


def _errors(pair: Pair) -> Iterator[tuple[str, tuple[str, ...]]]:
    message, result = pair
    if not result.decided:
        yield "type_asked", (message.label,)
    elif message.label != result.label:
        yield "type_wrong", (message.label, result.label)
    for flag in FLAGS:
        name = "crisis" if flag == "self_harm" else "flag"
        if flag in message.flags - result.flags:
            yield f"{name}_missed", (flag,)
        elif flag in result.flags - message.flags:
            yield f"{name}_invented", (flag,)
    if message.platform != result.platform:
        yield "platform", (message.platform or "none", result.platform or "none")
    if message.country != result.country:
        yield "country", (message.country or "none", result.country or "none")


def write_page(path: Path, name: str, figures: dict[str, Any], pairs: Sequence[Pair]) -> None:
    """Writes the page to `path`. It holds the messages themselves, so it stays on the machine of who evaluates."""
    environment = Environment(
        loader=PackageLoader("assistant.evaluation", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share: "–" if share is None else f"{share:.0%}"
    page = environment.get_template("page.html.j2").render(
        name=name,
        figures=figures,
        kinds=errors_by_kind(pairs),
        flags=list(FLAGS),
        types=TYPES,
        polyline=" ".join(_points(figures["curve"])),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def _points(curve: Iterable[dict[str, float]]) -> Iterator[str]:
    """The curve in a square of 200 units whose lower edge is an accuracy of one half."""
    for point in curve:
        yield f"{200 * point['coverage']:.1f},{400 * (1 - max(point['accuracy'], 0.5)):.1f}"
