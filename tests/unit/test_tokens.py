"""Tokens are the only way into a conversation."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.channels.tokens import MAX_AGE_SECONDS, InvalidToken, Tokens


def test_a_token_leads_back_to_its_conversation() -> None:
    tokens = Tokens("secret")
    for language, country in (("en", "IE"), ("pt-BR", None)):
        conversation, token = tokens.start(language, country)
        assert tokens.read(f"Bearer {token}") == conversation
        assert (conversation.language, conversation.country) == (language, country)


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer   {}  "])
def test_the_header_is_read_as_clients_write_it(header: str) -> None:
    tokens = Tokens("secret")
    conversation, token = tokens.start("en", None)
    assert tokens.read(header.format(token)) == conversation


def test_conversations_have_long_names_of_their_own() -> None:
    tokens = Tokens("secret")
    names = {tokens.start("en", "IE")[0].id for _ in range(200)}
    assert len(names) == 200
    assert min(map(len, names)) >= 20


def test_a_token_signed_with_another_secret_opens_nothing() -> None:
    _, token = Tokens("one").start("en", None)
    with pytest.raises(InvalidToken):
        Tokens("another").read(f"Bearer {token}")


def test_with_a_secret_tokens_outlive_the_process_and_without_one_they_do_not() -> None:
    conversation, token = Tokens("secret").start("en", None)
    assert Tokens("secret").read(f"Bearer {token}") == conversation
    for missing in (None, ""):
        fleeting, other = Tokens(missing), Tokens(missing)
        conversation, token = fleeting.start("en", None)
        assert fleeting.read(f"Bearer {token}") == conversation
        with pytest.raises(InvalidToken):
            other.read(f"Bearer {token}")


def test_every_changed_character_makes_a_token_invalid() -> None:
    tokens = Tokens("secret")
    _, token = tokens.start("en", "IE")
    for position in range(0, len(token) - 1, 3):
        forged = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        with pytest.raises(InvalidToken):
            tokens.read(f"Bearer {forged}")


def test_parts_of_a_token_are_no_token() -> None:
    tokens = Tokens("secret")
    _, token = tokens.start("en", "IE")
    for part in (token[1:], token[:-1], token.rpartition(".")[0], token.partition(".")[2], token + token):
        with pytest.raises(InvalidToken):
            tokens.read(f"Bearer {part}")


@pytest.mark.parametrize(
    "authorization", [None, "", " ", "Bearer", "Bearer ", "Bearer x", "Basic {}", "{}", "Bearer\t{}", "Token {}"]
)
def test_without_a_bearer_token_nothing_is_opened(authorization: str | None) -> None:
    tokens = Tokens("secret")
    _, token = tokens.start("en", "IE")
    with pytest.raises(InvalidToken):
        tokens.read(authorization and authorization.format(token))


def test_a_token_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, now = Tokens("secret"), time.time()
    conversation, token = tokens.start("en", "IE")
    monkeypatch.setattr("time.time", lambda: now + MAX_AGE_SECONDS - 60)
    assert tokens.read(f"Bearer {token}") == conversation
    monkeypatch.setattr("time.time", lambda: now + MAX_AGE_SECONDS + 60)
    with pytest.raises(InvalidToken):
        tokens.read(f"Bearer {token}")


@settings(deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=80))
def test_no_made_up_header_opens_anything_or_breaks(header: str) -> None:
    tokens = Tokens("secret")
    for authorization in (header, f"Bearer {header}"):
        with pytest.raises(InvalidToken):
            tokens.read(authorization)
