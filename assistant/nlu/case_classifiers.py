"""The classifiers behind case facts: what a message says, as probabilities.

Two views of a message are weighed. Its *features* (adapted vector and cues) know what it means in any language; a
linear classifier reads them by their likeness to some training examples (the landmarks of Nystroem's method), which
comes close to a kernel machine at a fraction of its cost. Its *words* and parts of words say plainly what a vector
blurs ("ransom", "gift card"). Types are told from the average of both views, facts from the features
(docs/decisions/0011-two-views-of-a-message.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC

from assistant.nlu.base_model import Array
from assistant.nlu.case_types import held_out, type_of_facts
from assistant.nlu.tidying import tidied

FILE = "case_classifiers.npz"

Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Settings:
    """How the classifiers learn: landmarks and width (`gamma`) of the kernel, and how closely each follows its data."""

    landmarks: int
    gamma: float
    facts_margin: float
    types_margin: float
    words_margin: float
    #: A fact stated less often is not learned; and with fewer held out, all examples calibrate it.
    min_examples: int


class CaseClassifiers:
    """Facts and types that messages state. Made by `fit` or `load`; holds no text that it learned from.

    What was learned is kept as plain matrices: reading a message is three products of them.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = arrays
        self._facts: list[str] = arrays["facts"].tolist()
        self._types: list[str] = arrays["types"].tolist()
        self._words = counted_words()

    @classmethod
    def fit(
        cls, texts: Sequence[str], features: Array, stated: Sequence[set[str]], settings: Settings
    ) -> CaseClassifiers:
        """Learns from `texts`, whose `features` are one row each, and the facts `stated` in them.

        Examples held out (case_types.held_out) are not learned from; the probabilities are calibrated on them.
        """
        unseen = np.array([held_out(text) for text in texts])
        types = np.array([type_of_facts(facts) for facts in stated])
        counts = Counter(fact for facts in stated for fact in facts)
        facts = sorted(fact for fact, count in counts.items() if count >= settings.min_examples)

        kernel = Nystroem(
            gamma=settings.gamma, n_components=min(settings.landmarks, int((~unseen).sum())), random_state=0
        )
        likeness = kernel.fit(features[~unseen]).transform(features)
        told = [np.array([fact in s for s in stated]) for fact in facts]
        by_fact = [
            LinearSVC(C=settings.facts_margin, random_state=0).fit(likeness[~unseen], fact[~unseen]) for fact in told
        ]
        by_type = LogisticRegression(C=settings.types_margin, max_iter=300).fit(likeness[~unseen], types[~unseen])
        names = by_type.classes_
        of_type = [types == name for name in names]
        weights = np.vstack([*(line.coef_ for line in by_fact), by_type.coef_])
        biases = np.concatenate([*(line.intercept_ for line in by_fact), by_type.intercept_])
        weights, biases = _calibrated(weights, biases, likeness, [*told, *of_type], unseen, settings.min_examples)

        words = words_classifier(settings.words_margin)
        tidy = np.array([tidied(text) for text in texts], dtype=object)
        words.fit(tidy[~unseen], types[~unseen])
        counted, lines = words[:-1].transform(tidy), words[-1]
        word_weights, word_biases = _calibrated(
            lines.coef_, lines.intercept_, counted, of_type, unseen, settings.min_examples
        )

        type_scores = likeness[unseen] @ weights[len(facts) :].T + biases[len(facts) :]
        word_scores = counted[unseen] @ word_weights.T + word_biases
        right = [names.tolist().index(name) for name in types[unseen]]
        return cls(
            {
                "facts": np.array(facts),
                "types": names,
                "landmarks": np.asarray(kernel.components_, dtype=np.float32),
                "gamma": np.array(settings.gamma),
                # Nystroem's own step from the kernel to likeness is one product more: the weights take it over.
                "weights": np.asarray(kernel.normalization_.T @ weights.T, dtype=np.float32),
                "biases": biases,
                "word_weights": np.asarray(word_weights.T, dtype=np.float32),
                "word_biases": word_biases,
                "sharpness": np.array(_sharpness(_mean_of_views(type_scores, word_scores), right)),
            }
        )

    @classmethod
    def load(cls, folder: Path) -> CaseClassifiers:
        """Reads what `save` wrote."""
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            return cls(dict(arrays))

    def save(self, folder: Path) -> None:
        """Writes the classifiers into `folder`, without pickle."""
        np.savez(folder / FILE, **self._arrays)

    def probabilities(self, text: str, features: Array) -> tuple[dict[str, float], dict[str, float]]:
        """How likely each fact is, and each type, for one message and its row of features."""
        arrays = self._arrays
        distances = np.square(arrays["landmarks"] - features.astype(np.float32)).sum(axis=1)
        scores = np.exp(-arrays["gamma"] * distances) @ arrays["weights"] + arrays["biases"]
        facts = dict(zip(self._facts, _likely(scores[: len(self._facts)]).tolist(), strict=True))
        word_scores = self._words.transform([tidied(text)]) @ arrays["word_weights"] + arrays["word_biases"]
        mean = _mean_of_views(scores[len(self._facts) :].reshape(1, -1), word_scores)
        types = _sharpened(mean, float(arrays["sharpness"]))[0]
        return facts, dict(zip(self._types, types.tolist(), strict=True))


def _calibrated(
    weights: Array, biases: Array, features: Any, targets: Sequence[Flags], unseen: Flags, min_examples: int
) -> tuple[Array, Array]:
    """Weights and biases, one row a target, whose scores are log-odds that fit the examples held out (Platt's scaling).

    Where too few of one kind are held out, all examples calibrate it.
    """
    scores = features @ weights.T + biases
    slopes, shifts = np.ones(len(targets)), np.zeros(len(targets))
    for column, target in enumerate(targets):
        few = min(target[unseen].sum(), (~target[unseen]).sum()) < min_examples
        judged = np.ones_like(unseen) if few else unseen
        scaling = LogisticRegression(C=1.0).fit(scores[judged, column].reshape(-1, 1), target[judged])
        slopes[column], shifts[column] = scaling.coef_[0, 0], scaling.intercept_[0]
    return weights * slopes[:, None], biases * slopes + shifts


def _likely(scores: Array) -> Array:
    """Probabilities of log-odds."""
    return np.asarray(1 / (1 + np.exp(-scores)))


def _mean_of_views(*views: Array) -> Array:
    """Probabilities of types, one row a message: the average of what the views' scores say."""
    likely = [_likely(scores) for scores in views]
    return np.asarray(sum(each / each.sum(axis=1, keepdims=True) for each in likely) / len(views))


def _sharpened(likely: Array, sharpness: float) -> Array:
    """Probabilities, one row a message, drawn apart by a power and made to sum to 1 again."""
    powers = np.maximum(likely, 1e-6) ** sharpness
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _sharpness(likely: Array, right: Sequence[int]) -> float:
    """The power that makes `likely` fit the `right` columns best: a mean of two views is less sure than it is right."""
    rows = np.arange(len(right))
    found = minimize_scalar(
        lambda sharpness: -np.log(_sharpened(likely, sharpness)[rows, right]).mean(), bounds=(0.5, 5), method="bounded"
    )
    return float(found.x)


def words_classifier(margin: float) -> Pipeline:
    """The words of tidied texts (`counted_words`) with a linear classifier."""
    return make_pipeline(counted_words(), LinearSVC(C=margin, random_state=0))


def counted_words() -> FeatureUnion:
    """Words, pairs of words and parts of words of tidied texts.

    Hashed: the stored classifier holds no vocabulary, so no word of the examples either. That each counts once, however
    often it stands in the message, reads untidy messages better than weighing by frequency (TF-IDF) does.
    """
    counting = {"alternate_sign": False, "binary": True, "dtype": np.float32}
    return make_union(
        HashingVectorizer(ngram_range=(1, 2), n_features=2**15, **counting),
        HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), n_features=2**16, **counting),
    )
