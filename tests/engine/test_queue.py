"""What is sent while a topic answers: it waits its turn, or goes back to who wrote it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engines import ask, contents, ended, engine_in, grown, models, new_topic, quiet, replies
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import (
    CatalogEvent,
    Engine,
    Notice,
    StreamStatus,
    Topic,
)

COMPLETED = StreamStatus.COMPLETED


def now(engine: Engine, topic: Topic) -> Topic:
    found = engine.catalog.topic(topic.id)
    assert found is not None
    return found


async def test_what_is_sent_while_a_topic_answers_waits_and_is_sent_in_order(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        first = await ask(engine, topic, "n=20 tps=200 tag=a")
        for tag in "bc":
            sent = await engine.send(topic.id, f"n=3 tag={tag}")
            assert sent.queued
            assert sent.conversation_id is None
        assert now(engine, topic).queue == ("n=3 tag=b", "n=3 tag=c")
        await ended(engine, first)
        await quiet(engine)
        assert [(q, s) for q, s, _ in contents(engine, topic.id)] == [
            ("n=20 tps=200 tag=a", COMPLETED),
            ("n=3 tag=b", COMPLETED),
            ("n=3 tag=c", COMPLETED),
        ]
        assert len(load_server.wait_for("c").body["messages"]) == 5
        assert now(engine, topic).draft == ""


async def test_what_is_sent_while_another_is_just_being_sent_waits_behind_it(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
    async with engine_in(tmp_path, models(load_server.url)) as engine:  # so that the topic has to be read first
        sent = await asyncio.gather(*(engine.send(topic.id, f"n=3 tag={tag}") for tag in "abc"))
        assert [each.queued for each in sent] == [False, True, True]
        await quiet(engine)
        assert [question for question, _, _ in contents(engine, topic.id)] == [f"n=3 tag={tag}" for tag in "abc"]


async def test_what_is_sent_in_the_moment_of_an_ending_comes_behind_what_waited(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        loop = asyncio.get_running_loop()
        sending: list[asyncio.Task[object]] = []

        def at_once(event: object) -> None:
            if any(replies(engine, topic.id)) and not sending:
                sending.append(loop.create_task(engine.send(topic.id, "n=3 tag=c")))

        await ask(engine, topic, "n=3 tag=a")
        engine.catalog.subscribe(at_once)
        await engine.send(topic.id, "n=3 tag=b")
        await quiet(engine)
        await eventually(lambda: len(engine.catalog.branch(topic.id)) == 3 and all(replies(engine, topic.id)))
        assert [question for question, _, _ in contents(engine, topic.id)] == [f"n=3 tag={tag}" for tag in "abc"]


@pytest.mark.parametrize("ending", ["stopped", "failed"])
async def test_what_waited_behind_an_answer_that_did_not_come_is_handed_back(
    tmp_path: Path, load_server: LoadServer, ending: str
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=1000 tps=100 tag=a" + (" cut=20" if ending == "failed" else ""))
        await grown(engine, id)
        await engine.send(topic.id, "Second thought")
        await engine.send(topic.id, "Third thought")
        await engine.save_draft(topic.id, "Fourth, half")
        if ending == "stopped":
            await engine.stop(id)
        await ended(engine, id)
        assert now(engine, topic).queue == ()
        assert now(engine, topic).draft == "Second thought\n\nThird thought\n\nFourth, half"
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assert now(engine, topic).draft == "Second thought\n\nThird thought\n\nFourth, half"
    assert [exchange.tag for exchange in load_server.requests] == ["a"]


async def test_what_waits_is_sent_once_no_version_streams_any_more(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        sent = await engine.send(topic.id, "n=30 tps=300 tag=a")
        other = await engine.regenerate(sent.conversation_id or "")
        await grown(engine, other)
        await engine.send(topic.id, "n=3 tag=b")
        await engine.stop(sent.stream_id or "")
        await ended(engine, sent.stream_id or "")
        assert now(engine, topic).queue == ("n=3 tag=b",)
        await quiet(engine)
        assert [status for _, status, _ in contents(engine, topic.id)] == [COMPLETED, COMPLETED]


async def test_a_queue_whose_program_was_killed_is_handed_back_at_the_next_start(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        engine._shelf.put(replace(topic, queue=("Waited", "So did I"), draft="Half"))
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assert (now(engine, topic).queue, now(engine, topic).draft) == ((), "Waited\n\nSo did I\n\nHalf")
    assert load_server.requests == ()


async def test_what_waited_and_cannot_be_sent_is_handed_back_with_a_word(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        told: list[CatalogEvent] = []
        engine.catalog.subscribe(lambda event: told.append(event) if isinstance(event, Notice) else None)
        topic = await new_topic(engine)
        await ask(engine, topic, "n=30 tps=300 tag=a")
        await engine.send(topic.id, "Second")
        await engine.send(topic.id, "Third")
        assistant = engine.catalog.assistants()[0]
        engine._shelf.put(replace(assistant, model="gone/model"))
        await quiet(engine)
        assert now(engine, topic).draft == "Second\n\nThird"
        [notice] = told
        assert isinstance(notice, Notice)
        assert 'no provider "gone"' in notice.text


async def test_other_topics_are_free_while_one_answers(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        slow = await ask(engine, topic, "n=100000 tps=100 tag=a")
        other = await new_topic(engine)
        assert (await ended(engine, await ask(engine, other, "n=3 tag=b"))).status is COMPLETED
        assert contents(engine, other.id) == [("n=3 tag=b", COMPLETED, load_server.wait_for("b").whole)]
        assert not engine.registry.get(slow).ended  # type: ignore[union-attr]
