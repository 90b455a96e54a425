"""The running bot: how it gets updates, and how it starts and stops."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any
from urllib.parse import urlencode

from cachetools import TTLCache
from sanic import Sanic
from telegram import BotCommand, BotCommandScopeAllPrivateChats, LinkPreviewOptions, Update
from telegram.constants import UpdateType
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.ext import Defaults, ExtBot
from telegram.request import HTTPXRequest

from assistant.channels.telegram import Settings
from assistant.channels.telegram.chats import Chats
from assistant.channels.telegram.delivery import Delivery
from assistant.channels.telegram.limiter import ChatLimiter
from assistant.channels.telegram.updates import COMMANDS, Updates
from assistant.channels.turns import Turns
from assistant.nlg import SOURCE_LANGUAGE, languages
from assistant.telegram_check import REFUSED, UNREACHABLE

logger = logging.getLogger(__name__)

POLL_SECONDS = 25
LONGEST_PAUSE_SECONDS = 30.0
#: Updates in work; while there are more, no new ones are fetched, and Telegram keeps them.
MOST_IN_WORK = 500
#: What is given to turns in work when the bot stops; whoever started us kills after five seconds.
STOP_SECONDS = 3.0
ALLOWED = [
    UpdateType.MESSAGE,
    UpdateType.EDITED_MESSAGE,
    UpdateType.CALLBACK_QUERY,
    UpdateType.MY_CHAT_MEMBER,
    UpdateType.CHANNEL_POST,
]
CONFLICT = (
    "Another program fetches the messages of this Telegram bot, or a webhook was set elsewhere. "
    "Run only one, or create a second bot."
)

# The libraries' log lines hold the token (in addresses) and what people write.
for library in ("httpx", "httpcore", "telegram"):
    logging.getLogger(library).setLevel(logging.CRITICAL)


class TelegramBot:
    """Fetches or receives updates and has each answered once, in a task of its own."""

    def __init__(self, settings: Settings, turns: Turns) -> None:
        self._settings = settings
        self._turns = turns
        self._polling = HTTPXRequest(connection_pool_size=1, read_timeout=POLL_SECONDS + 10)
        self._bot: ExtBot[int] = ExtBot(
            settings.token,
            base_url=f"{settings.api_base}/bot",
            base_file_url=f"{settings.api_base}/file/bot",
            request=HTTPXRequest(connection_pool_size=64, read_timeout=15, connect_timeout=10, pool_timeout=30),
            get_updates_request=self._polling,
            defaults=Defaults(link_preview_options=LinkPreviewOptions(is_disabled=True)),
            rate_limiter=ChatLimiter(),
        )
        self._chats = Chats(bytes.fromhex(settings.derived("users")))
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: TTLCache[int, bool] = TTLCache(20_000, ttl=24 * 60 * 60)
        self._running: asyncio.Task[None] | None = None
        self._offset: int | None = None
        self._updates: Updates | None = None

    def start(self, app: Sanic) -> None:
        """Starts in the background, so that the web server does not wait for Telegram."""
        self._updates = Updates(self._bot, self._turns, self._chats, lambda: app.ctx.agent)
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Takes no more updates, lets turns in work end, and tells Telegram what has been taken."""
        if self._running:
            self._running.cancel()
            await asyncio.wait([self._running])
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        try:
            if self._offset is not None:
                await asyncio.wait_for(self._fetch(timeout=0, limit=1), 1)
        except (TelegramError, TimeoutError):
            pass  # what was taken just now may come once more
        await self._bot.shutdown()

    def receive(self, body: bytes) -> bool:
        """Takes an update that Telegram has sent to the webhook; False asks for it once more, later."""
        if self._updates is None or len(self._tasks) >= MOST_IN_WORK:
            return False
        try:
            self._take(json.loads(body))
        except (ValueError, RecursionError):
            logger.warning("A malformed update was dropped.")
        return True

    # -- start ---------------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            await self._introduce()
            if self._settings.webhook_url:
                await self._set_webhook()
                logger.info("The Telegram bot is there, by webhook.")
            else:
                await self._poll()
        except InvalidToken:  # its message holds the token
            logger.error("%s Until then there is no Telegram bot.", REFUSED)
        except Exception as error:
            logger.error("The Telegram bot has ended: %s.", type(error).__name__)

    async def _introduce(self) -> None:
        """Learns who we are, as soon as Telegram can be reached, and registers the menu of commands."""
        pause = 0.5
        while True:
            try:
                await self._bot.initialize()
                if not self._settings.webhook_url:
                    await self._bot.delete_webhook()
                break
            except InvalidToken:
                raise
            except TelegramError:
                logger.warning(UNREACHABLE)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
        try:
            await self._register_commands()
        except TelegramError as error:
            logger.warning("Telegram did not take the menu of commands: %s.", type(error).__name__)

    async def _register_commands(self) -> None:
        delivery = Delivery(self._bot, self._chats)
        for code in languages():
            commands = [
                BotCommand(name, delivery.words(f"utter_telegram_command_{name}", {"language": code}))
                for name in COMMANDS
            ]
            scope = BotCommandScopeAllPrivateChats()
            if code == SOURCE_LANGUAGE:
                await self._bot.set_my_commands(commands, scope)  # for every language we don't have
            if len(code) == 2:  # Telegram knows two-letter codes only
                await self._bot.set_my_commands(commands, scope, code)

    async def _set_webhook(self) -> None:
        url = f"{self._settings.webhook_url}/webhooks/telegram/{self._settings.derived('webhook path')}"
        await self._bot.set_webhook(
            url, allowed_updates=ALLOWED, secret_token=self._settings.derived("webhook secret"), max_connections=20
        )

    # -- polling -------------------------------------------------------------------------------------------------------

    async def _poll(self) -> None:
        """Asks Telegram for updates until cancelled.

        The library's own Updater asks for ever for a batch with one update that it can't read; here that one is
        dropped. The next call, made before the answers are worked out, tells Telegram what has been taken.
        """
        logger.info("The Telegram bot is there, by long polling.")
        pause = 0.0
        while True:
            while len(self._tasks) >= MOST_IN_WORK:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            try:
                batch = await self._fetch(POLL_SECONDS)
                pause = 0.0 if self._take_all(batch) or not batch else 1.0
            except InvalidToken:
                raise
            except TelegramError as error:
                pause = self._pause_after(error, pause)
            await asyncio.sleep(pause)

    async def _fetch(self, timeout: int, limit: int = 100) -> list[Any]:
        asked = {"timeout": timeout, "limit": limit, "allowed_updates": json.dumps(ALLOWED)}
        if self._offset is not None:
            asked["offset"] = self._offset
        batch = await self._polling.post(f"{self._bot.base_url}/getUpdates?{urlencode(asked)}")
        return batch if isinstance(batch, list) else []

    def _take_all(self, batch: list[Any]) -> bool:
        """Takes the updates of a batch; whether Telegram can be told so."""
        numbers = [raw["update_id"] for raw in batch if isinstance(raw, dict) and type(raw.get("update_id")) is int]
        self._offset = max(numbers) + 1 if numbers else self._offset
        for raw in batch:
            self._take(raw)
        return bool(numbers)

    @staticmethod
    def _pause_after(error: TelegramError, pause: float) -> float:
        if isinstance(error, RetryAfter):
            wait = error.retry_after
            return float(wait if isinstance(wait, int) else wait.total_seconds())
        if isinstance(error, Conflict):
            logger.warning(CONFLICT)
        elif pause == 0:
            logger.warning(UNREACHABLE)
        return min(LONGEST_PAUSE_SECONDS, max(0.5, pause * 2))

    # -- updates -------------------------------------------------------------------------------------------------------

    def _take(self, raw: Any) -> None:
        """Has one update answered, unless it was taken before or can't be read."""
        try:
            update = Update.de_json(raw, self._bot)
            number = int(update.update_id)
        except Exception:  # whatever it is, it must not stop the others
            logger.warning("A malformed update was dropped.")
            return
        if number in self._seen:
            return
        self._seen[number] = True
        task = asyncio.get_running_loop().create_task(self._handle(update))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, update: Update) -> None:
        assert self._updates is not None
        try:
            await self._updates.handle(update)
        except Exception as error:
            logger.error("An update was not answered: %s.", type(error).__name__)
