"""The wire: one request out, its reply in as it arrives. Nothing else in Rivulet does HTTP with a model's server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from tui.engine import heads, wire_errors
from tui.engine.pace import Pace, Turns
from tui.engine.protocols import Call, Delta, Ending, Reader
from tui.engine.protocols.dialects import for_protocol
from tui.engine.protocols.failures import http_failure
from tui.engine.protocols.refusals import refused
from tui.engine.provider import Provider
from tui.engine.stream import ErrorKind
from tui.engine.unpacking import OFFERED, unpacker

if TYPE_CHECKING:  # importing httpx costs 110 ms: left to those who make a client
    import httpx

CONNECT: Final = 10.0
"""Seconds to reach a server. A model may think for minutes, but its server is there at once or not at all."""

WRITE: Final = 30.0
"""Seconds for the server to take the request."""

GRACE: Final = 5.0
"""Seconds for usage and `[DONE]` after the finish reason, when the connection stays open and nothing comes."""

DRAIN: Final = 0.25
"""Seconds for the few bytes behind the end: once they are read, the connection can carry the next request."""

_HANGS_UP: Final = "llama.cpp"
"""Promises to keep a connection and closes it 0.1 ms behind the body: of requests on the heels of another some were
lost (in the worst run 3 of 15). A body that is not read to its end takes its connection with it."""

_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")

_REFUSAL_BYTES: Final = 64 * 1024
_REFUSAL_SECONDS: Final = 5.0


async def exchange(
    client: httpx.AsyncClient,
    provider: Provider,
    key: str | None,
    call: Call,
    *,
    begun: Callable[[Reader], object] | None = None,
    heard: Callable[[], object] | None = None,
    pace: Pace | None = None,
    clock: Callable[[], float] = time.time,
) -> AsyncGenerator[Delta | Ending, None]:
    """Asks, and gives the reply as it comes: any number of deltas, then exactly one ending.

    A delta is all the text of one network chunk, and never empty. The ending is given as soon as it is known; whoever
    iterates on from there (a quarter of a second at most) leaves the connection fit for the next request.
    Only CancelledError is raised. Cancelling the task, or closing the generator, closes the connection: iterate within
    `contextlib.aclosing`, and cancel once, since a second cancel on the heels of the first leaks the connection.
    `begun` is given the reader of a reply that begins: after cancelling, its `end` gives what it still held back.
    `heard` is called for what comes and holds no text: the response's head and what is before it, a keep-alive.
    `pace`: where it has its turns among other streams.
    """
    speaks = for_protocol(provider.protocol)
    reader: Reader | None = None
    ending: Ending | None = None
    try:
        request = speaks.request(provider, key, call)
        asked = client.stream(
            "POST", request.url, headers=dict(request.headers), content=request.body, timeout=_timeout(provider)
        )
        async with AsyncExitStack() as until_read:
            with heads.bounded(heard):
                response = await until_read.enter_async_context(asked)
            body = await until_read.enter_async_context(aclosing(unpacked(response)))
            if not response.is_success:
                said = await _refusal(body)
                failure = http_failure(provider, key, response.status_code, response.headers, said, clock())
                ending = Ending(
                    error=failure.error,
                    retryable=failure.retryable,
                    after_s=failure.after_s,
                    refused=refused(response.status_code, said, request.optional),
                )
                yield ending
                return
            reader = speaks.reader(provider, key, response.headers.get("content-type", ""))
            if begun is not None:
                begun(reader)
            patience: float | None = None
            turns = Turns(pace or Pace())
            while (data := await _next(body, patience)) is not None:
                turns.came(len(data))
                delta = reader.feed(data)
                if delta:
                    yield delta
                elif heard is not None:
                    heard()
                if reader.finished:
                    break
                if reader.answered and (delta or patience is None):
                    patience = asyncio.get_running_loop().time() + GRACE
                if turns.over():
                    await turns.rest(brought=bool(delta))
            ending = reader.end()
            if ending.rest:
                yield ending.rest
            yield replace(ending, rest=Delta())
            if ending.error is None and reader.finished and response.headers.get("server") != _HANGS_UP:
                await _drain(body)
    except Exception as error:
        if ending is None:
            ending = _broken(reader, wire_errors.ending(provider, key, error, begun=reader is not None))
            if ending.rest:
                yield ending.rest
            yield replace(ending, rest=Delta())


async def unpacked(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """What the response holds as it comes, in pieces of bounded size; an empty one where what came holds nothing yet.

    Raises BadPacking and what httpx raises.
    """
    unpack = unpacker(response.headers.get("content-encoding", ""))
    async with aclosing(cast(AsyncGenerator[bytes, None], response.aiter_raw())) as raw:
        async for data in raw:
            brought = False
            for piece in unpack.pieces(data):
                yield piece
                brought = True
            if not brought:
                yield b""
    if _left_over(response):
        await response.extensions["network_stream"].aclose()


async def make_client() -> httpx.AsyncClient:
    """The one client that all streams share. Made in a thread: importing httpx and reading the certificates blocks."""
    client = await asyncio.to_thread(_make_client)
    heads.count(client)
    return client


def _left_over(response: httpx.Response) -> bool:
    """Whether more came than this reply, which the next request on the same connection would take for its own.

    Asked for where the libraries keep it, for they tell nobody.
    """
    at: object = response.stream
    for name in ("_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state"):
        at = getattr(at, name, None)
    data, _ = getattr(at, "trailing_data", (b"", False))
    return bool(data)


async def _next(body: AsyncIterator[bytes], until: float | None) -> bytes | None:
    """The next piece; None when the body is over, or when the loop's clock says `until` and nothing came."""
    if until is None:
        return await anext(body, None)
    try:
        async with asyncio.timeout_at(until):
            return await anext(body, None)
    except TimeoutError:
        return None


async def _drain(body: AsyncIterator[bytes]) -> None:
    with suppress(Exception):  # the reply is whole: what fails now concerns nobody
        async with asyncio.timeout(DRAIN):
            async for _ in body:
                pass


async def _refusal(body: AsyncIterator[bytes]) -> bytes:
    """What a server says with its refusal, as far as it comes soon and is not endless."""
    said = bytearray()
    with suppress(Exception):  # half of the words are better than none
        async with asyncio.timeout(_REFUSAL_SECONDS):
            async for data in body:
                said += data
                if len(said) >= _REFUSAL_BYTES:
                    break
    return bytes(said[:_REFUSAL_BYTES])


def _broken(reader: Reader | None, broke: Ending) -> Ending:
    """A connection that broke takes nothing from a reply that was complete, or had failed for a reason of its own."""
    if reader is None:
        return broke
    ending = reader.end()
    if ending.error and ending.error.kind in (ErrorKind.TRUNCATED, ErrorKind.PROTOCOL):
        return replace(ending, error=broke.error, retryable=broke.retryable)
    return ending


def _timeout(provider: Provider) -> httpx.Timeout:
    import httpx

    return httpx.Timeout(connect=CONNECT, write=WRITE, pool=None, read=provider.idle_timeout)


def _make_client() -> httpx.AsyncClient:
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx

    from tui import __version__

    headers = {"User-Agent": f"rivulet/{__version__}", "Accept-Encoding": OFFERED}
    # By default: 100 connections, and a connection kept for 5 s, less than it takes to read a reply and answer it.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=60)
    # Proxies of the environment are obeyed, but for this machine's own servers, which no proxy can reach.
    direct: dict[str, httpx.AsyncBaseTransport | None] = {f"all://{host}": None for host in _LOOPBACK}
    try:
        # One context for the client and its proxies: each costs 25 to 50 ms. SSL_CERT_FILE and SSL_CERT_DIR count.
        certificates = httpx.create_ssl_context()
        # No server is told a second time who it was that it answered before.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        return httpx.AsyncClient(headers=headers, verify=certificates, limits=limits, mounts=direct, cookies=no_cookies)
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        # A proxy that can't be used is no reason to go without one, nor to keep from servers that need none.
        reason = f"the environment's proxies or certificates can't be used. {error}"
        local = httpx.AsyncHTTPTransport(limits=limits, trust_env=False)
        return httpx.AsyncClient(
            headers=headers, transport=_no_way(reason), mounts=dict.fromkeys(direct, local), trust_env=False
        )


def _no_way(reason: str) -> httpx.AsyncBaseTransport:
    import httpx

    class NoWay(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise wire_errors.BadEnvironment(reason)

    return NoWay()
