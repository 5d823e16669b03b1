"""The embedded model as the engine's streams meet it: missing, dying, stopped while it starts. The real one."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engines import ask, ended, engine_in, grown, new_topic
from tests.support.embedded import model_folder, place_model
from tests.support.processes import children, gone
from tests.support.waiting import eventually
from tui.engine import (
    LOCAL,
    Engine,
    ErrorKind,
    Models,
    Provider,
    Role,
    Stream,
    StreamStatus,
    StreamType,
    Turn,
    WireProtocol,
)

ERROR, STOPPED = StreamStatus.ERROR, StreamStatus.STOPPED
EMBEDDED = Models(
    {LOCAL: Provider(LOCAL, WireProtocol.OPENAI, "", model="smollm2", max_streams=4, embedded=True)},
    dict.fromkeys(Role, LOCAL),
)


@pytest.fixture(scope="session")
def model() -> Path:
    """Where the real embedded model is; fetched outside of any event loop."""
    return model_folder()


async def test_an_embedded_model_that_is_not_here_ends_the_stream_with_the_way_out(tmp_path: Path) -> None:
    async with engine_in(tmp_path, EMBEDDED) as engine:
        topic = await new_topic(engine)
        stream = await ended(engine, await ask(engine, topic, "Hello?"))
        assert stream.error is not None
        assert stream.error.kind is ErrorKind.CONFIG
        assert "rivulet model fetch smollm2" in stream.error.message
        assert len(stream.error.message.splitlines()) == 1
        assert not engine.has_embedded("smollm2")
        assert not engine.has_embedded("nothing")


async def test_an_embedded_model_that_does_not_exist_is_told(tmp_path: Path) -> None:
    async with engine_in(tmp_path, EMBEDDED) as engine:
        id = await engine.start(StreamType.CHAT, "x", "local/huge", (Turn("user", "Hello?"),))
        stream = await ended(engine, id)
        assert stream.error is not None
        assert stream.error.kind is ErrorKind.CONFIG
        assert 'no embedded model "huge"' in stream.error.message


def _children() -> set[int]:
    return {pid for pid in children(os.getpid()) if not gone(pid)}


async def _long(engine: Engine) -> Stream:
    turns = (Turn("user", "Write a very long story about a river."),)
    id = await engine.start(StreamType.CHAT, "x", LOCAL, turns, params={"max_tokens": 3000})
    return await grown(engine, id, 20)


async def test_when_the_embedded_server_dies_its_streams_keep_their_text_and_the_next_send_starts_it_again(
    tmp_path: Path, model: Path
) -> None:
    place_model(tmp_path / "data")
    before = _children()
    async with engine_in(tmp_path, EMBEDDED) as engine:
        first, second = await _long(engine), await _long(engine)
        [server] = _children() - before
        os.kill(server, signal.SIGKILL)
        for running in (first, second):
            stream = await ended(engine, running.id)
            assert stream.status is ERROR
            assert stream.error is not None
            assert stream.error.kind is ErrorKind.NETWORK
            assert "Send again" in stream.error.message
            assert str(stream.content).startswith(str(running.content))
        topic = await new_topic(engine)
        sent = await engine.send(topic.id, "Say hello.")
        assert sent.stream_id is not None
        await grown(engine, sent.stream_id)
        [again] = _children() - before
        assert again != server
    await eventually(lambda: gone(again), what="the server's end")
    assert _children() == before


async def test_the_embedded_model_is_told_the_end_of_a_long_topic_only(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.engine.asking.EMBEDDED_LIMIT", 100)  # thousands of tokens take it too long for a test
    place_model(tmp_path / "data")
    told = []
    async with engine_in(tmp_path, EMBEDDED, titles=False) as engine:
        topic = await new_topic(engine)
        engine._shelf.put(replace(engine.catalog.assistants()[0], params={"max_tokens": 8}))
        for _ in range(4):
            stream = await ended(engine, await ask(engine, topic, "The tide comes and goes with the moon. " * 4))
            assert stream.usage is not None
            told.append(stream.usage["input_tokens"])
    assert told[0] < told[1]
    assert told[1] == pytest.approx(told[2], abs=10)
    assert told[2] == pytest.approx(told[3], abs=10)


async def test_a_question_too_long_for_the_embedded_model_says_so(tmp_path: Path, model: Path) -> None:
    place_model(tmp_path / "data")
    async with engine_in(tmp_path, EMBEDDED) as engine:
        stream = await ended(engine, await ask(engine, await new_topic(engine), "tide " * 5000))
        assert stream.error is not None
        assert "of 4096 tokens): begin a new topic" in stream.error.message


async def test_a_stream_is_stopped_while_the_embedded_server_starts_and_the_next_one_runs(
    tmp_path: Path, model: Path
) -> None:
    place_model(tmp_path / "data")
    before = _children()
    async with engine_in(tmp_path, EMBEDDED) as engine:
        id = await engine.start(StreamType.CHAT, "x", LOCAL, (Turn("user", "Hello?"),))
        await eventually(lambda: _children() - before, what="the model's server")
        stream = engine.registry.get(id)
        assert stream is not None
        assert stream.status is StreamStatus.CONNECTING
        assert await engine.stop(id)
        assert (await ended(engine, id, timeout=2)).status is STOPPED
        await _long(engine)
    assert _children() == before
