"""Answers updates: what came from Telegram becomes a turn with the assistant, or a kind word why not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from cachetools import TTLCache
from rasa.core.agent import Agent
from telegram import Bot, CallbackQuery, ChatMemberUpdated, Message, Update
from telegram import Chat as TelegramChat
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import Forbidden

from assistant.channels.telegram.chats import Chat, Chats
from assistant.channels.telegram.delivery import LANGUAGE, SHOW_HOW, START, Delivery, attempt
from assistant.channels.telegram.formatting import as_html
from assistant.channels.telegram.kinds import Command, attachment_of, command_of, start_parameter
from assistant.channels.turns import Message as Said
from assistant.channels.turns import Reply, Turns, plain_text
from assistant.nlg import language_for, languages
from assistant.tracker_store import forget

logger = logging.getLogger(__name__)

COMMANDS = ("start", "help", "human", "language", "privacy", "exit")
#: Turns that Rasa works on at once; more only make each other late.
MOST_TURNS = 8


class Updates:
    """Handles updates one after the other in a chat, and side by side in different chats."""

    def __init__(self, bot: Bot, turns: Turns, chats: Chats, agent: Callable[[], Agent]) -> None:
        self._bot = bot
        self._turns = turns
        self._chats = chats
        self._agent = agent
        self._delivery = Delivery(bot, chats)
        self._at_once = asyncio.Semaphore(MOST_TURNS)
        self._left: TTLCache[int, bool] = TTLCache(1000, ttl=60)

    async def handle(self, update: Update) -> None:
        """Answers one update; one that says nothing to us is passed over."""
        message = update.message or update.edited_message
        if update.my_chat_member:
            await self._membership(update.my_chat_member)
        elif update.callback_query:
            await self._query(update.callback_query)
        elif update.effective_chat and update.effective_chat.type != ChatType.PRIVATE:
            await self._leave(update.effective_chat, getattr(update.effective_user, "language_code", None))
        elif update.edited_message and update.edited_message.location:
            return  # a live location moves every few seconds
        elif message and message.from_user and not message.from_user.is_bot:
            await self._message(message)

    # -- not a private chat --------------------------------------------------------------------------------------------

    async def _membership(self, change: ChatMemberUpdated) -> None:
        gone = change.new_chat_member.status in (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)
        if change.chat.type != ChatType.PRIVATE:
            if not gone:
                await self._leave(change.chat, change.from_user.language_code)
        elif gone:  # the person has blocked the bot
            await self._forget(self._chats.of(change.chat.id, None))

    async def _leave(self, group: TelegramChat, language: str | None) -> None:
        if group.id in self._left:
            return
        self._left[group.id] = True
        text = self._delivery.words("utter_telegram_private_only", {"language": language})
        with suppress(Forbidden):  # it may not write there; it can still leave
            await attempt(self._bot.send_message(group.id, text))
        with suppress(Forbidden):  # somebody was faster
            await attempt(self._bot.leave_chat(group.id))

    # -- a private chat ------------------------------------------------------------------------------------------------

    async def _message(self, message: Message) -> None:
        number = message.chat_id
        chat = self._chats.of(number, message.from_user.language_code if message.from_user else None)
        attachment = attachment_of(message)
        if attachment and not self._chats.admits(chat):
            await self._delivery.delete(number, message.message_id)
        elif attachment:
            await self._in_turn(chat, number, self._attachment(chat, message, attachment))
        elif message.text and not self._chats.admits(chat):
            await self._too_fast(chat, number)
        elif message.text:
            command = command_of(message)
            if command and command.name in COMMANDS:
                await self._in_turn(chat, number, self._command(chat, number, command))
            else:
                await self._in_turn(chat, number, self._text(chat, number, message.text))

    async def _query(self, query: CallbackQuery) -> None:
        if not query.message or query.message.chat.type != ChatType.PRIVATE:
            await attempt(query.answer())
            return
        number = query.message.chat.id
        chat = self._chats.of(number, query.from_user.language_code)
        await attempt(query.answer())  # at once: until then the button shows that it waits
        if self._chats.admits(chat):
            await self._in_turn(chat, number, self._tap(chat, number, query))
        else:
            await self._too_fast(chat, number)

    async def _in_turn(self, chat: Chat, number: int, answer: Coroutine[Any, Any, None]) -> None:
        """Runs `answer` when the chat's earlier updates are answered."""
        chat.waiting += 1
        try:
            async with chat.lock:
                await answer
        except Forbidden:
            await self._forget(chat)
        except Exception as error:  # the person still gets an answer
            logger.error("An update was not answered: %s.", type(error).__name__)
            fault = self._delivery.words("utter_fault", {"language": chat.language, "country": chat.country})
            await self._delivery.send(number, chat, as_html(fault), chat.buttons)
        finally:
            answer.close()
            chat.waiting -= 1

    async def _too_fast(self, chat: Chat, number: int) -> None:
        if self._chats.may_be_told(chat):
            await attempt(self._bot.send_message(number, language_for(chat.language).terms["errors"]["too_fast"]))

    # -- what people do ------------------------------------------------------------------------------------------------

    async def _text(self, chat: Chat, number: int, text: str) -> None:
        if not plain_text(text):
            await self._notice(chat, number, "utter_telegram_other")
            return
        await self._delivery.typing(number)
        hello = await self._begin(chat)
        await self._deliver(
            chat, number, await self._turn(self._turns.say(self._agent(), chat.conversation, text)), hello
        )

    async def _tap(self, chat: Chat, number: int, query: CallbackQuery) -> None:
        message, data = query.message, query.data or ""
        assert message is not None
        if data == START:
            await self._delivery.remove_keyboard(number, message.message_id)
            await self._start(chat, number)
            return
        if data.startswith(LANGUAGE) and data.removeprefix(LANGUAGE) in languages():
            await self._delivery.remove_keyboard(number, message.message_id)
            await self._speak(chat, number, data.removeprefix(LANGUAGE))
            return
        if message.message_id == chat.used:
            return
        offered = await self._turns.offered(self._agent(), chat.conversation)
        payload = next((known for known in offered if self._chats.key_of(chat, known) == data), None)
        if payload is None or chat.keyboard not in (None, message.message_id):
            if message.message_id != chat.keyboard and getattr(message, "reply_markup", None):
                await self._delivery.remove_keyboard(number, message.message_id)
            await self._notice(chat, number, "utter_telegram_stale")
            return
        if chat.keyboard and payload not in {button["payload"] for button in chat.buttons}:
            return  # tapped twice in haste: the first tap has unfolded the message
        chat.used, chat.keyboard = message.message_id, None
        whole = message if isinstance(message, Message) else None  # of old messages Telegram tells only the number
        unfolds = payload == SHOW_HOW and whole is not None
        if whole is None:
            await self._delivery.remove_keyboard(number, message.message_id)
        elif not unfolds:
            await self._delivery.settle(number, whole, _title(whole, data))
        await self._delivery.typing(number)
        reply = await self._turn(self._turns.tap(self._agent(), chat.conversation, payload))
        if unfolds and whole:
            step = (reply.messages[-1].get("step") or {}).get("id")
            if step and step == chat.step and await self._delivery.unfold(number, chat, whole, reply.messages):
                chat.used = None
                return
            await self._delivery.settle(number, whole, _title(whole, data))
        await self._deliver(chat, number, reply)

    async def _attachment(self, chat: Chat, message: Message, response: str) -> None:
        number = message.chat_id
        removed = await self._delivery.delete(number, message.message_id)
        if message.media_group_id and message.media_group_id == chat.album:
            return  # one answer for an album
        chat.album = message.media_group_id
        names = [response, *(["utter_telegram_removed"] if removed else [])]
        caption = message.caption if not message.forward_origin else None
        if caption and plain_text(caption):
            slots = await self._turns.known(self._agent(), chat.conversation)
            await self._delivery.send(number, chat, "\n\n".join(as_html(self._delivery.words(n, slots)) for n in names))
            await self._text(chat, number, caption)
        else:
            await self._notice(chat, number, *names)

    async def _command(self, chat: Chat, number: int, command: Command) -> None:
        if command.name == "start":
            country, language = start_parameter(command.argument)
            chat.country, chat.language = country or chat.country, language or chat.language
            await self._start(chat, number)
        elif command.name == "human":
            await self._delivery.typing(number)
            hello = await self._begin(chat)
            reply = await self._turn(self._turns.command(self._agent(), chat.conversation, "ask_human"))
            await self._deliver(chat, number, reply, hello)
        elif command.name == "language":
            await self._language(chat, number, command.argument)
        elif command.name == "exit":
            await self._exit(chat, number)
        else:
            await self._notice(chat, number, f"utter_telegram_{command.name}")

    async def _language(self, chat: Chat, number: int, wanted: str) -> None:
        if wanted.lower() in languages():
            await self._speak(chat, number, wanted.lower())
            return
        choices = {f"{LANGUAGE}{code}": str(language.terms["name"]) for code, language in languages().items()}
        slots = await self._turns.known(self._agent(), chat.conversation)
        await self._delivery.choices(number, as_html(self._delivery.words("utter_telegram_language", slots)), choices)

    async def _speak(self, chat: Chat, number: int, language: str) -> None:
        """Goes on in another language."""
        chat.language = language
        if await self._exists(chat):
            again = self._turns.switch_language(self._agent(), chat.conversation, language)
            await self._deliver(chat, number, await self._turn(again))
        else:
            await self._start(chat, number)

    async def _start(self, chat: Chat, number: int) -> None:
        await forget(self._agent(), chat.id)
        if chat.keyboard:
            await self._delivery.remove_keyboard(number, chat.keyboard)
        chat.clear()
        await self._deliver(chat, number, await self._turn(self._turns.start(self._agent(), chat.conversation)))

    async def _exit(self, chat: Chat, number: int) -> None:
        slots = await self._turns.known(self._agent(), chat.conversation)
        await forget(self._agent(), chat.id)
        await self._farewell(chat, number, [self._delivery.words("utter_erased", slots)], slots)

    async def _farewell(self, chat: Chat, number: int, said: Sequence[str], slots: dict[str, Any]) -> None:
        """The last words after erasing, and what Telegram itself still has."""
        if chat.keyboard:
            await self._delivery.remove_keyboard(number, chat.keyboard)
        self._chats.forget(chat)
        for text in said:
            await self._delivery.send(number, chat, as_html(text))
        last = self._delivery.response("utter_telegram_what_stays", slots)
        again = {START: str(last["buttons"][0]["title"])}
        await self._delivery.choices(number, as_html(str(last["text"])), again)

    # -- turns ---------------------------------------------------------------------------------------------------------

    async def _turn(self, turn: Coroutine[Any, Any, Reply]) -> Reply:
        async with self._at_once:
            return await turn

    async def _exists(self, chat: Chat) -> bool:
        return bool(await self._agent().tracker_store.exists(chat.id))

    async def _begin(self, chat: Chat) -> list[Said]:
        """Opens a conversation where there is none (the first text, or after an hour); what it says then."""
        if await self._exists(chat):
            return []
        chat.clear()
        return (await self._turn(self._turns.start(self._agent(), chat.conversation))).messages

    async def _deliver(self, chat: Chat, number: int, reply: Reply, before: Sequence[Said] = ()) -> None:
        slots = await self._turns.known(self._agent(), chat.conversation)
        if slots.get("language"):
            chat.language = str(slots["language"])  # the person may have asked for another one in words
        if reply.erase:
            await forget(self._agent(), chat.id)
            await self._farewell(chat, number, [message["text"] for message in reply.messages], slots)
        else:
            await self._delivery.reply(number, chat, [*before, *reply.messages], slots)

    async def _notice(self, chat: Chat, number: int, *names: str) -> None:
        """Says something beside the conversation; the buttons that count move below it."""
        slots = await self._turns.known(self._agent(), chat.conversation)
        html = "\n\n".join(as_html(self._delivery.words(name, slots)) for name in names)
        if chat.buttons and await self._exists(chat):
            await self._delivery.send(number, chat, html, chat.buttons)
            return
        await self._delivery.send(number, chat, html)
        await self._start(chat, number)

    async def _forget(self, chat: Chat) -> None:
        """Nobody reads this chat any more."""
        self._chats.forget(chat)
        await forget(self._agent(), chat.id)


def _title(message: Message, data: str) -> str:
    """The title of the button with this callback data."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    return next((button.text for row in rows for button in row if button.callback_data == data), "")
