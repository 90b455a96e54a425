"""Sites that may call the assistant."""

from __future__ import annotations

import pytest

from assistant.origins import allowed_origins


def test_sites_are_separated_by_spaces_or_commas() -> None:
    given = "https://www.helpline.example, http://localhost:8080\n https://HELP.example"
    assert allowed_origins({"ALLOWED_ORIGINS": given}) == [
        "https://www.helpline.example",
        "http://localhost:8080",
        "https://help.example",
    ]


def test_without_the_setting_there_is_none() -> None:
    assert allowed_origins({}) == []


@pytest.mark.parametrize(
    "wrong", ["*", "www.helpline.example", "https://a.example/", "https://*.a.example", "https://a.example;x", "null"]
)
def test_what_is_no_origin_is_said_plainly(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"^ALLOWED_ORIGINS: "):
        allowed_origins({"ALLOWED_ORIGINS": wrong})
