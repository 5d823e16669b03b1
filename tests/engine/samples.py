"""Records to try things with."""

from __future__ import annotations

from tui.engine.log import Log
from tui.engine.records import Assistant, Conversation, Message, Topic
from tui.engine.stream import ErrorKind, Stream, StreamError, StreamStatus, StreamType


def assistant(id: str = "assistant1", *, deleted_at: float | None = None) -> Assistant:
    return Assistant(id, "Helper", 1.5, 2.5, prompt="Be brief. 请简短。", deleted_at=deleted_at)


def topic(id: str = "topic1", *, name: str | None = None, deleted_at: float | None = None) -> Topic:
    return Topic(id, "assistant1", 1.5, 2.5, name=name, deleted_at=deleted_at)


def conversation(
    number: int, topic_id: str = "topic1", *, title: str | None = None, deleted_at: float | None = None
) -> Conversation:
    """The `number`th of its topic; ids grow with the number."""
    at = 1_800_000_000.25 + number
    return Conversation(
        f"c{number:08}",
        topic_id,
        Message(f"q{number:08}", "user", f"Question {number}: was heißt 你好?", at),
        at,
        title=title,
        replies=(
            Message(f"r{number:08}", "assistant", f"Answer {number} 😀\nnext\u2028line", at, model="local/small"),
        ),
        deleted_at=deleted_at,
    )


def ended_stream(number: int, type: StreamType = StreamType.TOPIC_TITLE, *, related_id: str = "topic1") -> Stream:
    """The `number`th that ended, with everything that a stream can have; ids grow with the number."""
    at = 1_800_000_000.25 + number
    return Stream(
        f"s{number:012}",
        type,
        related_id,
        "local/small",
        at,
        {"topic_id": "topic1", "original_prompt": "was heißt 你好?"},
        StreamStatus.ERROR,
        Log(f"Title {number} 😀\nnext\u2028line"),
        Log("Hm"),
        finish_reason="length",
        usage={"input_tokens": 7, "output_tokens": 3},
        error=StreamError(ErrorKind.TIMEOUT, "Nothing came for 5 minutes.", 504),
        tries=2,
        started_at=at + 0.25,
        first_token_at=at + 0.5,
        answered_at=at + 0.75,
        ended_at=at + 1.5,
    )
