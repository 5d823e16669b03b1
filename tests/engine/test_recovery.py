"""After a kill the next start has every stream as far as it had come, where it belongs, and once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engines import ask, ended, engine_in, grown, models, new_topic, quiet
from tests.engine.kills import as_if_killed, journal_size
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import Conversation, Engine, ErrorKind, Message, Notice, StreamStatus, StreamType, Topic, Turn
from tui.engine.journal_file import read
from tui.engine.past import past_streams


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of streams are written at once, so that the journal is soon empty."""
    monkeypatch.setattr("tui.engine.ledger.GATHER", 0.05)


async def recovered(engine: Engine) -> None:
    await engine._tasks.finish()


async def in_journal(folder: Path, id: str, text: str) -> None:
    """Once so much of a stream is in the journal, or more."""
    await eventually(
        lambda: any(
            one.id == id and str(one.content).startswith(text) for one in read(folder / "data" / "journal").streams
        ),
        what=lambda: f"{text!r} of {id}; there is {read(folder / 'data' / 'journal')}",
    )


def only(engine: Engine, topic: Topic) -> Conversation:
    [conversation] = engine.catalog.branch(topic.id)
    return conversation


def reply(engine: Engine, topic: Topic) -> Message:
    found = only(engine, topic).reply
    assert found is not None
    return found


async def test_a_reply_is_kept_as_far_as_it_had_come_and_can_be_gone_on_with(
    tmp_path: Path, load_server: LoadServer
) -> None:
    of = models(load_server.url)
    async with engine_in(tmp_path / "a", of) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=50 think=7 stall=37 tag=a")
        sent = await asyncio.to_thread(load_server.wait_for, "a", 37)
        stream = await grown(engine, id, len(sent.content))
        await in_journal(tmp_path / "a", id, sent.content)
        killed = as_if_killed(tmp_path / "a", tmp_path / "b")
        await engine.stop_all()
    notices: list[str] = []
    async with engine_in(killed, of) as engine:
        engine.catalog.subscribe(lambda event: notices.append(event.text) if isinstance(event, Notice) else None)
        await recovered(engine)
        message = reply(engine, topic)
        assert (message.content, message.reasoning) == (sent.content, sent.reasoning)
        assert message.status is StreamStatus.ERROR
        assert message.error is not None and message.error.kind is ErrorKind.INTERRUPTED
        assert message.stream_id == id and message.model == "load/fake"
        assert message.first_token_at == pytest.approx(stream.first_token_at, abs=0.001)
        found = engine.registry.get(id)
        assert found is not None and found.status is StreamStatus.ERROR
        now = engine.catalog.topic(topic.id)
        assert now is not None and now.unread and now.last_status is StreamStatus.ERROR
        assert notices == ["A reply was interrupted when Rivulet was ended; all that had come is kept."]
        await eventually(lambda: journal_size(engine) == 0)
        again = await engine.continue_reply(only(engine, topic).id)
        await ended(engine, again)
        assert reply(engine, topic).content.startswith(sent.content + "r2-00000")
        again = await engine.regenerate(only(engine, topic).id)
        await engine.stop(again)
        await ended(engine, again)
        assert len(only(engine, topic).replies) == 2
    assert next(one.id for one in past_streams(killed / "data", 9) if not isinstance(one, str)) == id
    assert load_server.requests[0].closed_at is not None, "nobody waits for the rest of it any more"


async def test_recovering_twice_changes_no_more_than_once(tmp_path: Path, load_server: LoadServer) -> None:
    of = models(load_server.url)
    async with engine_in(tmp_path / "a", of) as engine:
        topics = [await new_topic(engine)]
        id = await ask(engine, topics[0], "n=50 stall=20 tag=a")
        topics.append(await new_topic(engine))
        other = await ask(engine, topics[1], "n=20 tag=b")
        sent = await asyncio.to_thread(load_server.wait_for, "a", 20)
        await in_journal(tmp_path / "a", id, sent.content)
        await ended(engine, other)
        journal = as_if_killed(tmp_path / "a", tmp_path / "journal")
        await engine.stop_all()
    killed = as_if_killed(tmp_path / "a", tmp_path / "b")
    states = []
    for _ in range(3):
        # The first start finds all in its files already; each further one finds the same journal again.
        for path in (journal / "data" / "journal").iterdir():
            target = killed / "data" / "journal" / path.name
            await asyncio.to_thread(target.write_bytes, path.read_bytes())
        async with engine_in(killed, of) as engine:
            await recovered(engine)
            for topic in topics:
                await engine.load_whole(topic.id)
            states.append([engine.catalog.branch(topic.id) for topic in topics])
            assert [len(branch) for branch in states[-1]] == [1, 1]
            assert reply(engine, topics[1]).status is StreamStatus.COMPLETED
            assert reply(engine, topics[0]).status is StreamStatus.STOPPED
            await eventually(lambda: journal_size(engine) == 0)
    assert states[0] == states[1] == states[2]


async def test_a_reply_that_had_ended_but_was_not_written_yet_is_whole(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = models(load_server.url)
    async with engine_in(tmp_path / "a", of) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=40 tps=60 tag=a")
        await grown(engine, id)
        page = tmp_path / "a" / "data" / "topics" / topic.id / "0001.json"
        await asyncio.to_thread(page.with_name("0001.json.tmp").mkdir)
        stream = await ended(engine, id)
        await eventually(
            lambda: any(one.id == id and one.ended for one in read(tmp_path / "a" / "data" / "journal").streams)
        )
        killed = as_if_killed(tmp_path / "a", tmp_path / "b")
        await asyncio.to_thread(page.with_name("0001.json.tmp").rmdir)
    asked = len(load_server.title_requests)
    async with engine_in(killed, of) as engine:
        await recovered(engine)
        message = reply(engine, topic)
        assert (message.status, message.content) == (StreamStatus.COMPLETED, str(stream.content))
        assert message.usage == stream.usage and message.finish_reason == "stop"
    assert len(load_server.title_requests) == asked, "nothing is asked of a model by a start"


async def test_of_a_reply_that_was_gone_on_with_nothing_is_lost_or_doubled(
    tmp_path: Path, load_server: LoadServer
) -> None:
    of = models(load_server.url)
    async with engine_in(tmp_path / "a", of) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=40 tps=40 cut=20 tag=a"))
        begun = reply(engine, topic).content
        id = await engine.continue_reply(only(engine, topic).id)
        await grown(engine, id, len(begun) + 5)
        await engine.stop(id)
        await ended(engine, id)
        await eventually(lambda: journal_size(engine) == 0)
        whole = reply(engine, topic).content
        await engine.send(topic.id, "n=3 tag=x")
        await quiet(engine)
        first, _ = engine.catalog.branch(topic.id)
        again = await engine.regenerate(first.id)
        await eventually(lambda: any(one.id == again for one in read(tmp_path / "a" / "data" / "journal").streams))
        killed = as_if_killed(tmp_path / "a", tmp_path / "b")
        await engine.stop_all()
    async with engine_in(killed, of) as engine:
        await recovered(engine)
        first, second = engine.catalog.branch(topic.id)
        assert first.replies[0].content == whole
        assert len(first.replies) == 2 and len(second.replies) == 1


async def test_a_stream_in_a_topic_that_is_gone_leaves_its_text_in_its_record(
    tmp_path: Path, load_server: LoadServer
) -> None:
    of = models(load_server.url)
    async with engine_in(tmp_path / "a", of) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=50 stall=20 tag=a")
        sent = await asyncio.to_thread(load_server.wait_for, "a", 20)
        await in_journal(tmp_path / "a", id, sent.content)
        killed = as_if_killed(tmp_path / "a", tmp_path / "b")
        await engine.stop_all()
    await asyncio.to_thread((killed / "data" / "topics" / topic.id / "0001.json").unlink)
    async with engine_in(killed, of) as engine:
        await recovered(engine)
        await eventually(lambda: journal_size(engine) == 0)
    [record] = past_streams(killed / "data", 9)
    assert not isinstance(record, str) and str(record.content) == sent.content


async def test_titles_and_rewriting_that_were_interrupted_harm_nothing(tmp_path: Path) -> None:
    draft = "Make it n=30 stall=20 rain"
    with LoadServer(title="Half a ti") as server:
        of = models(server.url)
        async with engine_in(tmp_path / "a", of) as engine:
            topic = await new_topic(engine)
            await ended(engine, await ask(engine, topic, "n=5 tag=a"))
            await quiet(engine)
            await engine.rename_topic(topic.id, "")
            await engine.rename_conversation(only(engine, topic).id, "")
            assistant = engine.catalog.assistants()[0]
            await engine.change_assistant(assistant.id, description="Tells of n=30 stall=20", prompt="As it was.")
            other = await new_topic(engine)
            await engine.save_draft(other.id, "Make")
            await engine._tasks.finish()
            ids = {
                StreamType.PROMPT_OPTIMIZATION: await engine.optimize(other.id, draft),
                StreamType.SYSTEM_PROMPT: await engine.generate_prompt(assistant.id),
            }
            for id in ids.values():
                stream = await grown(engine, id, 100)
                await in_journal(tmp_path / "a", id, str(stream.content))
            half = (Turn("user", "n=30 stall=20"),)  # as titles that had not come to their end
            title = await engine.start(
                StreamType.CONVERSATION_TITLE,
                only(engine, topic).id,
                "load",
                half,
                metadata={"topic_id": topic.id, "chat_model": "load/fake"},
            )
            name = await engine.start(StreamType.TOPIC_TITLE, topic.id, "load", half, metadata={"topic_id": topic.id})
            await eventually(
                lambda: {title, name} <= {one.id for one in read(tmp_path / "a" / "data" / "journal").streams}
            )
            killed = as_if_killed(tmp_path / "a", tmp_path / "b")
            await engine.stop_all()
        # The draft as it would be, had the kill come before it was written.
        asked = len(server.requests) + len(server.title_requests)
        async with engine_in(killed, of) as engine:
            engine._shelf.put(replace(engine._shelf.topic(other.id), draft="Make"))
            await recovered(engine)
            await engine.load(topic.id)
            now = engine.catalog.topic(other.id)
            assert now is not None and now.draft == draft
            again = engine.catalog.assistant(assistant.id)
            assert again is not None and again.prompt == "As it was."
            generated = engine.registry.get(ids[StreamType.SYSTEM_PROMPT])
            assert generated is not None and again.proposal == str(generated.content).strip()
            named = engine.catalog.topic(topic.id)
            assert named is not None and named.name == "n=5 tag=a"
            assert only(engine, topic).title == "n=5 tag=a"
            await eventually(lambda: journal_size(engine) == 0)
        assert len(server.requests) + len(server.title_requests) == asked
        kept = {one.id: one for one in past_streams(killed / "data", 20) if not isinstance(one, str)}
        assert len(str(kept[ids[StreamType.PROMPT_OPTIMIZATION]].content)) > 99, "what had come is in the record"
        assert {title, name, *ids.values()} <= kept.keys()


async def test_a_draft_that_was_sent_does_not_come_back(tmp_path: Path, load_server: LoadServer) -> None:
    of = models(load_server.url)
    async with engine_in(tmp_path / "a", of) as engine:
        topic = await new_topic(engine)
        id = await engine.optimize(topic.id, "Make it n=30 stall=20 rain")
        await grown(engine, id)
        await eventually(lambda: any(one.id == id for one in read(tmp_path / "a" / "data" / "journal").streams))
        await ended(engine, await ask(engine, topic, "Make it n=30 rain"))
        await engine.save_draft(topic.id, "")
        await asyncio.sleep(0)
        engine._shelf.flush()
        await eventually(lambda: engine._shelf.settled(topic.id))
        killed = as_if_killed(tmp_path / "a", tmp_path / "b")
        await engine.stop_all()
    async with engine_in(killed, of) as engine:
        await recovered(engine)
        now = engine.catalog.topic(topic.id)
        assert now is not None and now.draft == ""


async def test_a_journal_that_cannot_be_read_is_told_and_harms_no_start(
    tmp_path: Path, load_server: LoadServer
) -> None:
    (tmp_path / "data" / "journal" / "000001.journal").mkdir(parents=True)
    notices: list[str] = []
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        engine.catalog.subscribe(lambda event: notices.append(event.text) if isinstance(event, Notice) else None)
        await recovered(engine)
        assert len(notices) == 1 and "000001.journal" in notices[0]
        await ended(engine, await ask(engine, await new_topic(engine), "n=3 tag=a"))
