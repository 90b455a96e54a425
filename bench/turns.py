"""Measures the assistant as people meet it: start-up, memory, time a turn. `make bench` runs it.

Starts the real assistant, holds whole conversations over the web API one after the other and several at once, and
prints one line a figure. Every reply is checked: a turn without a button does not count.
"""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.assistant_process import AssistantProcess, Client

CONVERSATION = (
    "a girl on insta recorded me and wants 200 euro or she sends it to my friends",
    "im ok i guess",
    "no i didnt pay",
    "will they really share it?",
    "done",
    "show me how",
)
CONVERSATIONS = 12
AT_ONCE = 8


def hold(url: str) -> list[float]:
    """Holds one conversation and gives the milliseconds of each turn."""
    client = Client(url)
    client.start(country="IE")
    times = []
    for text in CONVERSATION:
        started = time.perf_counter()
        messages = client.say(text)
        times.append((time.perf_counter() - started) * 1000)
        assert messages[-1]["buttons"], text
    return times


def resident_megabytes(port: int) -> float:
    """Memory of Rasa and the action server that serve `port`, together."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"PORT={port}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                total += int((folder / "statm").read_text().split()[1]) * 4096
        except (OSError, IndexError):
            continue
    return total / 1e6


def main() -> None:
    started = time.perf_counter()
    assistant = AssistantProcess().start()
    try:
        print(f"start-up: {time.perf_counter() - started:.1f} s")
        hold(assistant.url)
        times = [milliseconds for _ in range(CONVERSATIONS) for milliseconds in hold(assistant.url)]
        print(f"one at a time: median {statistics.median(times):.0f} ms a turn, slowest {max(times):.0f} ms")
        started = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            turns = [t for times in pool.map(hold, [assistant.url] * CONVERSATIONS) for t in times]
        seconds = time.perf_counter() - started
        print(f"{AT_ONCE} at once: {len(turns) / seconds:.1f} turns/s, median {statistics.median(turns):.0f} ms a turn")
        print(f"resident: {resident_megabytes(assistant.port):.0f} MB (Rasa, action server and launcher)")
    finally:
        assistant.stop()


if __name__ == "__main__":
    main()
