"""What is kept of a conversation: facts and places, never words, and not for long."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from types import SimpleNamespace
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from actions.content import CONTENT
from assistant.tracker_store import ForgetfulTrackerStore, without_words

SECRET = "he has my nudes and my name is Aoife Quigley"
ANSWER = "I'm glad you told me, Aoife"
BUTTONS = [{"title": "Done", "payload": "/step_done"}, {"title": "Talk to a human", "payload": "/ask_human"}]


@cache
def domain() -> Domain:
    return Domain.load(str(CONTENT.parent / "domain.yml"))


def store(expire_minutes: float = 60) -> ForgetfulTrackerStore:
    return ForgetfulTrackerStore(domain(), expire_minutes=expire_minutes)


def conversation(sender: str = "someone") -> DialogueStateTracker:
    tracker = DialogueStateTracker(sender, domain().slots)
    parsed = {
        "text": SECRET,
        "intent": {"name": "disclose", "confidence": 0.98},
        "intent_ranking": [{"name": "disclose", "confidence": 0.98}],
        "entities": [{"entity": "demand_money", "value": "yes", "start": 0, "end": len(SECRET)}],
        "text_tokens": [[0, 2]],
        "case_facts": {"demand_money:yes": 0.9},
        "response_selector": {"question": SECRET},
    }
    tracker.update(ActionExecuted("action_listen"))
    tracker.update(
        UserUttered(
            SECRET,
            intent=parsed["intent"],  # type: ignore[arg-type, unused-ignore]
            entities=parsed["entities"],  # type: ignore[arg-type, unused-ignore]
            parse_data=parsed,  # type: ignore[arg-type, unused-ignore]
            input_channel="webchat",
            metadata={"page": SECRET},
        )
    )
    tracker.update(SlotSet("demand_money", "yes"))
    tracker.update(SlotSet("country", "IE"))
    tracker.update(SlotSet("platform", ["instagram", "snapchat"]))
    tracker.update(SlotSet("finished_steps", ["tell_someone"]))
    tracker.update(SlotSet("first_aid_given", True))
    tracker.update(SlotSet("unclear", 1))
    tracker.update(ActionExecuted("action_next_step"))
    data = {"buttons": BUTTONS, "custom": {"contact": {"name": ANSWER}}, "attachment": ANSWER}
    tracker.update(BotUttered(ANSWER, data, metadata={"text": ANSWER}))
    return tracker


def everything_in(kept: ForgetfulTrackerStore) -> str:
    return " ".join(str(value) for value in kept.store.values())


async def test_no_word_of_either_side_is_kept() -> None:
    kept = store()
    await kept.save(conversation())
    tracker = await kept.retrieve("someone")
    assert tracker is not None
    for dump in (everything_in(kept), json.dumps(tracker.as_dialogue().as_dict())):
        for words in ("nudes", "Aoife", "glad you told me"):
            assert words not in dump
    assert everything_in(kept)
    assert [event.text for event in tracker.events if isinstance(event, UserUttered | BotUttered)] == ["", ""]


async def test_buttons_are_kept_so_that_taps_can_be_checked() -> None:
    kept = store()
    await kept.save(conversation())
    tracker = await kept.retrieve("someone")
    assert tracker is not None
    said = [event for event in tracker.events if isinstance(event, BotUttered)]
    assert [event.data["buttons"] for event in said] == [BUTTONS]
    assert {key for key, value in said[0].data.items() if value} == {"buttons"}


async def test_what_was_understood_is_kept() -> None:
    kept = store()
    await kept.save(conversation())
    tracker = await kept.retrieve("someone")
    assert tracker is not None
    assert tracker.latest_message.intent["name"] == "disclose"
    assert [entity["value"] for entity in tracker.latest_message.entities] == ["yes"]


async def test_slots_survive_a_round_trip() -> None:
    kept, before = store(), conversation()
    await kept.save(before)
    after = await kept.retrieve("someone")
    assert after is not None
    assert after.current_slot_values() == before.current_slot_values()
    assert after.get_slot("country") == "IE"
    assert after.get_slot("platform") == ["instagram", "snapchat"]
    assert after.get_slot("finished_steps") == ["tell_someone"]
    assert after.get_slot("first_aid_given") is True
    assert [type(event) for event in after.events] == [type(event) for event in before.events]


async def test_a_conversation_goes_on_after_it_was_kept() -> None:
    kept = store()
    await kept.save(conversation())
    tracker = await kept.retrieve("someone")
    assert tracker is not None
    tracker.update(UserUttered(SECRET, intent={"name": "inform"}))
    tracker.update(SlotSet("paid", "no"))
    await kept.save(tracker)
    again = await kept.retrieve("someone")
    assert again is not None
    assert again.get_slot("paid") == "no"
    assert again.get_slot("demand_money") == "yes"
    assert "nudes" not in everything_in(kept)


async def test_a_conversation_is_gone_after_its_time() -> None:
    kept = store(expire_minutes=0.15 / 60)
    await kept.save(conversation())
    assert await kept.retrieve("someone") is not None
    await asyncio.sleep(0.2)
    assert await kept.retrieve("someone") is None
    assert not await kept.exists("someone")
    assert everything_in(kept) == ""


async def test_the_time_starts_anew_with_every_turn() -> None:
    kept = store(expire_minutes=0.3 / 60)
    tracker = conversation()
    for _ in range(3):
        await kept.save(tracker)
        await asyncio.sleep(0.15)
    assert await kept.retrieve("someone") is not None


async def test_erasing_forgets_one_conversation_at_once_and_only_that() -> None:
    kept = store()
    await kept.save(conversation("one"))
    await kept.save(conversation("two"))
    await kept.delete("one")
    assert await kept.retrieve("one") is None
    assert not await kept.exists("one")
    assert await kept.retrieve("two") is not None
    await kept.delete("one")


async def test_a_broker_of_events_gets_no_words_either() -> None:
    published: list[dict[str, Any]] = []
    kept = ForgetfulTrackerStore(domain(), event_broker=SimpleNamespace(publish=published.append))
    await kept.save(conversation())
    assert {"user", "bot", "slot"} <= {event["event"] for event in published}
    for words in ("nudes", "Aoife", "glad you told me"):
        assert words not in json.dumps(published)


def test_events_without_words_are_kept_as_they_are() -> None:
    for event in (SlotSet("country", "IE"), ActionExecuted("action_next_step")):
        assert without_words(event.as_dict()) == event.as_dict()


def test_taking_the_words_out_leaves_the_event_itself_as_it_was() -> None:
    event = UserUttered(SECRET, intent={"name": "inform"}).as_dict()
    assert SECRET not in json.dumps(without_words(event))
    assert event["text"] == SECRET


def test_an_event_without_understanding_or_data_is_no_error() -> None:
    assert without_words({"event": "user", "text": SECRET, "parse_data": None})["text"] == ""
    assert without_words({"event": "bot", "text": ANSWER, "data": None})["data"] == {"buttons": None}
