"""Keeps to Telegram's limits, and tries again what did not go through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from aiolimiter import AsyncLimiter
from cachetools import TTLCache
from telegram.error import BadRequest, NetworkError, RetryAfter
from telegram.ext import BaseRateLimiter

#: Telegram's limits: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
MESSAGES_PER_SECOND = 30
MESSAGES_PER_SECOND_IN_A_CHAT = 1
#: What puts a new message into a chat.
MESSAGES = {"sendMessage", "sendContact"}
#: Not worth a second try.
PASSING = {"sendChatAction", "getMe"}
MOST_ATTEMPTS = 5
#: A longer wait than this helps nobody who waits for an answer.
LONGEST_WAIT_SECONDS = 90

Answer = bool | dict[str, Any] | list[dict[str, Any]]


class ChatLimiter(BaseRateLimiter[int]):
    """The library's place for limits: 30 messages a second overall, one a second in a chat.

    Its own AIORateLimiter does not limit private chats, and when Telegram asks to wait in one chat it holds back all.
    """

    def __init__(self) -> None:
        self._overall = AsyncLimiter(MESSAGES_PER_SECOND, 1)
        self._chats: TTLCache[Any, AsyncLimiter] = TTLCache(10_000, ttl=30)

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to give back."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Answer:
        """Sends the request when its turn has come, up to MOST_ATTEMPTS times."""
        attempts = 1 if endpoint in PASSING else MOST_ATTEMPTS
        for attempt in range(1, attempts + 1):
            await self._turn_of(endpoint, data.get("chat_id"))
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                wait = _seconds(error)
                if attempt == attempts or wait > LONGEST_WAIT_SECONDS:
                    raise
            except BadRequest:  # the library counts it among network errors
                raise
            except NetworkError:
                # What timed out may have arrived. A message said twice is better than one that is lost.
                wait = 0.5 * 2 ** (attempt - 1)
                if attempt == attempts:
                    raise
            await asyncio.sleep(wait)
        raise AssertionError("The last attempt returns or raises")

    async def _turn_of(self, endpoint: str, chat: Any) -> None:
        if chat is None:
            return
        if endpoint in MESSAGES:
            limiter = self._chats.get(chat) or AsyncLimiter(MESSAGES_PER_SECOND_IN_A_CHAT, 1)
            self._chats[chat] = limiter  # stays as long as it is used
            await limiter.acquire()
        await self._overall.acquire()


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
