"""Every conversation file holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.assistant_process import Client
from tests.conversations.runner import FOLDER, conversation_files, run


@pytest.mark.parametrize("path", conversation_files(), ids=lambda path: str(path.relative_to(FOLDER).with_suffix("")))
def test_conversation(path: Path, client: Client) -> None:
    run(path, client)
