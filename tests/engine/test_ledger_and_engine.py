"""What an engine's streams leave behind in the file of their records."""

from __future__ import annotations

import os
from pathlib import Path

from tests.engine.engines import ask, ended, engine_in, models, new_topic, quiet, start
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import Library, Stream, StreamStatus, StreamType, Turn
from tui.engine.log import EMPTY
from tui.engine.past import past_streams


async def test_a_chats_record_leaves_its_text_to_the_message_and_others_keep_theirs(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        chat = await ended(engine, await ask(engine, topic, "n=3 tag=a"))
        alone = await ended(engine, await start(engine, "n=3 tag=b"))
        metadata = {"original_prompt": "was heißt 你好?"}
        other = await engine.start(
            StreamType.PROMPT_OPTIMIZATION, topic.id, "load", (Turn("user", "n=3 tag=c"),), metadata=metadata
        )
        better = await ended(engine, other)
        await quiet(engine)  # titles come behind a chat
        every = {stream.id: stream for stream in engine.registry.find()}
    kept = {one.id: one for one in past_streams(tmp_path / "data", 10) if isinstance(one, Stream)}
    assert chat.content and set(kept) == set(every)
    first, second, third = kept[chat.id], kept[alone.id], kept[better.id]
    assert (first.content, first.reasoning) == (EMPTY, EMPTY)
    assert (first.related_id, first.metadata, first.usage) == (chat.related_id, chat.metadata, chat.usage)
    assert second.content == alone.content
    assert (third.type, third.related_id, third.metadata) == (StreamType.PROMPT_OPTIMIZATION, topic.id, metadata)
    assert third.content == better.content and third.status is StreamStatus.COMPLETED
    titles = [id for id, stream in every.items() if stream.type is StreamType.CONVERSATION_TITLE]
    assert titles and all(kept[id].content == every[id].content for id in titles)


async def test_what_closing_stops_has_its_record_too(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        ids = [await start(engine, f"n=999 tps=10 tag={number}") for number in range(3)]
        await eventually(lambda: all((stream := engine.registry.get(id)) and stream.content for id in ids))
    kept = list(past_streams(tmp_path / "data", 10))
    assert {(one.id, one.status) for one in kept if isinstance(one, Stream)} == {
        (id, StreamStatus.STOPPED) for id in ids
    }


async def test_an_engine_without_files_keeps_none(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url), Library.in_memory()) as engine:
        await ended(engine, await start(engine, "n=3 tag=a"))
    assert os.listdir(tmp_path) == []
