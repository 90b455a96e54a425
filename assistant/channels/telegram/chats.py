"""What is remembered of a chat while its conversation lasts: in memory, under a hash, for an hour."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from cachetools import TTLCache
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from assistant.channels.tokens import Conversation
from assistant.tracker_store import MOST_CONVERSATIONS

#: As long as the tracker store keeps a conversation (endpoints.yml).
KEPT_SECONDS = 60 * 60
UPDATES = RateLimitItemPerMinute(40)
#: Messages of one chat that wait while one is answered; more are not taken.
MOST_WAITING = 10
#: How often a flood is told that it is one.
NOTICES = RateLimitItemPerMinute(2)


@dataclass
class Chat:
    """One private chat. `id` is a keyed hash; no number, name or text of a person is in here."""

    id: str
    language: str
    country: str | None = None
    #: The message whose keyboard counts, and the buttons on it.
    keyboard: int | None = None
    buttons: list[Mapping[str, str]] = field(default_factory=list)
    #: The message whose keyboard was used last: tapped again in haste, it says nothing new.
    used: int | None = None
    step: str | None = None
    album: str | None = None
    contacts: set[str] = field(default_factory=set)
    waiting: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def conversation(self) -> Conversation:
        return Conversation(self.id, self.language, self.country)

    def clear(self) -> None:
        """Forgets the conversation; language and country stay for the next one, as on the person's device."""
        self.keyboard, self.used, self.step, self.album = None, None, None, None
        self.buttons, self.contacts = [], set()


class Chats:
    """All chats, by hash."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._chats: TTLCache[str, Chat] = TTLCache(MOST_CONVERSATIONS, ttl=KEPT_SECONDS)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def of(self, number: int, language: str | None) -> Chat:
        """The chat with Telegram's `number`; a new one speaks the `language` of the person's Telegram."""
        hashed = self._hash(f"chat {number}")
        chat = self._chats.get(hashed) or Chat(hashed, language or "en")
        self._chats[hashed] = chat  # the hour starts anew
        return chat

    def admits(self, chat: Chat) -> bool:
        """Whether one more update of this chat is taken now; counts it."""
        return chat.waiting < MOST_WAITING and self._limiter.hit(UPDATES, "update", chat.id)

    def may_be_told(self, chat: Chat) -> bool:
        """Whether a flood is told so once more."""
        return self._limiter.hit(NOTICES, "notice", chat.id)

    def forget(self, chat: Chat) -> None:
        self._chats.pop(chat.id, None)

    def key_of(self, chat: Chat, payload: str) -> str:
        """The callback data of a button: payloads can be longer than the 64 bytes that Telegram takes."""
        return self._hash(f"payload {chat.id} {payload}")

    def _hash(self, text: str) -> str:
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest[:18]).decode()
