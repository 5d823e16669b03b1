"""Drafts: one a topic, never lost, never in another topic, and what is sent leaves them."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from tests.engine.engines import ask, ended, engine_in, models, new_topic, quiet
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import (
    Engine,
    Library,
    LibraryTooNew,
    Models,
    StreamStatus,
    Topic,
    UnknownModel,
)

COMPLETED = StreamStatus.COMPLETED


def now(engine: Engine, topic: Topic) -> Topic:
    found = engine.catalog.topic(topic.id)
    assert found is not None
    return found


async def test_each_topic_keeps_its_own_draft_also_over_a_restart(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topics = []
        for number in range(3):
            topics.append(await new_topic(engine))
            await engine.save_draft(topics[-1].id, f"Draft {number}, ")
        await engine._tasks.finish()
        for number, topic in enumerate(topics):
            await engine.save_draft(topic.id, f"Draft {number}, 草稿")
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assert [now(engine, topic).draft for topic in topics] == [f"Draft {number}, 草稿" for number in range(3)]


async def test_a_draft_reaches_the_disk_by_itself(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        for text in ("T", "To", "To be"):
            await engine.save_draft(topic.id, text)
        index = tmp_path / "data" / "index.json"
        await eventually(lambda: index.exists() and "To be" in index.read_text(encoding="utf-8"))


async def test_sending_takes_the_draft_along_and_leaves_what_is_written_meanwhile(
    tmp_path: Path, load_server: LoadServer
) -> None:
    library = Library.open(tmp_path / "data")
    async with engine_in(tmp_path, models(load_server.url), library) as engine:
        topic = await new_topic(engine)
        await engine.save_draft(topic.id, "n=3 tag=")  # the last key's change is still on its way
        engine.catalog._earlier.pop(topic.id)  # a topic that was not read yet
        disk = threading.Event()
        library._disk.submit(disk.wait)
        sending = asyncio.get_running_loop().create_task(engine.send(topic.id, "n=3 tag=a"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert now(engine, topic).draft == ""
        await engine.save_draft(topic.id, "And an")
        disk.set()
        await sending
        assert now(engine, topic).draft == "And an"
        await quiet(engine)
        assert now(engine, topic).draft == "And an"
        assert (await engine.send(topic.id, "n=999 tps=100 tag=b")).stream_id
        await engine.save_draft(topic.id, "n=3 tag=c")
        assert (await engine.send(topic.id, "n=3 tag=c")).queued
        assert now(engine, topic).draft == ""
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assert now(engine, topic).draft == "n=3 tag=c"  # it waited behind what closing stopped


async def test_a_text_from_elsewhere_leaves_the_draft_alone(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await engine.save_draft(topic.id, "Something else")
        await ask(engine, topic, "n=50 tps=100 tag=a")
        await engine.send(topic.id, "n=3 tag=b")
        assert now(engine, topic).draft == "Something else"
        await quiet(engine)
        assert now(engine, topic).draft == "Something else"


async def test_a_text_that_could_not_be_sent_is_in_the_draft_again(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=3 tag=a"))
    [page] = (tmp_path / "data" / "topics" / topic.id).glob("*.json")
    page.write_text('{"meta": {"1": {"schema": 99}}}')  # what is left as it is
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.save_draft(topic.id, "n=3 tag=b")
        sending = asyncio.get_running_loop().create_task(engine.send(topic.id, "n=3 tag=b"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert (await engine.send(topic.id, "n=3 tag=c")).queued
        with pytest.raises(LibraryTooNew):
            await sending
        assert now(engine, topic).draft == "n=3 tag=b\n\nn=3 tag=c"
        assert now(engine, topic).queue == ()
        with pytest.raises(LibraryTooNew):
            await engine.load(topic.id)
    assert [exchange.tag for exchange in load_server.requests] == ["a"]


async def test_a_draft_is_kept_if_nobody_can_answer(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, Models()) as engine:
        topic = await new_topic(engine)
        await engine.save_draft(topic.id, "Hello?")
        with pytest.raises(UnknownModel, match='No model plays the role "instruct" yet'):
            await engine.send(topic.id, "Hello?")
        assert now(engine, topic).draft == "Hello?"
        assert engine.catalog.branch(topic.id) == []
