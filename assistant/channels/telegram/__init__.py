"""The `telegram` channel: the assistant as a Telegram bot. docs/telegram.md describes it for operators.

Without a token nothing of it is loaded: the bot's modules and the Telegram library are imported only to start it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass
from typing import Any

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, empty

from assistant.channels.turns import Handler, Turns
from assistant.telegram_check import API_BASE, problem

logger = logging.getLogger(__name__)

#: Telegram repeats the whole message in an update: with text in escapes that is more than a webchat message may hold.
MOST_WEBHOOK_BYTES = 400_000


@dataclass(frozen=True)
class Settings:
    """How the bot reaches Telegram. With `webhook_url` Telegram calls us, else we ask Telegram."""

    token: str
    secret: str
    webhook_url: str = ""
    api_base: str = API_BASE

    def derived(self, purpose: str) -> str:
        """A text that nobody can guess without the secret, the same for the same purpose."""
        return hmac.new(self.secret.encode(), f"telegram {purpose} {self.token}".encode(), hashlib.sha256).hexdigest()


class TelegramInput(InputChannel):
    """Runs the bot beside the web server. Configured in credentials.yml; off without a `token`.

    `webhook_url` is the assistant's public address for Telegram's calls; without it the bot asks Telegram (long
    polling). `secret` keys the hashes of users (empty: a fresh one each start). `api_base` is for tests.
    """

    def __init__(self, settings: Settings | None) -> None:
        self._settings = settings

    @classmethod
    def name(cls) -> str:
        return "telegram"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> TelegramInput:
        given = {name: str(value or "").strip() for name, value in (credentials or {}).items()}
        token, webhook_url = given.get("token", ""), given.get("webhook_url", "")
        if not token:
            return cls(None)
        wrong = problem(token, webhook_url)
        if wrong:
            logger.error("%s Until then there is no Telegram bot.", wrong)
            return cls(None)
        secret = given.get("secret") or secrets.token_urlsafe(32)
        return cls(Settings(token, secret, webhook_url.rstrip("/"), given.get("api_base") or API_BASE))

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        blueprint = Blueprint("telegram")
        if self._settings is None:
            return blueprint
        from assistant.channels.telegram.bot import TelegramBot  # noqa: PLC0415 (costs only where it is used)

        bot = TelegramBot(self._settings, Turns(self.name(), on_new_message))

        @blueprint.listener("after_server_start")
        async def start(app: Sanic, _: Any) -> None:
            bot.start(app)

        @blueprint.listener("before_server_stop")
        async def stop(app: Sanic, _: Any) -> None:
            await bot.stop()

        if self._settings.webhook_url:
            self._add_webhook(blueprint, bot)
        return blueprint

    def _add_webhook(self, blueprint: Blueprint, bot: Any) -> None:
        assert self._settings is not None
        secret = self._settings.derived("webhook secret").encode()

        @blueprint.listener("after_server_start")
        async def allow_large_updates(app: Sanic, _: Any) -> None:
            app.config.REQUEST_MAX_SIZE = max(app.config.REQUEST_MAX_SIZE, MOST_WEBHOOK_BYTES)

        @blueprint.route(f"/{self._settings.derived('webhook path')}", methods=["POST"])
        async def webhook(request: Request) -> HTTPResponse:
            given = request.headers.get("x-telegram-bot-api-secret-token") or ""
            if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret):
                return empty(403)
            # 200 at once, before the answer is worked out: Telegram would send a slow update again.
            return empty(200 if bot.receive(request.body) else 503)
