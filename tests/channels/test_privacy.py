"""Nothing that a person writes is kept or logged, and nothing is sent to third parties."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.assistant_process import AssistantProcess, Client, RasaAlone

SECRET = "zebrafinch"
MESSAGE = f"my name is {SECRET} and he wants 200 euro for my nudes {SECRET}"


def _talk(client: Client) -> None:
    client.start(country="IE")
    client.say(MESSAGE)
    client.say(f"i paid {SECRET} i want to die")
    client.request("POST", "/messages", raw=f'{{"text": "{SECRET}'.encode())


def test_no_words_and_no_addresses_in_the_log(assistant: AssistantProcess) -> None:
    _talk(Client(assistant.url))
    log = assistant.log.read_text()
    assert SECRET not in log
    assert "200 euro" not in log
    assert "POST /webhooks" not in log


def test_no_words_in_the_log_even_when_somebody_debugs() -> None:
    running = RasaAlone("--debug").start()  # with a dead action server, whose faults are logged too
    try:
        _talk(Client(running.url))
    finally:
        running.stop()
    log = running.log.read_text()
    assert "DEBUG" in log
    assert SECRET not in log
    assert "200 euro" not in log


def test_words_are_not_even_in_the_answer_of_the_store() -> None:
    """The tracker store is asked directly what it holds after a turn."""
    script = f"""
import asyncio, logging
import assistant.channels.webchat
from rasa.core.agent import load_agent
from rasa.core.channels.channel import UserMessage
from rasa.core.utils import AvailableEndpoints
async def main():
    endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
    agent = await load_agent("models/assistant.tar.gz", endpoints=endpoints)
    await agent.handle_message(UserMessage({MESSAGE!r}, sender_id="x"))
    kept = str(dict(agent.tracker_store._tracker_store.store))
    assert "intent" in kept
    print("KEPT" if {SECRET!r} in kept else "FORGOTTEN")
asyncio.run(main())
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "FORGOTTEN" in result.stdout


def test_telemetry_is_off_whatever_the_environment_says(assistant: AssistantProcess) -> None:
    environments = [
        path.read_bytes().split(b"\0")
        for path in Path("/proc").glob("[0-9]*/environ")
        if f"PORT={assistant.port}".encode() in _readable(path)
    ]
    parts = [environment for environment in environments if b"RASA_TELEMETRY_ENABLED=false" in environment]
    assert len(parts) >= 2  # Rasa and the action server


def test_no_connection_leaves_this_machine(assistant: AssistantProcess) -> None:
    _talk(Client(assistant.url))
    remote = {
        line.split()[2].split(":")[0]
        for table in ("tcp", "tcp6")
        for path in Path("/proc").glob(f"[0-9]*/net/{table}")
        if f"PORT={assistant.port}".encode() in _readable(path.parent.parent / "environ")
        for line in path.read_text().splitlines()[1:]
        if line.split()[3] in ("01", "02")  # established, being opened
    }
    assert all(address.endswith("0100007F") for address in remote), remote


def _readable(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
