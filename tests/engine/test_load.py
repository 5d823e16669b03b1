"""Fifty streams at once over real connections: each complete and in its own place, on every shelf that holds it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.engine.engines import ask, contents, ended, engine_in, models, new_topic
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import Engine, StreamStatus, StreamType, Topic

COUNT = 50
COMPLETED, STOPPED = StreamStatus.COMPLETED, StreamStatus.STOPPED


def question(number: int) -> str:
    """For a reply that waits before its end: on a busy machine the last begins some seconds after the first."""
    return f"n=120 tps=50 think=6 hold=60 tag=s{number:02}"


async def fifty(engine: Engine) -> tuple[list[Topic], list[str]]:
    """A question in each of fifty topics, and all of them being answered."""
    topics, ids = [], []
    for number in range(COUNT):
        topics.append(await new_topic(engine))
        ids.append(await ask(engine, topics[-1], question(number)))
    return topics, ids


async def all_stream(engine: Engine, server: LoadServer, ids: list[str]) -> None:
    def streaming() -> bool:
        found = [engine.registry.get(id) for id in ids]
        return all(stream is not None and stream.status is StreamStatus.STREAMING for stream in found)

    await eventually(streaming, what="all streams at once")
    assert sum(not exchange.ended for exchange in server.requests) == COUNT


async def test_fifty_streams_at_once_are_each_complete_and_in_their_own_place(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topics, ids = await fifty(engine)
        assert len(set(ids)) == len({topic.id for topic in topics}) == COUNT
        await all_stream(engine, load_server, ids)
        load_server.release()
        for number, (topic, id) in enumerate(zip(topics, ids, strict=True)):
            stream = await ended(engine, id)
            sent = await asyncio.to_thread(load_server.wait_for, f"s{number:02}")
            assert sent.done_at is not None
            assert sent.content.endswith(f"end-of-s{number:02}")
            assert stream.status is COMPLETED
            assert stream.metadata["topic_id"] == topic.id
            assert (str(stream.content), str(stream.reasoning)) == (sent.content, sent.reasoning)
            assert contents(engine, topic.id) == [(question(number), COMPLETED, sent.content)]
        assert len(load_server.requests) == COUNT
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assert {topic.id for topic in engine.catalog.topics()} == {topic.id for topic in topics}
        for number, topic in enumerate(topics):
            sent = load_server.wait_for(f"s{number:02}")
            await engine.load(topic.id)
            assert contents(engine, topic.id) == [(question(number), COMPLETED, sent.content)]
            [conversation] = engine.catalog.branch(topic.id)
            assert conversation.replies[0].reasoning == sent.reasoning


async def test_one_of_fifty_is_stopped_and_the_other_49_go_on(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topics, ids = await fifty(engine)
        await all_stream(engine, load_server, ids)
        before = time.monotonic()
        assert await engine.stop(ids[25])
        stopped = await asyncio.to_thread(load_server.wait_for, "s25")
        assert stopped.closed_at is not None
        assert stopped.closed_at - before < 0.5
        assert len(list(engine.registry.find(StreamType.CHAT, live=True))) == COUNT - 1  # what was stopped gets a title
        load_server.release()
        for number, (topic, id) in enumerate(zip(topics, ids, strict=True)):
            stream = await ended(engine, id)
            sent = load_server.wait_for(f"s{number:02}")
            if number == 25:
                assert stream.status is STOPPED
                assert sent.content.startswith(str(stream.content))
            else:
                assert stream.status is COMPLETED
                assert str(stream.content) == sent.whole
            assert contents(engine, topic.id) == [(question(number), stream.status, str(stream.content))]


async def test_a_plain_limit_lets_so_many_run_and_the_rest_wait(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url, max_streams=8)) as engine:
        topics, ids = await fifty(engine)
        most = 0
        while engine.registry.live:
            running = sum(not exchange.ended for exchange in load_server.requests)
            most = max(most, running)
            idle = sum(stream.status is StreamStatus.IDLE for stream in engine.registry.find(live=True))
            assert idle >= engine.registry.live - 8
            if most == 8 and len(load_server.requests) >= 8:
                await engine.stop_all()
            await asyncio.sleep(0.001)
        assert most == 8
        assert {engine.registry.get(id).status for id in ids} == {STOPPED}  # type: ignore[union-attr]
        assert len({topic.id for topic in topics}) == COUNT
