"""What Rasa fixes and gives no switch for, changed here and nowhere else. The channels apply it when imported."""

from __future__ import annotations

from typing import Any

import rasa.core.actions.action
import rasa.server
import structlog
from rasa.core.actions.action import RemoteAction
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Sanic
from sanic_cors import CORS

from assistant.tracker_store import ForgetfulTrackerStore, without_words

#: A frightened person does not wait 5 minutes (Rasa's constant) for an action server that is down.
ACTION_TIMEOUT_SECONDS = 3
#: Parts of a log line that hold no words of a conversation. Rasa's debug lines repeat messages in the others.
LOGGED = {
    "event",
    "level",
    "timestamp",
    "logger",
    "action_name",
    "policy_name",
    "num_tokens",
    "exc_info",
    "stack",
    "exception",
}

_action_call = RemoteAction._action_call_format


def _no_root_route(app: Sanic) -> None:
    """Rasa's page at `/` prints its version to the world; the assistant's own page stands there instead."""


def _cors_for_the_widget(app: Sanic, cors_origins: str | list[str] | None = "") -> None:
    """What `rasa run --cors` allows other sites: what the widget needs, and never cookies or passwords of a browser."""
    CORS(
        app,
        resources={"/*": {"origins": cors_origins or ""}},
        methods=["GET", "POST", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
        supports_credentials=False,
        always_send=False,
        vary_header=False,  # pages and script say so themselves, and answers of the API are never stored
        max_age=600,
        automatic_options=True,
    )


def _action_call_without_words(self: RemoteAction, tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
    """The action server needs facts and places, never what was written; so its faults cannot repeat it either."""
    call = _action_call(self, tracker, domain)
    state = call["tracker"]
    state["events"] = [without_words(event) for event in state["events"]]
    state["latest_message"] = {**state["latest_message"], "text": ""}
    return call


def _forgetful_fallback(self: FailSafeTrackerStore) -> ForgetfulTrackerStore:
    """Where conversations go while the configured store is down: Rasa's choice would keep their words, and for ever."""
    if self._fallback_tracker_store is None:
        self._fallback_tracker_store = ForgetfulTrackerStore(self._tracker_store.domain)
    return self._fallback_tracker_store


def _drop_words(logger: Any, method: str, line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name in LOGGED}


def apply() -> None:
    """Applies the overrides; doing so again changes nothing."""
    rasa.core.actions.action.DEFAULT_REQUEST_TIMEOUT = ACTION_TIMEOUT_SECONDS
    rasa.server.add_root_route = _no_root_route
    rasa.server.configure_cors = _cors_for_the_widget
    RemoteAction._action_call_format = _action_call_without_words
    FailSafeTrackerStore.fallback_tracker_store = property(_forgetful_fallback)
    processors = structlog.get_config()["processors"]
    if _drop_words not in processors:
        structlog.configure(processors=[_drop_words, *processors])
