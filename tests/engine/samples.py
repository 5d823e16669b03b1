"""Records to try things with."""

from __future__ import annotations

from tui.engine.records import Assistant, Conversation, Message, Topic


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
