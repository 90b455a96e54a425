"""What tests of the Telegram bot share: one started assistant for each way of getting updates."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.channels.telegram_bot import RunningBot, start_bot


@pytest.fixture(scope="session")
def bots() -> Iterator[tuple[RunningBot, RunningBot]]:
    """The one that polls and the one that Telegram calls, started side by side; no complaint of the API may pass."""
    with ThreadPoolExecutor(2) as pool:
        # With DEBUG, so that the log of all tests can be searched for what must never be in it.
        polling = pool.submit(start_bot, LOG_LEVEL="DEBUG", ASSISTANT_SECRET="a secret for tests")
        called = pool.submit(start_bot, webhook=True)
    running = polling.result(), called.result()
    yield running
    for each in running:
        each.stop()
    assert not [complaint for each in running for complaint in each.api.complaints]


@pytest.fixture
def bot(bots: tuple[RunningBot, RunningBot]) -> RunningBot:
    """The assistant with a Telegram bot that polls."""
    return bots[0]


@pytest.fixture
def webhook_bot(bots: tuple[RunningBot, RunningBot]) -> RunningBot:
    """The assistant with a Telegram bot that Telegram calls."""
    return bots[1]
