"""A long topic on disk, as it would be after years of use: for tests and benchmarks that open one."""

from __future__ import annotations

from pathlib import Path

from tui.engine import Assistant, Conversation, Library, Message, Topic

ASSISTANT, TOPIC = "0000000000001", "0000000000002"


async def write_topic(data: Path, conversations: int, answer: str = "An answer.\n\nIts second paragraph.") -> str:
    """Write a topic of that many conversations into a data folder; its id."""
    library = Library.open(data)
    now = 1_700_000_000.0
    records: list[Assistant | Topic | Conversation] = [Assistant(ASSISTANT, "General", now, now)]
    parent: str | None = None
    for number in range(conversations):
        id = f"{number + 10:013}"
        at = now + number
        question = Message(f"q{id[1:]}", "user", f"Question {number}?", at)
        reply = Message(f"r{id[1:]}", "assistant", f"Answer {number}.\n\n{answer}", at, model="fake/fake", ended_at=at)
        records.append(Conversation(id, TOPIC, question, at, parent_id=parent, replies=(reply,)))
        parent = id
    await library.save(*records, Topic(TOPIC, ASSISTANT, now, now, name="Long", named_by="user", head=parent))
    await library.close()
    return TOPIC
