"""The `webchat` channel: the small JSON API behind the web widget. docs/api.md describes it for callers."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
from functools import wraps
from typing import Any

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic
from sanic.exceptions import PayloadTooLarge, SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json

from assistant.channels.retries import LastAnswers
from assistant.channels.tokens import Conversation, InvalidToken, Tokens
from assistant.channels.turns import MOST_CHARACTERS, Handler, PayloadNotOffered, Reply, Turns, plain_text
from assistant.channels.widget import widget_settings
from assistant.nlg import language_for, languages
from assistant.tracker_store import forget

logger = logging.getLogger(__name__)

MOST_BYTES = 40_000
MOST_ID_CHARACTERS = 64
MESSAGES = RateLimitItemPerMinute(40)
#: New conversations a minute from one address; a whole school may share one.
CONVERSATIONS_PER_MINUTE = 120
_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_COUNTRY = re.compile(r"[A-Z]{2}")


class ApiError(Exception):
    """A refusal with its HTTP status; `code` names the sentence in content/languages/<lang>/terms.yml, `errors`."""

    def __init__(self, status: int, code: str) -> None:
        self.status = status
        self.code = code


class WebchatInput(InputChannel):
    """Sanic blueprint under /webhooks/webchat. Configured in credentials.yml.

    `secret` signs tokens (empty: a fresh one each start), `conversations_per_minute` limits one address.
    """

    def __init__(self, secret: str | None, conversations_per_minute: int = CONVERSATIONS_PER_MINUTE) -> None:
        self._tokens = Tokens(secret)
        self._conversations = RateLimitItemPerMinute(conversations_per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._salt = os.urandom(16)

    @classmethod
    def name(cls) -> str:
        return "webchat"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebchatInput:
        given = credentials or {}
        return cls(given.get("secret") or None, int(given.get("conversations_per_minute") or CONVERSATIONS_PER_MINUTE))

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        blueprint = Blueprint("webchat")
        turns = Turns(self.name(), on_new_message)
        answers = LastAnswers()

        async def take(agent: Any, conversation: Conversation, body: dict[str, Any]) -> Reply:
            if not await agent.tracker_store.exists(conversation.id):
                raise ApiError(404, "expired")
            reply = await self._reply(turns, agent, conversation, body)
            if reply.erase:
                await forget(agent, conversation.id)
            return reply

        async def forget_all(agent: Any, conversation: Conversation) -> None:
            async with agent.lock_store.lock(conversation.id):  # a turn that still runs would save it again
                answers.forget(conversation.id)
                await forget(agent, conversation.id)

        @blueprint.listener("before_server_start")
        async def guard(app: Sanic, _: Any) -> None:
            app.config.REQUEST_MAX_SIZE = MOST_BYTES
            app.config.ACCESS_LOG = False  # it would hold addresses
            app.error_handler.add(PayloadTooLarge, lambda request, _: refusal(request, ApiError(413, "too_long")))

        @blueprint.route("/conversations", methods=["POST"])
        @api
        async def start(request: Request) -> HTTPResponse:
            body = json_body(request)
            language, country = body.get("language") or "en", body.get("country")
            if not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
                raise ApiError(400, "bad_language")
            if country is not None and not (isinstance(country, str) and _COUNTRY.fullmatch(country)):
                raise ApiError(400, "bad_country")
            self._limit(self._conversations, request.remote_addr or request.ip)
            conversation, token = self._tokens.start(language, country)
            reply = await turns.start(agent_of(request), conversation)
            return json({"token": token, "messages": reply.messages}, status=201)

        @blueprint.route("/messages", methods=["POST"])
        @api
        async def message(request: Request) -> HTTPResponse:
            conversation = self._conversation(request.headers.get("authorization"))
            body = json_body(request)
            self._limit(MESSAGES, conversation.id)
            agent, identifier = agent_of(request), body.get("id")
            if not (identifier is None or (isinstance(identifier, str) and 0 < len(identifier) <= MOST_ID_CHARACTERS)):
                raise ApiError(400, "bad_message")
            reply = await answers.once(conversation.id, identifier, lambda: take(agent, conversation, body))
            return json({"messages": reply.messages, **({"erased": True} if reply.erase else {})})

        @blueprint.route("/conversations", methods=["DELETE"])
        @api
        async def erase(request: Request) -> HTTPResponse:
            conversation = self._conversation(request.headers.get("authorization"))
            await asyncio.shield(forget_all(agent_of(request), conversation))
            return empty(204)

        @blueprint.route("/conversations/erase", methods=["POST"])
        @api
        async def erase_on_leaving(request: Request) -> HTTPResponse:
            """For a page that is being left: browsers then send no header and wait for no preflight."""
            conversation = self._conversation(f"Bearer {request.body.decode('ascii', 'replace')}")
            await asyncio.shield(forget_all(agent_of(request), conversation))
            return empty(204)

        @blueprint.route("/conversations", methods=["GET"])
        @api
        async def alive(request: Request) -> HTTPResponse:
            conversation = self._conversation(request.headers.get("authorization"))
            if not await agent_of(request).tracker_store.exists(conversation.id):
                raise ApiError(404, "expired")
            return empty(204)

        @blueprint.route("/widget", methods=["GET"])
        @api
        async def widget(request: Request) -> HTTPResponse:
            agent_of(request)
            return json(widget_settings(request.args.get("language"), request.args.get("country")))

        @blueprint.route("/ready", methods=["GET"])
        @api
        async def ready(request: Request) -> HTTPResponse:
            agent_of(request)
            return empty(204)

        return blueprint

    @staticmethod
    async def _reply(turns: Turns, agent: Any, conversation: Conversation, body: dict[str, Any]) -> Reply:
        text, payload, language = body.get("text"), body.get("payload"), body.get("language")
        if language is not None:
            if text is not None or payload is not None:
                raise ApiError(400, "bad_message")
            if not isinstance(language, str) or language not in languages():
                raise ApiError(400, "bad_language")
            return await turns.switch_language(agent, conversation, language)
        if isinstance(payload, str) and text is None:
            try:
                return await turns.tap(agent, conversation, payload)
            except PayloadNotOffered as error:
                raise ApiError(400, "not_offered") from error
        if not isinstance(text, str) or payload is not None:
            raise ApiError(400, "bad_message")
        if len(text) > MOST_CHARACTERS:
            raise ApiError(413, "too_long")
        if not plain_text(text):
            raise ApiError(400, "empty")
        return await turns.say(agent, conversation, text)

    def _conversation(self, authorization: str | None) -> Conversation:
        try:
            return self._tokens.read(authorization)
        except InvalidToken as error:
            raise ApiError(401, "bad_token") from error

    def _limit(self, item: RateLimitItem, key: str) -> None:
        """Counts a request of `key`, which is kept only as a salted hash. Raises ApiError 429."""
        hashed = hashlib.blake2b(key.encode(), key=self._salt, digest_size=12).hexdigest()
        if not self._limiter.hit(item, hashed):
            raise ApiError(429, "too_fast")


def api(handler: Any) -> Any:
    """Turns every refusal and fault of a handler into JSON with a plain sentence."""

    @wraps(handler)
    async def answered(request: Request, *args: Any, **kwargs: Any) -> HTTPResponse:
        try:
            response: HTTPResponse = await handler(request, *args, **kwargs)
        except ApiError as error:
            response = refusal(request, error)
        except SanicException as error:
            response = refusal(request, ApiError(error.status_code, "bad_message"))
        except Exception as error:
            logger.error("A request failed: %s.", type(error).__name__)
            response = refusal(request, ApiError(500, "fault"))
        response.headers["Cache-Control"] = "no-store"
        return response

    return answered


def refusal(request: Request, error: ApiError) -> HTTPResponse:
    """The error as JSON, in the language the caller accepts."""
    accepted = (request.headers.get("accept-language") or "en").split(",")[0].split(";")[0].strip()
    message = language_for(accepted).terms["errors"][error.code]
    headers = {"Retry-After": "20"} if error.status == 429 else None
    return json({"error": {"code": error.code, "message": message}}, status=error.status, headers=headers)


def json_body(request: Request) -> dict[str, Any]:
    """The request's JSON object. Raises ApiError 415, 413 or 400."""
    if (request.headers.get("content-type") or "").partition(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "not_json")
    if len(request.body) > MOST_BYTES:
        raise ApiError(413, "too_long")
    try:
        body = request.json
    except (SanicException, ValueError, RecursionError) as error:
        raise ApiError(400, "bad_message") from error
    if not isinstance(body, dict):
        raise ApiError(400, "bad_message")
    return body


def agent_of(request: Request) -> Any:
    """The running agent. Raises ApiError 503 while it is not ready."""
    agent = getattr(request.app.ctx, "agent", None)
    if agent is None or not agent.is_ready():
        raise ApiError(503, "not_ready")
    return agent
