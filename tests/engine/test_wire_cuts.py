"""Replies that end or break at any byte, over real sockets and in every protocol: how each ends, and what is kept."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import httpx
import pytest

from tests.engine.protocols.outcomes import Outcome
from tests.engine.protocols.test_cuts import EVENTS
from tests.support.raw_server import Connection, raw_server
from tui.engine import wire
from tui.engine.protocols import Call, Turn
from tui.engine.provider import Provider, WireProtocol

PIECES = [("One ", ""), ("", "Hm. "), ("über ", ""), ("豆腐.", "")]
AT_ONCE = 50


def frames(protocol: WireProtocol) -> list[bytes]:
    """The events, each as it is sent."""
    form = "{}\n" if protocol is WireProtocol.OLLAMA else "data: {}\n\n"
    return [form.format(event).encode() for event in EVENTS[protocol](PIECES)]


def due(protocol: WireProtocol, sent: int) -> tuple[str, str, bool]:
    """What so many bytes hold: content, reasoning, and whether the reply has its end."""
    before = 1 if protocol is WireProtocol.ANTHROPIC else 0  # its first event has no text
    spare = 1 if protocol is WireProtocol.OLLAMA else 0  # its last line needs no end
    whole = at = 0
    for frame in frames(protocol):
        at += len(frame)
        whole += at - spare <= sent
    came = PIECES[: max(0, whole - before)]
    return "".join(c for c, _ in came), "".join(r for _, r in came), whole - before > len(PIECES)


@pytest.mark.parametrize("how", ["eof", "cut"])
@pytest.mark.parametrize("protocol", WireProtocol)
async def test_a_reply_that_stops_at_any_byte_keeps_all_that_was_whole(protocol: WireProtocol, how: str) -> None:
    body = b"".join(frames(protocol))
    kind = "application/x-ndjson" if protocol is WireProtocol.OLLAMA else "text/event-stream"
    room = asyncio.Semaphore(AT_ONCE)

    async def answer(connection: Connection) -> None:
        length = int(connection.requests[-1].split(b"/")[1])
        await connection.head(headers=[("Content-Type", kind)])
        await connection.body(body[:length])
        if how == "eof":
            await connection.end()
        else:
            connection.writer.close()

    async def ask(client: httpx.AsyncClient, host: str, length: int) -> tuple[int, str, str, str | None]:
        provider, outcome = Provider("acme", protocol, f"http://{host}/{length}", idle_timeout=20), Outcome()
        async with room, aclosing(wire.exchange(client, provider, None, Call("m", (Turn("user", "?"),)))) as parts:
            async for part in parts:
                outcome.take(part)
        assert outcome.ending
        error = outcome.ending.error
        return length, outcome.content, outcome.reasoning, error.kind.value if error else None

    async with raw_server(answer) as server, await wire.make_client() as client:
        found = await asyncio.gather(*(ask(client, server.host, length) for length in range(len(body) + 1)))
    broken = "truncated" if how == "eof" else "network"
    for length, content, reasoning, error_kind in found:
        *text, ended = due(protocol, length)
        assert ([content, reasoning], error_kind) == (text, None if ended else broken), body[:length]
