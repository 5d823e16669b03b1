"""What a model is told of a topic, and what a topic is called at first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.samples import conversation
from tui.engine.history import first_words, turns
from tui.engine.protocols import Turn
from tui.engine.records import Conversation, Message
from tui.engine.stream import StreamStatus


def exchange(question: str, *replies: Message, chosen: int = 0) -> Conversation:
    return replace(conversation(1), question=Message("q", "user", question, 1.0), replies=replies, chosen=chosen)


def reply(content: str, status: StreamStatus = StreamStatus.COMPLETED, reasoning: str = "") -> Message:
    return Message("r", "assistant", content, 1.0, status=status, reasoning=reasoning)


def test_a_model_is_told_the_system_prompt_the_past_and_the_question() -> None:
    past = [exchange("One?", reply("1")), exchange("Two?", reply("2"))]
    assert turns("Be brief.", past, "Three?") == (
        Turn("system", "Be brief."),
        Turn("user", "One?"),
        Turn("assistant", "1"),
        Turn("user", "Two?"),
        Turn("assistant", "2"),
        Turn("user", "Three?"),
    )


@pytest.mark.parametrize("prompt", ["", "  \n"])
def test_an_empty_system_prompt_is_not_sent(prompt: str) -> None:
    assert turns(prompt, [], "Hello?") == (Turn("user", "Hello?"),)


def test_the_chosen_version_is_told() -> None:
    past = [exchange("One?", reply("first"), reply("second"), chosen=1)]
    assert turns("", past, "Two?")[1] == Turn("assistant", "second")


@pytest.mark.parametrize(
    "replies", [(), (reply(""),), (reply(" \n", StreamStatus.ERROR),), (reply("", reasoning="Hm"),)]
)
def test_an_exchange_without_an_answer_is_left_out_so_that_no_two_questions_follow_each_other(
    replies: tuple[Message, ...],
) -> None:
    assert turns("", [exchange("One?", *replies)], "Two?") == (Turn("user", "Two?"),)


def test_what_had_arrived_of_a_stopped_answer_is_told_and_its_reasoning_is_not() -> None:
    past = [exchange("One?", reply("The first half", StreamStatus.STOPPED, reasoning="Secretly"))]
    told = turns("", past, "Go on")
    assert told[1] == Turn("assistant", "The first half")
    assert not any("Secretly" in turn.content for turn in told)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("How do tides work?", "How do tides work?"),
        ("\n\n  How   do\ttides work?\nAnd why?", "How do tides work?"),
        ("Please explain to me in detail how the tides work", "Please explain to me in detail how the…"),
        ("A comma is cut off at the end of it, sure, yes", "A comma is cut off at the end of it…"),
        ("A word that just fits into it is not cut at the end", "A word that just fits into it is not cut…"),
        ("x" * 60, "x" * 40 + "…"),
        ("为什么" * 20, ("为什么" * 20)[:40] + "…"),
        ("   \n\t", ""),
    ],
)
def test_a_topic_is_called_by_how_its_first_question_begins(question: str, name: str) -> None:
    assert first_words(question) == name


@given(st.text())
def test_a_name_is_one_short_line(text: str) -> None:
    name = first_words(text)
    assert len(name) <= 41
    assert len(name.splitlines()) <= 1
    assert name == " ".join(name.split())
