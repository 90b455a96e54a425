"""What the widget needs of the server: words and a number at once, retries, erasing while leaving, allowed sites."""

from __future__ import annotations

import gzip
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from actions.directory import directory
from assistant.channels.pages import PAGES, WIDGET
from assistant.nlg import languages
from tests.assistant_process import Answer, Client
from tests.conftest import ALLOWED_ORIGIN


def get(url: str, **headers: str) -> tuple[bytes, dict[str, str]]:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
        return response.read(), {name.lower(): value for name, value in response.headers.items()}


def preflight(client: Client, origin: str) -> dict[str, str]:
    answer = client.request("OPTIONS", "/messages", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    return {name.lower(): value for name, value in answer.headers.items()}


def test_words_languages_countries_and_a_number_come_before_a_conversation(client: Client) -> None:
    settings = client.request("GET", "/widget?language=en&country=IE").body
    assert settings["language"] == {"code": "en", "name": "English", "direction": "ltr"}
    assert {language["code"] for language in settings["languages"]} == set(languages())
    assert {country["code"] for country in settings["countries"]} == set(directory().codes)
    assert settings["contact"]["phone_dial"] == "1800666666"
    assert settings["emergency"] == "112"
    assert not settings["across_borders"]
    assert settings["words"]["exit"]


def test_an_unknown_language_and_country_are_answered_in_english_with_help_across_borders(client: Client) -> None:
    settings = client.request("GET", "/widget?language=tlh&country=ZZ").body
    assert settings["language"]["code"] == "en"
    assert settings["country"] is None
    assert settings["across_borders"]


def test_a_message_sent_again_is_answered_again_and_not_taken_twice(client: Client) -> None:
    client.start(country="IE")
    client.tap('/inform{"demand_money":"yes","threat":"yes"}')
    for _ in range(20):
        if client.messages[-1].get("step"):
            break
        payloads = [button["payload"] for button in client.messages[-1]["buttons"]]
        client.tap("/deny" if "/deny" in payloads else payloads[0])
    assert client.messages[-1]["step"]["number"] == 1
    done = {"payload": "/step_done", "id": "a1"}
    first, again = client.request("POST", "/messages", done), client.request("POST", "/messages", done)
    assert first.body == again.body
    other = client.request("POST", "/messages", {"payload": "/step_done", "id": "a2"})
    assert other.body != first.body


def test_a_message_sent_twice_at_the_same_time_is_taken_once(client: Client) -> None:
    client.start(country="IE")

    def send(_: int) -> Answer:
        return client.request("POST", "/messages", {"text": "she wants 200 euro for my nudes", "id": "b1"})

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(send, range(2))
    assert one.body == two.body


@pytest.mark.parametrize("identifier", ["", "x" * 65, 7, ["a"]])
def test_an_identifier_that_is_none_is_refused(client: Client, identifier: object) -> None:
    client.start()
    assert client.request("POST", "/messages", {"text": "hi", "id": identifier}).status == 400


def test_a_page_that_is_left_erases_without_headers(client: Client) -> None:
    client.start(country="IE")
    assert client.request("GET", "/conversations").status == 204
    token = client.token or ""
    leaving = Client(client.url)
    answer = leaving.request(
        "POST", "/conversations/erase", raw=token.encode(), headers={"Content-Type": "text/plain;charset=UTF-8"}
    )
    assert answer.status == 204
    assert client.request("GET", "/conversations").status == 404
    assert client.request("POST", "/messages", {"text": "hi"}).status == 404


def test_erasing_waits_for_the_turn_that_still_runs(client: Client) -> None:
    client.start(country="IE")
    token = (client.token or "").encode()
    with ThreadPoolExecutor(2) as pool:
        turn = pool.submit(client.request, "POST", "/messages", {"text": "she wants 200 euro for my nudes", "id": "c1"})
        erased = pool.submit(Client(client.url).request, "POST", "/conversations/erase", raw=token)
        assert erased.result().status == 204
        turn.result()
    assert client.request("GET", "/conversations").status == 404


@pytest.mark.parametrize("token", [b"", b"forged", "\u00e4\U0001f600".encode()])
def test_erasing_needs_a_token(client: Client, token: bytes) -> None:
    assert client.request("POST", "/conversations/erase", raw=token).status == 401


def test_another_language_is_taken_up_where_the_conversation_stands(client: Client) -> None:
    client.start(country="IE")
    answer = client.request("POST", "/messages", {"language": "en"})
    assert answer.status == 200
    assert answer.messages[-1]["buttons"]
    assert client.request("POST", "/messages", {"language": "tlh"}).status == 400
    assert client.request("POST", "/messages", {"language": "en", "text": "hi"}).status == 400


def test_an_allowed_site_may_call_and_no_other(client: Client) -> None:
    allowed = preflight(client, ALLOWED_ORIGIN)
    assert allowed["access-control-allow-origin"] == ALLOWED_ORIGIN
    assert "access-control-allow-credentials" not in allowed
    for origin in ("https://helpline.example", f"{ALLOWED_ORIGIN}.evil.example", "http://www.helpline.example", "null"):
        assert "access-control-allow-origin" not in preflight(client, origin)


def test_refusals_and_faults_can_be_read_by_an_allowed_site(client: Client) -> None:
    answer = client.request("POST", "/messages", {"text": "hi"}, headers={"Origin": ALLOWED_ORIGIN})
    assert answer.status == 401
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED_ORIGIN


def test_pages_run_nothing_that_is_not_their_own(client: Client) -> None:
    for path in ("/", "/embed", "/chat"):
        body, headers = get(client.url + path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert b"<style" not in body
        assert b" style=" not in body
    assert ALLOWED_ORIGIN in get(f"{client.url}/chat")[1]["content-security-policy"]
    assert "frame-ancestors 'none'" in get(client.url)[1]["content-security-policy"]


def test_every_file_of_the_pages_is_served(client: Client) -> None:
    for path in PAGES.iterdir():
        if path.suffix != ".html":
            assert get(f"{client.url}/{path.name}")[0] == path.read_bytes()


@pytest.mark.skipif(not WIDGET.exists(), reason="the widget is not built: make widget")
def test_the_script_is_small_and_comes_compressed(client: Client) -> None:
    body, headers = get(f"{client.url}/widget.js", **{"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == "gzip"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert gzip.decompress(body) == WIDGET.read_bytes()
    assert len(body) <= 20_000
    with pytest.raises(urllib.error.HTTPError, match="304"):
        get(f"{client.url}/widget.js", **{"If-None-Match": headers["etag"]})
