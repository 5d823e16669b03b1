"""Conversations: questions and their replies in the right place, versions, marks."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engines import ask, contents, ended, engine_in, grown, models, new_topic, quiet, replies
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import (
    Conversation,
    Engine,
    Library,
    StreamStatus,
    Topic,
)

COMPLETED, ERROR, STOPPED = StreamStatus.COMPLETED, StreamStatus.ERROR, StreamStatus.STOPPED


def now(engine: Engine, topic: Topic) -> Topic:
    found = engine.catalog.topic(topic.id)
    assert found is not None
    return found


# Questions and replies


async def test_a_question_becomes_a_reply_and_both_are_there_after_a_restart(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        sent = await engine.send(topic.id, "Please count to three: n=30 think=3 tag=a")
        assert not sent.queued
        assert sent.stream_id is not None
        stream = await ended(engine, sent.stream_id)
        assert stream.metadata["topic_id"] == topic.id
        [conversation] = engine.catalog.branch(topic.id)
        assert conversation.id == sent.conversation_id == stream.related_id
        assert conversation.reply is not None
        assert conversation.reply.id == stream.metadata["message_id"]
        assert conversation.reply.model == "load/fake"
        topic = now(engine, topic)
        assert topic.name == "Please count to three: n=30 think=3…"
        assert topic.head == conversation.id
        said = contents(engine, topic.id)
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        again = now(engine, topic)
        assert (again.name, again.head, again.unread) == (topic.name, topic.head, True)
        await engine.load(topic.id)
        assert contents(engine, topic.id) == said
        [found] = replies(engine, topic.id)
        assert found is not None
        kept = found.reasoning, found.finish_reason, found.usage, found.stream_id, found.model
        assert kept == (str(stream.reasoning), "stop", stream.usage, stream.id, "load/fake")


async def test_each_question_is_asked_with_what_was_said_before(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        for tag in "abc":
            await ended(engine, await ask(engine, topic, f"n=3 tag={tag}"))
    async with engine_in(tmp_path, models(load_server.url)) as engine:  # nothing of the topic is loaded yet
        await ended(engine, await ask(engine, topic, "n=3 tag=d"))
        told = [message["content"] for message in load_server.wait_for("d").body["messages"]]
        parts = [part for tag in "abc" for part in (f"n=3 tag={tag}", load_server.wait_for(tag).whole)]
        assert told == [*parts, "n=3 tag=d"]
        assert [question for question, _, _ in contents(engine, topic.id)] == [f"n=3 tag={tag}" for tag in "abcd"]


async def test_an_assistant_answers_with_its_own_prompt_model_and_settings(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assistant = engine.catalog.assistants()[0]
        engine._shelf.put(replace(assistant, prompt="Be a poet.", model="load/verse", params={"temperature": 0.25}))
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=1 tag=a"))
        sent = await engine.send(topic.id, "n=1 tag=b", model="load/prose", system="Be a clerk.")
        await ended(engine, sent.stream_id or "")
        first, second = load_server.wait_for("a"), load_server.wait_for("b")
        assert first.body["messages"][0] == {"role": "system", "content": "Be a poet."}
        assert (first.body["model"], first.body["temperature"]) == ("verse", 0.25)
        assert second.body["messages"][0] == {"role": "system", "content": "Be a clerk."}
        assert second.body["model"] == "prose"


async def test_a_question_and_its_stream_show_in_the_same_moment(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        bare: list[str] = []

        async def look() -> None:
            while not any(replies(engine, topic.id)):
                for conversation in engine.catalog.branch(topic.id):
                    if not conversation.replies and not list(engine.registry.find(related_id=conversation.id)):
                        bare.append(conversation.id)
                await asyncio.sleep(0)

        looking = asyncio.get_running_loop().create_task(look())
        await ask(engine, topic, "n=3 tag=a")
        await looking
        assert bare == []


async def test_a_question_is_on_disk_before_it_is_asked(tmp_path: Path, load_server: LoadServer) -> None:
    library = Library.open(tmp_path / "data")
    async with engine_in(tmp_path, models(load_server.url), library) as engine:
        topic = await new_topic(engine)
        await engine.load(topic.id)
        engine.warm()
        await eventually(lambda: engine._routes._client)
        disk = threading.Event()
        library._disk.submit(disk.wait)
        try:
            id = await ask(engine, topic, "n=3 tag=a")
            with pytest.raises(AssertionError):
                await eventually(lambda: load_server.requests, timeout=0.3)
            assert len(engine.catalog.branch(topic.id)) == 1  # shown it is
        finally:
            disk.set()
        assert (await ended(engine, id)).status is COMPLETED


async def test_a_topic_that_was_never_used_is_given_again(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        assert (await new_topic(engine)).id == topic.id
        await engine.save_draft(topic.id, "To be")
        second = await new_topic(engine)
        assert second.id != topic.id
        await engine.save_draft(topic.id, "")
        sending = asyncio.get_running_loop().create_task(engine.send(topic.id, "n=1 tag=a"))
        await asyncio.sleep(0)
        assert (await new_topic(engine)).id == second.id
        await sending
        await quiet(engine)
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assert (await new_topic(engine)).id == second.id
        with pytest.raises(KeyError):
            await engine.new_topic("nobody")


async def test_an_empty_text_and_an_unknown_topic_are_refused(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        with pytest.raises(ValueError, match="nothing to send"):
            await engine.send(topic.id, " \n")
        with pytest.raises(KeyError):
            await engine.send("nowhere", "Hello?")
        with pytest.raises(KeyError):
            await engine.regenerate("nothing")
        assert len(engine.registry) == 0


# Versions


async def test_a_question_is_answered_again_and_the_earlier_version_stays(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=3 tag=a"))
        sent = await engine.send(topic.id, "n=3 tag=b")
        await ended(engine, sent.stream_id or "")
        assert sent.conversation_id is not None
        first = load_server.wait_for("b")
        await ended(engine, await engine.regenerate(sent.conversation_id, model="load/other"))
        conversation = engine.catalog.branch(topic.id)[-1]
        assert [reply.model for reply in conversation.replies] == ["load/fake", "load/other"]
        assert conversation.chosen == 1
        again = load_server.find_all("b")[-1]
        assert again.body["messages"] == first.body["messages"]  # the same past, without the version before
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(topic.id)
        assert engine.catalog.branch(topic.id)[-1].chosen == 1


@pytest.mark.parametrize("order", ["older first", "newer first"])
async def test_versions_that_stream_at_once_stand_in_the_order_they_were_asked_for_and_the_newest_shows(
    tmp_path: Path, load_server: LoadServer, order: str
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        sent = await engine.send(topic.id, "n=100000 tps=100 tag=a")
        assert sent.conversation_id is not None
        older = sent.stream_id or ""
        newer = await engine.regenerate(sent.conversation_id)
        await grown(engine, older)
        await grown(engine, newer)
        for id in (older, newer) if order == "older first" else (newer, older):
            await engine.stop(id)
            await ended(engine, id)
        [conversation] = engine.catalog.branch(topic.id)
        assert [reply.stream_id for reply in conversation.replies] == [older, newer]
        assert conversation.chosen == 1
        for reply in conversation.replies:
            assert reply.content == str(engine.registry.get(reply.stream_id or "").content)  # type: ignore[union-attr]


async def test_a_new_version_stands_last_though_the_clock_was_set_back_since(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        sent = await engine.send(topic.id, "n=3 tag=a")
        await ended(engine, sent.stream_id or "")
        [conversation] = engine.catalog.branch(topic.id)
        [reply] = conversation.replies
        future = replace(reply, id="zzzzzzzzzzzzz", stream_id="zzzzzzzzzzzzz")  # of an earlier run, in a later year
        engine._shelf.put(replace(conversation, replies=(future,)))
        id = await engine.regenerate(conversation.id)
        await ended(engine, id)
        [conversation] = engine.catalog.branch(topic.id)
        assert [reply.stream_id for reply in conversation.replies] == ["zzzzzzzzzzzzz", id]
        assert conversation.chosen == 1


async def test_an_earlier_question_is_answered_again_with_only_what_was_said_before_it(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        for tag in "abc":
            await ended(engine, await ask(engine, topic, f"n=3 tag={tag}"))
        middle = engine.catalog.branch(topic.id)[1]
        await ended(engine, await engine.regenerate(middle.id))
        first, again = load_server.find_all("b")
        assert again.body["messages"] == first.body["messages"]
        assert [len(each.replies) for each in engine.catalog.branch(topic.id)] == [1, 2, 1]


# Marks


async def test_a_topic_is_unread_from_its_ending_until_somebody_looks(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=3 tag=a")
        assert not now(engine, topic).unread
        await ended(engine, id)
        assert now(engine, topic).unread
        await engine.mark_read(topic.id)
        assert not now(engine, topic).unread
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assert not now(engine, topic).unread
        await ended(engine, await ask(engine, topic, "n=3 tag=b"))
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assert now(engine, topic).unread
        await ask(engine, topic, "n=999 tps=100 tag=c")  # who asks has looked
        assert not now(engine, topic).unread


async def test_a_stream_stays_in_the_registry_until_its_reply_is_saved(tmp_path: Path, load_server: LoadServer) -> None:
    library = Library.open(tmp_path / "data")
    async with engine_in(tmp_path, models(load_server.url), library) as engine:
        engine.registry._keep_ended = 0
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=99999 tps=100 tag=a")
        await grown(engine, id)
        disk = threading.Event()
        library._disk.submit(disk.wait)
        try:
            await engine.stop(id)
            assert (await ended(engine, id)).status is STOPPED
            await eventually(lambda: library._writing, what="a write that waits for the disk")
            assert engine.registry.get(id) is not None
        finally:
            disk.set()
        await eventually(lambda: engine.registry.get(id) is None, what="the stream to be dropped")
        assert any(replies(engine, topic.id))


async def test_a_topic_says_that_its_newest_reply_was_cut_until_that_was_gone_on_with(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        sent = await engine.send(topic.id, "n=3 limit=1 tag=cut")
        await ended(engine, sent.stream_id or "")
        assert now(engine, topic).last_cut
        await ended(engine, await engine.continue_reply(sent.conversation_id or ""))
        assert now(engine, topic).last_cut is False
        assert now(engine, topic).last_status is COMPLETED


async def test_a_topic_says_how_its_newest_reply_ended_and_keeps_its_place_in_the_lists(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        for question, status in (("n=3 tag=a", COMPLETED), ("fail=500 tag=b", ERROR)):
            id = await ask(engine, topic, question)
            asked_at = now(engine, topic).updated_at
            await ended(engine, id)
            assert now(engine, topic).last_status is status
            assert now(engine, topic).updated_at == asked_at
        sent = await engine.send(topic.id, "n=30 tps=200 tag=c")
        newer = await engine.regenerate(sent.conversation_id or "")
        await engine.stop(newer)
        assert (await ended(engine, newer)).status is STOPPED
        assert (await ended(engine, sent.stream_id or "")).status is COMPLETED  # later, but it is the older one
        assert now(engine, topic).last_status is STOPPED
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assert now(engine, topic).last_status is STOPPED


async def test_a_name_that_a_topic_has_is_not_taken_from_a_question(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        engine._shelf.put(replace(topic, name="Mine", named_by="user"))
        await ended(engine, await ask(engine, topic, "n=3 tag=a"))
        assert (now(engine, topic).name, now(engine, topic).named_by) == ("Mine", "user")


async def test_a_long_topic_is_told_whole_though_only_its_end_was_loaded(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=1 tag=first"))
        [first] = engine.catalog.branch(topic.id)
        chain: list[Conversation] = [first]
        for number in range(250):
            question = replace(first.question, id=f"{first.question.id[:-3]}{number:03}", content=f"Question {number}")
            id = f"{first.id[:-3]}{number:03}z"
            chain.append(replace(first, id=id, question=question, parent_id=chain[-1].id))
        engine._shelf.put(*chain[1:], replace(now(engine, topic), head=chain[-1].id))
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(topic.id)
        assert engine.catalog.earlier(topic.id)
        assert len(engine.catalog.branch(topic.id)) < 251
        await ended(engine, await ask(engine, topic, "n=1 tag=last"))
        assert not engine.catalog.earlier(topic.id)
        assert len(engine.catalog.branch(topic.id)) == 252
        assert len(load_server.wait_for("last").body["messages"]) == 2 * 251 + 1


async def test_earlier_pages_are_loaded_one_by_one(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=1 tag=first"))
        [first] = engine.catalog.branch(topic.id)
        chain = [first]
        for number in range(450):
            chain.append(replace(first, id=f"{first.id}{number:03}", parent_id=chain[-1].id))
        engine._shelf.put(*chain[1:], replace(now(engine, topic), head=chain[-1].id))
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(topic.id)
        counts = [len(engine.catalog.branch(topic.id))]
        while engine.catalog.earlier(topic.id):
            await engine.load_earlier(topic.id)
            counts.append(len(engine.catalog.branch(topic.id)))
        await engine.load_earlier(topic.id)
        assert counts == [51, 251, 451]
        assert [each.id for each in engine.catalog.branch(topic.id)] == [each.id for each in chain]
