"""What a model is told of a topic, and what a topic is called at first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.samples import conversation
from tui.engine.history import estimated_tokens, first_words, newest, numbered, reply_of, turns
from tui.engine.log import Log
from tui.engine.protocols import Turn
from tui.engine.records import Conversation, Message
from tui.engine.stream import Stream, StreamStatus, StreamType
from tui.screens.reply_words import header


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


def long_topic(*lengths: int) -> tuple[Turn, ...]:
    """Exchanges whose replies have so many words of one token, from the oldest on."""
    past = [exchange(f"{n}?", reply("word " * length)) for n, length in enumerate(lengths)]
    return turns("Be brief.", past, "Well?")


def questions(told: tuple[Turn, ...]) -> list[str]:
    return [turn.content for turn in told if turn.role == "user"]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (10_000, ["0?", "1?", "2?", "Well?"]),
        (1000, ["1?", "2?", "Well?"]),
        (500, ["2?", "Well?"]),
        (100, ["Well?"]),
        (0, ["Well?"]),
    ],
)
def test_the_oldest_exchanges_are_left_out_whole_and_never_the_question(limit: int, expected: list[str]) -> None:
    told = newest(long_topic(400, 400, 400), limit)
    assert questions(told) == expected
    assert told[0] == Turn("system", "Be brief.")
    assert [turn.role for turn in told[1:]] == ["user", "assistant"] * (len(expected) - 1) + ["user"]


def test_an_exchange_before_one_that_does_not_fit_is_left_out_too() -> None:
    assert questions(newest(long_topic(1, 400, 1), 100)) == ["2?", "Well?"]


def test_without_a_system_prompt_as_well() -> None:
    told = turns("", [exchange("0?", reply("word " * 400)), exchange("1?", reply("1"))], "Well?")
    assert questions(newest(told, 100)) == ["1?", "Well?"]
    assert newest(told[-1:], 0) == told[-1:]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("The tide comes", 3), ("gravitational", 3), ("1 2 3 45", 5), ("a, b\n", 4), ("潮汐", 3), ("\ud800", 1)],
)
def test_tokens_are_estimated_from_words_signs_and_bytes(text: str, tokens: int) -> None:
    assert estimated_tokens(text) - estimated_tokens("") == tokens


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


def part(first: float, end: float, usage: dict[str, int] | None, **fields: Any) -> Stream:
    """A stream that ended, with its times."""
    return Stream(
        "s", StreamType.CHAT, "c", "m/m", first - 1, {"message_id": "r"}, StreamStatus.COMPLETED, Log("text"),
        usage=usage, first_token_at=first, ended_at=end, **fields,
    )  # fmt: skip


def test_a_reply_that_was_gone_on_with_has_the_times_and_tokens_of_all_its_parts() -> None:
    first = reply_of(part(10.0, 14.0, {"input_tokens": 5, "output_tokens": 40}, answered_at=12.0))
    whole = reply_of(part(100.0, 106.0, {"input_tokens": 50, "output_tokens": 60}, answered_at=100.0), first)
    again = reply_of(part(200.0, 210.0, {"output_tokens": 100, "reasoning_tokens": 1}), whole)
    assert (whole.created_at, whole.first_token_at, whole.answered_at, whole.ended_at) == (9.0, 10.0, 12.0, 106.0)
    assert (whole.usage, whole.paused_ms) == ({"input_tokens": 55, "output_tokens": 100}, 86_000)
    assert again.usage == {"input_tokens": 55, "output_tokens": 200, "reasoning_tokens": 1}
    assert (again.paused_ms, again.ended_at) == (86_000 + 94_000, 210.0)
    assert "200 tokens   10 tok/s" in header(again, 1, 1)  # 4 + 6 + 10 seconds


def test_tokens_of_one_part_are_not_passed_off_as_those_of_the_whole() -> None:
    uncounted, counted = part(10.0, 14.0, None), part(100.0, 106.0, {"output_tokens": 60})
    assert reply_of(counted, reply_of(uncounted)).usage is None
    assert reply_of(uncounted, reply_of(counted)).usage is None
    nothing_came = replace(uncounted, first_token_at=None, status=StreamStatus.ERROR, ended_at=200.0)
    failed = reply_of(nothing_came, reply_of(counted))
    assert (failed.usage, failed.paused_ms, failed.status) == ({"output_tokens": 60}, 94_000, StreamStatus.ERROR)


def test_what_the_user_wrote_into_a_reply_stays_marked_when_a_model_goes_on_with_it() -> None:
    edited = replace(reply("Mine"), edited_at=5.0, ended_at=5.0)
    whole = reply_of(part(10.0, 14.0, {"output_tokens": 9}), edited)
    assert (whole.edited_at, whole.first_token_at, whole.paused_ms, whole.usage) == (5.0, 10.0, 0, None)


@pytest.mark.parametrize(
    ("name", "taken", "own"),
    [
        ("Tides", (), "Tides (2)"),
        ("Tides", ("Tides", "Tides (2)"), "Tides (3)"),
        ("Tides (2)", ("Tides (2)",), "Tides (3)"),
        ("Phones (2024)", (), "Phones (2024) (2)"),
        (None, (), None),
    ],
)
def test_a_topic_that_splits_off_has_a_number(name: str | None, taken: tuple[str, ...], own: str | None) -> None:
    assert numbered(name, taken) == own
