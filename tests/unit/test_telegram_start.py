"""Starting the bot: what is wrong is said in one sentence, and without a token nothing is loaded."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage
from telegram.error import BadRequest, NetworkError, RetryAfter, TimedOut

from assistant import telegram_check
from assistant.channels.telegram import Settings, TelegramInput
from assistant.channels.telegram.bot import TelegramBot
from assistant.channels.telegram.limiter import ChatLimiter
from assistant.channels.turns import Turns
from assistant.telegram_check import BAD_WEBHOOK, MALFORMED, MISSING, REFUSED, problem
from tests.bot_api_server import TOKEN, BotApiServer, Person, Refusal

OTHER_TOKEN = "7000000002:" + "B" * 35


@pytest.fixture
def api() -> Iterator[BotApiServer]:
    server = BotApiServer().start()
    yield server
    server.stop()


# -- the settings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "webhook", "wrong"),
    [
        ("", "", MISSING),
        ("123", "", MALFORMED),
        ("<token>", "", MALFORMED),
        (f"{TOKEN} ", "", MALFORMED),
        (TOKEN, "help.example.org", BAD_WEBHOOK),
        (TOKEN, "http://help.example.org", BAD_WEBHOOK),
        (TOKEN, "https://help.example.org/path", BAD_WEBHOOK),
        (TOKEN, "https://help.example.org:5005", BAD_WEBHOOK),
        (TOKEN, "https://help.example.org:8443", None),
        (TOKEN, "https://help.example.org/", None),
        (TOKEN, "", None),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(token: str, webhook: str, wrong: str | None) -> None:
    assert problem(token, webhook) == wrong
    assert wrong is None or token == "" or token not in wrong


@pytest.mark.parametrize("token", ["", "123", OTHER_TOKEN])
def test_make_telegram_ends_before_it_starts_anything(api: BotApiServer, token: str) -> None:
    with pytest.raises(SystemExit) as ended:
        telegram_check.main({"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_API_BASE": api.url})
    assert ended.value.code in (MISSING, MALFORMED, REFUSED)


def test_make_telegram_goes_on_with_a_good_token_and_when_telegram_is_away(
    api: BotApiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    telegram_check.main({"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": api.url})
    assert capsys.readouterr().out == ""
    telegram_check.main({"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": "http://127.0.0.1:9"})
    assert "can't be reached" in capsys.readouterr().out


def test_without_a_token_the_library_is_not_even_loaded() -> None:
    script = (
        "import sys; from assistant.channels.telegram import TelegramInput as T; "
        "b = T.from_credentials({'token': '', 'webhook_url': '', 'api_base': '', 'secret': ''}).blueprint(None); "
        "print(len(b._future_listeners), len(b._future_routes), {'telegram', 'aiolimiter'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "0 0 set()" in result.stdout


def test_a_malformed_token_turns_the_bot_off_with_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    assert TelegramInput.from_credentials({"token": "abc"})._settings is None
    assert MALFORMED in caplog.text


# -- the bot with a stand-in for Rasa ----------------------------------------------------------------------------------


def bot(api: BotApiServer, heard: list[UserMessage], token: str = TOKEN) -> tuple[TelegramBot, Any]:
    """A bot whose assistant says "Yes." to everything."""

    async def handler(message: UserMessage) -> None:
        heard.append(message)
        await message.output_channel.send_response(
            message.sender_id, {"text": "Yes.", "buttons": [{"title": "On", "payload": "/on"}]}
        )

    async def nothing(*_: Any) -> None:
        return None

    store = SimpleNamespace(retrieve=nothing, exists=nothing, delete=nothing)
    wrapper = SimpleNamespace(**vars(store), _tracker_store=store, _fallback_tracker_store=None)
    app = SimpleNamespace(ctx=SimpleNamespace(agent=SimpleNamespace(tracker_store=wrapper)))
    return TelegramBot(Settings(token, "secret", api_base=api.url), Turns("telegram", handler)), app


async def holds(condition: Any) -> None:
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("It did not happen")


async def test_a_refused_token_is_said_plainly_and_nothing_else_stops(
    api: BotApiServer, caplog: pytest.LogCaptureFixture
) -> None:
    running, app = bot(api, [], OTHER_TOKEN)
    running.start(app)
    await holds(lambda: REFUSED in caplog.text)
    await running.stop()
    assert OTHER_TOKEN not in caplog.text


async def test_a_bot_started_while_telegram_is_away_comes_when_it_is_back(
    api: BotApiServer, caplog: pytest.LogCaptureFixture
) -> None:
    running, app = bot(api, [])
    api.stop()
    running.start(app)
    await holds(lambda: "can't be reached" in caplog.text)
    api.start()
    await holds(lambda: api.made("getUpdates"))
    await running.stop()


async def test_a_second_poller_is_named(api: BotApiServer, caplog: pytest.LogCaptureFixture) -> None:
    running, app = bot(api, [])
    api.refuse("getUpdates", Refusal(409, "Conflict: terminated by other getUpdates request"))
    running.start(app)
    await holds(lambda: "Run only one" in caplog.text)
    await holds(lambda: len(api.made("getUpdates")) >= 2)
    await running.stop()


async def test_a_person_is_a_hash_to_rasa(api: BotApiServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    heard: list[UserMessage] = []
    running, app = bot(api, heard)
    running.start(app)
    person = Person(api, 5_900_000_001)
    person.send(text="hello from Quillfeather")
    await holds(lambda: heard)
    await holds(lambda: "Yes." in person.text())
    await running.stop()
    assert {message.input_channel for message in heard} == {"telegram"}
    for message in heard:
        assert str(person.id) not in f"{message.sender_id}{message.metadata}"
        assert person.name not in f"{message.sender_id}{message.metadata}"
    log = "".join(record.getMessage() for record in caplog.records if record.name != "asyncio")
    assert TOKEN not in log
    assert "Quillfeather" not in log


async def test_what_was_taken_is_confirmed_when_the_bot_stops(api: BotApiServer) -> None:
    heard: list[UserMessage] = []
    running, app = bot(api, heard)
    running.start(app)
    Person(api, 7).send(text="hello")
    await holds(lambda: heard)
    await running.stop()
    assert not api.pending()


# -- limits ------------------------------------------------------------------------------------------------------------


async def send(limiter: ChatLimiter, chat: int, *outcomes: Exception | None, endpoint: str = "sendMessage") -> int:
    """Sends to `chat`; the first tries end with the `outcomes`. Gives the number of tries."""
    left, tries = list(outcomes), 0

    async def callback() -> bool:
        nonlocal tries
        tries += 1
        outcome = left.pop(0) if left else None
        if outcome:
            raise outcome
        return True

    await limiter.process_request(callback, (), {}, endpoint, {"chat_id": chat}, None)
    return tries


async def test_a_chat_gets_one_message_a_second_and_others_do_not_wait() -> None:
    limiter, clock = ChatLimiter(), asyncio.get_running_loop()
    started = clock.time()
    await asyncio.gather(*(send(limiter, chat) for chat in range(20)))
    assert clock.time() - started < 0.5
    await asyncio.gather(send(limiter, 1), send(limiter, 1))
    assert 1.5 < clock.time() - started < 3.5


async def test_no_more_than_thirty_messages_a_second() -> None:
    limiter, clock = ChatLimiter(), asyncio.get_running_loop()
    started = clock.time()
    await asyncio.gather(*(send(limiter, chat) for chat in range(60)))
    assert 0.9 < clock.time() - started < 2


async def test_failures_of_the_network_are_tried_again_and_refusals_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("assistant.channels.telegram.limiter.asyncio.sleep", sleep)
    limiter = ChatLimiter()
    assert await send(limiter, 1, NetworkError("x"), TimedOut(), RetryAfter(7)) == 4
    assert waits == [0.5, 1.0, 7.0]
    for refusal in (BadRequest("x"), RetryAfter(10_000)):
        with pytest.raises(type(refusal)):
            await send(limiter, 2, refusal)
    with pytest.raises(NetworkError):
        await send(limiter, 3, NetworkError("x"), endpoint="sendChatAction")
    assert len(waits) == 3
