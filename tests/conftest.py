"""What tests share: one running assistant for all tests that talk to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.assistant_process import AssistantProcess, Client

#: The other site that may call this assistant.
ALLOWED_ORIGIN = "https://www.helpline.example"


@pytest.fixture(scope="session")
def assistant() -> Iterator[AssistantProcess]:
    """The assistant as `make run` starts it."""
    running = AssistantProcess(ALLOWED_ORIGINS=ALLOWED_ORIGIN).start()
    yield running
    running.stop()


@pytest.fixture
def client(assistant: AssistantProcess) -> Client:
    return Client(assistant.url)
