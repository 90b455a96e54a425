"""Signed tokens: the only way into a conversation."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer

MAX_AGE_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Conversation:
    """A conversation as its token names it. Language and country are in it, so that even a fault is said in them."""

    id: str
    language: str
    country: str | None


class InvalidToken(Exception):
    """The token is missing, forged, damaged or too old."""


class Tokens:
    """Issues and reads tokens signed with `secret`; without one, tokens last as long as the process."""

    def __init__(self, secret: str | None = None) -> None:
        self._serializer = URLSafeTimedSerializer(secret or secrets.token_urlsafe(32), salt="conversation")

    def start(self, language: str, country: str | None) -> tuple[Conversation, str]:
        """A new conversation with an identifier nobody can guess, and its token."""
        conversation = Conversation(secrets.token_urlsafe(18), language, country)
        return conversation, self._serializer.dumps([conversation.id, language, country])

    def read(self, authorization: str | None) -> Conversation:
        """The conversation of an `Authorization: Bearer <token>` header. Raises InvalidToken."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise InvalidToken
        try:
            identifier, language, country = self._serializer.loads(token.strip(), max_age=MAX_AGE_SECONDS)
        except (BadData, ValueError, TypeError) as error:
            raise InvalidToken from error
        return Conversation(identifier, language, country)
