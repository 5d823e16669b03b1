"""All five kinds of stream at once: each asks for exactly what was promised and writes to its own place only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.engine.engines import ask, ended, engine_in, models, quiet
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import (
    Assistant,
    Conversation,
    Engine,
    Models,
    Provider,
    Role,
    Stream,
    StreamStatus,
    StreamType,
    Topic,
    Turn,
    WireProtocol,
)
from tui.engine.prompts import optimization_request, system_prompt_request, title_request

HELD = "n=9 hold=4"
Records = dict[str, Assistant | Topic | Conversation]


@pytest.fixture
def server() -> Iterator[LoadServer]:
    with LoadServer(title="{tag} is its name") as running:
        yield running


@pytest.fixture
def other() -> Iterator[LoadServer]:
    """A provider that nobody chose, though it has the fastest model."""
    with LoadServer(title="Leaked") as running:
        yield running


def two_providers(server: LoadServer, other: LoadServer) -> Models:
    chosen = models(server.url)
    elsewhere = Provider("other", WireProtocol.OPENAI, other.url, model="quick")
    roles = {Role.INSTRUCT: "load/plain", Role.THINKING: "other/deep", Role.FAST: "other/quick"}
    return Models({**chosen.providers, "other": elsewhere}, roles)


def records(engine: Engine) -> Records:
    topics = engine.catalog.topics()
    found: Records = {assistant.id: assistant for assistant in engine.catalog.assistants()}
    found |= {topic.id: topic for topic in topics}
    return found | {one.id: one for topic in topics for one in engine.catalog.branch(topic.id)}


def asked(model: str, *turns: Turn, **params: Any) -> dict[str, Any]:
    """The body of a request, whole."""
    messages = [{"role": turn.role, "content": turn.content} for turn in turns]
    return {"model": model, "messages": messages, "stream": True, "stream_options": {"include_usage": True}, **params}


class Five:
    """Three topics of one assistant, another assistant, and a stream of each kind that is half-way."""

    named: Topic
    """Its draft is being optimized, and its conversation gets a title."""
    listed: Topic
    """It gets a name."""
    chatting: Topic
    cook: Assistant
    """Its system prompt is being generated."""

    def __init__(self, engine: Engine, server: LoadServer) -> None:
        self.engine = engine
        self.server = server
        self.ids: dict[StreamType, str] = {}

    async def prepare(self) -> None:
        engine = self.engine
        [general] = engine.catalog.assistants()
        params = {"temperature": 0.25, "max_tokens": 500}
        await engine.change_assistant(general.id, prompt="Be brief.", model="load/chat", params=params, titles=False)
        self.cook = await engine.new_assistant("Cook")
        await engine.change_assistant(self.cook.id, description=f"Cooks. {HELD} tag=sys")
        topics = []
        for tag in ("named", "listed", "past"):
            topics.append(await engine.new_topic(general.id))
            await ended(engine, await ask(engine, topics[-1], f"n=2 naming=1 tag={tag}"))
        self.named, self.listed, self.chatting = topics
        await engine.save_draft(self.named.id, f"Better, please. {HELD} tag=opt")
        await engine.save_draft(self.listed.id, "Left alone")

    async def start(self) -> None:
        engine = self.engine
        self.ids = {
            StreamType.CHAT: await ask(engine, self.chatting, f"{HELD} tag=chat"),
            StreamType.PROMPT_OPTIMIZATION: await engine.optimize(self.named.id, f"Better, please. {HELD} tag=opt"),
            StreamType.SYSTEM_PROMPT: await engine.generate_prompt(self.cook.id),
            StreamType.TOPIC_TITLE: await engine.title_topic(self.listed.id),
            StreamType.CONVERSATION_TITLE: await engine.title_conversation(self.first(self.named).id),
        }
        assert set(self.ids) == set(StreamType)
        await eventually(self._half_way, what="all five to be where their server holds them")
        assert {stream.status for stream in self.streams.values()} == {StreamStatus.STREAMING}

    def _half_way(self) -> bool:
        """All have begun, and of those that bring more than a word, all has arrived that is not held."""
        sent = [exchange for exchange in self.server.requests if not exchange.ended]
        arrived = {str(stream.content) for stream in self.streams.values()}
        held = all(exchange.deltas == exchange.script.hold for exchange in sent)
        return held and all(arrived) and {exchange.content for exchange in sent} < arrived

    async def end(self) -> None:
        self.server.release()
        for id in self.ids.values():
            assert (await ended(self.engine, id)).status is StreamStatus.COMPLETED
        await quiet(self.engine)

    @property
    def streams(self) -> dict[StreamType, Stream]:
        found = {type: self.engine.registry.get(id) for type, id in self.ids.items()}
        return {type: stream for type, stream in found.items() if stream is not None}

    def first(self, topic: Topic) -> Conversation:
        return self.engine.catalog.branch(topic.id)[0]

    def turns(self, topic: Topic, *tags: str) -> list[Turn]:
        """What a model is told of the topic's past."""
        told = [Turn("system", "Be brief.")]
        for tag in tags:
            told += [Turn("user", f"n=2 naming=1 tag={tag}"), Turn("assistant", self.server.wait_for(tag).whole)]
        return told


async def test_each_writes_to_its_own_place_and_nowhere_else(
    tmp_path: Path, server: LoadServer, other: LoadServer
) -> None:
    async with engine_in(tmp_path, two_providers(server, other)) as engine:
        five = Five(engine, server)
        await five.prepare()
        prepared = records(engine)
        await five.start()
        before = records(engine)
        assert len({str(stream.content) for stream in five.streams.values()}) == 5, "no two have brought the same"
        begun = {id for id in before if before[id] != prepared.get(id)}
        assert begun == {five.chatting.id, engine.catalog.branch(five.chatting.id)[1].id}, "the question, and no more"
        await five.end()
        after, whole = records(engine), {type: str(stream.content) for type, stream in five.streams.items()}
        changed = {id for id in after if after[id] != before[id]}
        chatting, named, listed = (engine.catalog.topic(topic.id) for topic in (five.chatting, five.named, five.listed))
        answered, titled = engine.catalog.branch(five.chatting.id)[1], five.first(five.named)
        assert changed == {five.chatting.id, answered.id, five.named.id, titled.id, five.listed.id, five.cook.id}
        assert after.keys() == before.keys()

        def same_but(id: str, **fields: Any) -> object:
            return replace(before[id], **fields)

        assert named == same_but(five.named.id, draft=whole[StreamType.PROMPT_OPTIMIZATION].strip())
        assert titled == same_but(titled.id, title="named is its name", named_by="model")
        assert listed == same_but(five.listed.id, name="listed is its name", named_by="model")
        prompt = whole[StreamType.SYSTEM_PROMPT].strip()
        assert after[five.cook.id] == same_but(five.cook.id, prompt=prompt)
        assert answered.reply is not None and answered.reply.content == whole[StreamType.CHAT]
        assert answered == same_but(answered.id, replies=(answered.reply,))
        assert chatting == same_but(five.chatting.id, unread=True, last_status=StreamStatus.COMPLETED)


async def test_each_is_asked_for_in_a_request_of_its_own_with_what_was_promised_and_nobody_else_is_asked(
    tmp_path: Path, server: LoadServer, other: LoadServer
) -> None:
    async with engine_in(tmp_path, two_providers(server, other)) as engine:
        five = Five(engine, server)
        await five.prepare()
        await five.start()
        await five.end()
        chat, better, system = (server.wait_for(tag) for tag in ("chat", "opt", "sys"))
        topic_title, title = (server.wait_for(tag, kind="title") for tag in ("listed", "named"))
        own = {"temperature": 0.25, "max_tokens": 500}
        question = Turn("user", f"{HELD} tag=chat")
        cook = replace(five.cook, description=f"Cooks. {HELD} tag=sys")
        assert chat.body == asked("chat", *five.turns(five.chatting, "past"), question, **own)
        assert better.body == asked("plain", *optimization_request(f"Better, please. {HELD} tag=opt"))
        assert system.body == asked("plain", *system_prompt_request(cook))
        assert topic_title.body == asked("chat", *title_request([five.first(five.listed)]), max_tokens=256)
        assert title.body == asked("chat", *title_request([five.first(five.named)]), max_tokens=256)
        exchanges = dict(zip(five.ids, (chat, better, system, topic_title, title), strict=True))
        for type, stream in five.streams.items():
            assert (type, str(stream.content)) == (type, exchanges[type].whole)
        assert [exchange.tag for exchange in server.requests[:3]] == ["named", "listed", "past"]
        assert len(server.requests) == 3 + 3 and len(server.title_requests) == 2
        assert other.requests == other.title_requests == ()


async def test_neither_a_title_nor_an_optimized_draft_changes_what_is_asked_next(
    tmp_path: Path, server: LoadServer, other: LoadServer
) -> None:
    async with engine_in(tmp_path, two_providers(server, other)) as engine:
        five = Five(engine, server)
        await five.prepare()
        await five.start()
        await five.end()
        assert five.first(five.named).title == "named is its name"
        await ended(engine, await ask(engine, five.named, "n=1 tag=next"))
        own = {"temperature": 0.25, "max_tokens": 500}
        told = five.turns(five.named, "named")
        assert server.wait_for("next").body == asked("chat", *told, Turn("user", "n=1 tag=next"), **own)
