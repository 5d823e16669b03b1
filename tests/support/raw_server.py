"""An HTTP server that sends exactly the bytes it is given, as many pieces as they are, and ends as it is told."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(eq=False)
class Connection:
    """A client's connection: what it asked for, and what it is sent."""

    number: int
    """From 1, in the order in which they were opened."""
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    requests: list[bytes] = field(default_factory=list)
    """Each with its head and body."""
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    """The client closed, or the connection broke."""

    async def head(self, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers)]
        self.writer.write("\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""]).encode("latin-1"))
        await self.writer.drain()

    async def body(self, *pieces: bytes) -> None:
        """Each piece is one HTTP chunk, so that the client gets it as one whatever TCP makes of it."""
        for piece in pieces:
            if piece:
                self.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await self.writer.drain()

    async def end(self, how: str = "eof") -> None:
        """`eof`: the body is complete. `reset`: the connection breaks. `hang`: neither, until the client closes."""
        if how == "eof":
            self.writer.write(b"0\r\n\r\n")
            await self.writer.drain()
        elif how == "reset":
            self.reset()
        else:
            await self.closed.wait()

    def reset(self) -> None:
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Answer = Callable[[Connection], Awaitable[None]]


@dataclass(eq=False)
class RawServer:
    """What happened at it."""

    host: str = ""
    connections: list[Connection] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.host}/v1"


@asynccontextmanager
async def raw_server(answer: Answer) -> AsyncIterator[RawServer]:
    """A server on loopback; `answer` is called for every request, one after the other on a connection."""
    server, tasks = RawServer(), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(len(server.connections) + 1, reader, writer)
        server.connections.append(connection)
        requests = asyncio.Queue[bytes]()
        task = asyncio.create_task(_answer_all(connection, requests, answer))
        tasks.add(task)
        try:
            while request := await _request(reader):
                connection.requests.append(request)
                requests.put_nowait(request)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            connection.closed.set()
            writer.transport.abort()
            requests.put_nowait(b"")
            await asyncio.wait([task])
            tasks.discard(task)

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**24)
    server.host = "127.0.0.1:{1}".format(*listener.sockets[0].getsockname())
    try:
        yield server
    finally:
        listener.close()
        for connection in server.connections:
            connection.writer.transport.abort()
        for task in tasks:
            task.cancel()  # a test that failed may have left one waiting
        while tasks:
            await asyncio.wait(tasks)
        await listener.wait_closed()


async def _answer_all(connection: Connection, requests: asyncio.Queue[bytes], answer: Answer) -> None:
    try:
        while await requests.get():
            await answer(connection)
    except OSError:
        pass  # the client did not want the rest


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + (await reader.readexactly(int(lengths[0].partition(b":")[2])) if lengths else b"")
