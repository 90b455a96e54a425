"""The ways of telling the type of case from a message that are compared. All learn from the same labelled texts."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import yaml
from rasa.core.agent import Agent
from sklearn.calibration import CalibratedClassifierCV
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from assistant.evaluate import MODEL
from assistant.nlu.base_model import Array
from assistant.nlu.case_classifiers import counted_words, words_classifier
from assistant.nlu.case_facts import TYPE_PROBABILITIES, CaseFactsClassifier
from assistant.nlu.case_types import TYPES
from assistant.nlu.tidying import tidied

CUES = Path("data/nlu/cues.yml")
#: The parts of the assistant are compared as it has them.
SETTINGS = CaseFactsClassifier.get_default_config()
Encode = Callable[[Sequence[str]], Array]


class System(ABC):
    """One way. `probabilities` has a row a text and a column a type, in the order of `TYPES`."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def fit(self, texts: Sequence[str], types: Sequence[str]) -> None:
        """Learns from labelled texts."""

    @abstractmethod
    def probabilities(self, texts: Sequence[str]) -> Array:
        """How likely each text is of each type."""

    def timed(self, texts: Sequence[str]) -> tuple[Array, float]:
        """Probabilities, and the milliseconds that one text took, read one at a time as messages come."""
        started = time.perf_counter()
        rows = [self.probabilities([text])[0] for text in texts]
        return np.array(rows), (time.perf_counter() - started) * 1000 / len(texts)


class Assistant(System):
    """This project as it is trained, all of its pipeline included."""

    def fit(self, texts: Sequence[str], types: Sequence[str]) -> None:
        self._agent = Agent.load(str(MODEL))

    def probabilities(self, texts: Sequence[str]) -> Array:
        parsed = [asyncio.run(self._agent.parse_message(text)) for text in texts]
        return np.array([[p[TYPE_PROBABILITIES].get(name, 0.0) for name in TYPES] for p in parsed])


class Keywords(System):
    """Word lists only: the cues of data/nlu/cues.yml, and the type that they speak for. Learns nothing."""

    def fit(self, texts: Sequence[str], types: Sequence[str]) -> None:
        blocks = yaml.safe_load(CUES.read_text(encoding="utf-8"))["nlu"]
        self._cues = {
            block["regex"]: re.compile(
                "|".join(line.strip().removeprefix("- ") for line in block["examples"].splitlines()), re.IGNORECASE
            )
            for block in blocks
        }

    def probabilities(self, texts: Sequence[str]) -> Array:
        return np.array([[float(name == self._type(text)) for name in TYPES] for text in texts])

    def _type(self, text: str) -> str:
        found = {name for name, pattern in self._cues.items() if pattern.search(text)}
        if "word_for_mail_scam" in found:
            return "webcam_email"
        money, images = found & {"amount", "word_for_money"}, "word_for_more_images" in found
        if money and images:
            return "both"
        if money or images:
            return "financial" if money else "image"
        return "other" if found & {"word_for_threat", "word_for_leaked", "word_for_fake"} else "off_topic"


class Learned(System):
    """A classifier of scikit-learn over whatever turns texts into numbers."""

    def __init__(self, name: str, encode: Encode | None, classifier: Any) -> None:
        super().__init__(name)
        self._encode, self._classifier = encode, classifier

    def fit(self, texts: Sequence[str], types: Sequence[str]) -> None:
        if self._encode:
            self._mean = self._encode(texts).mean(axis=0)
        self._classifier.fit(self._features(texts), np.asarray(types))

    def probabilities(self, texts: Sequence[str]) -> Array:
        likely = self._classifier.predict_proba(self._features(texts))
        order = [list(self._classifier.classes_).index(name) for name in TYPES]
        return np.asarray(likely[:, order])

    def _features(self, texts: Sequence[str]) -> Any:
        return (self._encode(texts) - self._mean) * 8 if self._encode else texts


def words(name: str) -> Learned:
    """Words and parts of words with a linear classifier: the strong classic of text classification."""
    tidying = FunctionTransformer(lambda texts: [tidied(text) for text in texts])
    learner = make_pipeline(tidying, counted_words(), words_classifier(SETTINGS["words_margin"]))
    return Learned(name, None, CalibratedClassifierCV(learner, cv=3))


def linear() -> LogisticRegression:
    return LogisticRegression(C=0.5, max_iter=500)


def kernel() -> Pipeline:
    likeness = Nystroem(gamma=SETTINGS["gamma"], n_components=SETTINGS["landmarks"], random_state=0)
    return make_pipeline(likeness, LogisticRegression(C=SETTINGS["types_margin"], max_iter=300))


class StockRasa(System):
    """Rasa's own default pipeline (DIET), in an environment of its own with TensorFlow."""

    def __init__(self, name: str, python: Path, epochs: int) -> None:
        super().__init__(f"{name}, {epochs} epochs")
        self._python, self._epochs = python, epochs

    def fit(self, texts: Sequence[str], types: Sequence[str]) -> None:
        self._examples = list(zip(texts, types, strict=True))
        self._answers: dict[str, list[float]] = {}

    def learn_and_read(self, texts: Sequence[str]) -> None:
        """Trains, then reads all of `texts` in the one process that has the model."""
        with TemporaryDirectory() as folder:
            task, answer = Path(folder) / "task.json", Path(folder) / "answer.json"
            task.write_text(json.dumps({"examples": self._examples, "texts": list(texts), "epochs": self._epochs}))
            script = Path(__file__).with_name("stock_rasa.py")
            subprocess.run([self._python, script.resolve(), task, answer], check=True, cwd=folder)
            read = json.loads(answer.read_text())
        self._milliseconds = read["milliseconds"]
        self._answers = {
            text: [ranking.get(name, 0.0) for name in TYPES]
            for text, ranking in zip(texts, read["rankings"], strict=True)
        }

    def probabilities(self, texts: Sequence[str]) -> Array:
        return np.array([self._answers[text] for text in texts])

    def timed(self, texts: Sequence[str]) -> tuple[Array, float]:
        return self.probabilities(texts), self._milliseconds
