"""Puts the assistant's messages into a chat: text, keyboards, contact cards, edits."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, Forbidden, TelegramError

from assistant.channels.telegram.chats import Chat, Chats
from assistant.channels.telegram.formatting import MOST_UNITS, as_html, needs_contact_card, rendered, units
from assistant.channels.turns import Message as Said
from assistant.nlg import ContentNLG, language_for

logger = logging.getLogger(__name__)

#: Callback data of buttons that belong to the channel itself. No hash can look like them: they hold a colon.
START = "channel:start"
LANGUAGE = "language:"
#: The button that unfolds a step in its place.
SHOW_HOW = "/show_how"


class Delivery:
    """Writes to chats. Raises Forbidden when the person has blocked the bot; other failures are logged by kind."""

    def __init__(self, bot: Bot, chats: Chats) -> None:
        self._bot = bot
        self._chats = chats
        self._nlg = ContentNLG()

    def response(self, name: str, slots: Mapping[str, Any], **kwargs: Any) -> dict[str, Any]:
        """A response of content/languages/ in the language of `slots`."""
        response = self._nlg.render(name, slots, "telegram", **kwargs)
        assert response is not None, f"{name} is missing in English"
        return response

    def words(self, name: str, slots: Mapping[str, Any], **kwargs: Any) -> str:
        """The text of a response."""
        return str(self.response(name, slots, **kwargs)["text"])

    async def typing(self, number: int) -> None:
        """Shows that an answer is being written."""
        await attempt(self._bot.send_chat_action(number, ChatAction.TYPING))

    async def reply(self, number: int, chat: Chat, messages: Sequence[Said], slots: Mapping[str, Any]) -> None:
        """Sends the messages of a turn; the buttons of the last one are the ones that count from now on."""
        contacts = [message["contact"] for message in messages if needs_contact_card(message.get("contact"))]
        for position, message in enumerate(messages):
            last = position == len(messages) - 1
            texts = rendered(self._with_step(chat, message, slots), message.get("contact"), self._terms(slots))
            for text in texts[:-1]:
                await self._send(number, text)
            if texts:
                await self.send(number, chat, texts[-1], message["buttons"] if last else [])
        if contacts and contacts[0]["phone_dial"] not in chat.contacts:
            chat.contacts.add(contacts[0]["phone_dial"])
            await attempt(self._bot.send_contact(number, contacts[0]["phone_dial"], contacts[0]["name"][:64]))

    async def send(self, number: int, chat: Chat, html: str, buttons: Sequence[Mapping[str, str]] = ()) -> None:
        """Sends one text; with `buttons`, the keyboard before it goes away."""
        before = chat.keyboard
        sent = await self._send(number, html, self._keyboard(chat, buttons))
        if sent and buttons:
            chat.keyboard, chat.buttons = sent.message_id, list(buttons)
            if before:
                await self.remove_keyboard(number, before)

    async def choices(self, number: int, html: str, choices: Mapping[str, str]) -> None:
        """Sends one text with buttons of the channel itself, by callback data."""
        rows = [[InlineKeyboardButton(title, callback_data=data)] for data, title in choices.items()]
        await self._send(number, html, InlineKeyboardMarkup(rows))

    async def remove_keyboard(self, number: int, message_id: int) -> None:
        await attempt(self._bot.edit_message_reply_markup(number, message_id, reply_markup=None))

    async def settle(self, number: int, message: Message, title: str) -> None:
        """After a tap: the keyboard goes, and the choice stands below the text in its place."""
        html = f"{message.text_html}\n\n<b>› {as_html(title)}</b>" if message.text and title else ""
        if not (html and units(html) <= MOST_UNITS and await self._edit(number, message.message_id, html)):
            await self.remove_keyboard(number, message.message_id)

    async def unfold(self, number: int, chat: Chat, message: Message, messages: Sequence[Said]) -> bool:
        """Shows messages inside `message`, below its text, with the last one's buttons; False when it can't be done."""
        # The last message only leads back to what is on screen already.
        texts = [as_html(said["text"]) for said in messages[:-1]]
        html = "\n\n".join([message.text_html, *texts])
        buttons = [button for button in messages[-1]["buttons"] if button["payload"] != SHOW_HOW]
        if not texts or units(html) > MOST_UNITS:
            return False
        if not await self._edit(number, message.message_id, html, self._keyboard(chat, buttons)):
            return False
        chat.keyboard, chat.buttons = message.message_id, list(buttons)
        return True

    async def delete(self, number: int, message_id: int) -> bool:
        """Takes a message out of the chat; whether Telegram allowed it."""
        return await attempt(self._bot.delete_message(number, message_id)) is True

    def _with_step(self, chat: Chat, message: Said, slots: Mapping[str, Any]) -> str:
        """The text, with where it stands in the plan when the step is new."""
        step = message.get("step")
        text = str(message["text"])
        if step and step["id"] != chat.step:
            chat.step = step["id"]
            return f"*{self.words('utter_telegram_step', slots, step=step)}*\n{text}"
        return text

    def _keyboard(self, chat: Chat, buttons: Sequence[Mapping[str, str]]) -> InlineKeyboardMarkup | None:
        """One button a row: on a phone several in a row are cut off."""
        rows = [
            [InlineKeyboardButton(button["title"], callback_data=self._chats.key_of(chat, button["payload"]))]
            for button in buttons
        ]
        return InlineKeyboardMarkup(rows) if rows else None

    @staticmethod
    def _terms(slots: Mapping[str, Any]) -> Mapping[str, str]:
        terms: Mapping[str, str] = language_for(slots.get("language")).terms["contact"]
        return terms

    async def _send(self, number: int, html: str, keyboard: InlineKeyboardMarkup | None = None) -> Message | None:
        return await attempt(
            self._bot.send_message(number, html, parse_mode=ParseMode.HTML, reply_markup=keyboard), "A message was lost"
        )

    async def _edit(
        self, number: int, message_id: int, html: str, keyboard: InlineKeyboardMarkup | None = None
    ) -> bool:
        edit = self._bot.edit_message_text(html, number, message_id, parse_mode=ParseMode.HTML, reply_markup=keyboard)
        return await attempt(edit) is not None


async def attempt(call: Awaitable[Any], failure: str | None = None) -> Any:
    """The result of a call to Telegram, or None when it failed. Raises Forbidden, which means that nobody reads us."""
    try:
        return await call
    except Forbidden:
        raise
    except TelegramError as error:
        # Only the kind: the library's messages can hold the token.
        if failure or not isinstance(error, BadRequest):
            logger.error("%s: %s.", failure or "A call to Telegram failed", type(error).__name__)
        return None
