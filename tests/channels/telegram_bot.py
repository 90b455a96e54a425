"""The assistant with its Telegram bot, started once for each way of getting updates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.assistant_process import AssistantProcess
from tests.bot_api_server import TOKEN, BotApiServer, Person

#: So that the log can be searched for it: a person's name, number and words are in all tests the same kind.
FIRST_PERSON = 5_900_000_001
SECRET_WORDS = "quillfeather"

_people = count(FIRST_PERSON)


@dataclass
class RunningBot:
    """A started assistant and the Bot API that it talks to."""

    api: BotApiServer
    assistant: AssistantProcess

    def person(self, language: str | None = "en") -> Person:
        return Person(self.api, next(_people), language)

    def log(self) -> str:
        return self.assistant.log.read_text()

    def stop(self) -> None:
        self.assistant.stop()
        self.api.stop()


def start_bot(webhook: bool = False, **environment: str) -> RunningBot:
    """Starts both, and waits until the bot is there."""
    api = BotApiServer().start()
    assistant = AssistantProcess(TELEGRAM_BOT_TOKEN=TOKEN, TELEGRAM_API_BASE=api.url, **environment)
    if webhook:
        assistant.environment["TELEGRAM_WEBHOOK_URL"] = assistant.url
    assistant.start()
    api.wait(lambda: api.webhook if webhook else api.made("getUpdates"))
    return RunningBot(api, assistant)


def buttons_of(message: dict[str, Any]) -> list[list[dict[str, Any]]]:
    rows: list[list[dict[str, Any]]] = (message.get("reply_markup") or {}).get("inline_keyboard", [])
    return rows
