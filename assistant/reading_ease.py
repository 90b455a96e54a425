"""How old a reader must be for an English text."""

from __future__ import annotations

import re

import textstat

#: Shorter texts (a button, a heading) say too little for a formula.
FEWEST_WORDS = 12
#: A colon or the end of a line ends a thought, with or without a full stop.
_LINE_END = re.compile(r"[.:]?\s*\n\s*|:\s")


def reading_age(text: str) -> float:
    """The reading age in years: the Flesch-Kincaid school grade plus five. 0 for a text of a few words.

    Flesch-Kincaid: J. P. Kincaid et al., 1975; a US grade is the age minus five.
    """
    if len(text.split()) < FEWEST_WORDS:
        return 0.0
    return float(textstat.flesch_kincaid_grade(_LINE_END.sub(". ", text))) + 5
