"""The figures of an evaluation: how often right, how often decided, how well probabilities mean what they say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from assistant.evaluation.messages import FLAGS, Message, Pair, Understood

#: Bounds of the bands in which stated and true probability are compared.
BANDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def report(pairs: Sequence[Pair], untidy: Sequence[Pair] = ()) -> dict[str, Any]:
    """All figures; `clear` repeats them without the messages marked ambiguous, `noisy` for their untidy twins.

    `curve` and `calibration` are of the clear messages, too: what nobody can know is not the pipeline's error.
    """
    clear, by_language = without_ambiguous(pairs), defaultdict(list)
    for pair in pairs:
        by_language[pair[0].lang].append(pair)
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    for message, result in pairs:
        confusion[message.label][result.label] += 1
    return {
        **_figures(pairs),
        "ms_per_message": round(sum(u.milliseconds for _, u in pairs) / len(pairs), 2) if pairs else None,
        "clear": {**_figures(clear), **_by_english(clear)},
        "noisy": {**_figures(untidy), "clear": _figures(without_ambiguous(untidy))} if untidy else None,
        "accuracy_by_language": {lang: _accuracy(some) for lang, some in sorted(by_language.items())},
        "curve": curve(clear),
        "calibration": calibration(clear),
        "confusion": {label: dict(counts) for label, counts in sorted(confusion.items())},
    }


def without_ambiguous(pairs: Iterable[Pair]) -> list[Pair]:
    return [pair for pair in pairs if not pair[0].ambiguous]


def by_noise(pairs: Sequence[Pair], untidy: Mapping[str, Sequence[Pair]]) -> dict[str, dict[str, float | int | None]]:
    """For each kind of noise how often the type is right before and after, in the clear messages it changes.

    `untidy` has by kind the twins of `pairs`, in the same order.
    """
    figures: dict[str, dict[str, float | int | None]] = {}
    for kind, twins in untidy.items():
        changed = [
            (tidy, twin)
            for tidy, twin in zip(pairs, twins, strict=True)
            if tidy[0].text != twin[0].text and not tidy[0].ambiguous
        ]
        before, after = [tidy for tidy, _ in changed], [twin for _, twin in changed]
        figures[kind] = {
            "messages": len(changed),
            "tidy": _accuracy(before),
            "untidy": _accuracy(after),
        }
    return figures


def curve(pairs: Iterable[Pair]) -> list[dict[str, float]]:
    """Selective accuracy against coverage: what deciding the surest share of the messages would reach.

    One point for each twentieth of coverage, with the threshold that gives it.
    """
    surest = sorted(pairs, key=lambda pair: -pair[1].confidence)
    points = []
    for twentieth in range(1, 21):
        decided = surest[: round(len(surest) * twentieth / 20)]
        if decided:
            right = sum(m.label == u.label for m, u in decided) / len(decided)
            threshold = decided[-1][1].confidence
            points.append({"coverage": twentieth / 20, "accuracy": round(right, 4), "threshold": round(threshold, 4)})
    return points


def calibration(pairs: Sequence[Pair]) -> dict[str, Any]:
    """For the type and each flag: bands of stated probability with how often it came true, and the mean distance.

    The distance is the expected calibration error (https://arxiv.org/abs/1706.04599), 0 where probabilities hold.
    """
    claims = {"type": [(u.confidence, m.label == u.label) for m, u in pairs]}
    for flag in FLAGS:
        claims[flag] = [(u.probability(flag), flag in m.flags) for m, u in pairs]
    return {name: _bands(stated) for name, stated in claims.items()}


def _bands(claims: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    bands, distance = [], 0.0
    for low, high in pairwise(BANDS):
        inside = [claim for claim in claims if low <= claim[0] < high or (high == 1.0 and claim[0] == 1.0)]
        if not inside:
            continue
        stated, true = (sum(column) / len(inside) for column in zip(*inside, strict=True))
        distance += abs(stated - true) * len(inside) / len(claims)
        bands.append({"from": low, "to": high, "messages": len(inside), "stated": stated, "true": true})
    rounded = [{key: round(value, 4) for key, value in band.items()} for band in bands]
    return {"expected_calibration_error": round(distance, 4), "bands": rounded}


def _share(pairs: Sequence[Pair], holds: Callable[[Message, Understood], bool]) -> float | None:
    return round(sum(holds(*pair) for pair in pairs) / len(pairs), 4) if pairs else None


def _accuracy(pairs: Sequence[Pair]) -> float | None:
    """How often the likeliest type is right."""
    return _share(pairs, lambda m, u: m.label == u.label)


def _figures(pairs: Sequence[Pair]) -> dict[str, Any]:
    decided = [pair for pair in pairs if pair[1].decided]
    return {
        "messages": len(pairs),
        "accuracy": _accuracy(pairs),
        "coverage": _share(pairs, lambda m, u: u.decided),
        "selective_accuracy": _accuracy(decided),
        "platform_accuracy": _share(pairs, lambda m, u: m.platform == u.platform),
        "country_accuracy": _share(pairs, lambda m, u: m.country == u.country),
        "flags": {flag: _flag_figures(pairs, flag) for flag in FLAGS},
    }


def _by_english(pairs: Sequence[Pair]) -> dict[str, float | None]:
    english = [pair for pair in pairs if pair[0].lang == "en"]
    others = [pair for pair in pairs if pair[0].lang != "en"]
    return {
        "accuracy_english": _accuracy(english),
        "accuracy_other_languages": _accuracy(others),
    }


def _flag_figures(pairs: Sequence[Pair], flag: str) -> dict[str, float | int | None]:
    hits = sum(flag in m.flags and flag in u.flags for m, u in pairs)
    stated, found = sum(flag in m.flags for m, _ in pairs), sum(flag in u.flags for _, u in pairs)
    precision, recall = hits / found if found else None, hits / stated if stated else None
    f1 = 2 * hits / (stated + found) if stated + found else None
    rounded = {"precision": precision, "recall": recall, "f1": f1}
    return {**{name: None if value is None else round(value, 4) for name, value in rounded.items()}, "support": stated}
