"""Trains the model when it is older than what it is made from: `python -m assistant.train [--force]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

MODEL = Path("models/assistant.tar.gz")
GAZETTEER = Path("models/gazetteer")
ENCODER = Path("models/encoder.onnx")
#: What the encoder is built from.
ENCODER_INPUTS = (
    "data/encoder_adapters.npz",
    "assistant/nlu/encoder_build.py",
    "assistant/nlu/base_model.py",
    "uv.lock",
)
#: What the model is made from. Wording, contacts and the playbook are read at run time and need no training.
INPUTS = (
    "config.yml",
    "domain.yml",
    "data",
    "content/platforms.yml",
    "content/payments.yml",
    "content/gazetteer.yml",
    "assistant/nlu",
    "assistant/importer.py",
    "uv.lock",
)


def input_files(names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        path = Path(name)
        files = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in files if file.is_file() and "__pycache__" not in file.parts)


def up_to_date() -> bool:
    return GAZETTEER.exists() and newer(ENCODER, ENCODER_INPUTS) and newer(MODEL, INPUTS)


def newer(result: Path, inputs: Iterable[str]) -> bool:
    """Whether `result` exists and is no older than any of its inputs."""
    return result.exists() and result.stat().st_mtime >= max(file.stat().st_mtime for file in input_files(inputs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--force", action="store_true", help="train even if the model is up to date")
    if up_to_date() and not parser.parse_args().force:
        print("The model is up to date.")
        return
    started = time.monotonic()
    print("Building the gazetteer of platforms, countries and payment methods.", flush=True)
    _run("assistant.nlu.gazetteer", str(GAZETTEER))
    if not newer(ENCODER, ENCODER_INPUTS):
        print("Building the encoder.", flush=True)
        _run("assistant.nlu.encoder_build", str(ENCODER))
    print("Training the model. This takes about seven minutes.", flush=True)
    # Rasa's cache does not see changed code of our components, so it is left aside.
    _run("rasa", "train", "--fixed-model-name", MODEL.name.removesuffix(".tar.gz"), "--skip-validation", "--force")
    MODEL.touch()
    print(f"The model is trained ({time.monotonic() - started:.0f} s).")


def _run(module: str, *arguments: str) -> None:
    log = Path("models/training.log")
    with log.open("w") as file:
        result = subprocess.run(
            [sys.executable, "-m", module, *arguments], stdout=file, stderr=subprocess.STDOUT, check=False
        )
    if result.returncode:
        sys.exit(f"That failed. {log} has the details.")


if __name__ == "__main__":
    main()
