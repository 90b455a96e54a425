"""Trains Rasa's default pipeline on a task and reads messages with it. Runs in the environment that has TensorFlow.

`stock_rasa.py TASK.json ANSWER.json`: the task has examples ([text, type]), texts and epochs; the answer has a ranking
({type: probability}) a text and the milliseconds a text took.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

os.environ["RASA_TELEMETRY_ENABLED"] = "false"

import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu

#: What `rasa init` of Rasa 3.6 proposes.
PIPELINE: list[dict[str, object]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "constrain_similarities": True, "entity_recognition": False, "random_seed": 1},
]


def main(task: Path, answer: Path) -> None:
    given = json.loads(task.read_text())
    by_type: dict[str, list[str]] = {}
    for text, kind in given["examples"]:
        by_type.setdefault(kind, []).append(" ".join(text.split()))
    pipeline = [*PIPELINE[:-1], {**PIPELINE[-1], "epochs": given["epochs"]}]
    config = {"recipe": "default.v1", "language": "en", "assistant_id": "stock", "pipeline": pipeline}
    Path("config.yml").write_text(yaml.safe_dump(config))
    blocks = [{"intent": k, "examples": "".join(f"- {t}\n" for t in texts)} for k, texts in by_type.items()]
    Path("nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True))
    model = train_nlu("config.yml", "nlu.yml", "models", fixed_model_name="stock")
    agent = Agent.load(model)
    rankings = []
    started = time.perf_counter()
    for text in given["texts"]:
        parsed = asyncio.run(agent.parse_message(text))
        rankings.append({ranked["name"]: ranked["confidence"] for ranked in parsed["intent_ranking"]})
    milliseconds = (time.perf_counter() - started) * 1000 / len(given["texts"])
    answer.write_text(json.dumps({"rankings": rankings, "milliseconds": milliseconds}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
