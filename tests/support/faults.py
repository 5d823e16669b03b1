"""All ways in which a reply can fail, at every point of it: what a server sends, and what has to come of it."""

from __future__ import annotations

import fcntl
import json
import random
import struct
import termios
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.support.raw_server import Connection
from tests.support.waiting import eventually

TEXTS: Final = ("One word ", "über ", "another.")
"""What the reply says, delta by delta."""


def _event(**delta: object) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


_DELTAS: Final = [_event(content=text) for text in TEXTS]
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_BEGIN: Final = _event(role="assistant", content="")
_TEXT: Final = b"".join(_DELTAS)
_FINISH: Final = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
_BODY: Final = _BEGIN + _TEXT + _FINISH + b"data: [DONE]\n\n"


@dataclass(frozen=True)
class Point:
    """Up to where all is well."""

    name: str
    head: int
    """Bytes of the head that come."""
    body: int = 0
    """Bytes of the body."""
    broken_chunk: bool = False
    """There a chunk has begun whose length has not come."""

    @property
    def kept(self) -> str:
        """The text of the events that are whole."""
        ends = [len(_BEGIN) + len(b"".join(_DELTAS[: n + 1])) for n in range(len(_DELTAS))]
        return "".join(text for text, end in zip(TEXTS, ends, strict=True) if end <= self.body)

    @property
    def answered(self) -> bool:
        return self.body >= len(_BODY) - len(b"data: [DONE]\n\n")

    @property
    def done(self) -> bool:
        return self.body == len(_BODY)

    @property
    def in_body(self) -> bool:
        return self.head == len(_HEAD) and not self.broken_chunk

    @property
    def bytes(self) -> bytes:
        chunk = _chunk(_BODY[: self.body]) if self.body else b""
        return _HEAD[: self.head] + chunk + (b"4" if self.broken_chunk else b"")


_ALL, _FIRST = len(_HEAD), len(_BEGIN) + len(_DELTAS[0])

POINTS: Final = (
    Point("nothing", 0),
    Point("status", 10),
    Point("headers", 40),
    Point("body", _ALL),
    Point("chunk", _ALL, _FIRST, broken_chunk=True),
    Point("event", _ALL, len(_BEGIN) + 30),
    Point("letter", _ALL, _FIRST + _DELTAS[1].index("ü".encode()) + 1),
    Point("line", _ALL, _FIRST + len(_DELTAS[1]) - 1),
    Point("text", _ALL, len(_BEGIN + _TEXT)),
    Point("finish", _ALL, len(_BEGIN + _TEXT + _FINISH)),
    Point("done", _ALL, len(_BODY)),
)


@dataclass(frozen=True)
class Fault:
    """What happens there, and the kind of error that it is while the reply is not over."""

    name: str
    kind: str
    happen: Callable[[Connection, Point], Awaitable[None]]
    where: Callable[[Point], bool] = lambda point: True
    after_the_finish: str | None = None
    """The kind of error between the reason to finish and the end."""


async def _cut(connection: Connection, point: Point) -> None:
    connection.writer.close()


async def _end(connection: Connection, point: Point) -> None:
    connection.writer.write(b"0\r\n\r\n")


async def _reset(connection: Connection, point: Point) -> None:
    await eventually(lambda: not _on_its_way(connection))  # what the other side has is its own
    connection.reset()


async def _stall(connection: Connection, point: Point) -> None:
    await connection.closed.wait()


async def _garble(connection: Connection, point: Point) -> None:
    noise = random.Random(point.name).randbytes(300).replace(b"\n", b"")
    connection.writer.write(_chunk(b"data: " + noise + b"\n\n") if point.in_body else b"\r\n" + noise + b"\r\n\r\n")
    await connection.closed.wait()


async def _flood(connection: Connection, point: Point) -> None:
    noise = b"data: " + b"x" * 2**20
    while not connection.closed.is_set():
        connection.writer.write(_chunk(noise) if point.in_body else noise)
        await connection.writer.drain()
        noise = noise[6:] or noise


async def _put_off(connection: Connection, point: Point) -> None:
    while not connection.closed.is_set():
        connection.writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 1000)
        await connection.writer.drain()


async def _bring_nothing(connection: Connection, point: Point) -> None:
    while not connection.closed.is_set():
        connection.writer.write(_chunk(b"\n: still here\n\n" * 2**14))
        await connection.writer.drain()


FAULTS: Final = (
    Fault("cut", "network", _cut),
    Fault("end", "truncated", _end, where=lambda point: point.in_body),
    Fault("reset", "network", _reset),
    Fault("stall", "timeout", _stall),
    Fault("garble", "protocol", _garble, after_the_finish="protocol"),
    Fault("flood", "protocol", _flood),
    Fault("hints", "protocol", _put_off, where=lambda point: point.name == "nothing"),
    Fault("barren", "protocol", _bring_nothing, where=lambda point: point.name in ("body", "text")),
)


@dataclass(frozen=True)
class Case:
    """One fault at one point, and what has to come of it."""

    fault: Fault
    point: Point

    @property
    def name(self) -> str:
        return f"{self.fault.name} at {self.point.name}"

    @property
    def kind(self) -> str | None:
        """The kind of error; None if the reply is complete all the same."""
        if self.point.done:
            return None
        return self.fault.after_the_finish if self.point.answered else self.fault.kind

    async def play(self, connection: Connection) -> None:
        connection.writer.write(self.point.bytes)
        await connection.writer.drain()
        await self.fault.happen(connection, self.point)


def cases() -> Iterator[Case]:
    """All of them."""
    for fault in FAULTS:
        yield from (Case(fault, point) for point in POINTS if fault.where(point))


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _on_its_way(connection: Connection) -> int:
    """Bytes that the client's system has not confirmed; on Linux alone, elsewhere what has not been sent."""
    unsent = connection.writer.transport.get_write_buffer_size()
    try:
        count = fcntl.ioctl(connection.writer.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
    except OSError:
        return unsent
    return unsent + int(struct.unpack("i", count)[0])
