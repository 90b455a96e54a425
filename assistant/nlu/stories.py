"""Long messages: a fact told once in a long story drowns in it, so the story is also read part by part.

The classifiers have learned from messages of one to three sentences. A whole story says best who is speaking and how
old they are; what has happened is taken from the part that says it most surely. Every part is one more chance to read
wrongly, so its odds are divided by their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Likely = Mapping[str, float]
#: What a message says: how likely each fact is, and each type of case.
Reading = tuple[Likely, Likely]

#: Up to so many words (punctuation marks count as such) a message is read as a whole only.
SHORT_WORDS = 65
#: A part has so many words; the next one begins so many later, so that what stands at a border is whole in one of them.
PART_WORDS, STEP_WORDS = 40, 23
#: Facts (slots) on the whole story: in a part of it others can be meant.
ABOUT_THE_WHOLE = ("age_group", "offender_known", "offending", "scope", "speaking_for")


def parts(words: int) -> Iterator[slice]:
    """The parts of a message of so many words, in order; none of a short one.

    >>> list(parts(70))
    [slice(0, 40, None), slice(23, 63, None), slice(30, 70, None)]
    """
    if words <= SHORT_WORDS:
        return
    last = words - PART_WORDS
    for start in [*range(0, last, STEP_WORDS), last]:
        yield slice(start, start + PART_WORDS)


def read_together(whole: Reading, read_parts: Sequence[Reading]) -> Reading:
    """What a story says, from the reading of the whole and those of its parts."""
    facts, types = whole
    told = {
        fact: p
        if fact.startswith(ABOUT_THE_WHOLE)
        else max([p, *(_one_of(len(read_parts), part[fact]) for part, _ in read_parts)])
        for fact, p in facts.items()
    }
    by_parts = _type_of_parts([types, *(part for _, part in read_parts)])
    return told, {name: (p + by_parts[name]) / 2 for name, p in types.items()}


def _one_of(count: int, likely: float) -> float:
    """How likely a fact is that is so likely in one of so many parts."""
    return likely / (likely + count * (1 - likely))


def _type_of_parts(readings: Sequence[Likely]) -> Likely:
    """The type that follows from demands made in any part."""

    def anywhere(*names: str) -> float:
        return max(sum(types.get(name, 0.0) for name in names) for types in readings)

    money, images = anywhere("financial", "both"), anywhere("image", "both")
    email, other = anywhere("webcam_email"), anywhere("other")
    demanded = {
        "both": money * images * (1 - email),
        "financial": money * (1 - images) * (1 - email),
        "image": images * (1 - money) * (1 - email),
        "webcam_email": email * (1 - money) * (1 - images),
    }
    nothing = (1 - money) * (1 - images) * (1 - email)
    shares = {**demanded, "other": nothing * other, "off_topic": nothing * (1 - other)}
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()}
