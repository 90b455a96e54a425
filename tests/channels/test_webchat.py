"""The webchat API, over HTTP, against the running assistant."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.channels.tokens import Tokens
from assistant.channels.webchat import MOST_BYTES
from tests.assistant_process import AssistantProcess, Client

SENTENCE_ENDS = (".", "?")


def test_a_conversation_starts_with_a_token_and_says_that_it_is_a_bot(client: Client) -> None:
    answer = client.start(country="IE")
    assert answer.status == 201
    assert len(answer.body["token"]) > 40
    assert "chatbot" in answer.messages[0]["text"]
    assert "human" in answer.messages[0]["text"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_messages_have_the_documented_shape(client: Client) -> None:
    client.start(country="IE")
    messages = client.say("some girl wants 200 euro or she sends my nudes to everyone")
    for message in messages:
        assert {"text", "buttons"} <= set(message) <= {"text", "buttons", "contact", "step"}
        assert all(set(button) == {"title", "payload"} for button in message["buttons"])
    contact = next(message["contact"] for message in messages if "contact" in message)
    assert contact["country"] == "IE"
    assert contact["phone_dial"].lstrip("+").isdigit()
    assert {"name", "phone", "hours", "open_now", "source_date"} <= set(contact)


def test_two_conversations_do_not_know_each_other(assistant: AssistantProcess) -> None:
    one, two = Client(assistant.url), Client(assistant.url)
    one.start(country="IE")
    two.start(country="LV")
    one.say("he wants money or he leaks my pics, i paid 50 already")
    assert "paid" not in " ".join(message["text"] for message in two.say("hi"))


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer x", "Bearer WyJhIl0.x.y", "Basic abc", "Bearer ../../etc"]
)
def test_without_a_valid_token_nothing_is_answered(client: Client, authorization: str) -> None:
    answer = client.request("POST", "/messages", {"text": "hi"}, headers={"Authorization": authorization})
    assert answer.status == 401
    assert answer.body["error"]["code"] == "bad_token"


def test_a_token_signed_by_someone_else_opens_nothing(client: Client) -> None:
    client.token = Tokens("another secret").start("en", None)[1]
    assert client.request("POST", "/messages", {"text": "hi"}).status == 401
    assert client.request("DELETE", "/conversations").status == 401


def test_erasing_forgets_at_once(client: Client) -> None:
    client.start()
    client.say("he wants money or he leaks my pics")
    assert client.request("DELETE", "/conversations").status == 204
    answer = client.request("POST", "/messages", {"text": "hello?"})
    assert answer.status == 404
    assert answer.body["error"]["code"] == "expired"
    assert client.request("DELETE", "/conversations").status == 204


def test_erasing_in_the_chat_forgets_too(client: Client) -> None:
    client.start()
    client.say("please delete everything i wrote")
    assert "/erase_confirmed" in {button["payload"] for button in client.messages[-1]["buttons"]}
    answer = client.request("POST", "/messages", {"payload": "/erase_confirmed"})
    assert answer.body["erased"] is True
    assert client.request("POST", "/messages", {"text": "hi"}).status == 404


@pytest.mark.parametrize(
    "text",
    ["/erase_confirmed", '/inform{"age_group":"adult"}', " / /crisis_self_harm", '/start_conversation{"country":"DE"}'],
)
def test_text_that_looks_like_a_payload_is_only_text(client: Client, text: str) -> None:
    client.start(country="IE")
    client.say(text)
    assert client.request("POST", "/messages", {"text": "hi"}).status == 200
    shown = json.dumps(client.say("i need a human"))
    assert "1800" in shown  # still Ireland


@pytest.mark.parametrize("payload", ["/erase_confirmed", '/inform{"paid":"yes"}', "hello", "", "/restart"])
def test_payloads_that_were_not_offered_are_refused(client: Client, payload: str) -> None:
    client.start()
    answer = client.request("POST", "/messages", {"payload": payload})
    assert answer.status == 400
    assert answer.body["error"]["code"] == "not_offered"


def test_a_button_of_an_earlier_message_still_works(client: Client) -> None:
    client.start()
    first = client.messages[-1]["buttons"][0]["payload"]
    client.say("hi")
    assert client.tap(first)


@pytest.mark.parametrize(
    ("raw", "headers", "status"),
    [
        (b"", {}, 400),
        (b"not json", {}, 400),
        (b"[]", {}, 400),
        (b"{}", {}, 400),
        (b'{"text": 5}', {}, 400),
        (b'{"text": null}', {}, 400),
        (b'{"text": "   "}', {}, 400),
        (b'{"text": "////"}', {}, 400),
        (b'{"text": "\\u0000\\u0007"}', {}, 400),
        (b'{"text": "hi", "payload": "/affirm"}', {}, 400),
        (b"\xff\xfe\x00", {}, 400),
        (b"[" * 20000, {}, 400),
        (b"text=hi", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"\x89PNG....", {"Content-Type": "image/png"}, 415),
        (b'{"text": "' + b"a" * 9000 + b'"}', {}, 413),
        (b'{"text": "' + b"a" * (MOST_BYTES + 1) + b'"}', {}, 413),
    ],
)
def test_bad_input_gets_a_plain_sentence_and_the_conversation_lives_on(
    client: Client, raw: bytes, headers: dict[str, str], status: int
) -> None:
    client.start()
    answer = client.request("POST", "/messages", raw=raw, headers=headers)
    assert answer.status == status
    assert answer.body["error"]["message"].endswith(SENTENCE_ENDS)
    assert client.say("hi")


@pytest.mark.parametrize(
    "body", [{"language": "../x"}, {"language": 5}, {"country": "Ireland"}, {"country": "ie"}, {"country": 3}]
)
def test_languages_and_countries_are_checked(client: Client, body: dict[str, object]) -> None:
    assert client.request("POST", "/conversations", body).status == 400


def test_an_unknown_language_is_answered_in_english(client: Client) -> None:
    assert "chatbot" in client.start(language="xx-YY").messages[0]["text"]


@pytest.mark.parametrize(
    "text",
    [
        "😭😭😭",
        "ааа помогите пж",
        "<script>alert(1)</script> he wants money",
        "{{7*7}} ${HOME} {country_name}",
        "ف\u200bي صور لي",
        "a" * 7000,
        "\u202e\u200f????",
        "%s %d {0}",
    ],
)
def test_strange_text_is_answered_kindly(client: Client, text: str) -> None:
    client.start(country="IE")
    messages = client.say(text)
    assert messages[-1]["buttons"]
    shown = json.dumps(messages)
    assert "<script>" not in shown
    assert "49" not in shown


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=200))
def test_any_text_is_answered_or_refused_with_a_sentence(assistant: AssistantProcess, text: str) -> None:
    client = Client(assistant.url)
    answer = client.request("POST", "/conversations", {}, headers={})
    if answer.status == 429:
        return
    client.token = answer.body["token"]
    answer = client.request("POST", "/messages", {"text": text})
    if answer.status == 200:
        assert answer.messages[-1]["buttons"]
    else:
        assert answer.status == 400
        assert answer.body["error"]["message"].endswith(SENTENCE_ENDS)


def test_a_flood_from_one_conversation_is_slowed_and_others_are_not(assistant: AssistantProcess) -> None:
    flood, other = Client(assistant.url), Client(assistant.url)
    flood.start()
    other.start()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: flood.request("POST", "/messages", {"text": "hi"}).status, range(60)))
    assert set(statuses) == {200, 429}
    assert other.say("hi")
    refused = flood.request("POST", "/messages", {"text": "hi"})
    assert int(refused.headers["Retry-After"]) > 0
    assert "112" in refused.body["error"]["message"]


def test_only_the_channel_and_the_pages_are_served(assistant: AssistantProcess) -> None:
    client = Client(assistant.url)
    for path in (
        "/../rest/webhook",
        "/../../model/parse",
        "/../../conversations/x/tracker",
        "/../../status",
        "/../../version",
    ):
        assert client.request("POST", path, {"text": "hi", "sender": "x"}).status in (404, 405)


def test_the_action_server_is_not_open_to_the_network(assistant: AssistantProcess) -> None:
    port = f"{assistant.action_port:04X}"
    listening = [
        line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"
    ]
    assert [address for address in listening if address.endswith(f":{port}")] == [f"0100007F:{port}"]
