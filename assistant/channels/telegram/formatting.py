"""Messages of the assistant as Telegram shows them: HTML, in parts that fit, with contact cards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import phonenumbers

#: Telegram's limit for a text, counted in UTF-16 units after markup is taken out.
MOST_UNITS = 4096
_EMPHASIS = re.compile(r"(?<![\w*])\*([^*\s][^*\n]*)\*(?![\w*])")


def units(text: str) -> int:
    """The length of `text` as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def as_html(text: str) -> str:
    """Plain text as Telegram HTML; `*word*` becomes bold, everything else stays as it is."""
    return _EMPHASIS.sub(r"<b>\1</b>", escape(text, quote=False))


def parts(text: str, most: int = MOST_UNITS) -> list[str]:
    """`text` in pieces of at most `most` units: split between paragraphs, else lines, sentences, words."""
    if units(text) <= most:
        return [text] if text.strip() else []
    for separator in ("\n\n", "\n", ". ", " "):
        cut = _last_cut(text, separator, most)
        if cut:
            return [text[:cut].strip(), *parts(text[cut:].strip(), most)]
    fitting = len(text.encode("utf-16-le")[: most * 2].decode("utf-16-le", "ignore"))
    return [text[:fitting], *parts(text[fitting:], most)]


def _last_cut(text: str, separator: str, most: int) -> int:
    """Where to cut so that the first piece is as long as possible; 0 when no place fits."""
    cut = 0
    for match in re.finditer(re.escape(separator), text):
        if units(text[: match.end()].rstrip()) > most:
            break
        cut = match.end() if text[: match.end()].strip() else 0
    return cut


def phone_as_html(shown: str, dial: str) -> str:
    """A number to tap: Telegram links international ones by itself, others can at least be copied with a tap."""
    if dial.startswith("+"):
        number = phonenumbers.parse(dial)
        return escape(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))
    return f"<code>{escape(shown)}</code>"


def card(contact: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """A contact as lines of HTML. `words` are the language's `contact` terms."""
    given = {name: escape(value, quote=False) for name, value in contact.items() if isinstance(value, str)}

    def said(name: str, **values: str) -> str:
        return escape(words[name], quote=False).format(**values)

    def lines() -> Iterator[str]:
        yield f"<b>{given['name']}</b>" + (f" ({given['area']})" if "area" in given else "")
        if "phone" in given:
            phone = said("phone", phone=phone_as_html(contact["phone"], contact["phone_dial"]))
            yield _sentence(f"{phone}, {said('free')}" if contact.get("free") else phone)
        if "sms" in given:
            yield _sentence(said("sms", sms=f"<code>{given['sms']}</code>"))
        if "whatsapp" in given:
            yield said("whatsapp", whatsapp=given["whatsapp"])
        if "chat_url" in given:
            yield _sentence(said("chat", chat_url=given["chat_url"]))
        if "report_url" in given:
            yield _sentence(said("report", report_url=given["report_url"]))
        if given.get("url") not in (None, given.get("chat_url"), given.get("report_url")):
            yield said("site", url=given["url"])
        if "email" in given:
            yield given["email"]
        hours = [given["hours"]] if "hours" in given else []
        if contact.get("open_now") is not None:
            hours.append(said("open_now" if contact["open_now"] else "closed_now"))
        if hours:
            yield _sentence(", ".join(hours))
        yield from (escape(note, quote=False) for note in contact.get("notes") or ())

    return "\n".join(lines())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def rendered(text: str, contact: Mapping[str, Any] | None, words: Mapping[str, str]) -> list[str]:
    """A message as one or more texts of HTML.

    The card of its contact takes the place of the contact's own line, or stands below a text that does not name it.
    """
    if not contact:
        return [as_html(part) for part in parts(text)]
    if text.startswith(f"{contact['name']}:"):
        return [card(contact, words)]
    pieces = [as_html(part) for part in parts(text)]
    if contact["name"] in text:
        return pieces
    shown = card(contact, words)
    if pieces and units(pieces[-1]) + 2 + units(shown) <= MOST_UNITS:
        return [*pieces[:-1], f"{pieces[-1]}\n\n{shown}"]
    return [*pieces, shown]


def needs_contact_card(contact: Mapping[str, Any] | None) -> bool:
    """Whether the number can be tapped only on a contact card of Telegram's own: a short or national number."""
    return bool(contact and contact.get("phone_dial") and not contact["phone_dial"].startswith("+"))
