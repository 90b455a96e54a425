"""The encoder: turns a text, in any of the model's hundred languages, into vectors."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import onnxruntime
from cachetools import LRUCache

from assistant.nlu.base_model import Array, read_base_model
from assistant.nlu.tidying import tidied

ENCODER = Path("models/encoder.onnx")
#: What the encoder has learned of this field (encoder_build.py), small enough to be committed.
ADAPTERS = Path("data/encoder_adapters.npz")
#: Longer texts are cut: the encoder reads 512 tokens, and cost grows with length.
MAX_CHARACTERS = 1500
DIMENSIONS = 384


class Vectors(NamedTuple):
    """What the encoder makes of one text: two vectors of 384 dimensions and length 1.

    `early` is taken below the adapted layers and still near to the words. `adapted` has learned to tell cases and
    intents apart (docs/decisions/0010).
    """

    early: Array
    adapted: Array


class SentenceEncoder:
    """multilingual-e5-small with our adaptation (encoder_build.py), in process.

    Repeated texts cost nothing. One instance serves all threads.
    """

    def __init__(self, cache_size: int, path: Path = ENCODER) -> None:
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: run `make train`.")
        options = onnxruntime.SessionOptions()
        # One thread a text: several people writing at once are served side by side instead.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._base = read_base_model()
        self._cache: LRUCache[bytes, Vectors] = LRUCache(cache_size)
        self._salt = os.urandom(16)
        self._lock = Lock()

    def encode(self, text: str) -> Vectors:
        """The vectors of `text`; texts that differ only in untidiness share them (tidying.py)."""
        text = _readable(text)
        key = self._key(text)
        with self._lock:
            known: Vectors | None = self._cache.get(key)
        if known is None:
            known = self._vectors(text)
            with self._lock:
                self._cache[key] = known
        return known

    def encode_all(self, texts: Iterable[str]) -> list[Vectors]:
        """The vectors of `texts`, in their order, computed on all cores."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(self._vectors, map(_readable, texts)))

    def _vectors(self, text: str) -> Vectors:
        words = self._base.words(self._base.tokenizer.ids(text))
        return Vectors(*self._session.run(list(Vectors._fields), {"words": words}))

    def _key(self, text: str) -> bytes:
        """What a text is remembered by: nobody can read it back out of memory."""
        return blake2b(text.encode(), key=self._salt, digest_size=16).digest()


def _readable(text: str) -> str:
    whole = text.encode(errors="replace").decode()  # half an emoji is no text to the tokenizer
    return tidied(whole)[:MAX_CHARACTERS]


@lru_cache(maxsize=1)
def shared_encoder() -> SentenceEncoder:
    """The one encoder of this process: the model is large, and components profit from each other's cache."""
    return SentenceEncoder(cache_size=4096)
