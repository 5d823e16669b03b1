"""One stream's work: whatever happens to it, its events are in order and its last one is its ending."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.raw_server import Connection, RawServer, raw_server
from tests.support.waiting import eventually
from tui.engine.attempts import CannotConnect, Route
from tui.engine.lanes import Lanes, Ticket, alone
from tui.engine.protocols import Call, Turn
from tui.engine.provider import Provider, WireProtocol
from tui.engine.stream import (
    Arrived,
    Connecting,
    Ended,
    ErrorKind,
    Heard,
    StreamError,
    StreamEvent,
    StreamStatus,
    StreamType,
)
from tui.engine.wire import make_client
from tui.engine.worker import work

CALL = Call("fake", (Turn("user", "Hello?"),))
SSE = [("Content-Type", "text/event-stream")]


def chunk(finish: str | None = None, **delta: str) -> bytes:
    return (
        b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).encode() + b"\n\n"
    )


@asynccontextmanager
async def route_to(*pieces: bytes, how: str = "eof") -> AsyncIterator[tuple[Route, RawServer]]:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=SSE)
        await connection.body(*pieces)
        await connection.end(how)

    client = await make_client()
    async with raw_server(answer) as server, client:
        yield Route(client, Provider("raw", WireProtocol.OPENAI, server.url), None), server


async def events(route: Route | Exception, ticket: Ticket | None = None) -> list[StreamEvent]:
    told: list[StreamEvent] = []

    async def connect() -> Route:
        if isinstance(route, Exception):
            raise route
        return route

    await work("s1", CALL, ticket or alone("s1", told.append, lambda: 100.0), connect, told.append, lambda: 100.0)
    return told


def text_of(said: list[StreamEvent]) -> tuple[str, str]:
    """All content and all reasoning that was told of."""
    arrived = [event for event in said if isinstance(event, Arrived)]
    assert len(arrived) == len(said)
    return "".join(event.content for event in arrived), "".join(event.reasoning for event in arrived)


async def test_a_reply_is_told_as_it_comes_and_then_its_ending() -> None:
    pieces = chunk(role="assistant", content=""), chunk(reasoning="Hm."), chunk(content="H"), chunk(content="i")
    async with route_to(*pieces, chunk("stop"), b"data: [DONE]\n\n") as (route, _):
        connecting, *said, ended = await events(route)
    assert (connecting, ended) == (Connecting("s1", 100.0), Ended("s1", 100.0, StreamStatus.COMPLETED, "stop"))
    assert text_of(said) == ("Hi", "Hm.")


async def test_what_is_taken_in_at_once_is_told_at_once() -> None:
    pieces = [chunk(content=f"{number} ") for number in range(400)]
    async with route_to(*pieces, chunk("stop"), b"data: [DONE]\n\n") as (route, _):
        _, *said, _ = await events(route)
    assert text_of(said) == ("".join(f"{number} " for number in range(400)), "")
    assert len(said) < 200


async def test_a_refusal_that_the_protocol_keeps_apart_is_the_answer() -> None:
    async with route_to(chunk(refusal="I can't "), chunk(refusal="say."), chunk("stop"), b"data: [DONE]\n\n") as (r, _):
        _, *said, ending = await events(r)
        assert text_of(said) == ("I can't say.", "")
        assert ending == Ended("s1", 100.0, StreamStatus.COMPLETED, "stop")


async def test_a_refusal_is_told_as_it_comes_and_kept_when_it_is_stopped() -> None:
    told: list[StreamEvent] = []
    said = chunk(refusal="I can't "), chunk(refusal="sa\ud83d")
    async with route_to(*said, how="hang") as (route, _):

        async def connect() -> Route:
            return route

        ticket = alone("s1", told.append, lambda: 100.0)
        task = asyncio.create_task(work("s1", CALL, ticket, connect, told.append, lambda: 100.0))
        await eventually(lambda: text_of([event for event in told if isinstance(event, Arrived)])[0] == "I can't sa")
        task.cancel()
        await task
    assert text_of(told[1:-1]) == ("I can't sa\ufffd", "")
    assert told[-1] == Ended("s1", 100.0, StreamStatus.STOPPED)


async def test_a_broken_reply_keeps_what_it_held_back() -> None:
    async with route_to(chunk(content="<thi")) as (route, _):
        *_, said, ending = await events(route)
        assert said == Arrived("s1", 100.0, content="<thi")
        assert isinstance(ending, Ended)
        assert ending.error is not None
        assert ending.error.kind is ErrorKind.TRUNCATED


async def test_nothing_to_speak_to_is_the_ending() -> None:
    error = StreamError(ErrorKind.CONFIG, "No key.")
    assert await events(CannotConnect(error)) == [
        Connecting("s1", 100.0),
        Ended("s1", 100.0, StreamStatus.ERROR, error=error),
    ]


@pytest.mark.parametrize("failure", [RuntimeError("sk-secret"), KeyError("x"), RecursionError(), TimeoutError()])
async def test_a_mistake_of_ours_ends_the_stream_and_is_logged(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        told = await events(failure)
    ending = told[-1]
    assert isinstance(ending, Ended)
    assert ending.error is not None
    assert ending.error.kind is ErrorKind.INTERNAL
    assert type(failure).__name__ in ending.error.message
    assert "sk-secret" not in ending.error.message
    assert "stream s1 failed" in caplog.text


async def test_a_place_is_held_until_the_end_and_given_back_whatever_the_ending() -> None:
    lanes = Lanes(lambda provider: 1, lambda event: None, lambda: 100.0)
    async with route_to(chunk(content="Hi"), chunk("stop"), b"data: [DONE]\n\n") as (route, _):
        for each in (route, RuntimeError(), route):
            with pytest.MonkeyPatch.context() as quiet:
                quiet.setattr("tui.engine.worker._log.exception", lambda *args: None)
                await events(each, lanes.ticket("raw", "s1", StreamType.CHAT))
            async with asyncio.timeout(1), lanes.ticket("raw", "next", StreamType.CHAT):
                pass  # it is let in at once


async def test_one_that_is_cancelled_ends_as_stopped_and_raises_nothing() -> None:
    told: list[StreamEvent] = []

    async def never() -> Route:
        await asyncio.Event().wait()
        raise AssertionError("it was never set")

    task = asyncio.create_task(
        work("s1", CALL, alone("s1", told.append, lambda: 1.0), never, told.append, lambda: 100.0)
    )
    await asyncio.sleep(0)
    task.cancel()
    await task
    assert told == [Connecting("s1", 100.0), Ended("s1", 100.0, StreamStatus.STOPPED)]


async def test_bytes_without_text_are_told_once_a_second_at_most() -> None:
    """A server may keep alive as often as it likes: each word would have the screen drawn, and the journal woken."""
    told: list[StreamEvent] = []
    now = [100.0]
    reached = asyncio.Event()

    async def answer(connection: Connection) -> None:
        await connection.head(headers=SSE)
        for _ in range(200):
            now[0] += 0.05
            await connection.body(b": keep-alive\n\n")
            await asyncio.sleep(0.001)
        reached.set()
        await connection.end("hang")

    client = await make_client()
    async with raw_server(answer) as server, client:

        async def connect() -> Route:
            return Route(client, Provider("raw", WireProtocol.OPENAI, server.url), None)

        ticket = alone("s1", told.append, lambda: now[0])
        task = asyncio.create_task(work("s1", CALL, ticket, connect, told.append, lambda: now[0]))
        await reached.wait()
        task.cancel()
        await task
    heard = [event.at for event in told if isinstance(event, Heard)]
    assert 5 <= len(heard) <= 10
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(heard))
    assert [type(event) for event in told if not isinstance(event, Heard)] == [Connecting, Ended]


async def test_text_is_no_word_of_life_beside_itself() -> None:
    async with route_to(chunk(content="Hi"), chunk("stop"), b"data: [DONE]\n\n") as (route, _):
        assert not any(isinstance(event, Heard) for event in await events(route))
