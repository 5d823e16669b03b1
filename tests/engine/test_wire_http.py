"""HTTP as servers speak it, well and badly: what comes of a reply that is framed in a strange or a wrong way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from tests.engine.protocols.outcomes import Outcome
from tests.support.raw_server import Connection, RawServer, raw_server
from tui.engine import wire
from tui.engine.protocols import Call, Ending, Turn
from tui.engine.provider import Provider, WireProtocol

TEXT = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
STOP = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
BODY = TEXT + STOP + DONE
EVENTS = b"Content-Type: text/event-stream\r\n"
OK = b"HTTP/1.1 200 OK\r\n" + EVENTS
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


def chunk(data: bytes, size: bytes = b"%x") -> bytes:
    return (size + b"\r\n%b\r\n") % (len(data), data)


def counted(length: int) -> bytes:
    return OK + b"Content-Length: %d\r\n\r\n" % length


GOOD = OK + CHUNKED + chunk(BODY) + LAST

# What is sent, whether the connection is closed then, and what comes of it: the text, and the kind of error if any.
STRANGE: dict[str, tuple[bytes, bool, str, str | None]] = {
    "counted": (counted(len(BODY)) + BODY, False, "Hi", None),
    "counted twice alike": (
        OK + b"Content-Length: %d\r\n" % len(BODY) + counted(len(BODY))[len(OK) :] + BODY,
        False,
        "Hi",
        None,
    ),
    "old, ended by its close": (b"HTTP/1.0 200 OK\r\n" + EVENTS + b"\r\n" + BODY, True, "Hi", None),
    "ended by its close": (OK + b"Connection: close\r\n\r\n" + BODY, True, "Hi", None),
    "lines that LF ends": ((OK + CHUNKED).replace(b"\r\n", b"\n") + chunk(BODY) + LAST, False, "Hi", None),
    "no words beside the status": (b"HTTP/1.1 200\r\n" + EVENTS + CHUNKED + chunk(BODY) + LAST, False, "Hi", None),
    "another 2xx": (GOOD.replace(b"200 OK", b"206 Partial"), False, "Hi", None),
    "informed before": (
        b"HTTP/1.1 100 Continue\r\n\r\n" + b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 99 + GOOD,
        False,
        "Hi",
        None,
    ),
    "chunks with extensions": (OK + CHUNKED + chunk(BODY, b"000%X;name=value") + LAST, False, "Hi", None),
    "trailers": (OK + CHUNKED + chunk(BODY) + b"0\r\nX-Trailer: 1\r\n\r\n", False, "Hi", None),
    "a long head": (OK + b"X: " + b"x" * 50_000 + b"\r\n" + CHUNKED + chunk(BODY) + LAST, False, "Hi", None),
    "folded and unusual fields": (OK + b"X: a\r\n b\r\nY: \xe4\r\n" + CHUNKED + chunk(BODY) + LAST, False, "Hi", None),
    "less than was promised": (counted(len(BODY) + 9) + BODY, True, "Hi", None),
    "less than was promised, and no end": (counted(len(TEXT) + 9) + TEXT, True, "Hi", "network"),
    "more than was promised": (counted(len(TEXT + STOP)) + BODY, False, "Hi", None),
    "more than was promised, and no end": (counted(len(TEXT)) + BODY, False, "Hi", "truncated"),
    "old, without an end": (b"HTTP/1.0 200 OK\r\n" + EVENTS + b"\r\n" + TEXT, True, "Hi", "truncated"),
    "no last chunk": (OK + CHUNKED + chunk(TEXT), True, "Hi", "network"),
    "no last chunk behind the end": (OK + CHUNKED + chunk(TEXT + STOP), True, "Hi", None),
    "what is no chunk": (OK + CHUNKED + chunk(TEXT) + b"zz\r\n", False, "Hi", "protocol"),
    "what is no chunk behind the end": (OK + CHUNKED + chunk(BODY) + b"zz\r\n", False, "Hi", None),
    "a chunk longer than it says": (OK + CHUNKED + chunk(TEXT)[:-2] + chunk(STOP) + LAST, True, "Hi", "protocol"),
    "a chunk of all bytes there are": (OK + CHUNKED + chunk(TEXT) + b"f" * 24 + b"\r\nabc", False, "Hi", "protocol"),
    "nothing": (b"", True, "", "network"),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", False, "", "truncated"),
    "no body": (OK + CHUNKED + LAST, False, "", "truncated"),
    "another protocol": (
        b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + BODY,
        True,
        "",
        "protocol",
    ),
    "no head": (BODY, True, "", "protocol"),
    "counted twice": (OK + b"Content-Length: 9\r\n" + counted(len(BODY))[len(OK) :] + BODY, False, "", "protocol"),
    "counted in words": (OK + b"Content-Length: many\r\n\r\n" + BODY, False, "", "protocol"),
    "an endless head": (OK + b"X: " + b"x" * 2**20, False, "", "protocol"),
    "a status that is none": (GOOD.replace(b"200 OK", b"099 Odd"), False, "", "protocol"),
    "a status of nobody's": (GOOD.replace(b"200 OK", b"999 Odd"), False, "", "server"),
    "not modified": (b"HTTP/1.1 304 Not Modified\r\n\r\n", False, "", "bad_request"),
    "what was not expected": (b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n", False, "", "bad_request"),
}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with await wire.make_client() as client:
        yield client


async def ask(client: httpx.AsyncClient, server: RawServer) -> Outcome:
    provider, outcome = Provider("acme", WireProtocol.OPENAI, server.url, idle_timeout=20), Outcome()
    async with aclosing(wire.exchange(client, provider, None, Call("m", (Turn("user", "Hi"),)))) as parts:
        async for part in parts:
            outcome.take(part)
    return outcome


@pytest.mark.parametrize(("sent", "closed", "content", "kind"), STRANGE.values(), ids=STRANGE)
async def test_a_reply_is_read_as_far_as_it_can_be_and_spoils_none_behind_it(
    client: httpx.AsyncClient, sent: bytes, closed: bool, content: str, kind: str | None
) -> None:
    asked = 0

    async def answer(connection: Connection) -> None:
        nonlocal asked
        asked += 1
        connection.writer.write(sent if asked == 1 else GOOD)
        await connection.writer.drain()
        if closed and asked == 1:
            connection.writer.close()

    async with raw_server(answer) as server:
        outcome = await asyncio.wait_for(ask(client, server), 10)
        assert outcome.ending
        error = outcome.ending.error
        assert (outcome.content, error and error.kind.value) == (content, kind), error
        if kind == "protocol":
            assert error is not None
            assert ("in the middle of its reply" if content else "does not speak HTTP") in error.message
        following = await ask(client, server)
        assert following.ending and (following.content, following.ending.error) == ("Hi", None)


async def test_what_a_server_may_say_before_its_head_has_an_end_and_is_heard(client: httpx.AsyncClient) -> None:
    heard = 0

    async def answer(connection: Connection) -> None:
        while not connection.closed.is_set():
            connection.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
            await connection.writer.drain()

    def hear() -> None:
        nonlocal heard
        heard += 1

    async with raw_server(answer) as server:
        provider = Provider("acme", WireProtocol.OPENAI, server.url, idle_timeout=20)
        call = Call("m", (Turn("user", "Hi"),))
        async with aclosing(wire.exchange(client, provider, None, call, heard=hear)) as parts:
            (ending,) = [part async for part in parts]
        assert isinstance(ending, Ending) and ending.error and ending.error.kind.value == "protocol"
        assert "does not speak HTTP" in ending.error.message
        assert heard > 1 and not ending.retryable
