"""The classifiers behind case facts: what a message says, as probabilities.

Two views of a message are weighed. Its *features* (adapted vector and cues) know what it means in any language; a
linear classifier reads them by their likeness to some training examples (the landmarks of Nystroem's method), which
comes close to a kernel machine at a fraction of its cost. Its *words* and parts of words say plainly what a vector
blurs ("ransom", "gift card"). Types are told from the average of both views, facts from the features
(docs/decisions/0011-two-views-of-a-message.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import skops.io as sio
from scipy.optimize import minimize_scalar
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC

from assistant.nlu.base_model import Array
from assistant.nlu.case_types import held_out, type_of_facts
from assistant.nlu.tidying import tidied

FILE = "case_classifiers.skops"
#: Parts of the stored classifiers that skops does not know as harmless by itself.
TRUSTED = [
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
]

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
    """Facts and types that messages state. Made by `fit` or `load`; holds no text that it learned from."""

    def __init__(self, parts: dict[str, Any]) -> None:
        self._parts = parts
        self._facts: list[str] = parts["facts"]

    @classmethod
    def fit(
        cls, texts: Sequence[str], features: Array, stated: Sequence[set[str]], settings: Settings
    ) -> CaseClassifiers:
        """Learns from `texts`, whose `features` are one row each, and the facts `stated` in them.

        Examples held out (case_types.held_out) are not learned from; the probabilities are calibrated on them.
        """
        unseen = np.array([held_out(text) for text in texts])
        types = np.array([type_of_facts(facts) for facts in stated])
        landmarks = min(settings.landmarks, int((~unseen).sum()))
        kernel = Nystroem(gamma=settings.gamma, n_components=landmarks, random_state=0)
        likeness = kernel.fit(features[~unseen]).transform(features)
        counts = Counter(fact for facts in stated for fact in facts)
        facts = sorted(fact for fact, count in counts.items() if count >= settings.min_examples)
        lines = [_fitted_fact(likeness, np.array([fact in s for s in stated]), unseen, settings) for fact in facts]
        words = words_classifier(settings.words_margin)
        learned = [tidied(text) for text, hidden in zip(texts, unseen, strict=True) if not hidden]
        kept = [tidied(text) for text, hidden in zip(texts, unseen, strict=True) if hidden]
        words.fit(learned, types[~unseen])
        # In this order of memory scikit-learn need not copy the matrix for every message.
        words[-1].coef_ = np.asfortranarray(words[-1].coef_, dtype=np.float32)
        by_likeness = LogisticRegression(C=settings.types_margin, max_iter=300).fit(likeness[~unseen], types[~unseen])
        types_by_likeness = CalibratedClassifierCV(by_likeness, cv="prefit").fit(likeness[unseen], types[unseen])
        types_by_words = CalibratedClassifierCV(words, cv="prefit").fit(kept, types[unseen])
        mean = (types_by_likeness.predict_proba(likeness[unseen]) + types_by_words.predict_proba(kept)) / 2
        return cls(
            {
                "facts": facts,
                "kernel": kernel,
                "fact_weights": np.vstack([weights for weights, _ in lines]),
                "fact_biases": np.array([bias for _, bias in lines]),
                "types_by_likeness": types_by_likeness,
                "types_by_words": types_by_words,
                "sharpness": _sharpness(mean, [types_by_words.classes_.tolist().index(name) for name in types[unseen]]),
            }
        )

    @classmethod
    def load(cls, folder: Path) -> CaseClassifiers:
        """Reads what `save` wrote. Raises an error of skops for a file with anything but known classifiers in it."""
        return cls(sio.load(folder / FILE, trusted=TRUSTED))

    def save(self, folder: Path) -> None:
        """Writes the classifiers into `folder`, without pickle."""
        sio.dump(self._parts, folder / FILE)

    def probabilities(self, text: str, features: Array) -> tuple[dict[str, float], dict[str, float]]:
        """How likely each fact is, and each type, for one message and its row of features."""
        likeness = self._parts["kernel"].transform(features)
        scores = likeness @ self._parts["fact_weights"].T + self._parts["fact_biases"]
        facts = dict(zip(self._facts, (1 / (1 + np.exp(-scores[0]))).tolist(), strict=True))
        by_likeness, by_words = self._parts["types_by_likeness"], self._parts["types_by_words"]
        mean = (by_likeness.predict_proba(likeness) + by_words.predict_proba([tidied(text)])) / 2
        likely = _sharpened(mean, self._parts["sharpness"])[0]
        return facts, dict(zip(by_likeness.classes_.tolist(), likely.tolist(), strict=True))


def _fitted_fact(likeness: Array, target: Flags, unseen: Flags, settings: Settings) -> tuple[Array, float]:
    """Weights and bias of a linear classifier whose probabilities are calibrated (Platt's scaling)."""
    learned = LinearSVC(C=settings.facts_margin, random_state=0).fit(likeness[~unseen], target[~unseen])
    scores = learned.decision_function(likeness).reshape(-1, 1)
    few = min(target[unseen].sum(), (~target[unseen]).sum()) < settings.min_examples
    judged = np.ones_like(unseen) if few else unseen
    scaling = LogisticRegression(C=1.0).fit(scores[judged], target[judged])
    slope, shift = float(scaling.coef_[0, 0]), float(scaling.intercept_[0])
    return learned.coef_[0] * slope, float(learned.intercept_[0]) * slope + shift


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
    """Words, pairs of words and parts of words of tidied texts, with a linear classifier.

    Hashed: the stored classifier holds no vocabulary, so no word of the examples either. That each counts once, however
    often it stands in the message, reads untidy messages better than weighing by frequency (TF-IDF) does.
    """
    counting = {"alternate_sign": False, "binary": True}
    return make_pipeline(
        make_union(
            HashingVectorizer(ngram_range=(1, 2), n_features=2**15, **counting),
            HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), n_features=2**16, **counting),
        ),
        LinearSVC(C=margin, random_state=0),
    )
