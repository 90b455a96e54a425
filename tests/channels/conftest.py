"""What tests of the Telegram bot share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.channels.telegram_bot import RunningBot, running_bot


@pytest.fixture(scope="session")
def webhook_bot() -> Iterator[RunningBot]:
    """The assistant with a Telegram bot that Telegram calls."""
    yield from running_bot(webhook=True)
