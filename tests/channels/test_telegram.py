"""The Telegram bot by long polling, and conversations in both ways: the real library against a strict Bot API."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from actions.directory import directory
from assistant.nlg import languages
from tests.bot_api_server import TOKEN, Person, Refusal
from tests.channels.telegram_bot import FIRST_PERSON, SECRET_WORDS, RunningBot, buttons_of
from tests.conversations.runner import responses_of

FILE: dict[str, Any] = {"file_id": "f", "file_unique_id": "u"}
PICTURE: dict[str, Any] = {"photo": [{**FILE, "width": 90, "height": 90}]}
VIDEO = {**FILE, "width": 9, "height": 9, "duration": 3}
STRANGER: dict[str, Any] = {"type": "hidden_user", "sender_user_name": "Somebody", "date": 1}
LOCATION = {"latitude": 42.7, "longitude": 23.3}


@pytest.fixture
def person(bot: RunningBot) -> Person:
    return bot.person()


def said(messages: list[dict[str, Any]]) -> str:
    return "\n".join(message.get("text", "") for message in messages)


# -- whole conversations -----------------------------------------------------------------------------------------------


def whole_conversation(person: Person) -> None:
    """A blackmail for money in Bulgaria, from the deep link to the erased chat."""
    hello = person.say("/start BG")
    assert "chatbot" in said(hello)
    assert "They want money" in person.buttons()

    told = person.say("some girl wants 200 euro or she sends my nudes to everyone")
    assert "blackmail" in said(told)
    assert "Are you safe right now?" in said(told)
    person.tap("Yes, I'm safe")

    shown_how = steps = 0
    for _ in range(40):
        titles = person.buttons()
        if "Show me how" in titles and not shown_how:
            shown_how += 1
            answers = person.tap("Show me how")
            if "Instagram" in person.buttons():
                person.tap("Instagram")
        elif "Done" in titles:
            steps += 1
            answers = person.tap("Done")
        elif "No" in titles:
            answers = person.tap("No")
        else:
            break
        assert answers
    assert steps >= 5
    assert re.search(r"Step 2 of \d+: ", person.text())

    handed_off = person.say("/human")
    assert "116 111" in said(handed_off)
    assert "SafeNet" in said(handed_off)
    assert "Someone is threatening me online" in said(handed_off)
    assert [call.given["phone_number"] for call in person.api.made("sendContact", person.id)]

    farewell = person.say("/exit")
    assert "erased" in said(farewell)
    assert "Telegram itself still keeps this chat" in said(farewell)
    assert "Start again" in person.buttons()


def test_a_whole_conversation_over_polling_and_over_webhook(bot: RunningBot, webhook_bot: RunningBot) -> None:
    people = [bot.person("bg"), webhook_bot.person("bg")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(whole_conversation, people))
    for person in people:
        assert len(person.keyboards()) == 1, "of all keyboards only the last is left"
        times = sorted(call.at for name in ("sendMessage", "sendContact") for call in person.api.made(name, person.id))
        assert all(later - earlier > 0.9 for earlier, later in pairwise(times))


# -- words and buttons -------------------------------------------------------------------------------------------------


def test_text_without_start_is_answered_after_a_hello(person: Person) -> None:
    messages = person.say("he wants money or he leaks my pics")
    assert "chatbot" in messages[0]["text"]
    assert "blackmail" in said(messages)
    assert not buttons_of(messages[0])


def test_markup_of_the_words_is_shown_and_other_signs_are_safe(person: Person) -> None:
    hello = person.say("/start")[0]
    bold = [
        hello["text"].encode("utf-16-le")[entity["offset"] * 2 :][: entity["length"] * 2].decode("utf-16-le")
        for entity in hello["entities"]
    ]
    assert bold == ["human", "out"]
    person.say("<b>hi</b> & <script> [x](tg://y) *a _b `c")
    assert "script" not in person.text()


def test_buttons_stand_one_below_the_other_and_taps_are_confirmed_at_once(bot: RunningBot, person: Person) -> None:
    person.say("/start")
    [message] = person.keyboards()
    rows = buttons_of(message)
    assert len(rows) >= 5
    assert all(len(row) == 1 and len(row[0]["callback_data"].encode()) <= 64 for row in rows)
    person.tap("They want money")
    answered, typing = bot.api.made("answerCallbackQuery")[-1], bot.api.made("sendChatAction", person.id)[-1]
    assert answered.at < typing.at
    assert person.keyboards()[0]["message_id"] > message["message_id"]
    chosen = next(seen for seen in person.seen() if seen["message_id"] == message["message_id"])
    assert chosen["text"].endswith("› They want money")


def test_a_button_tapped_twice_counts_once(bot: RunningBot, person: Person) -> None:
    person.say("/start")
    message, data = person.button("They want money")
    bot.api.tap(person, message, data)
    person.after(lambda: bot.api.tap(person, message, data))
    time.sleep(1.5)
    assert person.text().count("Are you safe right now?") == 1
    assert "from earlier" not in person.text()


def test_an_old_button_is_refused_kindly_and_the_new_ones_come_below(bot: RunningBot, person: Person) -> None:
    person.say("/start IE")
    old, data = person.button("They want pictures or more")
    person.say("hi")
    newest = person.buttons()
    person.api.wait(lambda: len(person.keyboards()) == 1)
    messages = person.after(lambda: bot.api.tap(person, old, data))
    assert "from earlier" in said(messages)
    assert person.buttons() == newest
    person.api.wait(lambda: len(person.keyboards()) == 1)


@pytest.mark.parametrize("data", ["x", "language:xx", "/erase_confirmed", "A" * 64])
def test_made_up_button_data_does_nothing(bot: RunningBot, person: Person, data: str) -> None:
    person.say("/start")
    titles = person.buttons()
    message, _ = person.button("They want money")
    assert "from earlier" in said(person.after(lambda: bot.api.tap(person, message, data)))
    assert person.buttons() == titles


def test_a_button_of_a_message_that_telegram_no_longer_shows_still_works(bot: RunningBot, person: Person) -> None:
    person.say("/start")
    message, data = person.button("They want money")
    messages = person.after(lambda: bot.api.tap(person, message, data, accessible=False))
    assert "blackmail" in said(messages)


def test_show_me_how_unfolds_in_its_message(person: Person) -> None:
    person.say("/start IE")
    person.say("he wants 100 euro on instagram or he sends my pics, i am 15, i am safe, i don't know him, nothing paid")
    for _ in range(8):
        if "Show me how" in person.buttons():
            break
        person.tap(next(title for title in person.buttons() if title in ("Yes, I'm safe", "No", "Done")))
    message, _ = person.button("Show me how")
    [changed] = person.tap("Show me how")
    assert changed["message_id"] == message["message_id"]
    assert changed["text"].startswith(message["text"])
    assert len(changed["text"]) > len(message["text"]) + 40
    assert "Done" in person.buttons()
    assert "Show me how" not in person.buttons()


def test_numbers_can_be_tapped(bot: RunningBot, person: Person) -> None:
    person.say("/start BG")
    person.say("i want to kill myself")
    [contact] = bot.api.wait(lambda: bot.api.made("sendContact", person.id))
    assert contact.given["phone_number"].isdigit()
    assert any(entity["type"] == "bold" for entity in person.seen()[1]["entities"])


# -- commands ----------------------------------------------------------------------------------------------------------


def test_the_menu_is_there_in_every_language(bot: RunningBot) -> None:
    names = ["start", "help", "human", "language", "privacy", "exit"]
    codes = ["", *(code for code in languages() if len(code) == 2)]
    bot.api.wait(lambda: len(bot.api.commands) == len(codes))
    for code in codes:
        menu = bot.api.commands["all_private_chats", code]
        assert [command["command"] for command in menu] == names


def test_help_and_privacy_are_said_beside_the_conversation(person: Person) -> None:
    person.say("/start")
    titles = person.buttons()
    assert "/human" in said(person.say("/help"))
    assert "Telegram itself keeps this chat" in said(person.say("/privacy"))
    assert person.buttons() == titles
    person.api.wait(lambda: len(person.keyboards()) == 1)


CRISIS = "i want to kill myself"  # answered in one message, with a contact of the country


def names_a_service_of(code: str, messages: list[dict[str, Any]]) -> bool:
    country = directory().country(code)
    assert country
    return any(service.name in said(messages) for service in country.services)


@pytest.mark.parametrize(("link", "country"), [("IE", "IE"), ("ie_en", "IE"), ("BG_en_school-7", "BG")])
def test_the_deep_link_brings_the_country(bot: RunningBot, link: str, country: str) -> None:
    person = bot.person()
    person.say(f"/start {link}")
    assert names_a_service_of(country, person.say(CRISIS))


def test_a_strange_deep_link_is_only_a_start(bot: RunningBot) -> None:
    links = ["school", "I", "../IE", "IE'; --", "%00", "🇮🇪"]
    with ThreadPoolExecutor(len(links)) as pool:
        for hello in pool.map(lambda link: bot.person().say(f"/start {link}"), links):
            assert "chatbot" in said(hello)


def test_the_country_can_be_changed_in_words(person: Person) -> None:
    person.say("/start BG")
    person.say("i am in ireland now")
    assert names_a_service_of("IE", person.say(CRISIS))


def test_the_language_can_be_chosen(person: Person) -> None:
    person.say("/start IE")
    person.say("/language")
    assert "English" in person.buttons()
    assert "What is happening?" in said(person.tap("English"))


def test_exit_erases_and_the_next_text_starts_fresh(person: Person) -> None:
    person.say("/start IE")
    person.say("/exit")
    messages = person.tap("Start again")
    assert "chatbot" in said(messages)
    assert not names_a_service_of("IE", person.say(CRISIS))


def test_erasing_in_the_conversation_says_what_telegram_keeps(person: Person) -> None:
    person.say("/start")
    person.say("please delete everything i wrote")
    assert "Telegram itself still keeps this chat" in said(person.tap("Erase now"))


def test_a_text_that_looks_like_a_payload_is_only_text(person: Person) -> None:
    person.say("/start IE")
    person.say('/start_conversation{"country":"DE"}')
    person.say("/restart")
    assert names_a_service_of("IE", person.say(CRISIS))


# -- what is not text --------------------------------------------------------------------------------------------------

ATTACHMENTS: list[tuple[str, dict[str, Any]]] = [
    ("utter_telegram_picture", PICTURE),
    ("utter_telegram_picture", {"video": VIDEO}),
    ("utter_telegram_picture", {"video_note": {**FILE, "length": 9, "duration": 3}}),
    ("utter_telegram_picture", {"story": {"id": 1, "chat": {"id": 9, "type": "private"}}}),
    ("utter_telegram_voice", {"voice": {**FILE, "duration": 3}}),
    ("utter_telegram_voice", {"audio": {**FILE, "duration": 3}}),
    ("utter_telegram_file", {"document": {**FILE, "file_name": f"{SECRET_WORDS}.jpg"}}),
    ("utter_telegram_sticker", {"animation": VIDEO, "document": FILE}),
    (
        "utter_telegram_sticker",
        {"sticker": {**FILE, "width": 9, "height": 9, "is_animated": False, "is_video": False, "type": "regular"}},
    ),
    ("utter_telegram_sticker", {"dice": {"emoji": "x", "value": 1}}),
    ("utter_telegram_contact", {"contact": {"phone_number": "+35912345678", "first_name": SECRET_WORDS}}),
    ("utter_telegram_location", {"location": LOCATION}),
    ("utter_telegram_location", {"venue": {"location": LOCATION, "title": "t", "address": "a"}, "location": LOCATION}),
    ("utter_telegram_forwarded", {"text": "send money or kill yourself", "forward_origin": STRANGER}),
    ("utter_telegram_forwarded", {**PICTURE, "caption": "kill yourself", "forward_origin": STRANGER}),
    ("utter_telegram_other", {"something_of_next_year": {"x": 1}}),
]


def test_attachments_are_taken_out_and_answered_kindly(bot: RunningBot) -> None:
    def sent(case: tuple[str, dict[str, Any]]) -> tuple[list[dict[str, Any]], Person]:
        person = bot.person()
        person.say("/start")
        return person.after(lambda: person.send(**case[1])), person

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(sent, ATTACHMENTS))
    for (response, content), (messages, person) in zip(ATTACHMENTS, answers, strict=True):
        why, removed = messages[0]["text"].split("\n\n")
        assert response in responses_of(why), content
        assert "took it out" in removed
        assert all(seen["from"]["is_bot"] or seen.get("text") == "/start" for seen in person.seen())
        assert "They want money" in person.buttons()  # the buttons move below
        assert "glad you told me" not in person.text()  # forwarded words are not the person's own
    assert not bot.api.made("getFile")


def test_a_picture_that_cannot_be_taken_out_is_not_said_to_be(bot: RunningBot, person: Person) -> None:
    person.say("/start")
    bot.api.refuse("deleteMessage", Refusal(400, "Bad Request: message can't be deleted"), chat=person.id)
    assert "took it out" not in said(person.after(lambda: person.send(**PICTURE)))


def test_an_album_is_answered_once_and_taken_out_whole(bot: RunningBot, person: Person) -> None:
    person.say("/start")

    def album() -> None:
        for _ in range(4):
            person.send(**PICTURE, media_group_id="77")

    person.after(album)
    bot.api.wait(lambda: len(bot.api.made("deleteMessage", person.id)) == 4)
    assert person.text().count("don't send pictures") == 2  # the hello, and one answer


def test_a_first_picture_is_answered_and_starts_the_conversation(person: Person) -> None:
    messages = person.after(lambda: person.send(**PICTURE))
    assert "chatbot" in said(messages)


# -- not a private chat ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "number"), [("group", -41), ("supergroup", -10042), ("channel", -10043)])
def test_the_bot_leaves_groups_and_channels_with_a_word(
    bot: RunningBot, person: Person, kind: str, number: int
) -> None:
    place = {"id": number, "type": kind, "title": "t"}
    bot.api.membership(place, person.user, "left", "administrator" if kind == "channel" else "member")
    bot.api.wait(lambda: number in bot.api.left)
    [notice] = bot.api.made("sendMessage", number)
    assert "private" in notice.given["text"]
    assert "pictures" not in notice.given["text"]  # nobody there learns what the bot is for


def test_messages_in_a_group_are_not_answered(bot: RunningBot, person: Person) -> None:
    group = {"id": -44, "type": "group", "title": "t"}
    for text in ("he wants money", "/start@helper_bot"):
        bot.api.push("message", {"message_id": 1, "date": 1, "chat": group, "from": person.user, "text": text})
    bot.api.push("channel_post", {"message_id": 1, "date": 1, "chat": {"id": -45, "type": "channel"}, "text": "x"})
    bot.api.wait(lambda: {-44, -45} <= set(bot.api.left))
    assert len(bot.api.made("sendMessage", -44)) == 1


# -- limits and faults of the network ----------------------------------------------------------------------------------


def test_a_flood_is_slowed_and_others_are_not(bot: RunningBot) -> None:
    flood, other = bot.person(), bot.person()
    other.say("/start")
    flood.say("/start")
    for _ in range(60):
        flood.send(text="hi")
    started = time.monotonic()
    assert other.say("hi")
    assert time.monotonic() - started < 5
    bot.api.wait(lambda: "That was fast" in flood.text(), 40)
    assert flood.text().count("That was fast") <= 2
    times = sorted(call.at for call in bot.api.calls if call.method == "sendMessage")
    assert max(sum(start <= at < start + 1 for at in times) for start in times) <= 31


def test_retry_after_is_honoured_and_nothing_is_lost(bot: RunningBot) -> None:
    slow, other = bot.person(), bot.person()
    bot.api.too_many_requests(slow.id, 3)
    slow.send(text="/start")
    bot.api.wait(lambda: len(bot.api.made("sendMessage", slow.id)) == 1)
    started = time.monotonic()
    other.say("/start")
    assert time.monotonic() - started < 2.5  # the limit of one chat holds back no other
    bot.api.wait(lambda: "chatbot" in slow.text())


def test_dropped_connections_lose_no_message(bot: RunningBot, person: Person) -> None:
    bot.api.drop("sendMessage", 2)
    bot.api.drop("getUpdates", 2)
    bot.api.refuse("getUpdates", Refusal(502, "Bad Gateway"))
    assert "chatbot" in said(person.say("/start"))


def test_the_bot_survives_an_outage_of_telegram(bot: RunningBot, person: Person) -> None:
    person.say("/start")
    bot.api.stop()
    time.sleep(1)
    bot.api.start()
    assert "glad you are here" in said(person.say("hi"))


def test_malformed_updates_are_passed_over(bot: RunningBot, person: Person) -> None:
    person.say("/start")
    contents: list[dict[str, Any]] = [
        {},
        {"message": {}},
        {"message": {"message_id": "x", "chat": 5}},
        {"callback_query": {"id": "1"}},
        {"strange": {"x": [1]}},
    ]
    for content in contents:
        bot.api.push_raw(content)
    for update in ({"message": {"text": "no number"}}, ["not", "an", "object"], None):
        bot.api.push_raw(update, numbered=False)
    assert "glad you are here" in said(person.say("hi"))
    bot.api.wait(lambda: not bot.api.pending())


def test_a_blocked_bot_forgets_the_conversation(bot: RunningBot) -> None:
    noticed, told = bot.person(), bot.person()
    for person in (noticed, told):
        person.say("/start IE")
    bot.api.membership(noticed.chat, noticed.user, "member", "kicked")
    bot.api.blocked.add(told.id)
    writing = len(bot.api.made("sendChatAction", told.id))
    told.send(text="hello?")
    bot.api.wait(lambda: len(bot.api.made("sendChatAction", told.id)) > writing and not bot.api.pending())
    time.sleep(1)
    bot.api.blocked.clear()
    for person in (noticed, told):
        assert "chatbot" in said(person.say("hi again"))  # a new conversation


# -- edits, and what else Telegram sends -------------------------------------------------------------------------------


def test_an_edited_text_counts_as_said(person: Person) -> None:
    person.say("/start")
    assert "glad you are here" in said(person.after(lambda: person.send("edited_message", text="hi")))


def test_a_live_location_is_answered_once(bot: RunningBot, person: Person) -> None:
    person.say("/start")
    person.after(lambda: person.send(location={**LOCATION, "live_period": 900}))
    answers = len(bot.api.made("sendMessage", person.id))
    for _ in range(3):
        person.send("edited_message", location={**LOCATION, "live_period": 900})
    bot.api.wait(lambda: not bot.api.pending())
    assert len(bot.api.made("sendMessage", person.id)) == answers


def test_notes_of_telegram_itself_are_not_answered(bot: RunningBot, person: Person) -> None:
    person.say("/start")
    answers = len(bot.api.made("sendMessage", person.id))
    person.send(message_auto_delete_timer_changed={"message_auto_delete_time": 60})
    person.send(pinned_message={"message_id": 1, "date": 0, "chat": person.chat})
    bot.api.wait(lambda: not bot.api.pending())
    time.sleep(1)
    assert len(bot.api.made("sendMessage", person.id)) == answers


# -- the end: restart, and what the log of all this holds --------------------------------------------------------------


def test_a_restart_in_the_middle_answers_nothing_twice(bot: RunningBot) -> None:
    """The process is killed while it answers; started again, it goes on with what was not taken yet."""
    before, meanwhile = bot.person(), bot.person()
    before.say("/start IE")
    message, data = before.button("They want money")
    bot.api.too_many_requests(before.id, 5)  # so that the answer is still under way
    before.send(text="i need help")
    bot.api.wait(lambda: len(bot.api.made("sendMessage", before.id)) == 2 and not bot.api.pending())
    first_log = bot.log()
    bot.assistant.kill()
    taken, calls = set(bot.api.handed_out), len(bot.api.calls)
    handed_out = len(bot.api.handed_out)
    meanwhile.send(text="/start")
    bot.assistant.start()
    bot.api.wait(lambda: "chatbot" in meanwhile.text())
    assert not taken & set(bot.api.handed_out[handed_out:])
    assert not [call for call in bot.api.calls[calls:] if call.given.get("chat_id") == before.id]
    # An old button is met kindly, and the conversation starts anew.
    messages = before.after(lambda: bot.api.tap(before, message, data))
    assert "from earlier" in said(messages)
    assert "chatbot" in said(messages)
    assert_keeps_silent(first_log + bot.log())


def assert_keeps_silent(log: str) -> None:
    assert "DEBUG" in log
    assert TOKEN not in log
    assert TOKEN.partition(":")[2] not in log
    assert not re.search(r"bot\d+:", log)
    for secret in (SECRET_WORDS, "Quillfeather", "wants money", "200 euro", "kill yourself", "42.7", "+35912345678"):
        assert secret not in log
    assert not re.search(rf"{str(FIRST_PERSON)[:6]}\d+", log)
    assert "Traceback" not in log
    assert log.count("A malformed update was dropped.") >= 5
