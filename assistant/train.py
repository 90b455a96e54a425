"""Trains the model when it is older than what it is made from: `python -m assistant.train [--force]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

MODEL = Path("models/assistant.tar.gz")
GAZETTEER = Path("models/gazetteer")
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


def input_files() -> Iterator[Path]:
    for name in INPUTS:
        path = Path(name)
        files = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in files if file.is_file() and "__pycache__" not in file.parts)


def up_to_date() -> bool:
    return (
        MODEL.exists() and GAZETTEER.exists() and MODEL.stat().st_mtime >= max(f.stat().st_mtime for f in input_files())
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--force", action="store_true", help="train even if the model is up to date")
    if up_to_date() and not parser.parse_args().force:
        print("The model is up to date.")
        return
    started = time.monotonic()
    print("Building the gazetteer of platforms, countries and payment methods.", flush=True)
    _run("assistant.nlu.gazetteer", str(GAZETTEER))
    print("Training the model. This takes one to two minutes.", flush=True)
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
