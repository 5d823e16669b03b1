"""Stopping: at any moment, quickly, once; what had arrived stays, the server sees the connection close."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.engine.engines import ask, contents, ended, engine_in, grown, models, new_topic, replies, start
from tests.support.load_server import LoadServer
from tests.support.raw_server import Connection, raw_server
from tests.support.waiting import eventually
from tui.engine import Ended, Engine, Library, Secret, StreamStatus, StreamType, Turn

STOPPED = StreamStatus.STOPPED
SSE = [("Content-Type", "text/event-stream")]


def event(**delta: str) -> bytes:
    return b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta}]}).encode() + b"\n\n"


def says(*pieces: bytes, then: str = "hang") -> Callable[[Connection], Awaitable[None]]:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=SSE)
        await connection.body(*pieces)
        await connection.end(then)

    return answer


async def test_a_stream_is_stopped_before_its_task_began(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        id = await start(engine, "n=1000 tag=a")
        assert await engine.stop(id)
        assert (await ended(engine, id)).status is STOPPED
    assert load_server.requests == ()


async def test_a_question_that_is_stopped_at_once_is_kept_with_an_empty_stopped_reply(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=1000 tag=a")
        assert await engine.stop(id)
        await ended(engine, id)
        assert contents(engine, topic.id) == [("n=1000 tag=a", STOPPED, "")]
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(topic.id)
        assert contents(engine, topic.id) == [("n=1000 tag=a", STOPPED, "")]
    assert load_server.requests == ()


async def test_a_stream_is_stopped_while_its_question_is_being_saved(tmp_path: Path, load_server: LoadServer) -> None:
    library = Library.open(tmp_path / "data")
    async with engine_in(tmp_path, models(load_server.url), library) as engine:
        topic = await new_topic(engine)
        await engine.load(topic.id)
        disk = threading.Event()
        library._disk.submit(disk.wait)  # a disk that takes its time
        try:
            id = await ask(engine, topic, "n=1000 tag=a")
            for _ in range(5):
                await asyncio.sleep(0)
            stream = engine.registry.get(id)
            assert stream is not None
            assert stream.status is StreamStatus.IDLE
            assert await engine.stop(id)
            assert (await ended(engine, id, timeout=1)).status is STOPPED
        finally:
            disk.set()
    assert load_server.requests == ()
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(topic.id)
        assert contents(engine, topic.id) == [("n=1000 tag=a", STOPPED, "")]


async def test_a_stream_is_stopped_while_it_waits_for_a_slot_and_the_next_gets_it(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url, max_streams=1)) as engine:
        first = await start(engine, "n=100000 tps=100 tag=a")
        await grown(engine, first)
        second, third = await start(engine, "n=3 tag=b"), await start(engine, "n=3 tag=c")
        assert await engine.stop(second)
        assert (await ended(engine, second)).status is STOPPED
        assert await engine.stop(first)
        assert (await ended(engine, third)).status is StreamStatus.COMPLETED
        assert [exchange.tag for exchange in load_server.requests] == ["a", "c"]


async def test_a_stream_is_stopped_while_the_server_has_not_answered(tmp_path: Path) -> None:
    async def never(connection: Connection) -> None:
        await connection.closed.wait()

    async with raw_server(never) as server, engine_in(tmp_path, models(server.url)) as engine:
        id = await start(engine, "Hello?")
        await eventually(lambda: server.connections and server.connections[0].requests)
        assert await engine.stop(id)
        stream = await ended(engine, id)
        assert (stream.status, str(stream.content), stream.error) == (STOPPED, "", None)
        await asyncio.wait_for(server.connections[0].closed.wait(), 1)


async def test_a_stream_is_stopped_while_a_command_gives_its_key(tmp_path: Path, load_server: LoadServer) -> None:
    asked, done = tmp_path / "asked", tmp_path / "done"
    slow = f"!touch {asked}; while [ ! -e {done} ]; do sleep 0.05; done; echo key"
    try:
        async with engine_in(tmp_path, models(load_server.url, api_key=Secret(slow))) as engine:
            id = await start(engine, "Hello?")
            await eventually(asked.exists)
            assert await engine.stop(id)
            assert (await ended(engine, id)).status is STOPPED
        # The engine is closed, and did not wait for the command.
    finally:
        done.touch()
    assert load_server.requests == ()


async def test_a_stream_that_is_stopped_keeps_what_had_arrived_and_the_server_sees_it_go(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=100000 tps=200 think=5 tag=a")
        await grown(engine, id, 20)
        before = time.monotonic()
        assert await engine.stop(id)
        stream = await ended(engine, id)
        sent = await asyncio.to_thread(load_server.wait_for, "a")
        assert sent.closed_at is not None
        assert sent.closed_at - before < 0.5
        assert stream.status is STOPPED
        assert stream.error is None
        assert str(stream.content)
        assert sent.content.startswith(str(stream.content))
        assert str(stream.reasoning) == sent.reasoning
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(topic.id)
        [reply] = replies(engine, topic.id)
        assert reply is not None
        assert (reply.content, reply.reasoning) == (str(stream.content), str(stream.reasoning))
        assert (reply.status, reply.stream_id) == (STOPPED, id)


async def test_stopping_is_told_within_a_moment(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        id = await start(engine, "n=100000 tps=200 tag=a")
        await grown(engine, id)
        told = asyncio.Event()
        engine.registry.subscribe(lambda event: told.set() if isinstance(event, Ended) else None)
        assert await engine.stop(id)
        await asyncio.wait_for(told.wait(), 0.5)


async def test_a_stream_that_ended_cannot_be_stopped(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        id = await start(engine, "n=3 tag=a")
        ids: list[bool] = []
        # At its very end, while its connection is made ready for the next request.
        engine.registry.subscribe(
            lambda event: ids.append(engine._runner.stop(id)) if isinstance(event, Ended) else None
        )
        assert (await ended(engine, id)).status is StreamStatus.COMPLETED
        assert ids == [False]
        assert not await engine.stop(id)
        assert not await engine.stop("nobody")


async def test_a_stream_is_stopped_once_however_often_that_is_asked_for(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        id = await start(engine, "n=100000 tps=200 tag=a")
        await grown(engine, id)
        assert await engine.stop(id)
        assert not await engine.stop(id)
        await asyncio.sleep(0)
        assert not await engine.stop(id)
        await ended(engine, id)
        assert not await engine.stop(id)
        await eventually(lambda: load_server.connections == 0, what="the connection's end")


@pytest.mark.parametrize(
    ("delta", "content", "reasoning"),
    [
        ({"content": "<thi", "reasoning_content": "Hm"}, "<thi", "Hm"),
        ({"content": "Hello \ud83d"}, "Hello \ufffd", ""),
        ({"content": "<think>Hm</thi"}, "", "Hm</thi"),
    ],
)
async def test_text_that_was_held_back_is_kept(
    tmp_path: Path, delta: dict[str, str], content: str, reasoning: str
) -> None:
    async with raw_server(says(event(**delta))) as server, engine_in(tmp_path, models(server.url)) as engine:
        id = await start(engine, "Hello?")
        await eventually(
            lambda: (stream := engine.registry.get(id)) and stream.status is StreamStatus.STREAMING,
            what="what is not held back",
        )
        assert await engine.stop(id)
        stream = await ended(engine, id)
        assert (str(stream.content), str(stream.reasoning)) == (content, reasoning)


async def test_all_streams_are_stopped_and_counted(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url, max_streams=3)) as engine:
        done = await start(engine, "n=1 tag=done")
        await ended(engine, done)
        ids = [await start(engine, f"n=100000 tps=100 tag=s{number}") for number in range(6)]
        for id in ids[:3]:
            await grown(engine, id)
        assert await engine.stop_all() == 6
        assert await engine.stop_all() == 0
        assert {(await ended(engine, id)).status for id in ids} == {STOPPED}
        assert len(load_server.requests) == 4


async def test_closing_stops_all_and_keeps_what_had_arrived(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topics = [await new_topic(engine)]
        ids = [await ask(engine, topics[0], "n=100000 tps=200 tag=s0")]
        for number in range(1, 5):
            topics.append(await new_topic(engine))
            ids.append(await ask(engine, topics[-1], f"n=100000 tps=200 tag=s{number}"))
        for id in ids:
            await grown(engine, id, 10)
        before = time.monotonic()
    assert time.monotonic() - before < 2
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        for number, topic in enumerate(topics):
            await engine.load(topic.id)
            [(question, status, content)] = contents(engine, topic.id)
            sent = await asyncio.to_thread(load_server.wait_for, f"s{number}")
            assert f"tag=s{number}" in question
            assert status is STOPPED
            assert len(content) >= 10
            assert sent.content.startswith(content)


async def test_closing_twice_and_at_the_same_time_waits_for_the_one_end(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        id = await start(engine, "n=100000 tps=200 tag=a")
        await grown(engine, id)
        await asyncio.gather(engine.close(), engine.close())
        assert (await ended(engine, id)).status is STOPPED
        await engine.close()
    Library.open(tmp_path / "data")._lock.release()  # type: ignore[union-attr]


async def test_closing_goes_on_if_the_one_who_waits_for_it_is_cancelled(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        id = await start(engine, "n=100000 tps=200 tag=a")
        await grown(engine, id)
        closing = asyncio.get_running_loop().create_task(engine.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert (await ended(engine, id)).status is STOPPED


async def test_a_send_under_way_while_the_engine_closes_keeps_its_question(
    tmp_path: Path, load_server: LoadServer
) -> None:
    library = Library.open(tmp_path / "data")
    async with engine_in(tmp_path, models(load_server.url), library) as engine:
        assistant = engine.catalog.assistants()[0]
        topic = await engine.new_topic(assistant.id)
    library = Library.open(tmp_path / "data")
    async with engine_in(tmp_path, models(load_server.url), library) as engine:
        disk = threading.Event()
        library._disk.submit(disk.wait)
        sending = asyncio.get_running_loop().create_task(engine.send(topic.id, "n=5 tag=late"))  # reads the topic first
        await asyncio.sleep(0)
        closing = asyncio.get_running_loop().create_task(engine.close())
        await asyncio.sleep(0)
        disk.set()
        sent = await sending
        await closing
        assert sent.stream_id is not None
        assert contents(engine, topic.id) == [("n=5 tag=late", STOPPED, "")]
        with pytest.raises(RuntimeError, match="closed"):
            await engine.send(topic.id, "too late")
        with pytest.raises(RuntimeError, match="closed"):
            await start(engine, "too late")
    assert load_server.requests == ()
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(topic.id)
        assert contents(engine, topic.id) == [("n=5 tag=late", STOPPED, "")]


async def test_a_send_whose_caller_is_cancelled_is_sent(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        sending = asyncio.get_running_loop().create_task(engine.send(topic.id, "n=5 tag=a"))
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        sent = await asyncio.to_thread(load_server.wait_for, "a")
        await eventually(lambda: any(replies(engine, topic.id)))
        assert contents(engine, topic.id) == [("n=5 tag=a", StreamStatus.COMPLETED, sent.whole)]


def test_streams_end_also_when_their_loop_is_torn_down(tmp_path: Path, load_server: LoadServer) -> None:
    """A front end that crashed: nobody closed the engine."""
    endings: list[Ended] = []

    async def crash() -> None:
        engine = Engine(models(load_server.url), Library.in_memory(), data=tmp_path, log=tmp_path)
        engine.registry.subscribe(lambda event: endings.append(event) if isinstance(event, Ended) else None)
        engine.open()
        id = await start(engine, "n=100000 tps=200 tag=a")
        await grown(engine, id)
        await engine.start(StreamType.CHAT, "x", "load", (Turn("user", "n=1 tag=b"),))

    asyncio.run(crash())
    assert [ending.status for ending in endings] == [STOPPED, STOPPED]
