"""Starts the assistant: the action server and Rasa, side by side, until Ctrl-C. `make run` calls it."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

from honcho.manager import Manager

from assistant.origins import allowed_origins
from assistant.train import MODEL

START_TIMEOUT_SECONDS = 120
#: Settings of the Telegram bot (credentials.yml); empty: no bot, no webhook, Telegram's own address.
TELEGRAM = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_URL", "TELEGRAM_API_BASE")


def port_is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(url: str) -> bool:
    """Whether the assistant at `url` is ready for conversations."""
    try:
        with urllib.request.urlopen(f"{url}/webhooks/webchat/ready", timeout=2):
            return True
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def announce(url: str, started: float) -> None:
    """Prints the address once the assistant answers there."""
    while time.monotonic() - started < START_TIMEOUT_SECONDS:
        if answers(url):
            seconds = time.monotonic() - started
            print(f"\n  The assistant is ready after {seconds:.0f} s. Open {url}\n  Ctrl-C stops it.\n", flush=True)
            return
        time.sleep(0.3)
    print(
        f"The assistant has not answered at {url} for {START_TIMEOUT_SECONDS} s. The lines above may say why.",
        flush=True,
    )


def main(environment: Mapping[str, str] = os.environ) -> None:
    host, port = environment.get("HOST", "127.0.0.1"), environment.get("PORT", "5005")
    action_port = environment.get("ACTION_SERVER_PORT", "5055")
    if not MODEL.exists():
        sys.exit("There is no trained model yet. Run `make train` first.")
    for name, where, number in (("PORT", host, port), ("ACTION_SERVER_PORT", "127.0.0.1", action_port)):
        if not port_is_free(where, int(number)):
            sys.exit(
                f"Port {number} is taken. Stop the other program, or choose another: make run {name}={int(number) + 1}"
            )
    try:
        origins = allowed_origins(environment)
    except ValueError as error:
        sys.exit(str(error))
    python = sys.executable
    given = {
        **environment,
        "HOST": host,
        "PORT": port,
        "ACTION_SERVER_PORT": action_port,
        "ASSISTANT_SECRET": environment.get("ASSISTANT_SECRET", ""),
        "CONVERSATIONS_PER_MINUTE": environment.get("CONVERSATIONS_PER_MINUTE", "120"),
        **{name: environment.get(name, "") for name in TELEGRAM},
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONWARNINGS": "ignore",
    }
    print("Starting the assistant.", flush=True)
    manager = Manager()
    manager.add_process(
        "actions",
        f"{python} -m rasa_sdk --actions actions.actions --port {action_port}",
        env={**given, "SANIC_HOST": "127.0.0.1"},  # Rasa's default opens it to the network
        quiet=True,
    )
    manager.add_process(
        "rasa",
        f"{python} -m rasa run --model {MODEL} --endpoints endpoints.yml --credentials credentials.yml "
        f"--interface {host} --port {port}" + (f" --cors {' '.join(origins)}" if origins else ""),
        env=given,
    )
    threading.Thread(target=announce, args=(f"http://{host}:{port}", time.monotonic()), daemon=True).start()
    manager.loop()
    sys.exit(manager.returncode)


if __name__ == "__main__":
    main()
