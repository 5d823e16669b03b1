"""Cancelling a request closes its connection at once, whenever it comes. Cancelled exactly once, as the engine does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

import httpx
import pytest

from tests.support.raw_server import Connection, raw_server
from tui.engine import wire
from tui.engine.protocols import Call, Delta, Ending
from tui.engine.provider import Provider, WireProtocol

SOON = 0.5
"""Seconds, for a loaded machine: alone it takes a millisecond or two."""

EVENTS = (("Content-Type", "text/event-stream"),)
TEXT = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'

Part = Delta | Ending


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with await wire.make_client() as client:
        yield client


async def before_headers(connection: Connection) -> None:
    await connection.end("hang")


async def in_the_middle(connection: Connection) -> None:
    await connection.head(headers=EVENTS)
    await connection.body(TEXT)
    await connection.end("hang")


async def while_text_pours(connection: Connection) -> None:
    await connection.head(headers=EVENTS)
    while not connection.closed.is_set():
        await connection.body(TEXT)


async def after_done(connection: Connection) -> None:
    await connection.head(headers=EVENTS)
    await connection.body(TEXT + b"data: [DONE]\n\n")
    await connection.end("hang")


async def in_a_refusal(connection: Connection) -> None:
    await connection.head(500)
    await connection.body(b"half of the")
    await connection.end("hang")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (before_headers, []),
        (in_the_middle, [Delta("Hi")]),
        (while_text_pours, [Delta("Hi")]),
        (after_done, [Delta("Hi"), Ending()]),
        (in_a_refusal, []),
    ],
)
async def test_the_server_sees_the_connection_close(
    client: httpx.AsyncClient, answer: Callable[[Connection], Awaitable[None]], expected: list[Part]
) -> None:
    parts: list[Part] = []
    reached = asyncio.Event()

    async def stream(to: Provider) -> None:
        async with aclosing(wire.exchange(client, to, None, Call("m", ()))) as exchange:
            async for part in exchange:
                parts.append(part)
                if len(parts) >= len(expected):
                    reached.set()

    async with raw_server(answer) as server:
        task = asyncio.create_task(stream(Provider("acme", WireProtocol.OPENAI, server.url)))
        if expected:
            await asyncio.wait_for(reached.wait(), 5)
        else:
            await asyncio.wait_for(_asked(server.connections), 5)
        start = time.monotonic()
        task.cancel()
        await asyncio.wait_for(server.connections[0].closed.wait(), SOON)
        await asyncio.wait([task], timeout=SOON)
        assert task.cancelled()
        assert time.monotonic() - start < SOON
    assert parts[: len(expected)] == expected


async def test_closing_the_iteration_closes_the_connection(client: httpx.AsyncClient) -> None:
    async with raw_server(in_the_middle) as server:
        to = Provider("acme", WireProtocol.OPENAI, server.url)
        async with aclosing(wire.exchange(client, to, None, Call("m", ()))) as exchange:
            assert await anext(exchange) == Delta("Hi")
        await asyncio.wait_for(server.connections[0].closed.wait(), SOON)


async def test_the_client_serves_others_while_and_after_some_are_cancelled(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=EVENTS)
        await connection.body(TEXT)
        if b'"stay"' in connection.requests[-1]:
            await release.wait()
            await connection.body(TEXT + b"data: [DONE]\n\n")
            await connection.end()
        else:
            await connection.end("hang")

    started = asyncio.Semaphore(0)
    release = asyncio.Event()

    async def stream(to: Provider, model: str) -> list[Part]:
        parts: list[Part] = []
        async with aclosing(wire.exchange(client, to, None, Call(model, ()))) as exchange:
            async for part in exchange:
                if not parts:
                    started.release()
                parts.append(part)
        return parts

    async with raw_server(answer) as server:
        to = Provider("acme", WireProtocol.OPENAI, server.url)
        stay = [asyncio.create_task(stream(to, "stay")) for _ in range(10)]
        leave = [asyncio.create_task(stream(to, "leave")) for _ in range(10)]
        for _ in range(20):
            await asyncio.wait_for(started.acquire(), 5)
        for task in leave:
            task.cancel()
        await asyncio.wait(leave, timeout=5)
        release.set()
        assert await asyncio.gather(*stay) == [[Delta("Hi"), Delta("Hi"), Ending()]] * 10
        assert all(task.cancelled() for task in leave)
        assert sum(not connection.closed.is_set() for connection in server.connections) == 10


async def _asked(connections: list[Connection]) -> None:
    while not (connections and connections[0].requests):  # noqa: ASYNC110 - a server has no event for what it reads
        await asyncio.sleep(0.005)
