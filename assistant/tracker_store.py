"""Keeps conversations in memory for a limited time, and never what anybody wrote."""

from __future__ import annotations

import json
from typing import Any

from cachetools import TTLCache
from rasa.core.agent import Agent
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

#: More conversations than this at once push out the oldest.
MOST_CONVERSATIONS = 20_000
#: What is kept of the understanding of a message: enough for rules and slots, nothing that repeats its words.
_KEPT_OF_PARSE = ("intent", "entities")


def without_words(event: dict[str, Any]) -> dict[str, Any]:
    """A tracker event as it may be kept: no text, of neither side; buttons stay, so that taps can be checked."""
    if event["event"] == "user":
        parsed = event.get("parse_data") or {}
        kept = {key: parsed[key] for key in _KEPT_OF_PARSE if key in parsed}
        return {**event, "text": "", "parse_data": {**kept, "text": ""}, "metadata": {}}
    if event["event"] == "bot":
        data = event.get("data") or {}
        return {**event, "text": "", "data": {"buttons": data.get("buttons")}, "metadata": {}}
    return event


class ForgetfulTrackerStore(InMemoryTrackerStore):
    """Rasa's memory store with expiry, erasure and no message text.

    `expire_minutes` counts from the last turn. Conversations are gone when the process stops.
    """

    def __init__(
        self,
        domain: Domain,
        event_broker: EventBroker | None = None,
        expire_minutes: float = 60,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self.store: TTLCache[str, str] = TTLCache(MOST_CONVERSATIONS, ttl=expire_minutes * 60)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keeps the conversation without its words; the time until expiry starts anew."""
        await self.stream_events(tracker)
        dialogue = tracker.as_dialogue().as_dict()
        dialogue["events"] = [without_words(event) for event in dialogue["events"]]
        self.store[tracker.sender_id] = json.dumps(dialogue)

    async def _stream_new_events(self, event_broker: EventBroker, new_events: list[Event], sender_id: str) -> None:
        """Gives an event broker what is kept and nothing more."""
        for event in new_events:
            event_broker.publish({"sender_id": sender_id, **without_words(event.as_dict())})

    async def delete(self, sender_id: str) -> None:
        """Erases the conversation at once; erasing one that is gone is no error."""
        self.store.pop(sender_id, None)


async def forget(agent: Agent, conversation_id: str) -> None:
    """Erases a conversation at once, wherever Rasa keeps it (its FailSafeTrackerStore wraps two stores)."""
    wrapper = agent.tracker_store
    for store in (wrapper._tracker_store, wrapper._fallback_tracker_store):
        if store is not None:
            await store.delete(conversation_id)
