"""Letters of hurried writing are undone, and nothing else is touched."""

from __future__ import annotations

import pytest

from assistant.nlu.encoder import MAX_CHARACTERS, shared_encoder
from assistant.nlu.tidying import tidied


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("SHE WILL SEND MY N00DS TO EVERYONEEEE", "she will send my noods to everyone"),
        ("50m3b0dy has my pics", "somebody has my pics"),
        ("он требует ДЕНЬГИИИИ", "он требует ДЕНЬГИ"),
        ("ШЛЁТ МОИ ФОТО ВСЕМ ПОДПИСЧИКАМ", "шлёт мои фото всем подписчикам"),
        ("i'm 16f, he wants 10k by the 4th", "i'm 16f, he wants 10k by the 4th"),
        ("OMG HELP ME", "OMG HELP ME"),
        ("  two \n lines ", "two lines"),
        ("", ""),
    ],
)
def test_disguised_letters_are_read(written: str, read: str) -> None:
    assert tidied(written) == read


def test_a_message_behind_white_space_is_not_lost() -> None:
    behind, plain = (
        shared_encoder().encode(text) for text in (" " * MAX_CHARACTERS + "he wants money", "he wants money")
    )
    assert (behind.adapted == plain.adapted).all()
