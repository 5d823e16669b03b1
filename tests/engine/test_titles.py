"""Conversations and topics get names by streams of their own; a name that the user gave always wins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engines import ask, ended, engine_in, models, new_topic, quiet
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import Engine, ModelRef, Models, Provider, Role, Stream, StreamStatus, StreamType, Topic, WireProtocol
from tui.engine.titles import title_model


@pytest.fixture
def naming() -> Iterator[LoadServer]:
    with LoadServer(title="A title for {tag}") as server:
        yield server


def now(engine: Engine, topic: Topic) -> Topic:
    found = engine.catalog.topic(topic.id)
    assert found is not None
    return found


async def of_type(engine: Engine, type: StreamType) -> Stream:
    return await eventually(lambda: next(iter(engine.registry.find(type)), None), what=f"a {type} stream")


async def test_the_first_reply_names_its_conversation_and_then_its_topic(tmp_path: Path, naming: LoadServer) -> None:
    async with engine_in(tmp_path, models(naming.url)) as engine:
        topic = await new_topic(engine)
        names: list[str | None] = []
        engine.catalog.subscribe(lambda _: names.append(now(engine, topic).name))
        await ended(engine, await ask(engine, topic, "n=3 tag=tide"))
        assert "n=3 tag=tide" in names  # at once, until a better one comes
        await ended(engine, (await of_type(engine, StreamType.CONVERSATION_TITLE)).id)
        await ended(engine, (await of_type(engine, StreamType.TOPIC_TITLE)).id)
        [conversation] = engine.catalog.branch(topic.id)
        assert (conversation.title, conversation.named_by) == ("A title for tide", "model")
        assert (now(engine, topic).name, now(engine, topic).named_by) == ("A title for tide", "model")
        await ended(engine, await ask(engine, topic, "n=3 tag=moon"))
        await eventually(lambda: engine.catalog.branch(topic.id)[-1].title, what="the second title")
        await quiet(engine)
        assert now(engine, topic).name == "A title for tide"  # of its first conversation
    assert len(naming.title_requests) == 3
    async with engine_in(tmp_path, models(naming.url)) as engine:
        await engine.load(topic.id)
        assert [one.title for one in engine.catalog.branch(topic.id)] == ["A title for tide", "A title for moon"]
    # What was asked for a title never gets into the conversation.
    [_, second] = naming.requests
    assert [message["role"] for message in second.body["messages"]] == ["user", "assistant", "user"]


async def test_a_name_that_the_user_gives_while_the_title_streams_stays(tmp_path: Path, naming: LoadServer) -> None:
    async with engine_in(tmp_path, models(naming.url)) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=3 tag=tide"))
        stream = await of_type(engine, StreamType.TOPIC_TITLE)
        await engine.rename_topic(topic.id, "  Mine,\n all  mine ")
        await ended(engine, stream.id)
        assert (now(engine, topic).name, now(engine, topic).named_by) == ("Mine, all mine", "user")


async def test_a_conversation_that_the_user_named_keeps_its_name(tmp_path: Path, naming: LoadServer) -> None:
    async with engine_in(tmp_path, models(naming.url)) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=3 tag=tide")
        [conversation] = engine.catalog.branch(topic.id)
        await engine.rename_conversation(conversation.id, "Mine")
        await ended(engine, id)
        await quiet(engine)
        assert engine.catalog.branch(topic.id)[0].title == "Mine"
    assert "conversation_title_generation" not in {stream.type for stream in engine.registry.find()}


async def test_without_a_usable_answer_the_first_words_are_the_title(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=3 tag=tide"))
        await eventually(lambda: engine.catalog.branch(topic.id)[0].title, what="a title")
        await quiet(engine)
        [conversation] = engine.catalog.branch(topic.id)
        assert (conversation.title, conversation.named_by) == ("n=3 tag=tide", None)
        assert now(engine, topic).name == "n=3 tag=tide"


async def test_a_stopped_reply_with_text_is_named_and_a_failed_one_is_not(tmp_path: Path, naming: LoadServer) -> None:
    async with engine_in(tmp_path, models(naming.url)) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "fail=400 tag=bad"))
        assert naming.title_requests == ()
        id = await ask(engine, topic, "n=1000 tps=100 tag=long")
        await eventually(lambda: (s := engine.registry.get(id)) and len(s.content) > 5, what="text")
        await engine.stop(id)
        await ended(engine, id)
        await eventually(lambda: engine.catalog.branch(topic.id)[-1].title == "A title for long", what="the title")


async def test_an_assistant_can_do_without_titles(tmp_path: Path, naming: LoadServer) -> None:
    async with engine_in(tmp_path, models(naming.url)) as engine:
        topic = await new_topic(engine)
        await engine.change_assistant(topic.assistant_id, titles=False)
        await ended(engine, await ask(engine, topic, "n=3 tag=tide"))
        await quiet(engine)
        assert naming.title_requests == ()
        await engine.title_topic(topic.id)  # the user asks for it
        await eventually(lambda: now(engine, topic).name == "A title for tide", what="the name")


async def test_a_topic_is_named_anew_on_demand_also_over_the_users_own_name(tmp_path: Path, naming: LoadServer) -> None:
    async with engine_in(tmp_path, models(naming.url)) as engine:
        topic = await new_topic(engine)
        with pytest.raises(ValueError, match="nothing yet"):
            await engine.title_topic(topic.id)
        await engine.rename_topic(topic.id, "Mine")
        await ended(engine, await ask(engine, topic, "n=3 tag=tide"))
        await quiet(engine)
        await ended(engine, await engine.title_topic(topic.id))
        assert now(engine, topic).name == "A title for tide"
        [conversation] = engine.catalog.branch(topic.id)
        await engine.rename_conversation(conversation.id, "Mine")
        await ended(engine, await engine.title_conversation(conversation.id))
        assert engine.catalog.branch(topic.id)[0].title == "A title for tide"


async def test_nothing_is_named_while_the_engine_closes(tmp_path: Path, naming: LoadServer) -> None:
    async with engine_in(tmp_path, models(naming.url)) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=1000 tps=100 tag=long")
        await eventually(lambda: (s := engine.registry.get(id)) and len(s.content) > 5, what="text")
    assert naming.title_requests == ()


def test_titles_never_go_to_a_provider_that_was_not_chosen_for_the_topic() -> None:
    both = {name: Provider(name, WireProtocol.OPENAI, "http://x", model="m") for name in ("one", "two")}
    roles = {Role.INSTRUCT: "one/big", Role.FAST: "one/small"}
    assert title_model(Models(both, roles), "one/big") == ModelRef("one", "small")
    assert title_model(Models(both, roles), "two/big") == ModelRef("two", "big")
    assert title_model(Models(both, {}), "two/big") == ModelRef("two", "big")


async def test_a_title_is_asked_of_the_fast_model_without_thinking(tmp_path: Path, naming: LoadServer) -> None:
    of = models(naming.url)
    of = replace(of, roles={**of.roles, Role.FAST: "load/quick"})
    async with engine_in(tmp_path, of) as engine:
        await ended(engine, await ask(engine, await new_topic(engine), "n=3 tag=tide"))
        stream = await of_type(engine, StreamType.TOPIC_TITLE)
        assert (await ended(engine, stream.id)).status is StreamStatus.COMPLETED
    assert {exchange.body["model"] for exchange in naming.title_requests} == {"quick"}
    assert [exchange.body["model"] for exchange in naming.requests] == ["fake"]
    assert all(exchange.body["max_tokens"] == 256 for exchange in naming.title_requests)


async def test_the_users_own_name_of_a_conversation_does_not_keep_its_topic_from_one(
    tmp_path: Path, naming: LoadServer
) -> None:
    async with engine_in(tmp_path, models(naming.url)) as engine:
        topic = await new_topic(engine)
        id = await ask(engine, topic, "n=3 tag=tide")
        await engine.rename_conversation(engine.catalog.branch(topic.id)[0].id, "Mine")
        await ended(engine, id)
        await eventually(lambda: now(engine, topic).name == "A title for tide", what="the name")
        assert engine.catalog.branch(topic.id)[0].title == "Mine"
    assert len(naming.title_requests) == 1


async def test_a_name_that_does_not_come_anew_leaves_the_old_one_whose_it_was(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:  # whose titles have no words
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=3 tag=tide"))
        await quiet(engine)
        [conversation] = engine.catalog.branch(topic.id)
        await engine.rename_topic(topic.id, "Mine")
        await engine.rename_conversation(conversation.id, "Mine, too")
        await ended(engine, await engine.title_topic(topic.id))
        await ended(engine, await engine.title_conversation(conversation.id))
        [conversation] = engine.catalog.branch(topic.id)
        assert (now(engine, topic).name, now(engine, topic).named_by) == ("Mine", "user")
        assert (conversation.title, conversation.named_by) == ("Mine, too", "user")


async def test_a_conversation_is_named_after_the_version_that_came_first_whichever_is_on_show(
    tmp_path: Path, naming: LoadServer
) -> None:
    async with engine_in(tmp_path, models(naming.url)) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "fail=400 times=1 n=3 tag=tide"))
        [conversation] = engine.catalog.branch(topic.id)
        id = await engine.regenerate(conversation.id)
        [failed, _] = engine.versions(engine.catalog.branch(topic.id)[0])
        await engine.choose_version(conversation.id, failed)
        stream = await ended(engine, id)
        await eventually(lambda: engine.catalog.branch(topic.id)[0].title == "A title for tide", what="the title")
        assert str(stream.content).strip() in naming.title_requests[0].body["messages"][-1]["content"]


@pytest.mark.parametrize("demo", [True, False])
async def test_a_sentence_of_the_demo_model_is_no_title(tmp_path: Path, demo: bool) -> None:
    with LoadServer(title="The sea is salty because the rivers bring into it what they took of the land") as server:
        async with engine_in(tmp_path, models(server.url)) as engine:
            topic = await new_topic(engine)
            await engine.change_assistant(topic.assistant_id, titles=False)
            await ended(engine, await ask(engine, topic, "n=1 tag=tide"))
            [conversation] = engine.catalog.branch(topic.id)
            id = await engine.title_conversation(conversation.id)
            of = engine.models
            provider = replace(of.providers["load"], embedded=demo)  # it is asked as any other until here
            await engine.configure(replace(of, providers={"load": provider}))
            await ended(engine, id)
            title = engine.catalog.branch(topic.id)[0].title or ""
    assert title == ("n=1 tag=tide" if demo else "The sea is salty because the rivers bring into it what they…")
