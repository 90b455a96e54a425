"""A message that is sent again."""

from __future__ import annotations

import asyncio

import pytest

from assistant.channels.retries import LastAnswers
from assistant.channels.turns import Reply


class Turns:
    """Counts the turns that ran."""

    def __init__(self, fails: int = 0) -> None:
        self.ran = 0
        self._fails = fails

    async def __call__(self) -> Reply:
        self.ran += 1
        await asyncio.sleep(0.01)
        if self.ran <= self._fails:
            raise RuntimeError
        return Reply([{"text": f"turn {self.ran}"}])


async def test_the_same_message_is_taken_once() -> None:
    answers, turn = LastAnswers(), Turns()
    one, two = await asyncio.gather(answers.once("c", "1", turn), answers.once("c", "1", turn))
    assert one is two is await answers.once("c", "1", turn)
    assert turn.ran == 1


async def test_another_message_or_conversation_is_another_turn() -> None:
    answers, turn = LastAnswers(), Turns()
    for conversation, message in (("c", "1"), ("c", "2"), ("d", "2"), ("c", None), ("c", None)):
        await answers.once(conversation, message, turn)
    assert turn.ran == 5


async def test_a_turn_outlives_a_caller_that_is_cut_off() -> None:
    answers, turn = LastAnswers(), Turns()
    caller = asyncio.create_task(answers.once("c", "1", turn))
    await asyncio.sleep(0)
    caller.cancel()
    reply = await answers.once("c", "1", turn)
    assert reply.messages == [{"text": "turn 1"}]


async def test_a_turn_that_failed_is_tried_again() -> None:
    answers, turn = LastAnswers(), Turns(fails=1)
    with pytest.raises(RuntimeError):
        await answers.once("c", "1", turn)
    await asyncio.sleep(0)
    assert (await answers.once("c", "1", turn)).messages == [{"text": "turn 2"}]


async def test_an_erased_conversation_leaves_no_answer() -> None:
    answers, turn = LastAnswers(), Turns()
    await answers.once("c", "1", turn)
    answers.forget("c")
    await answers.once("c", "1", turn)
    assert turn.ran == 2
