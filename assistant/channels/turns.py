"""One turn with the assistant, whatever the channel: text or tap in, messages out, and never silence."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.core.events import BotUttered

from assistant.channels.tokens import Conversation
from assistant.nlg import ContentNLG

logger = logging.getLogger(__name__)

Handler = Callable[[UserMessage], Awaitable[Any]]
Message = dict[str, Any]

#: A turn takes well under a second; three dead action calls take nine.
TURN_TIMEOUT_SECONDS = 12
MOST_CHARACTERS = 8000
_LEADING = re.compile(rf"^[\s{INTENT_MESSAGE_PREFIX}]+")


class TurnCollector(OutputChannel):
    """Gathers the messages of one turn in the channel's own shape."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.messages: list[Message] = []

    def name(self) -> str:
        return self._channel

    async def send_response(self, recipient_id: str, message: Message) -> None:
        self.messages.append(_shaped(message))


@dataclass
class Reply:
    """What the assistant answers; `erase` asks the channel to forget the conversation."""

    messages: list[Message] = field(default_factory=list)
    erase: bool = False


def plain_text(text: str) -> str:
    """What a person wrote, as text and nothing else: no control characters, and never an intent payload.

    A leading "/" would make Rasa read an intent and slots out of the text, so it is dropped.
    """
    readable = text.encode("utf-8", "replace").decode("utf-8")
    kept = "".join(
        character if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs", "Co") else " "
        for character in readable
    )
    return _LEADING.sub("", kept).strip()


class Turns:
    """Runs turns of one channel through Rasa."""

    def __init__(self, channel: str, handler: Handler) -> None:
        self._channel = channel
        self._handler = handler
        self._nlg = ContentNLG()

    async def start(self, agent: Agent, conversation: Conversation) -> Reply:
        """Opens the conversation: the assistant says hello."""
        facts = {"language": conversation.language, "country": conversation.country}
        given = json.dumps({name: value for name, value in facts.items() if value})
        return await self._turn(agent, conversation, f"/start_conversation{given}")

    async def say(self, agent: Agent, conversation: Conversation, text: str) -> Reply:
        """Answers what the person wrote."""
        return await self._turn(agent, conversation, plain_text(text))

    async def tap(self, agent: Agent, conversation: Conversation, payload: str) -> Reply:
        """Answers a tapped button. Raises PayloadNotOffered for a payload that the assistant did not offer."""
        if payload not in await self.offered(agent, conversation):
            raise PayloadNotOffered
        return await self._turn(agent, conversation, payload)

    async def command(self, agent: Agent, conversation: Conversation, intent: str, **facts: str) -> Reply:
        """Answers what the channel itself understood: a command of its menu, a choice of its settings."""
        return await self._turn(agent, conversation, f"/{intent}{json.dumps(facts) if facts else ''}")

    async def switch_language(self, agent: Agent, conversation: Conversation, language: str) -> Reply:
        """Goes on in another language: what the person was at is said once more, in it."""
        in_crisis = (await self.known(agent, conversation)).get("crisis") == "open"
        # "Go on" would end the crisis; it is the person who says when it is over.
        intent = "inform" if in_crisis else "continue_plan"
        return await self.command(agent, conversation, intent, language=language)

    async def offered(self, agent: Agent, conversation: Conversation) -> set[str]:
        """The payloads of all buttons that the assistant has offered in this conversation."""
        tracker = await agent.tracker_store.retrieve(conversation.id)
        return {
            button["payload"]
            for event in (tracker.events if tracker else ())
            if isinstance(event, BotUttered)
            for button in event.data.get("buttons") or ()
        }

    async def known(self, agent: Agent, conversation: Conversation) -> dict[str, Any]:
        """The slots, as far as the store gives them, with language and country in any case."""
        slots: dict[str, Any] = {}
        try:
            tracker = await agent.tracker_store.retrieve(conversation.id)
            slots = tracker.current_slot_values() if tracker else {}
        except Exception as error:  # the store may be what is down
            logger.error("The tracker store did not answer: %s.", type(error).__name__)
        given = {"language": conversation.language, "country": conversation.country}
        return {**slots, **{name: slots.get(name) or value for name, value in given.items()}}

    async def _turn(self, agent: Agent, conversation: Conversation, text: str) -> Reply:
        collector = TurnCollector(self._channel)
        message = UserMessage(text, collector, conversation.id, input_channel=self._channel)
        try:
            await asyncio.wait_for(self._handler(message), TURN_TIMEOUT_SECONDS)
        except Exception as error:  # whatever breaks, the person gets an answer
            logger.error("A turn failed: %s.", type(error).__name__)
        erase = any(message.pop("erase", False) for message in collector.messages)
        if not erase and not (collector.messages and collector.messages[-1]["buttons"]):
            # Every complete turn ends with something to tap: this one was cut short.
            collector.messages.append(await self._fault(agent, conversation))
        return Reply(collector.messages, erase)

    async def _fault(self, agent: Agent, conversation: Conversation) -> Message:
        response = self._nlg.render("utter_fault", await self.known(agent, conversation), self._channel)
        assert response is not None, "utter_fault is missing in English"
        return _shaped(response)


class PayloadNotOffered(Exception):
    """The tapped payload was never offered in this conversation."""


def _shaped(message: Message) -> Message:
    custom = message.get("custom") or {}
    shaped: Message = {
        "text": (message.get("text") or "").strip(),
        "buttons": [
            {"title": button["title"], "payload": button["payload"]} for button in message.get("buttons") or ()
        ],
    }
    shaped.update({key: custom[key] for key in ("contact", "step", "summary", "erase") if custom.get(key)})
    return shaped
