"""Which other sites may call the assistant from their pages: those named in ALLOWED_ORIGINS, and no others."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

_ORIGIN = re.compile(r"https?://(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?")


def allowed_origins(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The sites of ALLOWED_ORIGINS, separated by spaces or commas. Raises ValueError for what is no origin."""
    origins = [origin.lower() for origin in re.split(r"[\s,]+", environment.get("ALLOWED_ORIGINS", "")) if origin]
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f"ALLOWED_ORIGINS: {origin} is not the address of a site. "
                "Write https:// and the name, without anything behind it: https://www.helpline.example"
            )
    return origins
