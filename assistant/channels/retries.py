"""A message that is sent again, because its answer was lost on the way, is answered again and not taken twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cachetools import TTLCache

from assistant.channels.turns import Reply

#: Long enough for a phone that comes out of a tunnel, too short to be a record.
KEPT_SECONDS = 120
MOST_CONVERSATIONS = 2_000


class LastAnswers:
    """The last answer of each conversation, for two minutes, under the identifier that the caller gave its message."""

    def __init__(self) -> None:
        self._last: TTLCache[str, tuple[str, asyncio.Future[Reply]]] = TTLCache(MOST_CONVERSATIONS, KEPT_SECONDS)

    async def once(self, conversation: str, message: str | None, turn: Callable[[], Awaitable[Reply]]) -> Reply:
        """Runs `turn`, or gives the answer of the turn that already runs or ran for this `message`.

        A turn goes on when its caller is cut off, so that a second try finds its answer.
        """
        if message is None:
            return await turn()
        known, running = self._last.get(conversation, (None, None))
        if running is None or known != message:
            running = asyncio.ensure_future(turn())
            running.add_done_callback(lambda done: self._drop_if_failed(conversation, done))
            self._last[conversation] = (message, running)
        return await asyncio.shield(running)

    def forget(self, conversation: str) -> None:
        """Drops the last answer of an erased conversation."""
        self._last.pop(conversation, None)

    def _drop_if_failed(self, conversation: str, done: asyncio.Future[Reply]) -> None:
        if (done.cancelled() or done.exception()) and self._last.get(conversation, (None, None))[1] is done:
            self.forget(conversation)
