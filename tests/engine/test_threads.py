"""Versions that stream side by side, edits, branches, what is deleted and comes back, replies that go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engines import ask, contents, ended, engine_in, grown, models, new_topic, quiet
from tests.support.load_server import LoadServer
from tui.engine import Conversation, Engine, StreamStatus, StreamType, Topic
from tui.engine.prompts import CONTINUE


def last(engine: Engine, topic: Topic) -> Conversation:
    return engine.catalog.branch(topic.id)[-1]


def shown(engine: Engine, topic: Topic) -> list[str]:
    return [one.question.content for one in engine.catalog.branch(topic.id)]


async def test_three_versions_stream_side_by_side_and_the_one_on_show_stays(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        first = await ask(engine, topic, "n=30 tps=100 tag=v")
        id = last(engine, topic).id
        others = [await engine.regenerate(id), await engine.regenerate(id, model="load/other")]
        versions = engine.versions(last(engine, topic))
        streams = [engine.registry.get(stream) for stream in (first, *others)]
        assert versions == [stream.metadata["message_id"] for stream in streams if stream]
        assert last(engine, topic).chosen == 2
        await engine.choose_version(id, versions[1])
        await engine.stop(others[1])
        for stream in (first, *others):
            await ended(engine, stream)
        assert [reply.id for reply in last(engine, topic).replies] == versions
        assert last(engine, topic).chosen == 1
        assert [reply.model for reply in last(engine, topic).replies] == ["load/fake", "load/fake", "load/other"]
        with pytest.raises(KeyError):
            await engine.choose_version(id, "nowhere")
        await quiet(engine)
        # What goes to the model is the version on show.
        await ended(engine, await ask(engine, topic, "n=1 tag=next"))
    told = load_server.find("next")
    assert told is not None
    chosen = versions[1]
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(topic.id)
        [conversation, _] = engine.catalog.branch(topic.id)
        assert conversation.reply is not None and conversation.reply.id == chosen
        assert told.body["messages"][1]["content"] == conversation.reply.content


async def test_an_edited_question_is_asked_in_its_place_and_the_old_branch_stays(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        for tag in ("a", "b", "c"):
            await ended(engine, await ask(engine, topic, f"n=1 tag={tag}"))
        old = engine.catalog.branch(topic.id)[1]
        sent = await engine.resend(old.id, "n=1 tag=edited")
        await ended(engine, sent.stream_id or "")
        assert shown(engine, topic) == ["n=1 tag=a", "n=1 tag=edited"]
        new = last(engine, topic)
        assert engine.catalog.siblings(new) == [old, new]
        await engine.choose_branch(old.id)
        assert shown(engine, topic) == ["n=1 tag=a", "n=1 tag=b", "n=1 tag=c"]
        await engine.choose_branch(new.id)
        assert last(engine, topic).id == new.id
    asked = load_server.find("edited")
    assert asked is not None
    assert [message["content"] for message in asked.body["messages"]][0::2] == ["n=1 tag=a", "n=1 tag=edited"]


async def test_a_branch_goes_on_behind_what_was_deleted(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        for tag in ("a", "b", "c"):
            await ended(engine, await ask(engine, topic, f"n=1 tag={tag}"))
        first, second, _ = engine.catalog.branch(topic.id)
        sent = await engine.resend(first.id, "n=1 tag=other")
        await ended(engine, sent.stream_id or "")
        await engine.delete_conversation(second.id)
        await engine.choose_branch(first.id)
        assert shown(engine, topic) == ["n=1 tag=a", "n=1 tag=c"]


async def test_a_stopped_reply_goes_on_in_its_place(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=1000 tps=200 tag=long")
        await grown(engine, id, 20)
        await engine.stop(id)
        first = str((await ended(engine, id)).content)
        again = await engine.continue_reply(last(engine, topic).id)
        going = engine.registry.get(again)
        assert going is not None and str(going.content).startswith(first)
        with pytest.raises(ValueError, match="already"):
            await engine.continue_reply(last(engine, topic).id)
        stream = await ended(engine, again)
        [(_, status, content)] = contents(engine, topic.id)
        assert status is StreamStatus.COMPLETED
        assert content == str(stream.content) and content.startswith(first) and len(content) > len(first)
        assert len(last(engine, topic).replies) == 1
    request = load_server.requests[-1].body["messages"]
    assert [message["content"] for message in request[1:]] == [first, CONTINUE]


async def test_a_reply_in_the_users_words_is_one_more_version(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=1 tag=a"))
        id = last(engine, topic).id
        await engine.edit_reply(id, "My words")
        with pytest.raises(ValueError, match="empty"):
            await engine.edit_reply(id, " ")
        reply = last(engine, topic).reply
        assert reply is not None and reply.content == "My words" and reply.edited_at is not None
        assert len(last(engine, topic).replies) == 2


async def test_a_deleted_conversation_is_not_told_and_comes_back(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        for tag in ("a", "b"):
            await ended(engine, await ask(engine, topic, f"n=1 tag={tag}"))
        first, second = engine.catalog.branch(topic.id)
        await engine.delete_conversation(first.id)
        await engine.delete_conversation(second.id)
        assert shown(engine, topic) == []
        await engine.restore_conversation(second.id)
        await ended(engine, await ask(engine, topic, "n=1 tag=c"))
        assert shown(engine, topic) == ["n=1 tag=b", "n=1 tag=c"]
        await engine.restore_conversation(first.id)
        assert shown(engine, topic) == ["n=1 tag=a", "n=1 tag=b", "n=1 tag=c"]
    asked = load_server.find("c")
    assert asked is not None and len(asked.body["messages"]) == 3


async def test_a_branch_leads_through_what_was_deleted_long_ago(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        for tag in ("a", "b", "c", "d"):
            await ended(engine, await ask(engine, topic, f"n=1 tag={tag}"))
        await quiet(engine)
        first, second, _, fourth = engine.catalog.branch(topic.id)
        engine._shelf.put(replace(second, deleted_at=1.0), replace(fourth, deleted_at=1.0))
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(topic.id)
        assert shown(engine, topic) == ["n=1 tag=a", "n=1 tag=c"]
        await ended(engine, await ask(engine, topic, "n=1 tag=e"))
        assert shown(engine, topic) == ["n=1 tag=a", "n=1 tag=c", "n=1 tag=e"]
        assert engine.catalog.branch(topic.id)[0].id == first.id


async def test_a_topic_splits_off_with_all_that_was_said_until_there(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        for tag in ("a", "b", "c"):
            await ended(engine, await ask(engine, topic, f"n=1 tag={tag}"))
        await quiet(engine)
        branch = await engine.branch_topic(engine.catalog.branch(topic.id)[1].id)
        await ended(engine, await ask(engine, branch, "n=1 tag=d"))
        assert shown(engine, branch) == ["n=1 tag=a", "n=1 tag=b", "n=1 tag=d"]
        assert shown(engine, topic) == ["n=1 tag=a", "n=1 tag=b", "n=1 tag=c"]
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(branch.id)
        assert shown(engine, branch) == ["n=1 tag=a", "n=1 tag=b", "n=1 tag=d"]


async def test_what_waits_can_be_changed_and_taken_away(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await ask(engine, topic, "n=40 tps=100 tag=a")
        for text in ("n=1 tag=b", "n=1 tag=c"):
            assert (await engine.send(topic.id, text)).queued
        await engine.edit_queued(topic.id, 0, "n=1 tag=edited")
        await engine.edit_queued(topic.id, 1, "")
        with pytest.raises(KeyError):
            await engine.edit_queued(topic.id, 1, "gone")
        await quiet(engine)
        assert shown(engine, topic) == ["n=40 tps=100 tag=a", "n=1 tag=edited"]


async def test_assistants_are_made_copied_moved_deleted_and_brought_back(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        [general] = engine.catalog.assistants()
        with pytest.raises(ValueError, match="last"):
            await engine.delete_assistant(general.id)
        with pytest.raises(ValueError, match="name"):
            await engine.new_assistant("  ")
        cook = await engine.new_assistant("Cook")
        await engine.change_assistant(cook.id, prompt="You cook.", params={"temperature": 0.5})
        copy = await engine.new_assistant("Cook 2", like=cook.id)
        assert copy.prompt == "You cook." and copy.id != cook.id
        await engine.move_assistant(copy.id, -5)
        assert [one.name for one in engine.catalog.assistants()] == ["Cook 2", "General", "Cook"]
        topic = await engine.new_topic(cook.id)
        id = await ask(engine, topic, "n=1000 tps=50 tag=a")
        await engine.delete_assistant(cook.id)
        assert (await ended(engine, id)).status is StreamStatus.STOPPED
        assert [one.name for one in engine.catalog.assistants()] == ["Cook 2", "General"]
        await engine.restore_assistant(cook.id)
        assert [topic.id for topic in engine.catalog.topics(cook.id)] == [topic.id]
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assert [one.name for one in engine.catalog.assistants()] == ["Cook 2", "General", "Cook"]


async def test_topics_are_renamed_pinned_moved_deleted_and_brought_back(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        cook = await engine.new_assistant("Cook")
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=1 tag=a"))
        other = await new_topic(engine)
        await ended(engine, await ask(engine, other, "n=1000 tag=b"))
        await engine.pin_topic(topic.id, True)
        assert [one.id for one in engine.catalog.topics()] == [topic.id, other.id]
        await engine.rename_topic(topic.id, "Mine")
        await engine.rename_topic(topic.id, "")
        assert (engine.catalog.topics()[0].name, engine.catalog.topics()[0].named_by) == ("n=1 tag=a", None)
        await engine.move_topic(topic.id, cook.id)
        assert [one.id for one in engine.catalog.topics(cook.id)] == [topic.id]
        id = await ask(engine, topic, "n=1000 tps=50 tag=c")
        await engine.delete_topic(topic.id)
        assert (await ended(engine, id)).status is StreamStatus.STOPPED
        assert [one.id for one in engine.catalog.topics()] == [other.id]
        await engine.restore_topic(topic.id)
        assert len(engine.catalog.topics()) == 2


SLOW = "n=100000 tps=50 tag=slow"


async def two_versions_of_which_the_earlier_streams(engine: Engine, topic: Topic) -> tuple[Conversation, list[str]]:
    """The first conversation of a topic that has another one behind it."""
    await ended(engine, await ask(engine, topic, f"{SLOW} fail=400 times=1"))
    await ended(engine, await ask(engine, topic, "n=1 tag=b"))
    first = engine.catalog.branch(topic.id)[0]
    await grown(engine, await engine.regenerate(first.id), 20)
    stopped = await engine.regenerate(first.id, model="load/other")
    await grown(engine, stopped, 20)
    await engine.stop(stopped)
    await ended(engine, stopped)
    await engine.edit_reply(first.id, "In my own words")
    first = engine.catalog.branch(topic.id)[0]
    versions = engine.versions(first)
    assert [versions.index(reply.id) for reply in first.replies] == [0, 2, 3]
    return first, versions


async def test_a_model_is_told_the_version_on_show_while_an_earlier_one_streams(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        first, versions = await two_versions_of_which_the_earlier_streams(engine, topic)
        second = engine.catalog.branch(topic.id)[1]
        for at, tag in ((0, "failed"), (1, "streams"), (2, "stopped"), (3, "own")):
            await engine.choose_version(first.id, versions[at])
            await ended(engine, (await engine.resend(second.id, f"n=1 tag={tag}")).stream_id or "")
        told = {
            tag: [message["content"] for message in load_server.wait_for(tag).body["messages"]]
            for tag in ("failed", "streams", "stopped", "own")
        }
        assert told["failed"] == ["n=1 tag=failed"]  # without an answer, the exchange is not told
        assert told["own"][1] == "In my own words"
        assert told["stopped"][1] == first.replies[1].content
        assert {len(said) for tag, said in told.items() if tag != "failed"} == {3}
        # As far as it had come: its words are its own, the server's counter grows.
        slow = next(engine.registry.find(StreamType.CHAT, first.id, live=True))
        assert len(told["streams"][1]) >= 20 and str(slow.content).startswith(told["streams"][1])


async def test_only_the_version_on_show_is_gone_on_with_and_not_while_it_streams(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        first, versions = await two_versions_of_which_the_earlier_streams(engine, topic)
        await engine.choose_version(first.id, versions[1])
        with pytest.raises(ValueError, match="already"):
            await engine.continue_reply(first.id)
        await engine.choose_version(first.id, versions[0])
        with pytest.raises(ValueError, match="no text"):
            await engine.continue_reply(first.id)


async def test_a_topic_splits_off_with_the_version_on_show_as_far_as_it_is(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        first, versions = await two_versions_of_which_the_earlier_streams(engine, topic)
        await engine.choose_version(first.id, versions[1])
        split = await engine.branch_topic(first.id)
        [(_, status, content)] = contents(engine, split.id)
        assert status is StreamStatus.STOPPED and len(content) >= 20
        assert len(engine.catalog.branch(split.id)[0].replies) == 4
        assert list(engine.registry.find(StreamType.CHAT, first.id, live=True))  # the old topic's goes on
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(split.id)
        assert contents(engine, split.id) == [(first.question.content, StreamStatus.STOPPED, content)]


async def test_what_was_deleted_while_it_streamed_leaves_no_mark_on_its_topic(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=1 tag=a"))
        await engine.mark_read(topic.id)
        id = await ask(engine, topic, SLOW)
        await grown(engine, id)
        await engine.delete_conversation(last(engine, topic).id)
        assert (await ended(engine, id)).status is StreamStatus.STOPPED
        now = engine.catalog.topic(topic.id)
        assert now is not None and (now.unread, now.last_status) == (False, StreamStatus.COMPLETED)


async def test_a_topic_tells_how_many_conversations_are_on_show_also_after_a_restart(
    tmp_path: Path, load_server: LoadServer
) -> None:
    def count(engine: Engine, topic: Topic) -> int | None:
        now = engine.catalog.topic(topic.id)
        return now.conversations if now is not None else None

    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        for tag in ("a", "b", "c"):
            await ended(engine, await ask(engine, topic, f"n=1 tag={tag}"))
        first, second, third = engine.catalog.branch(topic.id)
        await ended(engine, (await engine.resend(second.id, "n=1 tag=d")).stream_id or "")
        assert count(engine, topic) == 2
        await engine.choose_branch(third.id)
        await engine.delete_conversation(first.id)
        assert count(engine, topic) == 2
        split = await engine.branch_topic(second.id)
        assert count(engine, split) == 1
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assert (count(engine, topic), count(engine, split)) == (2, 1)  # and nothing was read
        assert not engine.catalog.loaded(topic.id)
        engine._shelf.put(replace(engine.catalog.topics()[-1], conversations=None))  # as an earlier Rivulet left it
        await engine.load(topic.id)
        await engine.restore_conversation(first.id)
        assert count(engine, topic) == 3


async def test_of_a_topic_that_is_not_here_as_a_whole_the_number_is_kept_up(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=1 tag=first"))
        [first] = engine.catalog.branch(topic.id)
        chain = [first]
        for number in range(250):
            chain.append(replace(first, id=f"{first.id}{number:03}", parent_id=chain[-1].id))
        engine._shelf.put(*chain[1:], replace(engine.catalog.topics()[0], head=chain[-1].id))
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        await engine.load(topic.id)
        assert engine.catalog.earlier(topic.id)
        await engine.delete_conversation(chain[-2].id)
        assert engine.catalog.topics()[0].conversations == 250
        await engine.restore_conversation(chain[-2].id)
        assert engine.catalog.topics()[0].conversations == 251
        await engine.load_whole(topic.id)
        assert engine.catalog.topics()[0].conversations == 251
