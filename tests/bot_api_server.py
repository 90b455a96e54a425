"""Telegram's Bot API on loopback, for tests: as strict as its documentation (core.telegram.org/bots/api).

What a real server would refuse is refused here with its words; what it would take without a murmur but a careful
client does not do (unknown parameters, answers before `retry_after`, a file fetched) is noted in `complaints`.
"""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

TOKEN = "7000000001:" + "A" * 35
BOT = {"id": 7000000001, "is_bot": True, "first_name": "Helper", "username": "helper_bot"}

Json = dict[str, Any]
#: Types of parameters as they arrive (form fields are text; objects are JSON).
INTEGER, TEXT, BOOLEAN, OBJECT, LIST = "Integer", "String", "Boolean", "Object", "Array"
#: The methods a bot like ours may use, with their documented parameters; `!` marks required ones.
METHODS: dict[str, dict[str, str]] = {
    "getMe": {},
    "getUpdates": {"offset": INTEGER, "limit": INTEGER, "timeout": INTEGER, "allowed_updates": LIST},
    "setWebhook": {
        "url!": TEXT,
        "ip_address": TEXT,
        "max_connections": INTEGER,
        "allowed_updates": LIST,
        "drop_pending_updates": BOOLEAN,
        "secret_token": TEXT,
    },
    "deleteWebhook": {"drop_pending_updates": BOOLEAN},
    "sendMessage": {
        "chat_id!": INTEGER,
        "text!": TEXT,
        "parse_mode": TEXT,
        "entities": LIST,
        "link_preview_options": OBJECT,
        "disable_notification": BOOLEAN,
        "protect_content": BOOLEAN,
        "reply_markup": OBJECT,
    },
    "sendContact": {
        "chat_id!": INTEGER,
        "phone_number!": TEXT,
        "first_name!": TEXT,
        "last_name": TEXT,
        "vcard": TEXT,
        "reply_markup": OBJECT,
    },
    "sendChatAction": {"chat_id!": INTEGER, "action!": TEXT},
    "answerCallbackQuery": {"callback_query_id!": TEXT, "text": TEXT, "show_alert": BOOLEAN, "cache_time": INTEGER},
    "editMessageText": {
        "chat_id!": INTEGER,
        "message_id!": INTEGER,
        "text!": TEXT,
        "parse_mode": TEXT,
        "link_preview_options": OBJECT,
        "reply_markup": OBJECT,
    },
    "editMessageReplyMarkup": {"chat_id!": INTEGER, "message_id!": INTEGER, "reply_markup": OBJECT},
    "deleteMessage": {"chat_id!": INTEGER, "message_id!": INTEGER},
    "leaveChat": {"chat_id!": INTEGER},
    "setMyCommands": {"commands!": LIST, "scope": OBJECT, "language_code": TEXT},
}
#: Kinds of updates; a bot gets those that it asks for.
UPDATES = {"message", "edited_message", "channel_post", "callback_query", "my_chat_member", "chat_member", "poll"}
RIGHTS = (
    "be_edited",
    "manage_chat",
    "delete_messages",
    "manage_video_chats",
    "restrict_members",
    "promote_members",
    "change_info",
    "invite_users",
    "post_stories",
    "edit_stories",
    "delete_stories",
)
ACTIONS = {"typing", "upload_photo", "record_voice", "upload_document", "choose_sticker", "find_location"}
TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "s": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
}


class Refusal(Exception):
    """An answer with `ok: false`."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        self.body = {"ok": False, "error_code": code, "description": description}
        if parameters:
            self.body["parameters"] = parameters
        self.code = code


def bad_request(why: str) -> Refusal:
    return Refusal(400, f"Bad Request: {why}")


@dataclass
class Call:
    method: str
    given: Json
    at: float = field(default_factory=time.monotonic)


def parse_html(text: str) -> tuple[str, list[Json]]:
    """Text and entities of Telegram HTML, offsets in UTF-16 units. Raises Refusal as the server does."""
    plain, entities, opened = "", [], []
    for piece in re.split(r"(<[^>]*>)", text):
        tag = re.fullmatch(r"<(/?)([a-z]+)((?: [^<>]*)?)>", piece)
        if not tag:
            if "<" in piece or ">" in piece or re.search(r"&(?!(lt|gt|amp|quot|#\d+|#x[0-9a-f]+);)", piece):
                raise bad_request(f"can't parse entities: Unsupported start tag or unescaped character in {piece!r}")
            plain += unescape(piece)
        elif tag[2] not in TAGS:
            raise bad_request(f'can\'t parse entities: Unsupported start tag "{tag[2]}"')
        elif not tag[1]:
            opened.append((tag[2], _units(plain), tag[3]))
        else:
            if not opened or opened[-1][0] != tag[2]:
                raise bad_request(f'can\'t parse entities: Unmatched end tag "{tag[2]}"')
            name, offset, attributes = opened.pop()
            entity: Json = {"type": TAGS[name], "offset": offset, "length": _units(plain) - offset}
            if name == "a":
                entity["url"] = unescape(attributes.partition('"')[2].rpartition('"')[0])
            if entity["length"]:
                entities.append(entity)
    if opened:
        raise bad_request(f"can't parse entities: Can't find end tag corresponding to start tag {opened[-1][0]}")
    return plain, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class BotApiServer:
    """A server for one bot, with the chats it is in. Thread-safe; `changed` is notified at every change."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.changed = threading.Condition(threading.RLock())
        self.calls: list[Call] = []
        self.complaints: list[str] = []
        self.messages: dict[int, dict[int, Json]] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.blocked: set[int] = set()
        self.left: list[int] = []
        self.undeletable: set[int] = set()
        self.webhook: Json = {}
        self.webhook_statuses: list[int] = []
        #: Updates that have been handed out or delivered, by number.
        self.handed_out: list[int] = []
        self.port = 0
        self._pending: list[tuple[int, Any]] = []
        self._numbers = iter(range(1, 10**9))
        self._message_numbers = iter(range(100, 10**9))
        self._queries: set[str] = set()
        self._faults: list[tuple[str, int | None, Callable[[], None]]] = []
        self._quiet_until: dict[int, float] = {}
        self._poll = 0
        self._server: ThreadingHTTPServer | None = None
        self._stopping = False

    # -- the server ----------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Listens; after `stop` on the same port again, with everything it knew."""
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def do_POST(self) -> None:
                api._answer(self)

            def do_GET(self) -> None:
                api._answer(self)

            def log_message(self, *args: Any) -> None:
                """Says nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 128

            def handle_error(self, *args: Any) -> None:
                """Callers that hang up are part of the tests."""

        self._stopping = False
        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        threading.Thread(target=self._deliver, daemon=True).start()
        return self

    def stop(self) -> None:
        """Is gone, as when the network is down: open calls end without an answer."""
        assert self._server is not None
        with self.changed:
            self._stopping = True
            self.changed.notify_all()
        self._server.shutdown()
        self._server.server_close()

    # -- faults to order -----------------------------------------------------------------------------------------------

    def refuse(self, method: str, refusal: Refusal, times: int = 1, chat: int | None = None) -> None:
        """The next calls of `method` are refused."""

        def fault() -> None:
            raise refusal

        self._faults += [(method, chat, fault)] * times

    def drop(self, method: str, times: int = 1) -> None:
        """The next calls of `method` get no answer: the connection ends."""

        def fault() -> None:
            raise ConnectionAbortedError

        self._faults += [(method, None, fault)] * times

    def too_many_requests(self, chat: int, seconds: int) -> None:
        """The next message to `chat` is refused with `retry_after`; another one before that is a complaint."""

        def fault() -> None:
            self._quiet_until[chat] = time.monotonic() + seconds
            raise Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)

        self._faults.append(("sendMessage", chat, fault))

    # -- what people do ------------------------------------------------------------------------------------------------

    def push(self, kind: str, content: Json) -> int:
        """An update of a documented kind. Gives its number."""
        number = next(self._numbers)
        self._queue(number, {"update_id": number, kind: content})
        return number

    def push_raw(self, update: Any, *, numbered: bool = True) -> None:
        """Anything at all, where an update should be; with the number of an update, or not even that."""
        number = next(self._numbers)
        self._queue(number, {"update_id": number, **update} if numbered else update)

    def message(self, person: Person, kind: str = "message", **content: Any) -> Json:
        """A message of a person in their private chat."""
        with self.changed:
            message = {
                "message_id": next(self._message_numbers),
                "date": int(time.time()),
                "chat": person.chat,
                "from": person.user,
                **content,
            }
            text = content.get("text", "")
            if text.startswith("/"):
                length = len(text.split()[0])
                message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
            self.messages.setdefault(person.id, {})[message["message_id"]] = {**message, "touched": len(self.calls)}
        self.push(kind, message)
        return message

    def tap(self, person: Person, message: Json, data: str, *, accessible: bool = True) -> str:
        """A tap on a button. Gives the number of the callback query."""
        with self.changed:
            query = f"{person.id}{next(self._message_numbers)}"
            self._queries.add(query)
            shown = _shown(self.messages[person.id][message["message_id"]])
            if not accessible:
                shown = {"message_id": message["message_id"], "chat": message["chat"], "date": 0}
        self.push(
            "callback_query",
            {"id": query, "from": person.user, "chat_instance": "1", "data": data, "message": shown},
        )
        return query

    def membership(self, chat: Json, user: Json, old: str, new: str) -> None:
        """The bot was added, removed, blocked or unblocked."""

        def member(status: str) -> Json:
            more: Json = {"until_date": 0} if status == "kicked" else {}
            if status == "administrator":
                more = {"is_anonymous": False, **{f"can_{right}": False for right in RIGHTS}}
            return {"status": status, "user": BOT, **more}

        self.push(
            "my_chat_member",
            {
                "chat": chat,
                "from": user,
                "date": int(time.time()),
                "old_chat_member": member(old),
                "new_chat_member": member(new),
            },
        )

    def _queue(self, number: int, update: Any) -> None:
        with self.changed:
            self._pending.append((number, update))
            self.changed.notify_all()

    # -- what can be seen ----------------------------------------------------------------------------------------------

    def made(self, method: str, chat: int | None = None) -> list[Call]:
        """The calls of a method, in order."""
        with self.changed:
            return [
                call
                for call in self.calls
                if call.method == method and (chat is None or call.given.get("chat_id") == chat)
            ]

    def wait(self, holds: Callable[[], Any], seconds: float = 20) -> Any:
        """Waits until `holds` gives something, and gives that."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not (result := holds()):
                assert time.monotonic() < deadline, "Nothing came"
                self.changed.wait(min(0.5, deadline - time.monotonic()))
        return result

    def pending(self) -> int:
        with self.changed:
            return len(self._pending)

    # -- answering -----------------------------------------------------------------------------------------------------

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        address = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        given: Json = dict(parse_qsl(address.query)) | dict(parse_qsl(body.decode(), keep_blank_values=True))
        match = re.fullmatch(r"/(file/)?bot([^/]+)/(\w+)", address.path)
        try:
            if match and match[1]:
                self.complaints.append("A file was fetched")
            if not match or match[1] or not re.fullmatch(r"\d+:[\w-]{30,}", match[2]):
                raise Refusal(404, "Not Found")
            if match[2] != self.token:
                raise Refusal(401, "Unauthorized")
            answer: Json = {"ok": True, "result": self._call(match[3], given)}
            status = 200
        except Refusal as refusal:
            answer, status = refusal.body, refusal.code
        except ConnectionAbortedError:
            handler.close_connection = True
            return
        data = json.dumps(answer).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _call(self, method: str, raw: Json) -> Any:
        if method not in METHODS:
            self.complaints.append(f"{method} is not expected")
            raise Refusal(404, "Not Found: method not found")
        try:
            given = self._typed(method, raw)
        except Refusal as refusal:
            self.complaints.append(f"{method}: {refusal.body['description']}")
            raise
        with self.changed:
            self.calls.append(Call(method, given))
            self.changed.notify_all()
            self._fail(method, given.get("chat_id"))
            if method == "getUpdates":
                return self._get_updates(**given)
            try:
                result = getattr(self, f"_{method}")(**given)
            except Refusal as refusal:
                if refusal.code == 400:
                    self.complaints.append(f"{method}: {refusal.body['description']}: {str(given)[:150]}")
                raise
            self.changed.notify_all()
            return result

    def _typed(self, method: str, raw: Json) -> Json:
        known = {name.rstrip("!"): kind for name, kind in METHODS[method].items()}
        for name in METHODS[method]:
            if name.endswith("!") and not raw.get(name[:-1]):
                raise bad_request(f"{name[:-1]} is empty")
        given = {}
        for name, value in raw.items():
            if name not in known:
                raise bad_request(f"unknown parameter {name}")
            given[name] = _as(known[name], name, value)
        return given

    def _fail(self, method: str, chat: int | None) -> None:
        for fault in self._faults:
            if fault[0] == method and fault[1] in (None, chat):
                self._faults.remove(fault)
                fault[2]()
        if chat in self._quiet_until and method == "sendMessage" and time.monotonic() < self._quiet_until[chat]:
            self.complaints.append("A message came before retry_after had passed")

    # -- methods -------------------------------------------------------------------------------------------------------

    def _getMe(self) -> Json:
        return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    def _get_updates(
        self, offset: int = 0, limit: int = 100, timeout: int = 0, allowed_updates: list[str] | None = None
    ) -> list[Any]:
        if self.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        if not 1 <= limit <= 100:
            raise bad_request("limit is out of range")
        self._poll += 1
        mine, deadline = self._poll, time.monotonic() + timeout
        self._pending = [(number, update) for number, update in self._pending if number >= offset]
        self.changed.notify_all()
        while not self._pending and time.monotonic() < deadline and not self._stopping:
            self.changed.wait(deadline - time.monotonic())
            if mine != self._poll and timeout:
                raise Refusal(409, "Conflict: terminated by other getUpdates request")
        if self._stopping:
            raise ConnectionAbortedError
        allowed = set(allowed_updates or UPDATES)
        wanted = [
            (number, update)
            for number, update in self._pending
            if not (isinstance(update, dict) and set(update) & UPDATES) or set(update) & allowed
        ][:limit]
        self.handed_out += [number for number, _ in wanted]
        return [update for _, update in wanted]

    def _setWebhook(self, url: str, secret_token: str = "", **given: Any) -> bool:
        if not re.match(r"https://|http://127\.0\.0\.1", url):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret_token):
            raise bad_request("secret token contains unallowed characters")
        self.webhook = {"url": url, "secret_token": secret_token, **given}
        return True

    def _deleteWebhook(self, drop_pending_updates: bool = False) -> bool:
        self.webhook = {}
        if drop_pending_updates:
            self._pending.clear()
        return True

    def _sendMessage(self, chat_id: int, text: str, parse_mode: str = "", **given: Any) -> Json:
        plain, entities = self._text(text, parse_mode)
        return self._put(chat_id, {"text": plain, "entities": entities}, given.get("reply_markup"))

    def _sendContact(self, chat_id: int, phone_number: str, first_name: str, **given: Any) -> Json:
        if not re.search(r"\d", phone_number):
            raise bad_request("phone number is invalid")
        if len(first_name) > 64:
            raise bad_request("first name is too long")
        contact = {"phone_number": phone_number, "first_name": first_name}
        return self._put(chat_id, {"contact": contact}, given.get("reply_markup"))

    def _sendChatAction(self, chat_id: int, action: str) -> bool:
        self._may_write(chat_id)
        if action not in ACTIONS:
            raise bad_request("wrong parameter action in request")
        return True

    def _answerCallbackQuery(self, callback_query_id: str, text: str = "", **_: Any) -> bool:
        if callback_query_id not in self._queries:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        if len(text) > 200:
            raise bad_request("MESSAGE_TOO_LONG")
        return True

    def _editMessageText(self, chat_id: int, message_id: int, text: str, parse_mode: str = "", **given: Any) -> Json:
        message = self._own(chat_id, message_id)
        plain, entities = self._text(text, parse_mode)
        markup = _keyboard(given.get("reply_markup"))
        if plain == message.get("text") and entities == message.get("entities") and markup == message["reply_markup"]:
            raise bad_request("message is not modified")
        message.update(text=plain, entities=entities, reply_markup=markup, touched=len(self.calls))
        return _shown(message)

    def _editMessageReplyMarkup(self, chat_id: int, message_id: int, reply_markup: Json | None = None) -> Json:
        message = self._own(chat_id, message_id)
        markup = _keyboard(reply_markup)
        if markup == message["reply_markup"]:
            raise bad_request("message is not modified")
        message["reply_markup"] = markup
        if markup:  # a keyboard that goes away is no news for who reads the chat
            message["touched"] = len(self.calls)
        return _shown(message)

    def _deleteMessage(self, chat_id: int, message_id: int) -> bool:
        self._may_write(chat_id)
        if message_id in self.undeletable:
            raise Refusal(400, "Bad Request: message can't be deleted for everyone")
        if not self.messages.get(chat_id, {}).pop(message_id, None):
            raise bad_request("message to delete not found")
        return True

    def _leaveChat(self, chat_id: int) -> bool:
        if chat_id > 0:
            raise bad_request("chat member status can't be changed in private chats")
        if chat_id in self.left:
            raise Refusal(403, "Forbidden: bot is not a member of the group chat")
        self.left.append(chat_id)
        return True

    def _setMyCommands(self, commands: list[Json], scope: Json | None = None, language_code: str = "") -> bool:
        if language_code and not re.fullmatch(r"[a-z]{2}", language_code):
            raise bad_request("invalid language code specified")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]) or not 1 <= len(command["description"]) <= 256:
                raise bad_request("BOT_COMMAND_INVALID")
        self.commands[((scope or {"type": "default"})["type"], language_code)] = commands
        return True

    def _text(self, text: str, parse_mode: str) -> tuple[str, list[Json]]:
        if parse_mode not in ("", "HTML"):
            raise bad_request("unsupported parse_mode")  # this server reads only what the assistant writes
        plain, entities = parse_html(text) if parse_mode else (text, [])
        if not plain.strip():
            raise bad_request("message text is empty")
        if _units(plain) > 4096:
            raise bad_request("message is too long")
        return plain, entities

    def _may_write(self, chat_id: int) -> None:
        if chat_id in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat_id in self.left:
            raise Refusal(403, "Forbidden: bot was kicked from the group chat")

    def _put(self, chat_id: int, content: Json, markup: Json | None) -> Json:
        self._may_write(chat_id)
        message = {
            "message_id": next(self._message_numbers),
            "date": int(time.time()),
            "chat": {"id": chat_id, "type": "private" if chat_id > 0 else "group"},
            "from": BOT,
            **content,
            "reply_markup": _keyboard(markup),
            "touched": len(self.calls),
        }
        self.messages.setdefault(chat_id, {})[message["message_id"]] = message
        return _shown(message)

    def _own(self, chat_id: int, message_id: int) -> Json:
        self._may_write(chat_id)
        message = self.messages.get(chat_id, {}).get(message_id)
        if message is None or message["from"] != BOT:
            raise bad_request("message to edit not found")
        return message

    # -- webhook -------------------------------------------------------------------------------------------------------

    def _deliver(self) -> None:
        """Sends updates to the webhook, in order, each until it is taken."""
        while True:
            with self.changed:
                while not (self.webhook and self._pending) and not self._stopping:
                    self.changed.wait(1)
                if self._stopping:
                    return
                number, update = self._pending[0]
                url, secret = self.webhook["url"], self.webhook["secret_token"]
            status = post(url, update, secret)
            with self.changed:
                self.webhook_statuses.append(status)
                if status == 200:
                    self.handed_out.append(number)
                    self._pending = [entry for entry in self._pending if entry[0] != number]
                self.changed.notify_all()
            if status != 200:
                time.sleep(0.2)


def post(url: str, update: Any, secret: str | None, raw: bytes | None = None) -> int:
    """Sends an update to a webhook as Telegram does. Gives the status, 0 when nobody answers."""
    headers = {"Content-Type": "application/json"}
    if secret is not None:
        headers["X-Telegram-Bot-Api-Secret-Token"] = secret
    data = raw if raw is not None else json.dumps(update).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _as(kind: str, name: str, value: str) -> Any:
    """A form field as the type its parameter is documented to have."""
    if kind == TEXT:
        return value
    try:
        parsed = json.loads(value)
    except ValueError as error:
        raise bad_request(f"can't parse {name}") from error
    wanted = {INTEGER: int, BOOLEAN: bool, OBJECT: dict, LIST: list}[kind]
    if type(parsed) is not wanted:
        raise bad_request(f"{name} must be of type {kind}")
    return parsed


def _keyboard(markup: Json | None) -> Json | None:
    """A valid inline keyboard, or None for none."""
    if markup is None or not markup.get("inline_keyboard"):
        return None
    for button in (button for row in markup["inline_keyboard"] for button in row):
        if not button.get("text"):
            raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        if len({"callback_data", "url"} & set(button)) != 1:
            raise bad_request("can't parse inline keyboard button: exactly one of the optional fields must be used")
        if not 1 <= len(button.get("callback_data", "x").encode()) <= 64:
            raise bad_request("BUTTON_DATA_INVALID")
    return markup


def _shown(message: Json) -> Json:
    return {key: value for key, value in message.items() if key != "touched" and value is not None}


@dataclass
class Person:
    """Somebody with Telegram, in their private chat with the bot."""

    api: BotApiServer
    id: int
    language: str | None = "en"
    #: What a person would not like to see anywhere.
    name: str = "Quillfeather"

    @property
    def user(self) -> Json:
        user = {"id": self.id, "is_bot": False, "first_name": self.name, "username": f"{self.name}_{self.id}"}
        return {**user, "language_code": self.language} if self.language else user

    @property
    def chat(self) -> Json:
        return {"id": self.id, "type": "private", "first_name": self.name, "username": f"{self.name}_{self.id}"}

    def send(self, kind: str = "message", **content: Any) -> Json:
        """Sends a message of any kind and does not wait."""
        return self.api.message(self, kind, **content)

    def say(self, text: str) -> list[Json]:
        """Writes, waits until the turn is over (new buttons are there), and gives what is new in the chat."""
        return self.after(lambda: self.send(text=text))

    def tap(self, title: str) -> list[Json]:
        """Taps the button with this title, waits for the end of the turn, and gives what is new or changed."""
        message, data = self.button(title)
        return self.after(lambda: self.api.tap(self, message, data))

    def after(self, act: Callable[[], Any], seconds: float = 20) -> list[Json]:
        """What is new or changed in the chat once `act` has led to new buttons."""
        before = len(self.api.calls)
        act()

        def new() -> list[Json]:
            return [message for message in self.seen() if message["touched"] > before and message["from"] == BOT]

        self.api.wait(lambda: any(message.get("reply_markup") for message in new()), seconds)
        return new()

    def seen(self) -> list[Json]:
        """The chat as it looks now."""
        with self.api.changed:
            return [dict(message) for message in self.api.messages.get(self.id, {}).values()]

    def text(self) -> str:
        """Everything the bot has said that is still there."""
        return "\n".join(message.get("text", "") for message in self.seen() if message["from"] == BOT)

    def keyboards(self) -> list[Json]:
        return [message for message in self.seen() if message.get("reply_markup")]

    def buttons(self) -> list[str]:
        """The titles on the newest keyboard."""
        return [title for title, _, _ in self._buttons(self.keyboards()[-1])]

    def button(self, title: str) -> tuple[Json, str]:
        """The newest message with a button of this title, and its callback data."""
        for message in reversed(self.keyboards()):
            for name, data, _ in self._buttons(message):
                if name == title:
                    return message, data
        raise AssertionError(f"No button {title!r} among {self.buttons()}")

    @staticmethod
    def _buttons(message: Json) -> Iterator[tuple[str, str, int]]:
        for number, row in enumerate(message["reply_markup"]["inline_keyboard"]):
            for button in row:
                yield button["text"], button.get("callback_data", ""), number
