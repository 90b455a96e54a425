"""When a part is down, the person still gets an answer with a way to a human, and crisis answers as ever."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from assistant.channels.turns import TURN_TIMEOUT_SECONDS
from tests.assistant_process import Client, RasaAlone
from tests.conversations.runner import responses_of


@pytest.fixture(scope="module")
def without_action_server() -> Iterator[RasaAlone]:
    running = RasaAlone().start()
    yield running
    running.stop()


def test_a_disclosure_is_answered_with_what_matters_and_a_helpline(without_action_server: RasaAlone) -> None:
    client = Client(without_action_server.url)
    client.start(country="LV")
    last = client.say("he wants 200 euro or he sends my nudes to everyone")[-1]
    assert "utter_fault" in responses_of(last["text"])
    assert last["contact"]["country"] == "LV"
    assert "112" in last["text"]
    assert last["buttons"]


def test_a_crisis_is_answered_as_ever(without_action_server: RasaAlone) -> None:
    client = Client(without_action_server.url)
    client.start(country="FI")
    messages = client.say("i want to kill myself")
    assert "utter_crisis_self_harm" in responses_of(messages[0]["text"])
    assert len(messages) == 1
    assert messages[0]["contact"]["country"] == "FI"


def test_a_question_is_answered_as_ever(without_action_server: RasaAlone) -> None:
    client = Client(without_action_server.url)
    client.start(country="IE")
    said = [responses_of(message["text"]) for message in client.say("will they really share it?")]
    assert "utter_answer_will_they_share" in said[0]
    assert "utter_fault" in said[1]


def test_an_action_server_that_hangs_does_not_hang_the_person() -> None:
    with socket.socket() as hanging:
        hanging.bind(("127.0.0.1", 0))
        hanging.listen()
        running = RasaAlone(ACTION_SERVER_PORT=str(hanging.getsockname()[1])).start()
        try:
            client = Client(running.url)
            client.start(country="DE")
            started = time.monotonic()
            last = client.say("he wants 200 euro or he sends my nudes to everyone")[-1]
            assert time.monotonic() - started < TURN_TIMEOUT_SECONDS
            assert "utter_fault" in responses_of(last["text"])
            assert last["contact"]["country"] == "DE"
        finally:
            running.stop()
