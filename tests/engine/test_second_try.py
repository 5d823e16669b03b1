"""A parameter that a provider does not take is left out in one second try, of which nobody sees anything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.raw_server import Connection, raw_server
from tui.engine.attempts import Route
from tui.engine.lanes import alone
from tui.engine.protocols import Call, Turn
from tui.engine.provider import Provider, WireProtocol
from tui.engine.stream import Arrived, Connecting, Ended, ErrorKind, StreamEvent, StreamStatus
from tui.engine.wire import make_client
from tui.engine.worker import work

CALL = Call("m-1", (Turn("user", "Hello?"),), temperature=0.5, max_tokens=7)
REPLY = b"".join(
    b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}).encode() + b"\n\n"
    for delta, reason in (({"content": "Hi"}, None), ({}, "stop"))
)


def unsupported(name: str) -> dict[str, Any]:
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    return {"error": {"message": message, "param": name, "code": "unsupported_parameter"}}


@dataclass
class Picky:
    """A provider that refuses some parameters, one after the other, and what it was asked."""

    route: Route
    refuses: tuple[str, ...]
    asked: list[dict[str, Any]]
    always: bool = False
    """It says so even when it was asked without."""

    async def stream(self, call: Call = CALL) -> list[StreamEvent]:
        told: list[StreamEvent] = []

        async def connect() -> Route:
            return self.route

        await work("s1", call, alone("s1", told.append, lambda: 1.0), connect, told.append, lambda: 1.0)
        return told


@asynccontextmanager
async def picky(*refuses: str, always: bool = False) -> AsyncIterator[Picky]:
    async def answer(connection: Connection) -> None:
        asked = json.loads(connection.requests[-1].partition(b"\r\n\r\n")[2])
        server.asked.append(asked)
        wrong = [name for name in server.refuses if name in asked or server.always]
        if wrong:
            await connection.head(400, [("Content-Type", "application/json")])
            await connection.body(json.dumps(unsupported(wrong[0])).encode())
        else:
            await connection.head(headers=[("Content-Type", "text/event-stream")])
            await connection.body(REPLY)
        await connection.end()

    client = await make_client()
    async with raw_server(answer) as at, client:
        route = Route(client, Provider("raw", WireProtocol.OPENAI, at.url), None)
        server = Picky(route, refuses, [], always)
        yield server


def error_of(told: list[StreamEvent]) -> str:
    ending = told[-1]
    assert isinstance(ending, Ended)
    assert ending.error
    assert ending.error.kind is ErrorKind.BAD_REQUEST
    return ending.error.message


async def test_the_same_is_asked_again_without_it_and_the_reply_is_all_that_is_told() -> None:
    async with picky("temperature") as server:
        assert await server.stream() == [
            Connecting("s1", 1.0),
            Arrived("s1", 1.0, content="Hi"),
            Ended("s1", 1.0, StreamStatus.COMPLETED, "stop"),
        ]
        first, second = server.asked
        assert first == second | {"temperature": 0.5}


async def test_it_is_remembered_for_that_model_at_that_address_alone() -> None:
    async with picky("temperature") as server:
        for call in (CALL, CALL, Call("m-2", CALL.turns, temperature=0.5)):
            await server.stream(call)
        assert [(asked["model"], "temperature" in asked) for asked in server.asked] == [
            ("m-1", True),
            ("m-1", False),
            ("m-1", False),
            ("m-2", True),
            ("m-2", False),
        ]
        assert set(server.route.refused) == {(server.route.provider.base_url, model) for model in ("m-1", "m-2")}


async def test_a_bound_that_has_another_name_is_asked_for_by_that() -> None:
    async with picky("max_tokens") as server:
        await server.stream()
        assert [asked.get("max_completion_tokens") for asked in server.asked] == [None, 7]


async def test_there_is_no_third_try_but_the_next_stream_knows_what_was_learned() -> None:
    async with picky("temperature", "stream_options") as server:
        assert "'stream_options' is not supported" in error_of(await server.stream())
        assert len(server.asked) == 2
        assert isinstance((await server.stream())[-2], Arrived)
        assert not server.asked[-1].keys() & {"temperature", "stream_options"}


async def test_a_provider_that_says_the_same_again_meant_something_else() -> None:
    async with picky("temperature", always=True) as server:
        assert "'temperature' is not supported" in error_of(await server.stream())
        assert len(server.asked) == 2
        assert server.route.refused == {}


async def test_what_was_not_sent_is_no_reason_to_try_again() -> None:
    async with picky("top_p", always=True) as server:
        assert "'top_p' is not supported" in error_of(await server.stream())
        assert len(server.asked) == 1


async def test_a_stop_between_the_tries_is_a_stop() -> None:
    reached, told = asyncio.Event(), list[StreamEvent]()

    async def answer(connection: Connection) -> None:
        if b'"temperature"' in connection.requests[-1]:
            await connection.head(400)
            await connection.body(json.dumps(unsupported("temperature")).encode())
            await connection.end()
        else:
            reached.set()
            await connection.end("hang")

    client = await make_client()
    async with raw_server(answer) as at, client:

        async def connect() -> Route:
            return Route(client, Provider("raw", WireProtocol.OPENAI, at.url), None)

        task = asyncio.create_task(
            work("s1", CALL, alone("s1", told.append, lambda: 1.0), connect, told.append, lambda: 1.0)
        )
        await reached.wait()
        task.cancel()
        await task
    assert told == [Connecting("s1", 1.0), Ended("s1", 1.0, StreamStatus.STOPPED)]
