"""Rasa's view of the action server: thin classes that hand the tracker's slots to the planner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.case import FACTS, Case
from actions.conversation import PROGRESS, Planner, Progress, Said, Turn
from actions.directory import directory
from actions.playbook import playbook

#: Slots that outlive "start over": they describe the person's place and language, not the case.
KEPT_ON_RESTART = ("country", "language")


def _planner(tracker: Tracker) -> Planner:
    return Planner(playbook(), directory(), tracker.get_slot("language") or "en")


def _this_turn(tracker: Tracker) -> Iterable[dict[str, Any]]:
    """The events since the user's last message, newest first."""
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return
        yield event


def _said(tracker: Tracker) -> Said:
    events = list(_this_turn(tracker))
    return Said(
        intent=tracker.latest_message["intent"].get("name") or "nlu_fallback",
        brought_facts=any(event["event"] == "slot" and event["name"] in FACTS for event in events),
        answered=any(event["event"] == "bot" for event in events),
    )


def _carry_out(turn: Turn, tracker: Tracker, dispatcher: CollectingDispatcher) -> list[EventType]:
    values = turn.values()
    for say in turn.says:
        dispatcher.utter_message(response=say.response, facts=values, contact=say.contact, step=say.step)
    learned = {**turn.case.facts, **turn.progress.slots()}
    learned["sextortion_type"] = turn.case.sextortion_type
    return [
        SlotSet(name, value)
        for name, value in learned.items()
        if tracker.get_slot(name) != value and name != "platform"
    ]


class ActionNextStep(Action):
    """Says what comes next: being heard, what must not wait, a missing question, or a step."""

    def name(self) -> str:
        return "action_next_step"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        slots = tracker.current_slot_values()
        turn = _planner(tracker).next_turn(Case.from_slots(slots), Progress.from_slots(slots), _said(tracker))
        return _carry_out(turn, tracker, dispatcher)


class ActionShowHow(Action):
    """Shows how to do the current step on the person's platform."""

    def name(self) -> str:
        return "action_show_how"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        slots = tracker.current_slot_values()
        turn = _planner(tracker).show_how(Case.from_slots(slots), Progress.from_slots(slots), _said(tracker))
        return _carry_out(turn, tracker, dispatcher)


class ActionHandOff(Action):
    """Hands the person to the humans of their country, with a summary made from facts."""

    def name(self) -> str:
        return "action_hand_off"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        slots = tracker.current_slot_values()
        turn = _planner(tracker).hand_off(Case.from_slots(slots), Progress.from_slots(slots))
        return _carry_out(turn, tracker, dispatcher)


class ActionStartOver(Action):
    """Forgets the case and the place in the plan, keeping country and language."""

    def name(self) -> str:
        return "action_start_over"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        cleared = [name for name in (*FACTS, *PROGRESS, "sextortion_type") if name not in KEPT_ON_RESTART]
        return [SlotSet(name, None) for name in cleared if tracker.get_slot(name) is not None]
