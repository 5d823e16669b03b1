"""The wire over real sockets: every conformance case, and all the ways in which a connection can fail."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from tests.engine.protocols.cases import Case, cases
from tests.engine.protocols.outcomes import Outcome, assert_expected, assert_on_the_way
from tests.support.raw_server import Connection, RawServer, raw_server
from tui.engine import pace, wire
from tui.engine.protocols import Call, Delta, Ending, Turn
from tui.engine.provider import Provider, WireProtocol
from tui.engine.stream import ErrorKind, StreamError

HELLO = Call("m-1", (Turn("user", "Hello"),))
EVENTS = (("Content-Type", "text/event-stream"),)
TEXT = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
STOP = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
REPLIES = [case for case in cases() if case.protocol]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with await wire.make_client() as client:
        yield client


def provider(server: RawServer | str, idle_timeout: float = 20) -> Provider:
    url = server if isinstance(server, str) else server.url
    return Provider("acme", WireProtocol.OPENAI, url, idle_timeout=idle_timeout, think_tags=False)


async def ask(client: httpx.AsyncClient, to: Provider, key: str | None = None) -> Outcome:
    outcome = Outcome()
    async with aclosing(wire.exchange(client, to, key, HELLO)) as parts:
        async for part in parts:
            outcome.take(part)
    return outcome


def error_of(outcome: Outcome) -> StreamError:
    assert outcome.ending
    assert outcome.ending.error
    return outcome.ending.error


async def play(client: httpx.AsyncClient, case: Case, pieces: tuple[bytes, ...]) -> None:
    shown = asyncio.Event()

    async def answer(connection: Connection) -> None:
        await connection.head(case.status, case.headers)
        await connection.body(*pieces)
        if case.end == "reset":
            await shown.wait()  # a reset throws away what is still on its way
        await connection.end(case.end)

    outcome = Outcome()
    async with raw_server(answer) as server:
        exchange = wire.exchange(client, case.provider(server.url), None, HELLO, clock=lambda: case.now)
        async with aclosing(exchange) as parts:
            async for part in parts:
                outcome.take(part)
                assert_on_the_way(outcome, case)
                if outcome.content == case.expected["content"]:
                    shown.set()
    assert_expected(outcome, case)


@pytest.mark.parametrize("case", REPLIES, ids=lambda case: case.name)
async def test_a_reply_is_what_was_meant(client: httpx.AsyncClient, case: Case) -> None:
    await play(client, case, case.chunks)


@pytest.mark.parametrize("case", REPLIES, ids=lambda case: case.name)
async def test_a_reply_is_what_was_meant_byte_by_byte(client: httpx.AsyncClient, case: Case) -> None:
    await play(client, case, case.cuts()["byte by byte"])


async def test_the_request_is_what_the_protocol_says(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=EVENTS)
        await connection.body(DONE)
        await connection.end()

    async with raw_server(answer) as server:
        await ask(client, provider(server), "sk-1")
        head, _, body = server.connections[0].requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /v1/chat/completions HTTP/1.1"
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert fields["authorization"] == "Bearer sk-1"
    assert fields["user-agent"].startswith("rivulet/")
    assert json.loads(body)["messages"] == [{"role": "user", "content": "Hello"}]


# When the ending comes


async def test_the_ending_comes_with_done_though_the_connection_stays_open(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=EVENTS)
        await connection.body(TEXT + STOP + DONE)
        await connection.end("hang")

    async with raw_server(answer) as server:
        ended = 0.0
        async with aclosing(wire.exchange(client, provider(server), None, HELLO)) as parts:
            async for part in parts:
                if isinstance(part, Ending):
                    assert part.error is None
                    ended = time.monotonic()
        assert time.monotonic() - ended > 0.9 * wire.DRAIN  # what the connection is waited for comes after it
        await asyncio.wait_for(server.connections[0].closed.wait(), 5)


async def test_a_reply_that_has_its_finish_reason_waits_a_little_for_the_rest(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "GRACE", 0.1)

    async def answer(connection: Connection) -> None:
        await connection.head(headers=EVENTS)
        await connection.body(TEXT + STOP)
        while not connection.closed.is_set():  # keep-alives are no reason to wait longer
            await connection.body(b": still here\n\n")
            await asyncio.sleep(0.02)

    async with raw_server(answer) as server:
        outcome = await asyncio.wait_for(ask(client, provider(server)), 5)
    assert outcome.ending == Ending(finish_reason="stop")
    assert outcome.content == "Hi"


async def test_usage_after_the_finish_reason_is_waited_for(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=EVENTS)
        await connection.body(TEXT, STOP)
        await asyncio.sleep(0.1)
        await connection.body(b'data: {"choices":[],"usage":{"prompt_tokens":3}}\n\n', DONE)
        await connection.end()

    async with raw_server(answer) as server:
        outcome = await ask(client, provider(server))
    assert outcome.ending == Ending(finish_reason="stop", usage={"input_tokens": 3})


async def test_a_connection_that_breaks_after_the_finish_reason_breaks_nothing(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=EVENTS)
        await connection.body(TEXT, STOP)
        await connection.end("reset")

    async with raw_server(answer) as server:
        outcome = await ask(client, provider(server))
    assert outcome.ending == Ending(finish_reason="stop")


@pytest.mark.parametrize("how", ["eof", "reset"])
async def test_text_that_was_held_back_comes_before_the_ending(client: httpx.AsyncClient, how: str) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=EVENTS)
        await connection.body(b'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n')
        await connection.end(how)

    async with raw_server(answer) as server:
        exchange = wire.exchange(client, provider(server), None, HELLO)
        parts = [part async for part in exchange]
    assert parts[:-1] == [Delta("a"), Delta("\ufffd")]
    assert isinstance(parts[-1], Ending)
    assert not parts[-1].rest


async def test_the_text_of_one_piece_is_one_delta(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=EVENTS)
        await connection.body(TEXT * 3, b": nothing\n\n", TEXT, DONE)
        await connection.end()

    async with raw_server(answer) as server:
        parts = [part async for part in wire.exchange(client, provider(server), None, HELLO)]
    assert parts == [Delta("HiHiHi"), Delta("Hi"), Ending()]


# What can fail


async def test_a_silent_server_is_given_up_and_what_it_said_is_kept(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=EVENTS)
        await connection.body(TEXT)
        await connection.end("hang")

    async with raw_server(answer) as server:
        outcome = await ask(client, provider(server, idle_timeout=0.2))
    assert outcome.content == "Hi"
    assert error_of(outcome).kind is ErrorKind.TIMEOUT
    assert error_of(outcome).message == (
        "acme sent nothing for 0.2 s. Try again, or give it longer: idle_timeout under [providers.acme]."
    )


async def test_a_server_that_never_answers_is_given_up(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        await connection.end("hang")

    async with raw_server(answer) as server:
        assert error_of(await ask(client, provider(server, idle_timeout=0.1))).kind is ErrorKind.TIMEOUT


async def test_keep_alives_are_life(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=EVENTS)
        for _ in range(12):
            await connection.body(b": keep-alive\n\n")
            await asyncio.sleep(0.05)
        await connection.body(TEXT + STOP + DONE)
        await connection.end()

    async with raw_server(answer) as server:
        outcome = await ask(client, provider(server, idle_timeout=0.5))
    assert outcome.ending == Ending(finish_reason="stop")


async def test_a_server_that_is_not_running_is_named(client: httpx.AsyncClient) -> None:
    with socket.socket() as bound:  # bound, but it does not listen
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        outcome = await ask(client, provider(f"http://user:secret@127.0.0.1:{port}/v1"))
    assert error_of(outcome) == StreamError(
        ErrorKind.NETWORK, f"Can't reach acme at 127.0.0.1:{port}: connection refused. Is it running?"
    )
    assert outcome.ending
    assert outcome.ending.retryable


async def test_a_server_whose_name_nobody_knows_is_named(client: httpx.AsyncClient) -> None:
    outcome = await ask(client, provider("https://acme.invalid/v1"))
    assert error_of(outcome).kind is ErrorKind.NETWORK
    assert error_of(outcome).message.startswith("Can't reach acme at acme.invalid: nobody knows the name acme.invalid.")


async def test_a_server_that_hangs_up_without_an_answer_broke_the_connection(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        connection.writer.close()

    async with raw_server(answer) as server:
        error = error_of(await ask(client, provider(server)))
        assert error == StreamError(
            ErrorKind.NETWORK, f"The connection to acme at {server.host} broke: the server hung up. Is it running?"
        )


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.9\r\n", b"\x15\x03\x01\x00\x02\x02\x46", b"HTTP/1.1 what\r\n\r\n"]
)
async def test_what_is_no_http_is_told(client: httpx.AsyncClient, said: bytes) -> None:
    async def answer(connection: Connection) -> None:
        connection.writer.write(said + b"\r\n" * 3)
        await connection.end("hang")

    async with raw_server(answer) as server:
        error = error_of(await ask(client, provider(server)))
        assert error.kind is ErrorKind.PROTOCOL
        assert error.message.startswith(f"What answers at {server.host} does not speak HTTP.")


async def test_tls_with_a_server_that_has_none_is_told(client: httpx.AsyncClient) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        error = error_of(await ask(client, provider(f"https://127.0.0.1:{port}/v1")))
    assert error.kind is ErrorKind.NETWORK
    assert "does not speak TLS" in error.message


@pytest.mark.parametrize("url", ["acme.test/v1", "ftp://acme.test", "http://[::1/v1", ""])
async def test_an_address_that_is_none_is_a_matter_of_configuration(client: httpx.AsyncClient, url: str) -> None:
    error = error_of(await ask(client, provider(url)))
    assert error.kind is ErrorKind.CONFIG
    assert "base_url" in error.message


async def test_a_key_that_no_header_can_carry_is_told_but_not_shown(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        raise AssertionError("nothing can have been sent")

    async with raw_server(answer) as server:
        error = error_of(await ask(client, provider(server), "sk-\nsecret"))
    assert error.kind is ErrorKind.CONFIG
    assert "secret" not in error.message


async def test_what_cannot_be_unpacked_is_told(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=(*EVENTS, ("Content-Encoding", "gzip")))
        await connection.body(b"this is not gzip")
        await connection.end()

    async with raw_server(answer) as server:
        assert error_of(await ask(client, provider(server))).kind is ErrorKind.PROTOCOL


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip, identity, gzip", "br", "ZSTD"])
async def test_what_grows_without_bounds_is_not_unpacked(client: httpx.AsyncClient, encoding: str) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=(*EVENTS, ("Content-Encoding", encoding)))
        await connection.body(gzip.compress(gzip.compress(TEXT)))
        await connection.end()

    async with raw_server(answer) as server:
        error = error_of(await ask(client, provider(server)))
        assert error.kind is ErrorKind.PROTOCOL and "can't be unpacked" in error.message


async def test_a_body_that_is_packed_in_a_word_that_means_nothing_is_read_as_it_is(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(headers=(*EVENTS, ("Content-Encoding", "utf-8")))
        await connection.body(TEXT)
        await connection.end()

    async with raw_server(answer) as server:
        assert (await ask(client, provider(server))).content.startswith("Hi")


async def test_a_packed_keep_alive_is_heard(client: httpx.AsyncClient) -> None:
    to = zlib.compressobj(9, zlib.DEFLATED, 31)
    heard: list[float] = []

    async def answer(connection: Connection) -> None:
        await connection.head(headers=(*EVENTS, ("Content-Encoding", "gzip")))
        await connection.body(b"\x1f", b"\x8b")  # of a head: nothing can be unpacked yet
        await connection.body(to.compress(TEXT + STOP + DONE)[2:] + to.flush())
        await connection.end()

    async with raw_server(answer) as server:
        exchange = wire.exchange(client, provider(server), None, HELLO, heard=lambda: heard.append(time.monotonic()))
        parts = [part async for part in exchange]
    assert parts == [Delta("Hi"), Ending(finish_reason="stop")]
    assert len(heard) == 3, "the response's head, and two bytes"


async def test_a_packed_body_that_breaks_off_keeps_its_text(client: httpx.AsyncClient) -> None:
    packed = gzip.compress(TEXT * 100)

    async def answer(connection: Connection) -> None:
        await connection.head(headers=(*EVENTS, ("Content-Encoding", "gzip")))
        await connection.body(packed[:-12])
        await connection.end("reset")

    async with raw_server(answer) as server:
        outcome = await ask(client, provider(server))
    assert outcome.content.startswith("Hi")
    assert error_of(outcome).kind is ErrorKind.NETWORK


async def test_a_refusal_that_never_ends_is_read_only_so_far(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = 0

    async def endless(connection: Connection) -> None:
        nonlocal sent
        await connection.head(500)
        while not connection.closed.is_set():
            await connection.body(b"x" * 1000)
            sent += 1000

    async with raw_server(endless) as server:
        error = error_of(await asyncio.wait_for(ask(client, provider(server)), 10))
        assert error.kind is ErrorKind.SERVER
    assert sent < 16 * 2**20  # what the sockets' buffers take

    async def slow(connection: Connection) -> None:
        await connection.head(404)
        await connection.body(b"no such")
        await connection.end("hang")

    monkeypatch.setattr(wire, "_REFUSAL_SECONDS", 0.1)
    async with raw_server(slow) as server:
        error = error_of(await asyncio.wait_for(ask(client, provider(server)), 10))
        assert (error.kind, "no such" in error.message) == (ErrorKind.BAD_REQUEST, True)


async def test_a_client_that_was_closed_ends_the_stream_and_raises_nothing(client: httpx.AsyncClient) -> None:
    await client.aclose()
    assert error_of(await ask(client, provider("http://127.0.0.1:1/v1"))).kind is ErrorKind.INTERNAL


def work(seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


async def test_others_have_their_turn_amid_what_came_at_once(client: httpx.AsyncClient) -> None:
    async def answer(connection: Connection) -> None:
        await connection.head(200, EVENTS)
        await connection.body(*[TEXT] * 400, STOP, DONE)
        await connection.end()

    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    before: list[int] = []
    task = asyncio.create_task(other())
    async with raw_server(answer) as server, aclosing(wire.exchange(client, provider(server), None, HELLO)) as parts:
        async for _ in parts:
            before.append(turns)
            work(pace.SLICE * 0.6)  # what a piece costs to take in
    task.cancel()
    assert len(before) == 401
    assert all(later > earlier for earlier, later in zip(before, before[2:], strict=False))
