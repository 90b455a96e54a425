"""Lets Rasa validate the training data; any warning fails: `python -m assistant.validate`."""

from __future__ import annotations

import subprocess
import sys


def main() -> None:
    command = [sys.executable, "-m", "rasa", "data", "validate", "--fail-on-warnings"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (result.stdout + result.stderr).splitlines()
    warnings = [line for line in lines if "UserWarning" in line]
    if result.returncode or warnings:
        sys.exit("\n".join(warnings or lines[-20:]))
    print("Rasa finds nothing wrong with the training data.")


if __name__ == "__main__":
    main()
