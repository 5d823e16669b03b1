"""The engine as a front end meets it: its life, its streams, its isolation from whoever calls."""

from __future__ import annotations

import contextvars
import logging
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engines import ask, contents, ended, engine_in, grown, models, new_topic, quiet, replies, start
from tests.support.load_server import LoadServer
from tests.support.waiting import eventually
from tui.engine import (
    Ended,
    Engine,
    ErrorKind,
    Library,
    Secret,
    StreamEvent,
    StreamStatus,
    StreamType,
    Turn,
    UnknownModel,
)

COMPLETED, ERROR, STOPPED = StreamStatus.COMPLETED, StreamStatus.ERROR, StreamStatus.STOPPED
KEY = "sk-very-secret-1234"


async def test_the_first_start_makes_one_assistant_and_the_second_finds_it(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        [assistant] = engine.catalog.assistants()
        assert assistant.name == "General"
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        assert [(again.id, again.name) for again in engine.catalog.assistants()] == [(assistant.id, "General")]


async def test_a_stream_brings_what_the_server_sent(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        before = time.time()
        id = await start(engine, "n=200 think=20 tag=a")
        stream = await ended(engine, id)
        sent = load_server.wait_for("a")
        assert stream.status is COMPLETED
        assert str(stream.content) == sent.whole
        assert str(stream.reasoning) == sent.reasoning
        assert stream.finish_reason == "stop"
        assert stream.usage == {"input_tokens": 10, "output_tokens": 220, "total_tokens": 230}
        assert stream.error is None
        times = (before, stream.created_at, stream.started_at, stream.first_token_at, stream.ended_at)
        assert None not in times
        assert list(times) == sorted(times)  # type: ignore[type-var]


async def test_what_is_asked_is_what_the_server_gets(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url, api_key=Secret(KEY))) as engine:
        turns = (Turn("system", "Be brief."), Turn("user", "One?"), Turn("assistant", "1"), Turn("user", "n=1 tag=a"))
        params: dict[str, float | int | str | bool] = {"temperature": 0.5, "max_tokens": 100, "unknown": "passed over"}
        await ended(engine, await engine.start(StreamType.CHAT, "x", "load/other", turns, params=params))
        [sent] = load_server.requests
        assert sent.headers["authorization"] == f"Bearer {KEY}"
        assert sent.body["model"] == "other"
        assert sent.body["messages"] == [{"role": turn.role, "content": turn.content} for turn in turns]
        assert (sent.body["temperature"], sent.body["max_tokens"], sent.body["stream"]) == (0.5, 100, True)


async def test_streams_of_all_types_run_at_once_each_tied_to_its_own(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        ids = {
            type: await engine.start(
                type, f"of-{type}", "load", (Turn("user", f"n=50 tag={type[:5]}"),), metadata={"topic_id": "t1"}
            )
            for type in StreamType
        }
        for type, id in ids.items():
            stream = await ended(engine, id)
            assert (stream.type, stream.related_id, stream.metadata) == (type, f"of-{type}", {"topic_id": "t1"})
            assert list(engine.registry.find(type, f"of-{type}")) == [stream]
        assert engine.catalog.topics() == []


async def test_reasoning_alone_is_a_reply(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        await ended(engine, await ask(engine, topic, "n=0 think=20 tag=a"))
        sent = load_server.wait_for("a")
        [reply] = replies(engine, topic.id)
        assert reply is not None
        assert (reply.status, reply.content, reply.reasoning) == (COMPLETED, "", sent.reasoning)
        await ended(engine, await ask(engine, topic, "n=1 tag=b"))
        assert [message["role"] for message in load_server.wait_for("b").body["messages"]] == ["user"]


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("fail=401", ErrorKind.AUTH),
        ("fail=429", ErrorKind.RATE_LIMIT),
        ("fail=500", ErrorKind.SERVER),
        ("n=50 cut=20", ErrorKind.TRUNCATED),
        ("n=50 reset=20", ErrorKind.NETWORK),
        ("n=50 error=20", ErrorKind.PROVIDER),
    ],
)
async def test_a_failure_ends_its_stream_with_what_had_arrived_and_harms_no_other(
    tmp_path: Path, load_server: LoadServer, asked: str, kind: ErrorKind
) -> None:
    async with engine_in(tmp_path, models(load_server.url, api_key=Secret(KEY))) as engine:
        topic = await new_topic(engine)
        bad = await ask(engine, topic, f"{asked} tag=bad")
        other = await new_topic(engine)
        good = await ask(engine, other, "n=300 tps=2000 tag=good")
        stream = await ended(engine, bad)
        assert stream.status is ERROR
        assert stream.error is not None
        assert stream.error.kind is kind
        assert KEY not in stream.error.message
        sent = load_server.wait_for("bad")
        assert str(stream.content) == sent.content
        assert contents(engine, topic.id) == [(f"{asked} tag=bad", ERROR, sent.content)]
        assert replies(engine, topic.id)[0].error == stream.error  # type: ignore[union-attr]
        assert (await ended(engine, good)).status is COMPLETED
        assert str(engine.registry.get(good).content) == load_server.wait_for("good").whole  # type: ignore[union-attr]


async def test_an_unknown_model_starts_nothing(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        with pytest.raises(UnknownModel):
            await engine.start(StreamType.CHAT, "x", "nobody/gpt", (Turn("user", "Hello?"),))
        assert len(engine.registry) == 0


async def test_never_more_requests_at_once_than_a_provider_takes_and_the_rest_waits(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url, max_streams=2)) as engine:
        most = 0

        def count(event: StreamEvent) -> None:
            nonlocal most
            running = [e for e in load_server.requests if not e.ended]
            live = [stream for stream in engine.registry.find(live=True) if stream.status is not StreamStatus.IDLE]
            most = max(most, len(running), len(live))

        engine.registry.subscribe(count)
        ids = [await start(engine, f"n=40 tps=400 tag=s{number}") for number in range(6)]
        await grown(engine, ids[1])
        statuses = [engine.registry.get(id).status for id in ids]  # type: ignore[union-attr]
        assert statuses[2:] == [StreamStatus.IDLE] * 4
        for number, id in enumerate(ids):
            stream = await ended(engine, id)
            assert str(stream.content) == load_server.wait_for(f"s{number}").whole
        assert most == 2
        assert [exchange.tag for exchange in load_server.requests] == [f"s{number}" for number in range(6)]


async def test_what_was_asked_for_goes_before_what_is_made_of_it(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url, max_streams=1)) as engine:
        first = await start(engine, "n=9999 tps=50 tag=first")
        await grown(engine, first)
        kinds = [StreamType.TOPIC_TITLE, StreamType.PROMPT_OPTIMIZATION, StreamType.CHAT, StreamType.CHAT]
        ids = [await engine.start(kind, "x", "load", (Turn("user", f"n=2 tag=k{n}"),)) for n, kind in enumerate(kinds)]
        await eventually(lambda: len(engine.registry.places()) == 4)
        assert engine.registry.places() == {ids[2]: 1, ids[3]: 2, ids[1]: 3, ids[0]: 4}
        await engine.stop(first)
        for id in ids:
            await ended(engine, id)
        assert [exchange.tag for exchange in load_server.requests] == ["first", "k2", "k3", "k1", "k0"]


async def test_a_slow_provider_does_not_hold_up_another(tmp_path: Path, load_server: LoadServer) -> None:
    slow = replace(models(load_server.url).providers["load"], name="slow", max_streams=1)
    both = models(load_server.url)
    both = replace(both, providers={**both.providers, "slow": slow})
    async with engine_in(tmp_path, both) as engine:
        for number in range(3):
            await engine.start(StreamType.CHAT, "x", "slow", (Turn("user", f"n=9999 tps=10 tag=slow{number}"),))
        assert (await ended(engine, await start(engine, "n=10 tag=quick"))).status is COMPLETED
        assert engine.registry.live == 3


async def test_streams_run_in_a_context_of_their_own(tmp_path: Path, load_server: LoadServer) -> None:
    screen: contextvars.ContextVar[str] = contextvars.ContextVar("screen", default="none")
    seen: set[tuple[str, str]] = set()
    screen.set("the maker's")
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        engine.registry.subscribe(lambda event: seen.add((type(event).__name__, screen.get())))
        engine.catalog.subscribe(lambda event: seen.add((type(event).__name__, screen.get())))
        topic = await new_topic(engine)
        seen.clear()
        screen.set("the caller's")
        await ask(engine, topic, "n=5 tag=a")
        assert (await engine.send(topic.id, "n=5 tag=b")).queued
        await quiet(engine)
        third = await ask(engine, topic, "n=99999 tps=100 tag=c")
        await grown(engine, third)
        await engine.stop(third)
        await ended(engine, third)
        assert seen == {(name, "none") for name in ("Created", "Connecting", "Arrived", "Ended", "Put")}


async def test_a_draft_that_is_written_later_is_written_in_a_context_of_its_own(
    tmp_path: Path, load_server: LoadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen: contextvars.ContextVar[str] = contextvars.ContextVar("screen", default="none")
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        flushed: list[str] = []
        flush = engine._shelf.flush

        def watched() -> None:
            flushed.append(screen.get())
            flush()

        monkeypatch.setattr(engine._shelf, "flush", watched)
        screen.set("the caller's")
        await engine.save_draft(topic.id, "To be")
        await eventually(lambda: flushed)
        assert flushed == ["none"]


async def test_a_subscriber_that_fails_harms_no_stream(
    tmp_path: Path, load_server: LoadServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:

        def fail(event: object) -> None:
            raise LookupError("active_app")

        engine.registry.subscribe(fail)
        engine.catalog.subscribe(fail)
        topic = await new_topic(engine)
        with caplog.at_level(logging.CRITICAL, "tui.engine"):
            await ended(engine, await ask(engine, topic, "n=50 tag=a"))
        assert contents(engine, topic.id) == [("n=50 tag=a", COMPLETED, load_server.wait_for("a").whole)]


async def test_when_an_ending_is_told_its_reply_is_in_the_catalog(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        topic = await new_topic(engine)
        shown: list[object] = []

        def look(event: StreamEvent) -> None:
            if isinstance(event, Ended) and event.id == asked:
                shown.extend(reply.content if reply else None for reply in replies(engine, topic.id))

        engine.registry.subscribe(look)
        asked = await ask(engine, topic, "n=5 tag=a")
        stream = await ended(engine, asked)
        assert shown == [str(stream.content)]


async def test_connections_are_used_again(tmp_path: Path, load_server: LoadServer) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        for number in range(4):
            await ended(engine, await start(engine, f"n=5 tag=s{number}"))
            await eventually(lambda: not engine._runner._workers)
        assert {exchange.connection for exchange in load_server.requests} == {1}


async def test_warming_up_makes_the_client_and_the_first_stream_uses_it(
    tmp_path: Path, load_server: LoadServer
) -> None:
    async with engine_in(tmp_path, models(load_server.url)) as engine:
        engine.warm()
        await eventually(lambda: engine._routes._client)
        client = engine._routes._client
        assert (await ended(engine, await start(engine, "n=1 tag=a"))).status is COMPLETED
        assert engine._routes._client is client


async def test_closing_what_was_never_used_is_quick_and_leaves_nothing(tmp_path: Path) -> None:
    async with engine_in(tmp_path, models("http://127.0.0.1:1/v1")) as engine:
        engine.warm()
    Library.open(tmp_path / "data")._lock.release()  # type: ignore[union-attr]


async def test_a_clock_that_goes_back_takes_no_time_and_no_order_back(tmp_path: Path, load_server: LoadServer) -> None:
    times = iter(range(2_000_000_000, 0, -3600))
    data = tmp_path / "data"
    engine = Engine(
        models(load_server.url), Library.open(data), data=data, log=tmp_path / "log", clock=lambda: next(times)
    )
    async with engine:
        topic = await new_topic(engine)
        other = await new_topic(engine)
        first = await ended(engine, await ask(engine, topic, "n=5 tag=a"))
        second = await ended(engine, await ask(engine, topic, "n=5 tag=b"))
        for stream in (first, second):
            assert stream.status is COMPLETED
            assert stream.created_at <= (stream.started_at or 0) <= (stream.first_token_at or 0)
            assert (stream.first_token_at or 0) <= (stream.ended_at or 0)
        assert first.id < second.id
        assert [question for question, _, _ in contents(engine, topic.id)] == ["n=5 tag=a", "n=5 tag=b"]
        now = engine.catalog.topic(topic.id)
        assert now is not None
        assert now.updated_at >= topic.updated_at
        assert other.id == topic.id  # it was never used till then
