"""What a Telegram message is, as far as the assistant has to know: nothing is opened or downloaded to find out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from telegram import Message, MessageEntity, Update
from telegram.ext import filters

#: The response for each kind of attachment, by Telegram's name of it.
ATTACHMENTS = {
    "photo": "utter_telegram_picture",
    "live_photo": "utter_telegram_picture",
    "video": "utter_telegram_picture",
    "video_note": "utter_telegram_picture",
    "story": "utter_telegram_picture",
    "paid_media": "utter_telegram_picture",
    "voice": "utter_telegram_voice",
    "audio": "utter_telegram_voice",
    "animation": "utter_telegram_sticker",  # before `document`, which Telegram adds to it
    "sticker": "utter_telegram_sticker",
    "dice": "utter_telegram_sticker",
    "document": "utter_telegram_file",
    "contact": "utter_telegram_contact",
    "venue": "utter_telegram_location",
    "location": "utter_telegram_location",
}
FORWARDED = "utter_telegram_forwarded"
OTHER = "utter_telegram_other"

_START = re.compile(r"([A-Za-z]{2})(?:[_-]([a-z]{2,3}))?(?:[_-][A-Za-z0-9_-]*)?")


@dataclass(frozen=True)
class Command:
    """A command of the menu with what was written after it."""

    name: str
    argument: str


def command_of(message: Message) -> Command | None:
    """The command that a message starts with, whoever it is addressed to."""
    entity = next(iter(message.entities or ()), None)
    if not message.text or entity is None or entity.type != MessageEntity.BOT_COMMAND or entity.offset:
        return None
    name = message.text[1 : entity.length].partition("@")[0].lower()
    return Command(name, message.text[entity.length :].strip())


def start_parameter(argument: str) -> tuple[str | None, str | None]:
    """Country and language of a deep link, as in `IE`, `IE_en` or `IE_en_school`; what follows is not read."""
    match = _START.fullmatch(argument)
    return (match[1].upper(), match[2]) if match else (None, None)


def attachment_of(message: Message) -> str | None:
    """The response to a message that is not text of the person's own; None for text and for Telegram's notes."""
    if message.forward_origin:
        return FORWARDED
    if message.text:
        return None
    for kind, response in ATTACHMENTS.items():
        if getattr(message, kind, None):
            return response
    # Contents that the library does not know yet are still contents; "X joined" and the like need no answer.
    return None if filters.StatusUpdate.ALL.check_update(Update(0, message=message)) else OTHER
