"""What a person wrote, as text and nothing else; and no turn ends in silence."""

from __future__ import annotations

import asyncio
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker

from actions.content import CONTENT
from assistant.channels import turns
from assistant.channels.tokens import Conversation
from assistant.channels.turns import PayloadNotOffered, Turns, plain_text
from assistant.tracker_store import ForgetfulTrackerStore

ANYTHING = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
CONVERSATION = Conversation("someone", "en", "IE")
BUTTONS = [{"title": "Done", "payload": "/step_done"}]


# -- plain text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("hello", "hello"),
        ("  hello  ", "hello"),
        ("/restart", "restart"),
        ("//restart", "restart"),
        (" / /restart", "restart"),
        ("/ / / /erase_confirmed", "erase_confirmed"),
        ('/inform{"age_group":"adult"}', 'inform{"age_group":"adult"}'),
        ("\t/restart", "restart"),
        ("\n /restart", "restart"),
        ("\x00/restart", "restart"),
        ("\x1b/restart", "restart"),
        ("////", ""),
        (" / ", ""),
        ("", ""),
        ("\x00\x07", ""),
        ("and/or", "and/or"),
        ("he said\n/pay now", "he said\n/pay now"),
        ("50/50", "50/50"),
    ],
)
def test_text_never_becomes_an_intent(written: str, text: str) -> None:
    assert plain_text(written) == text


def test_control_characters_become_spaces_and_lines_stay_lines() -> None:
    assert plain_text("a\x00b\x1bc") == "a b c"
    assert plain_text("one\ntwo\tthree") == "one\ntwo\tthree"


def test_half_a_character_does_no_harm() -> None:
    for broken in ("\ud83d", "help \udc00 me", "\ud800/restart"):
        assert not plain_text(broken).startswith("/")
        plain_text(broken).encode()
    assert plain_text("help \udc00 me").startswith("help ")


@pytest.mark.parametrize(
    "text",
    [
        "هو يهددني بصور",
        "הוא מאיים עליי",
        "\u202bشخص يبتزني\u202c",
        "Він погрожує мені",
        "με εκβιάζει",
        "😭😭 pls help 👨‍👩‍👧",
        "t’es là ?",
        "naïve café",
        "𝖍𝖊𝖑𝖕",
    ],
)
def test_every_script_and_emoji_arrives_unharmed(text: str) -> None:
    assert plain_text(text) == text


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["/", " ", "//", " / "]), max_size=8).map("".join),
    ANYTHING.map(lambda t: t.replace("/", "")),
)
def test_however_many_slashes_lead_none_is_left(lead: str, rest: str) -> None:
    text = plain_text(lead + rest)
    assert not text.startswith("/")
    assert text == plain_text(rest)


@settings(deadline=None)
@given(ANYTHING)
def test_any_text_can_be_written_out_and_is_free_of_control_characters(written: str) -> None:
    text = plain_text(written)
    text.encode()
    assert not any(ord(character) < 32 and character not in "\n\t" for character in text)
    assert text == text.strip()


@settings(deadline=None)
@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=40))
def test_letters_digits_and_signs_are_never_lost(written: str) -> None:
    assert plain_text(f"x{written}") == f"x{written}"


# -- turns -------------------------------------------------------------------------------------------------------------


@cache
def domain() -> Domain:
    return Domain.load(str(CONTENT.parent / "domain.yml"))


def agent() -> Any:
    """What a turn needs of Rasa's agent: the real tracker store."""
    return SimpleNamespace(tracker_store=ForgetfulTrackerStore(domain()))


def answering(*messages: dict[str, Any]) -> Turns:
    async def handler(message: Any) -> None:
        for one in messages:
            await message.output_channel.send_response(message.sender_id, one)

    return Turns("webchat", handler)


async def test_messages_come_in_order_and_in_the_shape_of_the_channel() -> None:
    reply = await answering(
        {"text": "One. ", "custom": {"contact": {"name": "The Line"}, "secret": 1}},
        {"text": "Two.", "buttons": [{"title": "Done", "payload": "/step_done", "type": "postback"}]},
    ).say(agent(), CONVERSATION, "hi")
    assert reply.messages == [
        {"text": "One.", "buttons": [], "contact": {"name": "The Line"}},
        {"text": "Two.", "buttons": BUTTONS},
    ]
    assert not reply.erase


async def test_what_reaches_rasa_is_plain_text_or_the_tapped_payload() -> None:
    seen: list[str] = []

    async def handler(message: Any) -> None:
        seen.append(message.text)

    running, channel = agent(), Turns("webchat", handler)
    tracker = DialogueStateTracker("someone", domain().slots)
    tracker.update(BotUttered("Well?", {"buttons": BUTTONS}))
    await running.tracker_store.save(tracker)
    await channel.say(running, CONVERSATION, " /erase_confirmed")
    await channel.tap(running, CONVERSATION, "/step_done")
    await channel.start(running, CONVERSATION)
    assert seen == ["erase_confirmed", "/step_done", '/start_conversation{"language": "en", "country": "IE"}']


async def test_a_payload_that_was_not_offered_is_refused() -> None:
    running = agent()
    with pytest.raises(PayloadNotOffered):
        await answering().tap(running, CONVERSATION, "/erase_confirmed")
    tracker = DialogueStateTracker("someone", domain().slots)
    tracker.update(BotUttered("Well?", {"buttons": BUTTONS}))
    await running.tracker_store.save(tracker)
    for payload in ("/erase_confirmed", "step_done", "/step_done ", ""):
        with pytest.raises(PayloadNotOffered):
            await answering().tap(running, CONVERSATION, payload)


async def test_a_turn_that_breaks_still_tells_where_help_is() -> None:
    async def breaks(message: Any) -> None:
        raise RuntimeError("a secret in the error")

    reply = await Turns("webchat", breaks).say(agent(), CONVERSATION, "hi")
    assert len(reply.messages) == 1
    assert reply.messages[0]["buttons"]
    assert reply.messages[0]["contact"]["country"] == "IE"
    assert "112" in reply.messages[0]["text"]
    assert "secret" not in str(reply.messages)


@pytest.mark.parametrize("messages", [(), ({"text": "One."},)])
async def test_a_turn_that_was_cut_short_ends_with_help_and_something_to_tap(
    messages: tuple[dict[str, Any], ...],
) -> None:
    reply = await answering(*messages).say(agent(), CONVERSATION, "hi")
    assert [message["text"] for message in reply.messages[:-1]] == [message["text"] for message in messages]
    assert reply.messages[-1]["buttons"]
    assert reply.messages[-1]["contact"]["country"] == "IE"


async def test_a_turn_that_takes_too_long_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleeps(message: Any) -> None:
        await asyncio.sleep(30)

    monkeypatch.setattr(turns, "TURN_TIMEOUT_SECONDS", 0.05)
    reply = await Turns("webchat", sleeps).say(agent(), CONVERSATION, "hi")
    assert reply.messages[-1]["buttons"]


async def test_help_is_told_even_when_the_tracker_store_is_down_too() -> None:
    reply = await answering().say(SimpleNamespace(tracker_store=None), CONVERSATION, "hi")
    assert reply.messages[-1]["contact"]["country"] == "IE"


async def test_a_chat_that_is_to_be_erased_needs_nothing_to_tap() -> None:
    reply = await answering({"text": "Done.", "custom": {"erase": True}}).say(agent(), CONVERSATION, "hi")
    assert reply.erase
    assert reply.messages == [{"text": "Done.", "buttons": []}]
