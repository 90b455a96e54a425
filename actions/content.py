"""Where the content lies and how it is read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

#: Everything the assistant says and knows; edited by helpline staff and translators.
CONTENT = Path(__file__).resolve().parent.parent / "content"


@cache
def load_yaml(path: Path) -> Any:
    """The parsed YAML file at `path`, read once per process; callers must not change it."""
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
