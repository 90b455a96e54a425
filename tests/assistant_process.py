"""The real assistant in its own processes, and a client for its web API."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from assistant.run import TELEGRAM, answers

START_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class AssistantProcess:
    """The assistant as `make run` starts it, on free ports; `log` holds everything it prints."""

    def __init__(self, **environment: str) -> None:
        self.port, self.action_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = Path(tempfile.mkstemp(suffix=".log")[1])
        self.environment = {
            **os.environ,
            "CONVERSATIONS_PER_MINUTE": "10000",
            "PORT": str(self.port),
            "ACTION_SERVER_PORT": str(self.action_port),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def arguments(self) -> list[str]:
        return ["-m", "assistant.run"]

    def start(self) -> Self:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self.arguments()],
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.url):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"The assistant did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.2)
        return self

    def stop(self) -> int:
        """Stops it as Ctrl-C does and gives the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(timeout=30)
        finally:
            self.kill()

    def kill(self) -> None:
        """Ends everything of it at once, as a power cut does."""
        assert self._process is not None
        for environment in Path("/proc").glob("[0-9]*/environ"):  # its parts are in sessions of their own
            with contextlib.suppress(OSError):
                if f"PORT={self.port}".encode() in environment.read_bytes().split(b"\0"):
                    os.kill(int(environment.parent.name), signal.SIGKILL)
        self._process.wait()


class RasaAlone(AssistantProcess):
    """Only the Rasa server: whatever listens at `action_port`, or nothing, takes the place of the action server."""

    def arguments(self) -> list[str]:
        files = [
            "--model",
            "models/assistant.tar.gz",
            "--endpoints",
            "endpoints.yml",
            "--credentials",
            "credentials.yml",
        ]
        return ["-m", "rasa", "run", *files, "--interface", "127.0.0.1", "--port", str(self.port), *self.flags]

    def __init__(self, *flags: str, **environment: str) -> None:
        off = dict.fromkeys(TELEGRAM, "")
        super().__init__(ASSISTANT_SECRET="", RASA_TELEMETRY_ENABLED="false", **{**off, **environment})
        self.flags = flags


@dataclass
class Answer:
    """An HTTP answer of the web API."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def messages(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.body["messages"]
        return messages


@dataclass
class Client:
    """Talks to the web API as the widget does."""

    url: str
    token: str | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        data = raw if raw is not None else (None if body is None else json.dumps(body).encode())
        given = {"Content-Type": "application/json"}
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(
            f"{self.url}/webhooks/webchat{path}", data=data, method=method, headers={**given, **(headers or {})}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return _answer(response.status, response.read(), dict(response.headers))
        except urllib.error.HTTPError as error:
            return _answer(error.code, error.read(), dict(error.headers))

    def start(self, country: str | None = None, language: str = "en") -> Answer:
        answer = self.request("POST", "/conversations", {"language": language, "country": country})
        assert answer.status == 201, answer.body
        self.token = answer.body["token"]
        self.messages = answer.messages
        return answer

    def say(self, text: str) -> list[dict[str, Any]]:
        return self._message({"text": text})

    def tap(self, payload: str) -> list[dict[str, Any]]:
        return self._message({"payload": payload})

    def _message(self, body: dict[str, str]) -> list[dict[str, Any]]:
        answer = self.request("POST", "/messages", body)
        assert answer.status == 200, answer.body
        self.messages = answer.messages
        return self.messages


def _answer(status: int, data: bytes, headers: dict[str, str]) -> Answer:
    return Answer(status, json.loads(data) if data else None, headers)
