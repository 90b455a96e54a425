"""The Telegram bot by webhook: only Telegram gets in, whatever it sends is taken, nothing is taken twice."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.bot_api_server import Person, post
from tests.channels.telegram_bot import RunningBot


@pytest.fixture
def person(webhook_bot: RunningBot) -> Person:
    return webhook_bot.person()


def update(person: Person, number: int, text: str = "hi") -> dict[str, Any]:
    message = {"message_id": number, "date": 1, "chat": person.chat, "from": person.user, "text": text}
    return {"update_id": number, "message": message}


def test_the_address_cannot_be_guessed(webhook_bot: RunningBot) -> None:
    start, _, secret_part = webhook_bot.api.webhook["url"].rpartition("/")
    assert start == f"{webhook_bot.assistant.url}/webhooks/telegram"
    assert len(secret_part) == 64
    assert len(webhook_bot.api.webhook["secret_token"]) == 64
    assert secret_part != webhook_bot.api.webhook["secret_token"]


@pytest.mark.parametrize("secret", [None, "", "x", "é", "A" * 64])
def test_forged_updates_are_refused(webhook_bot: RunningBot, person: Person, secret: str | None) -> None:
    url = webhook_bot.api.webhook["url"]
    assert post(url, update(person, 5_000_000), secret) == 403
    assert not webhook_bot.api.made("sendMessage", person.id)


@pytest.mark.parametrize("path", ["", "/webhook", "/set_webhook", "/" + "0" * 64])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_else_is_served(webhook_bot: RunningBot, path: str, method: str) -> None:
    url = f"{webhook_bot.assistant.url}/webhooks/telegram{path}"
    before = dict(webhook_bot.api.webhook)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(url, method=method, data=b"{}" if method == "POST" else None))
    assert refused.value.code == 404
    assert webhook_bot.api.webhook == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"update_id": "x"}', b"[" * 50_000])
def test_a_malformed_body_is_taken_and_dropped(webhook_bot: RunningBot, person: Person, body: bytes) -> None:
    webhook = webhook_bot.api.webhook
    assert post(webhook["url"], None, webhook["secret_token"], raw=body) == 200  # else it would come again and again


def test_an_update_that_comes_twice_is_answered_once(webhook_bot: RunningBot, person: Person) -> None:
    webhook = webhook_bot.api.webhook
    for _ in range(3):
        status = post(webhook["url"], update(person, 6_000_000), webhook["secret_token"])
        assert status == 200
    person.say("he wants money or he leaks my pics")
    assert person.text().count("I'm glad you are here") == 1


def test_being_blocked_is_no_error(webhook_bot: RunningBot, person: Person) -> None:
    webhook_bot.api.membership(person.chat, person.user, "member", "kicked")
    webhook_bot.api.wait(lambda: not webhook_bot.api.pending())
    webhook_bot.api.blocked.add(person.id)
    person.send(text="/start")
    webhook_bot.api.wait(lambda: webhook_bot.api.made("sendMessage", person.id) and not webhook_bot.api.pending())
    assert set(webhook_bot.api.webhook_statuses) == {200}


def test_a_photo_edited_after_sending_is_no_error(webhook_bot: RunningBot, person: Person) -> None:
    person.say("/start")
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]
    messages = person.after(lambda: person.send("edited_message", photo=photo, edit_date=1))
    assert "Please don't send pictures" in messages[0]["text"]
    assert set(webhook_bot.api.webhook_statuses) == {200}


def test_the_words_of_a_caption_are_answered(webhook_bot: RunningBot, person: Person) -> None:
    person.say("/start")
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]
    messages = person.after(lambda: person.send(photo=photo, caption="he is blackmailing me, he wants money"))
    assert "I didn't open it" in messages[0]["text"]
    assert "It is their fault, not yours" in messages[1]["text"]
    assert all(seen["from"]["is_bot"] or "text" in seen for seen in person.seen())


def test_a_long_message_with_a_long_quote_fits(webhook_bot: RunningBot, person: Person) -> None:
    person.say("/start")
    quoted = {"message_id": 1, "date": 1, "chat": person.chat, "from": person.user, "text": "😱" * 2048}
    size = len(json.dumps(quoted))
    person.after(
        lambda: person.send(text="помогите " * 450, reply_to_message=quoted, quote={"text": "😱" * 900, "position": 0})
    )
    assert size > 20_000
    assert set(webhook_bot.api.webhook_statuses) == {200}


def test_telegram_is_asked_only_once_who_we_are(webhook_bot: RunningBot, person: Person) -> None:
    person.say("/start")
    person.say("hello")
    assert len(webhook_bot.api.made("getMe")) == 1
    assert not webhook_bot.api.made("getUpdates")
