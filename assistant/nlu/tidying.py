"""Undoes what phones and haste do to letters, so that a word is read as the word it is.

Only for reading: names, numbers and phrases of a crisis are looked for in the message as it was written.
"""

from __future__ import annotations

import re

_LEET = str.maketrans("01345", "oieas")
_WORD = re.compile(r"\w+")
#: A digit with letters on both sides: "n00ds", but not "16f", "4th" or "10k".
_DISGUISED = re.compile(r"[^\W\d_][01345]+[^\W\d_]")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
#: Shorter messages may be an abbreviation.
_SHOUTED_LETTERS, _SHOUTED_SHARE = 12, 0.7


def tidied(text: str) -> str:
    """`text` without white space to spare, disguised or drawn-out letters, and not in capitals throughout.

    >>> tidied("SHE   WILL SEND MY N00DS TO EVERYONEEEE")
    'she will send my noods to everyone'
    """
    text = " ".join(text.split())
    text = _WORD.sub(_undisguised, text)
    text = _DRAWN_OUT.sub(r"\1", text)
    letters = [letter for letter in text if letter.isalpha()]
    shouted = sum(map(str.isupper, letters)) >= _SHOUTED_SHARE * len(letters) >= _SHOUTED_SHARE * _SHOUTED_LETTERS
    return text.lower() if shouted else text


def _undisguised(word: re.Match[str]) -> str:
    return word.group().translate(_LEET) if _DISGUISED.search(word.group()) else word.group()
