"""An engine in a real folder, watched: every stream that is created in it must end exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.waiting import eventually
from tui.engine import (
    Created,
    Ended,
    Engine,
    Library,
    Message,
    Models,
    Provider,
    Role,
    Stream,
    StreamEvent,
    StreamStatus,
    StreamType,
    Topic,
    Turn,
    WireProtocol,
)


def models(url: str, **changes: Any) -> Models:
    """One provider, `load`, that plays all roles."""
    fields: dict[str, Any] = {"model": "fake", "max_streams": 64} | changes
    return Models({"load": Provider("load", WireProtocol.OPENAI, url, **fields)}, dict.fromkeys(Role, "load"))


@asynccontextmanager
async def engine_in(folder: Path, of: Models, library: Library | None = None, **how: Any) -> AsyncIterator[Engine]:
    """An engine whose data lives in the folder, opened and closed."""
    data = folder / "data"
    engine = Engine(of, library or Library.open(data), data=data, log=folder / "log", **how)
    seen: list[StreamEvent] = []
    engine.registry.subscribe(seen.append)
    engine.open()
    try:
        yield engine
    finally:
        await engine.close()
    created = Counter(event.stream.id for event in seen if isinstance(event, Created))
    ended = Counter(event.id for event in seen if isinstance(event, Ended))
    assert ended == created, "every stream ends exactly once"
    assert engine.registry.live == 0


async def new_topic(engine: Engine) -> Topic:
    return await engine.new_topic(engine.catalog.assistants()[0].id)


async def start(engine: Engine, question: str) -> str:
    """A stream that belongs to no topic."""
    return await engine.start(StreamType.CHAT, "somewhere", "load", (Turn("user", question),))


async def ask(engine: Engine, topic: Topic, question: str) -> str:
    """The stream of a question in a topic."""
    sent = await engine.send(topic.id, question)
    assert sent.stream_id is not None
    return sent.stream_id


async def grown(engine: Engine, id: str, length: int = 1) -> Stream:
    """The stream once it has that much content."""
    return await eventually(
        lambda: stream if (stream := engine.registry.get(id)) and len(stream.content) >= length else None,
        what=f"{length} characters; the stream is {engine.registry.get(id)}",
    )


async def ended(engine: Engine, id: str, timeout: float = 30.0) -> Stream:
    """The stream once it has ended."""
    return await eventually(
        lambda: stream if (stream := engine.registry.get(id)) and stream.ended else None,
        timeout,
        lambda: f"the end of {engine.registry.get(id)}",
    )


async def quiet(engine: Engine, timeout: float = 30.0) -> None:
    """No stream goes on and no topic has anything in its queue."""
    await eventually(
        lambda: not engine.registry.live and not any(topic.queue for topic in engine.catalog.topics()),
        timeout,
        lambda: f"quiet; there are {list(engine.registry.find(live=True))}",
    )


def replies(engine: Engine, topic_id: str) -> list[Message | None]:
    """What is on show in a topic."""
    return [conversation.reply for conversation in engine.catalog.branch(topic_id)]


def contents(engine: Engine, topic_id: str) -> list[tuple[str, StreamStatus, str]]:
    """Each exchange on show: the question, how its reply ended, and what it says."""
    shown = []
    for conversation in engine.catalog.branch(topic_id):
        assert conversation.reply is not None
        shown.append((conversation.question.content, conversation.reply.status, conversation.reply.content))
    return shown
