"""A model server for tests that is fast, does what the question's words ask for, and remembers what it sent.

It speaks OpenAI's chat completions on loopback, from a thread and an event loop of its own, so that a test's loop and
a program in a terminal can both be its clients. What a reply holds is written in load_script.py.

    with LoadServer() as server:
        ...  # a client of server.url asks "Count. n=200 tps=100 tag=a1"
        sent = server.wait_for("a1")
        assert shown == sent.content

All times are `time.monotonic`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from tests.support.load_script import Events, Script, instructions, pieces, question, script
from tests.support.waiting import until

_TICK = 0.005
"""Seconds between two looks at what is due: 100 streams at 100 deltas a second share one clock."""
_BATCH = 256
"""Deltas at once when nothing slows a reply but its reader."""
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(eq=False)
class Exchange:
    """One request and what was sent in reply, so far. Written by the server's thread, read by tests."""

    id: int
    kind: str
    """`chat`, or `title` if the system message asks for one."""
    connection: int
    """The number of the client's connection, from 1: which requests shared one."""
    headers: dict[str, str]
    """With lower-case names."""
    body: dict[str, Any]
    arrived_at: float
    script: Script
    status: int = 200
    sent: bytearray = field(default_factory=bytearray)
    """The response's body."""
    deltas: int = 0
    """How many deltas were handed to the socket."""
    first_at: float | None = None
    done_at: float | None = None
    """When all that its script holds was sent."""
    closed_at: float | None = None
    """When the client closed before that."""
    recent: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=256))
    """When there were how many deltas, lately."""
    released: bool = False
    """It waits no more where its script says `hold`."""

    @property
    def tag(self) -> str:
        return self.script.tag

    @property
    def content(self) -> str:
        """The content sent so far."""
        return "".join(self.script.delta(i)[0] for i in range(self.deltas))

    @property
    def reasoning(self) -> str:
        """The reasoning sent so far."""
        return "".join(self.script.delta(i)[1] for i in range(self.deltas))

    @property
    def whole(self) -> str:
        """The content that it has, or would have had, in the end."""
        return "".join(self.script.delta(i)[0] for i in range(self.script.think + self.script.n))

    @property
    def ended(self) -> bool:
        return self.done_at is not None or self.closed_at is not None


class LoadServer:
    """The server; it listens from the start of its context until the end."""

    def __init__(self, title: str = " ") -> None:
        self.title = title
        """What is answered when a title is asked for; `{tag}` is the question's. Without words names stay as
        they began."""
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []
        self._count = 0
        self._connections = 0
        self._open: set[_Connection] = set()
        self._due: set[_Connection] = set()
        self._woken, self._emptied = asyncio.Event(), asyncio.Event()
        self._emptied.set()
        self._port = 0
        self._held = True
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="load-server", daemon=True)

    # What tests ask

    @property
    def url(self) -> str:
        """The base URL of its API."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """All requests for a reply, in the order of their arrival. Those for a title are not among them."""
        return self._of_kind("chat")

    @property
    def title_requests(self) -> tuple[Exchange, ...]:
        """All requests for a title."""
        return self._of_kind("title")

    def _of_kind(self, kind: str) -> tuple[Exchange, ...]:
        with self._lock:
            return tuple(e for e in self._exchanges if e.kind == kind)

    def find_all(self, tag: str, kind: str = "chat") -> tuple[Exchange, ...]:
        return tuple(e for e in self._of_kind(kind) if e.tag == tag)

    def find(self, tag: str, kind: str = "chat") -> Exchange | None:
        """The newest request with this tag."""
        return next(reversed(self.find_all(tag, kind)), None)

    def wait_for(self, tag: str, deltas: int | None = None, timeout: float = 30.0, kind: str = "chat") -> Exchange:
        """Wait until the request with this tag has ended, or has been sent `deltas` deltas. Blocks: not for a loop."""

        def there() -> Exchange | None:
            found = self.find(tag, kind)
            return found if found and (found.ended if deltas is None else found.deltas >= deltas) else None

        return until(there, timeout, lambda: f"a request tagged {tag}; there are {[e.tag for e in self.requests]}")

    @property
    def connections(self) -> int:
        """How many clients are connected now."""
        return len(self._open)

    def release(self, exchange: Exchange | None = None) -> None:
        """Let that reply go on which waits for it; without one all of them, and those to come."""
        if exchange is not None:
            exchange.released = True
        else:
            self._held = False

    def reset(self) -> None:
        """Forget the requests; replies that hold wait again."""
        self._held = True
        with self._lock:
            self._exchanges.clear()

    # Its life

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._listening.wait(10):
            raise AssertionError("the load server did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        listener = await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, backlog=1024)
        self._port = listener.sockets[0].getsockname()[1]
        self._listening.set()
        clock = self._loop.create_task(self._clock())
        await self._stopped.wait()
        clock.cancel()
        listener.close()
        for connection in list(self._open):
            connection.abort()
        await asyncio.gather(clock, return_exceptions=True)
        await self._emptied.wait()

    async def _clock(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._due:
                now = time.monotonic()
                for connection in list(self._due):
                    if not connection.send_due(now):
                        self._due.discard(connection)
                await asyncio.sleep(_TICK)

    # What its connections call

    def _opened(self, connection: _Connection) -> int:
        self._open.add(connection)
        self._emptied.clear()
        self._connections += 1
        return self._connections

    def _closed(self, connection: _Connection) -> None:
        self._open.discard(connection)
        self._due.discard(connection)
        if not self._open:
            self._emptied.set()

    def _start(self, connection: _Connection) -> None:
        self._due.add(connection)
        self._woken.set()

    def _asked(self, connection: int, headers: dict[str, str], body: dict[str, Any]) -> Exchange:
        with self._lock:
            self._count += 1
            title = "title" in instructions(body).lower()
            asked = script(question(body), f"r{self._count}")
            if title:
                text = self.title.format(tag=asked.tag)
                asked = Script(n=len(pieces(text)), tag=asked.tag, text=text, hold=asked.naming)
            exchange = Exchange(
                id=self._count,
                kind="title" if title else "chat",
                connection=connection,
                headers=headers,
                body=body,
                arrived_at=time.monotonic(),
                script=asked,
            )
            earlier = sum(e.tag == exchange.tag and e.kind == exchange.kind for e in self._exchanges)
            if exchange.script.fail and (not exchange.script.times or earlier < exchange.script.times):
                exchange.status = exchange.script.fail
            self._exchanges.append(exchange)
            return exchange


class _Connection(asyncio.Protocol):
    """One client's connection; its requests are answered one after another."""

    def __init__(self, server: LoadServer) -> None:
        self._server = server
        self._buffer = b""
        self._exchange: Exchange | None = None
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._number = self._server._opened(self)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._exchange and not self._exchange.ended:
            self._exchange.closed_at = time.monotonic()
        self._server._closed(self)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False

    def abort(self) -> None:
        """Reset the connection, as a crash or a middlebox does."""
        linger = struct.pack("ii", 1, 0)
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._exchange and not self._exchange.ended:
            return
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        method, path, _ = first.split(" ", 2)
        self._answer(method, path.partition("?")[0], headers, rest[:length])

    def _answer(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> None:
        if method == "GET" and path == "/v1/models":
            models = [{"id": name, "object": "model", "created": 1700000000, "owned_by": "test"} for name in ("fake",)]
            self._json(200, {"object": "list", "data": models})
        elif method != "POST" or path != "/v1/chat/completions":
            self._json(404, {"error": {"message": f"no such path: {method} {path}"}})
        else:
            self._reply(headers, raw)

    def _reply(self, headers: dict[str, str], raw: bytes) -> None:
        body = json.loads(raw)
        exchange = self._exchange = self._server._asked(self._number, headers, body)
        if exchange.status != 200:
            wishes = exchange.script.refusal_headers(time.time())
            error = {"message": "The load server was asked to fail.", "type": "test", "code": str(exchange.status)}
            exchange.sent += self._json(exchange.status, {"error": error}, wishes)
            exchange.done_at = time.monotonic()
        else:
            self._events = Events(str(body.get("model", "")))
            self._begin = exchange.arrived_at + exchange.script.ttft
            self._server._start(self)

    def _json(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> bytes:
        body = json.dumps(value).encode()
        fields = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
        self._transport.write(_head(status, fields) + body)
        return body

    def send_due(self, now: float) -> bool:
        """Send what is due by now; False if nothing more will come."""
        exchange = self._exchange
        assert exchange is not None
        asked = exchange.script
        if self._paused or now < self._begin:
            return True
        out: list[bytes] = []
        if exchange.first_at is None:
            exchange.first_at = self._begin = now
            headers = {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked"}
            self._transport.write(_head(200, headers))
            out.append(self._events.role())
        due = int((now - self._begin) * asked.tps) + 1 if asked.tps else exchange.deltas + _BATCH
        if asked.hold is not None and self._server._held and not exchange.released:
            due = min(due, asked.hold)
        for index in range(exchange.deltas, min(due, asked.deltas)):
            out.append(self._events.delta(*asked.delta(index)))
        if exchange.deltas < (new := min(due, asked.deltas)):
            exchange.deltas = new
            exchange.recent.append((now, new))
        at_end = exchange.deltas == asked.deltas
        if at_end and asked.whole:
            options = exchange.body.get("stream_options") or {}
            out += self._events.ending(asked, bool(options.get("include_usage")))
        elif at_end and asked.error is not None:
            out.append(self._events.error())
        exchange.sent += b"".join(out)
        self._transport.write(b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in out))
        if at_end:
            self._end(exchange)
        return not at_end

    def _end(self, exchange: Exchange) -> None:
        asked = exchange.script
        if asked.stall is not None:
            return
        if asked.reset is not None:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(0.05, self.abort)  # the client reads what came before it
        else:
            self._transport.write(b"0\r\n\r\n")
        exchange.done_at = time.monotonic()
        if asked.reset is None and self._buffer:
            self.data_received(b"")


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {_PHRASES.get(status, 'Whatever')}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
