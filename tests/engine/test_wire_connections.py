"""The one client: its connections are used again, are as many as there are streams, and know their way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.raw_server import Connection, RawServer, raw_server
from tui.engine import wire
from tui.engine.protocols import Call, Delta, Ending
from tui.engine.provider import Provider, WireProtocol
from tui.engine.stream import ErrorKind

EVENTS = (("Content-Type", "text/event-stream"),)
REPLY = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\ndata: [DONE]\n\n'
WHOLE = [Delta("Hi"), Ending()]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with await wire.make_client() as client:
        yield client


async def answer(connection: Connection) -> None:
    await connection.head(headers=EVENTS)
    await connection.body(REPLY)
    await connection.end()


async def ask(client: httpx.AsyncClient, url: str) -> list[Delta | Ending]:
    provider = Provider("acme", WireProtocol.OPENAI, url)
    return [part async for part in wire.exchange(client, provider, None, Call("m", ()))]


async def test_one_connection_carries_one_request_after_the_other(client: httpx.AsyncClient) -> None:
    async with raw_server(answer) as server:
        for _ in range(3):
            assert await ask(client, server.url) == WHOLE
        assert [len(connection.requests) for connection in server.connections] == [3]


async def test_a_body_that_ends_a_moment_after_its_last_event_costs_no_connection(client: httpx.AsyncClient) -> None:
    async def late(connection: Connection) -> None:
        await connection.head(headers=EVENTS)
        await connection.body(REPLY)
        await asyncio.sleep(wire.DRAIN / 10)
        await connection.body(b": bye\n\n")
        await connection.end()

    async with raw_server(late) as server:
        assert [await ask(client, server.url), await ask(client, server.url)] == [WHOLE, WHOLE]
        assert len(server.connections) == 1


async def test_a_server_that_is_known_to_hang_up_behind_its_answer_is_given_no_other_request_there(
    client: httpx.AsyncClient,
) -> None:
    async def hang_up(connection: Connection) -> None:
        await connection.head(headers=(*EVENTS, ("Server", "llama.cpp"), ("Keep-Alive", "timeout=5, max=100")))
        await connection.body(REPLY)
        await connection.end()

    async with raw_server(hang_up) as server:
        for _ in range(3):
            assert await ask(client, server.url) == WHOLE
        assert [len(connection.requests) for connection in server.connections] == [1, 1, 1]


async def test_a_refusal_costs_no_connection(client: httpx.AsyncClient) -> None:
    async def refuse(connection: Connection) -> None:
        await connection.head(429)
        await connection.body(b'{"error": "later"}')
        await connection.end()

    async with raw_server(refuse) as server:
        for _ in range(2):
            [ending] = await ask(client, server.url)
            assert isinstance(ending, Ending)
            assert ending.error
            assert ending.error.kind is ErrorKind.RATE_LIMIT
        assert len(server.connections) == 1


async def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again(client: httpx.AsyncClient) -> None:
    async with raw_server(answer) as server:
        assert await ask(client, server.url) == WHOLE
        server.connections[0].writer.close()
        await server.connections[0].closed.wait()
        assert await ask(client, server.url) == WHOLE
        assert len(server.connections) == 2


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
COUNTED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(REPLY)
REFUSED = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"


def chunked(reply: bytes) -> bytes:
    return CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(reply), reply)


@pytest.mark.parametrize("first", [chunked(REPLY), COUNTED + REPLY, REFUSED], ids=["chunked", "counted", "a refusal"])
@pytest.mark.parametrize(
    "more", [b"\r\n", b"junk\r\n\r\n", chunked(REPLY.replace(b"Hi", b"Another's"))], ids=["a line", "junk", "a reply"]
)
async def test_what_comes_behind_a_reply_is_never_taken_for_the_answer_to_the_next_request(
    client: httpx.AsyncClient, first: bytes, more: bytes
) -> None:
    async def too_much(connection: Connection) -> None:
        connection.writer.write(first + more if connection.number == 1 else chunked(REPLY))
        await connection.writer.drain()

    async with raw_server(too_much) as server:
        await ask(client, server.url)
        assert await ask(client, server.url) == WHOLE
        assert [len(connection.requests) for connection in server.connections] == [1, 1]


async def test_only_what_can_be_unpacked_is_asked_for(client: httpx.AsyncClient) -> None:
    async with raw_server(answer) as server:
        await ask(client, server.url)
        assert b"\r\naccept-encoding: gzip, deflate\r\n" in server.connections[0].requests[0].lower()


async def test_a_hundred_and_twenty_streams_run_at_once(client: httpx.AsyncClient) -> None:
    everybody = asyncio.Barrier(120)

    async def wait_for_all(connection: Connection) -> None:
        await connection.head(headers=EVENTS)
        await everybody.wait()
        await answer_body(connection)

    async def answer_body(connection: Connection) -> None:
        await connection.body(REPLY)
        await connection.end()

    async with raw_server(wait_for_all) as server:
        replies = await asyncio.wait_for(asyncio.gather(*(ask(client, server.url) for _ in range(120))), 30)
    assert replies == [WHOLE] * 120


# Which way


async def through(proxy: RawServer, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("http_proxy", f"http://{proxy.host}")
    return await wire.make_client()


async def test_a_proxy_of_the_environment_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw_server(answer) as proxy, await through(proxy, monkeypatch) as client:
        assert await ask(client, "http://acme.invalid/v1") == WHOLE
        assert proxy.connections[0].requests[0].startswith(b"POST http://acme.invalid/v1/chat/completions ")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_servers_on_this_machine_are_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    async with raw_server(answer) as server, raw_server(answer) as proxy, await through(proxy, monkeypatch) as client:
        assert await ask(client, server.url.replace("127.0.0.1", host)) == WHOLE
        assert (len(server.connections), len(proxy.connections)) == (1, 0)


async def test_no_proxy_is_asked_for_a_loopback_address_of_version_6(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw_server(answer) as proxy, await through(proxy, monkeypatch) as client:
        [ending] = await ask(client, "http://[::1]:1/v1")  # nobody listens at port 1, wherever there is IPv6 at all
        assert isinstance(ending, Ending)
        assert ending.error
        assert ending.error.message.startswith("Can't reach acme at [::1]:1: ")
        assert not proxy.connections


@pytest.mark.parametrize(
    ("name", "value"), [("ALL_PROXY", "what://acme.invalid"), ("SSL_CERT_FILE", "/nowhere/at/all.pem")]
)
async def test_a_useless_environment_is_told_and_keeps_nobody_from_this_machine(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    async with raw_server(answer) as server, await wire.make_client() as client:
        assert await ask(client, server.url) == WHOLE
        [ending] = await ask(client, "http://acme.invalid/v1")
        assert isinstance(ending, Ending)
        assert ending.error
        assert ending.error.kind is ErrorKind.CONFIG
        assert "the environment's proxies or certificates can't be used" in ending.error.message


async def test_a_redirect_is_not_followed(client: httpx.AsyncClient) -> None:
    async def redirect(connection: Connection) -> None:
        await connection.head(302, [("Location", "https://elsewhere.invalid/v1")])
        await connection.end()

    async with raw_server(redirect) as server:
        [ending] = await ask(client, server.url)
    assert isinstance(ending, Ending)
    assert ending.error
    assert "elsewhere.invalid" in ending.error.message
