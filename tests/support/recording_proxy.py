"""A proxy before a real model server: passes every byte on unchanged and keeps what each request was answered.

What is kept is decoded here by a few plain lines that share nothing with the program's own decoder, so that a test
compares what the program shows and stores with what the server really sent.

    with RecordingProxy("http://127.0.0.1:8080/v1") as proxy:
        ...  # a program whose provider's base_url is proxy.url
        assert shown == proxy.wait_for("tell me of rivers").content

All times are `time.monotonic`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.support.load_script import instructions
from tests.support.waiting import until


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request and what the client has been sent in reply so far."""

    path: str
    request: bytes
    """Its body."""
    status: int | None
    response: bytes
    """The response's body, without the framing of chunks."""
    complete: bool
    """The body came to its end."""
    closed_at: float | None
    """When the client's connection ended."""

    @property
    def body(self) -> dict[str, Any]:
        """The request's JSON."""
        return dict(json.loads(self.request or b"{}"))

    @property
    def question(self) -> str:
        """The last thing that the user said."""
        said = [m["content"] for m in self.body.get("messages", []) if m["role"] == "user"]
        return str(said[-1]) if said else ""

    @property
    def is_chat(self) -> bool:
        """A question of the user's, not one for a title."""
        return bool(self.request) and "title" not in instructions(self.body).lower()

    @property
    def content(self) -> str:
        return self._text("content")

    @property
    def reasoning(self) -> str:
        return self._text("reasoning_content")

    def _text(self, key: str) -> str:
        return "".join(delta.get(key) or "" for delta in _deltas(self.response))


def _deltas(body: bytes) -> Iterator[dict[str, Any]]:
    for event in body.replace(b"\r\n", b"\n").split(b"\n\n")[:-1]:  # the last one is not whole yet
        data = b"\n".join(line[5:] for line in event.split(b"\n") if line.startswith(b"data:"))
        if data.strip() not in (b"", b"[DONE]"):
            for choice in json.loads(data).get("choices", []):
                yield choice.get("delta", {})


@dataclass(frozen=True, slots=True)
class _Message:
    """A request or a response cut out of a connection's bytes."""

    first_line: str
    body: bytes
    complete: bool
    rest: bytes


def _message(data: bytes) -> _Message | None:
    head, found, rest = data.partition(b"\r\n\r\n")
    if not found:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "chunked" in headers.get("transfer-encoding", ""):
        return _Message(first, *_dechunked(rest))
    length = int(headers.get("content-length", 0))
    return _Message(first, rest[:length], len(rest) >= length, rest[length:])


def _dechunked(data: bytes) -> tuple[bytes, bool, bytes]:
    parts: list[bytes] = []
    at = 0
    while (line_end := data.find(b"\r\n", at)) >= 0:
        length = int(data[at:line_end].partition(b";")[0], 16)
        at = line_end + 2
        if length == 0:
            return b"".join(parts), data.startswith(b"\r\n", at), data[at + 2 :]
        parts.append(data[at : at + length])
        at += length + 2
    return b"".join(parts), False, b""


class _Wire:
    """What passed on one of the client's connections."""

    def __init__(self) -> None:
        self.sent = bytearray()
        self.received = bytearray()
        self.closed_at: float | None = None

    def recorded(self) -> Iterator[Recorded]:
        sent, received = bytes(self.sent), bytes(self.received)
        while request := _message(sent):
            answer = _message(received)
            yield Recorded(
                path=request.first_line.split()[1],
                request=request.body,
                status=int(answer.first_line.split()[1]) if answer else None,
                response=answer.body if answer else b"",
                complete=bool(answer and answer.complete),
                closed_at=self.closed_at,
            )
            sent, received = request.rest, answer.rest if answer else b""


def _begun(received: bytes) -> bool:
    """Whether an answer's first words are among these bytes of a connection, and not its end."""
    answers = list(_answers(received))
    return (
        bool(answers) and not answers[-1].complete and any(delta.get("content") for delta in _deltas(answers[-1].body))
    )


def _answers(received: bytes) -> Iterator[_Message]:
    while answer := _message(received):
        yield answer
        received = answer.rest


class RecordingProxy:
    """The proxy; it listens from the start of its context until the end, in a thread of its own."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._host, self._target_port, self._path = parts.hostname or "127.0.0.1", parts.port or 80, parts.path
        self._port = 0
        self._wires: list[_Wire] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._listening = threading.Event()
        self._free: asyncio.Event
        """Not set while answers that have begun are to wait."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="recording-proxy", daemon=True)

    @property
    def url(self) -> str:
        """What stands in place of the target's URL."""
        return f"http://127.0.0.1:{self._port}{self._path}"

    @property
    def requests(self) -> tuple[Recorded, ...]:
        """All requests, those for titles among them, connection by connection."""
        return tuple(recorded for wire in list(self._wires) for recorded in wire.recorded())

    def find(self, words: str) -> Recorded | None:
        """The newest of the user's questions that contains these words."""
        return next((r for r in reversed(self.requests) if r.is_chat and words in r.question), None)

    def wait_for(self, words: str, timeout: float = 60.0) -> Recorded:
        """Wait until the reply to the question with these words has ended, by itself or because the client left."""

        def ended() -> Recorded | None:
            found = self.find(words)
            return found if found and (found.complete or found.closed_at) else None

        return until(ended, timeout, lambda: f"a reply to {words!r}; asked was {[r.question for r in self.requests]}")

    @contextlib.contextmanager
    def holding(self) -> Iterator[None]:
        """Meanwhile an answer waits once its first words were passed on, so that several go on at one moment."""
        self._loop.call_soon_threadsafe(self._free.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._free.set)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._listening.wait(10):
            raise AssertionError("the recording proxy did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped, self._free = asyncio.Event(), asyncio.Event()
        self._free.set()
        listener = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=256)
        self._port = listener.sockets[0].getsockname()[1]
        self._listening.set()
        await self._stopped.wait()
        listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = _Wire()
        self._wires.append(wire)
        task = self._loop.create_task(self._forward(wire, reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forward(self, wire: _Wire, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Both directions until either side ends its own."""
        writers = [writer]
        try:
            from_server, to_server = await asyncio.open_connection(self._host, self._target_port)
            writers.append(to_server)
            ways = [
                self._loop.create_task(_pass_on(reader, to_server, wire.sent)),
                self._loop.create_task(_pass_on(from_server, writer, wire.received, self._free)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass  # no server: the client sees its connection end
        finally:
            wire.closed_at = time.monotonic()
            for each in writers:
                each.close()
            for each in writers:
                with contextlib.suppress(OSError):
                    await each.wait_closed()


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray, free: asyncio.Event | None = None
) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            if free is not None and not free.is_set() and _begun(bytes(kept)):
                await free.wait()
            kept += data
            writer.write(data)
            await writer.drain()
