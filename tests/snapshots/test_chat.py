"""The chat as it looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.snapshots.records import BREAD, BREAD_TEXT, GENERAL, LETTER, MENU, NOW, RUST, TIDES
from tests.snapshots.stage import Stage, stage
from tui.engine import ErrorKind, StreamError, StreamStatus, StreamType, Waiting, Waits

CHAT = StreamType.CHAT


async def answers(at: Stage, topic_id: str = BREAD, text: str = BREAD_TEXT, **more: object) -> None:
    """The newest question of a topic is being answered."""
    await at.open(topic_id)
    head = at.engine.catalog.branch(topic_id)[-1].id
    metadata = {"topic_id": topic_id, "message_id": f"{head}a"}
    at.stream(CHAT, head, text, metadata=metadata, **more)  # type: ignore[arg-type]


async def test_the_first_minute(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size, [GENERAL]) as at:
        await at.looks_as("chat-first-minute")


async def test_a_topic_with_its_past(at: Stage) -> None:
    await at.open(TIDES)
    await at.shows("spring tide")
    await at.looks_as("chat-past")


async def test_the_start_of_a_topic(at: Stage) -> None:
    await at.open(TIDES)
    await at.shows("spring tide")
    await at.press("ctrl+home")
    await at.looks_as("chat-start")


async def test_two_topics_stream(at: Stage) -> None:
    await answers(at, RUST, "A lifetime names", seconds=31)
    await answers(at)
    await at.shows("because")
    await at.looks_as("chat-streaming")


async def test_a_reply_waits_for_its_next_try_and_another_one_behind_it(at: Stage) -> None:
    await answers(at, RUST, text="", status=StreamStatus.IDLE)
    await answers(at, text="", seconds=5)
    busy = StreamError(ErrorKind.RATE_LIMIT, "openai had too many requests (429).", 429)
    for turn, topic_id in ((6, RUST), (3, BREAD)):
        (one,) = (s for s in at.engine.registry.find(CHAT, live=True) if s.metadata["topic_id"] == topic_id)
        at.engine.registry.apply(Waits(one.id, NOW, Waiting(turn, NOW + 7, busy)))
    await at.shows("retry 1 of 2 in 7 s")
    await at.looks_as("chat-waiting")


async def test_a_reply_thinks_while_the_next_question_is_written(at: Stage) -> None:
    await answers(at, text="", reasoning="The dough is cold, and the starter may be young.")
    await at.shows("thinking")
    await at.write("and how warm should it be?")
    await at.looks_as("chat-thinking")


async def test_a_reply_that_is_stopped_and_one_that_failed(at: Stage) -> None:
    await at.open(LETTER)
    await at.shows("refused")
    await at.looks_as("chat-endings")


async def test_messages_that_wait(at: Stage) -> None:
    await answers(at, status=StreamStatus.CONNECTING, text="")
    topic = at.engine.catalog.topic(BREAD)
    assert topic is not None
    at.change(replace(topic, queue=("How warm should it be?", "And how do I store the starter for two weeks?")))
    await at.shows("takes it back")
    await at.looks_as("chat-queue")


async def test_finding(at: Stage) -> None:
    await at.open(TIDES)
    await at.press("ctrl+f")
    await at.write("tide")
    await at.shows(" of ")
    await at.looks_as("chat-find")


async def test_the_list_over_the_text_or_put_away(at: Stage) -> None:
    await at.open(TIDES)
    await at.press("ctrl+l")
    await at.looks_as("chat-list")


async def test_a_draft_that_is_optimized(at: Stage) -> None:
    await at.open(MENU)
    await at.write("make it sound better")
    at.stream(
        StreamType.PROMPT_OPTIMIZATION,
        MENU,
        "Rewrite the English menu above so that it reads as in a French restaurant of today: short",
        metadata={"topic_id": MENU, "original_prompt": "make it sound better"},
    )
    await at.shows("short")
    await at.press("alt+d")
    await at.looks_as("chat-optimizing")


async def test_a_question_that_is_edited(at: Stage) -> None:
    await at.open(TIDES)
    await at.press("alt+e")
    await at.shows("Editing a question")
    await at.looks_as("chat-editing")
