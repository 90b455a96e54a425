"""Makes tidy messages untidy, the ways in which hurried young people write on a phone.

For measuring how much understanding loses by it (`make evaluate`). Every kind keeps the meaning: whoever reads the
result would label it as before.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from zlib import crc32

Noise = Callable[[str, random.Random], str]

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LEET = str.maketrans({"o": "0", "e": "3", "i": "1", "a": "4", "s": "5"})
_VOWELS = "aeiouyàáâäãåèéêëìíîïòóôöõùúûüаеиоуыэюяіїєαεηιουω"
#: What phones make of words they do not know, and sound-alikes that voice input mixes up (English).
_SLIPS = {
    "nudes": "noodles", "nude": "rude", "pics": "picks", "insta": "instant", "snap": "snack", "their": "there",
    "there": "their", "sent": "cent", "send": "sand", "leak": "leek", "leaking": "leaning",
    "blackmail": "black male", "blackmailing": "black mailing", "threatening": "threading", "naked": "baked",
    "he's": "his", "you're": "your", "whole": "hole", "were": "we're", "video": "vide", "posting": "pasting",
}  # fmt: skip
_CHAT_ENGLISH = ("bro", "wtf", "pls help", "idk", "omg", "lol", "like", "literally", "ngl", "bruh")
_EMOJI = ("😭", "😰", "🙏", "💀", "😔", "😳", "🥺", "😩", "😭😭", "😨")
_FILLERS = ("um", "uh", "so yeah")
#: Cyrillic and Greek as typed on a Latin keyboard.
_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "j", "к": "k",
    "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h",
    "ц": "c", "ч": "ch", "ш": "sh", "щ": "sht", "ъ": "a", "ы": "y", "ь": "'", "э": "e", "ю": "yu", "я": "ya",
    "і": "i", "ї": "yi", "є": "ye", "ґ": "g", "ѓ": "g", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "c", "ђ": "dj", "џ": "dz",
    "α": "a", "β": "b", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "ks", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
    "χ": "x", "ψ": "ps", "ω": "w",
}  # fmt: skip


def _some_words(text: str, chance: random.Random, share: float, change: Callable[[str], str]) -> str:
    """`text` with `change` applied to that share of the words that have four letters or more, but to one at least."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if sum(map(str.isalpha, word)) >= 4]
    for at in chance.sample(long, min(len(long), max(1, round(share * len(long))))):
        words[at] = change(words[at])
    return " ".join(words)


def typos(text: str, chance: random.Random) -> str:
    """Neighbouring keys, swapped, missing and doubled letters in one word of four."""

    def slip(word: str) -> str:
        at = chance.randrange(1, len(word) - 1)
        kind = chance.randrange(4)
        if kind == 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if kind == 1:
            return word[:at] + word[at + 1 :]
        if kind == 2:
            return word[:at] + word[at] + word[at:]
        return word[:at] + _neighbour(word[at], chance) + word[at + 1 :]

    return _some_words(text, chance, 0.25, slip)


def _neighbour(letter: str, chance: random.Random) -> str:
    for row in _ROWS:
        at = row.find(letter)
        if at >= 0:
            return chance.choice(row[max(0, at - 1) : at] + row[at + 1 : at + 2])
    return letter


def missing_vowels(text: str, chance: random.Random) -> str:
    def squeeze(word: str) -> str:
        return word[0] + "".join(letter for letter in word[1:] if letter.lower() not in _VOWELS)

    return _some_words(text, chance, 0.2, squeeze)


def repeated_letters(text: str, chance: random.Random) -> str:
    def stretch(word: str) -> str:
        at = chance.choice([at for at, letter in enumerate(word) if letter.isalpha()])
        return word[:at] + word[at] * chance.randint(3, 5) + word[at + 1 :]

    return _some_words(text, chance, 0.15, stretch)


def emoji(text: str, chance: random.Random) -> str:
    parts = re.split(r"(?<=[.!?,])\s+", text)
    return " ".join(part + " " + chance.choice(_EMOJI) if chance.random() < 0.6 else part for part in parts)


def no_punctuation(text: str, _: random.Random) -> str:
    marks: dict[str, str | int | None] = {
        c: "" if c in "'’" else " " for c in set(text) if unicodedata.category(c) in ("Po", "Pf") and c not in "@#%&"
    }
    return " ".join(text.translate(str.maketrans(marks)).split())


def capitals(text: str, _: random.Random) -> str:
    return text.upper()


def small_letters(text: str, _: random.Random) -> str:
    return text.lower()


def leet(text: str, chance: random.Random) -> str:
    return _some_words(text, chance, 0.2, lambda word: word.translate(_LEET))


def slips(text: str, _: random.Random) -> str:
    """Autocorrection and voice input: the words that phones like to change."""
    return re.sub(r"[\w']+", lambda found: _SLIPS.get(found[0].lower(), found[0]), text)


def no_accents(text: str, _: random.Random) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c) or ord(c) > 0x370)


def transliterated(text: str, _: random.Random) -> str:
    """Cyrillic and Greek in Latin letters; other scripts stay."""
    unstressed = unicodedata.normalize("NFD", text.lower()).replace("\u0301", "")
    plain = unicodedata.normalize("NFC", unstressed)
    return "".join(_LATIN.get(c, c) for c in plain)


def chat_english(text: str, chance: random.Random) -> str:
    """English chat words in between, in whatever language."""
    words = text.split(" ")
    for _ in range(2):
        words.insert(chance.randrange(len(words) + 1), chance.choice(_CHAT_ENGLISH))
    return " ".join(words)


def spoken(text: str, chance: random.Random) -> str:
    """Voice to text: no marks, no capitals, a filler."""
    words = no_punctuation(text, chance).lower().split(" ")
    words.insert(chance.randrange(len(words) + 1), chance.choice(_FILLERS))
    return " ".join(words)


KINDS: dict[str, Noise] = {
    noise.__name__: noise
    for noise in (
        typos, missing_vowels, repeated_letters, emoji, no_punctuation, capitals, small_letters, leet, slips,
        no_accents, transliterated, chat_english, spoken,
    )
}  # fmt: skip


def with_noise(text: str, kind: str, seed: int = 0) -> str:
    """`text` with one kind of noise; the same text, kind and seed always give the same result.

    Raises KeyError for a kind that is not in `KINDS`.
    """
    return KINDS[kind](text, random.Random(crc32(f"{seed}{kind}{text}".encode())))


def with_mixed_noise(text: str, seed: int = 0, kinds: int = 3) -> str:
    """`text` with several kinds of noise on top of each other, as real messages have them."""
    chance = random.Random(crc32(f"{seed}{text}".encode()))
    for kind in chance.sample(sorted(KINDS), kinds):
        text = KINDS[kind](text, chance)
    return text
