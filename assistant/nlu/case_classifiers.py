"""The classifiers behind case facts: what a message says, as probabilities.

Two views of a message are weighed. Its *features* (adapted vector and cues) know what it means in any language; a
linear classifier reads them by their likeness to some training examples (the landmarks of Nystroem's method), which
comes close to a kernel machine at a fraction of its cost. Its *words* and parts of words say plainly what a vector
blurs ("ransom", "gift card"). For a fact the scores of both views are weighed against each other; the types are told
from the average of both views' probabilities (docs/decisions/0011-two-views-of-a-message.md).
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
from sklearn.pipeline import FeatureUnion, make_union
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

    What was learned is kept as matrices, with a column for each fact and then each type: reading a message is two
    products of them.
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
        landmarks = min(settings.landmarks, int((~unseen).sum()))
        kernel = Nystroem(gamma=settings.gamma, n_components=landmarks, random_state=0)
        likeness = kernel.fit(features[~unseen]).transform(features)
        words = counted_words().transform([tidied(text) for text in texts]).tocsr()

        counts = Counter(fact for facts in stated for fact in facts)
        facts = sorted(fact for fact, count in counts.items() if count >= settings.min_examples)
        lines = [
            _fitted_fact(likeness, words, np.array([fact in s for s in stated]), unseen, settings) for fact in facts
        ]
        types = np.array([type_of_facts(facts) for facts in stated])
        names = sorted(set(types))
        by_likeness = LogisticRegression(C=settings.types_margin, max_iter=300).fit(likeness[~unseen], types[~unseen])
        by_words = words_classifier(settings.words_margin).fit(words[~unseen], types[~unseen])
        type_weights, type_biases, types_by_likeness = _calibrated(by_likeness, likeness, types, unseen)
        type_word_weights, type_word_biases, types_by_words = _calibrated(by_words, words, types, unseen)
        mean = (types_by_likeness + types_by_words) / 2

        weights = np.vstack([*(line.weights for line in lines), type_weights])
        word_weights = np.vstack([*(line.word_weights for line in lines), type_word_weights])
        return cls(
            {
                "facts": np.array(facts),
                "types": np.array(names),
                "landmarks": np.asarray(kernel.components_, dtype=np.float32),
                "gamma": np.array(settings.gamma),
                # Nystroem's own step from the kernel to likeness is one product more: the weights take it over.
                "weights": np.ascontiguousarray(kernel.normalization_.T @ weights.T, dtype=np.float32),
                "biases": np.array([*(line.bias for line in lines), *type_biases]),
                # By row: else the product with a message copies it all.
                "word_weights": np.ascontiguousarray(word_weights.T, dtype=np.float32),
                "type_word_biases": type_word_biases,
                "sharpness": np.array(_sharpness(mean, [names.index(name) for name in types[unseen]])),
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
        arrays, count = self._arrays, len(self._facts)
        distances = np.square(arrays["landmarks"] - features.astype(np.float32)).sum(axis=1)
        scores = np.exp(-arrays["gamma"] * distances) @ arrays["weights"] + arrays["biases"]
        word_scores = (self._words.transform([tidied(text)]) @ arrays["word_weights"])[0]
        facts = _likely(scores[:count] + word_scores[:count])
        by_likeness = _shares(_likely(scores[None, count:]))
        by_words = _shares(_likely(word_scores[None, count:] + arrays["type_word_biases"]))
        types = _sharpened((by_likeness + by_words) / 2, float(arrays["sharpness"]))[0]
        return dict(zip(self._facts, facts.tolist(), strict=True)), dict(zip(self._types, types.tolist(), strict=True))


@dataclass(frozen=True)
class _Line:
    """What tells a fact: the log-odds are `likeness @ weights + words @ word_weights + bias`."""

    weights: Array
    word_weights: Array
    bias: float


def _fitted_fact(likeness: Array, words: Any, target: Flags, unseen: Flags, settings: Settings) -> _Line:
    """A linear classifier for each view of the messages, and their scores weighed so that they are log-odds.

    Where too few examples of one kind are held out, all calibrate it, and the words, known by heart, are left aside.
    """
    by_likeness = LinearSVC(C=settings.facts_margin, random_state=0).fit(likeness[~unseen], target[~unseen])
    by_words = words_classifier(settings.words_margin).fit(words[~unseen], target[~unseen])
    scores = np.column_stack([by_likeness.decision_function(likeness), by_words.decision_function(words)])
    few = min(target[unseen].sum(), (~target[unseen]).sum()) < settings.min_examples
    judged = np.ones_like(unseen) if few else unseen
    if few:
        scores[:, 1] = 0
    slopes, shift = _scaling(scores[judged], target[judged])
    return _Line(
        weights=by_likeness.coef_[0] * slopes[0],
        word_weights=by_words.coef_[0] * slopes[1],
        bias=float(by_likeness.intercept_[0] * slopes[0] + by_words.intercept_[0] * slopes[1] + shift),
    )


def _calibrated(classifier: Any, rows: Any, types: Any, unseen: Flags) -> tuple[Array, Array, Array]:
    """Weights and biases, one row a type, whose scores are log-odds; and the probabilities of the examples held out."""
    scores = classifier.decision_function(rows[unseen])
    scalings = [_scaling(scores[:, [column]], types[unseen] == name) for column, name in enumerate(classifier.classes_)]
    slopes = np.array([slope for (slope,), _ in scalings])
    shifts = np.array([shift for _, shift in scalings])
    weights, biases = classifier.coef_ * slopes[:, None], classifier.intercept_ * slopes + shifts
    return weights, biases, _shares(_likely(scores * slopes + shifts))


def _scaling(scores: Array, target: Flags) -> tuple[Array, float]:
    """What to multiply columns of scores with and to add to make their sum log-odds of `target` (Platt's scaling)."""
    scaling = LogisticRegression(C=1.0).fit(scores, target)
    return scaling.coef_[0], float(scaling.intercept_[0])


def _likely(scores: Array) -> Array:
    """Probabilities of log-odds."""
    return np.asarray(1 / (1 + np.exp(-scores)))


def _shares(likely: Array) -> Array:
    """Probabilities, one row a message, made to sum to 1."""
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))


def _sharpened(likely: Array, sharpness: float) -> Array:
    """Probabilities, one row a message, drawn apart by a power."""
    return _shares(np.maximum(likely, 1e-6) ** sharpness)


def _sharpness(likely: Array, right: Sequence[int]) -> float:
    """The power that makes `likely` fit the `right` columns best: a mean of two views is less sure than it is right."""
    rows = np.arange(len(right))
    found = minimize_scalar(
        lambda sharpness: -np.log(_sharpened(likely, sharpness)[rows, right]).mean(), bounds=(0.5, 5), method="bounded"
    )
    return float(found.x)


def words_classifier(margin: float) -> LinearSVC:
    """What learns from counted words."""
    return LinearSVC(C=margin, random_state=0)


def counted_words() -> FeatureUnion:
    """Words, pairs of words and parts of words of tidied texts, one sparse row a text.

    Hashed: the stored classifier holds no vocabulary, so no word of the examples either. That each counts once, however
    often it stands in the message, reads untidy messages better than weighing by frequency (TF-IDF) does.
    """
    counting = {"alternate_sign": False, "binary": True, "dtype": np.float32}
    return make_union(
        HashingVectorizer(ngram_range=(1, 2), n_features=2**15, **counting),
        HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), n_features=2**16, **counting),
    )
