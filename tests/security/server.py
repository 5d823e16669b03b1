"""A model server that is not to be trusted: it says just what it is given, and remembers what it was sent."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

JSON = {"Content-Type": "application/json"}
EVENTS = {"Content-Type": "text/event-stream"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: all of its bytes."""

    body: Sequence[bytes] = ()
    """Each is a chunk of its own."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: EVENTS)
    reason: str = "Whatever"
    then: Callable[[], object] = lambda: None
    """Called before the end of the body."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: str

    @property
    def key(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


def said(*content: str, reasoning: str = "", finish: str = "stop", usage: object = None) -> list[bytes]:
    """A reply in OpenAI's chunks, ASCII alone: lone surrogates too can be said."""
    deltas = [{"reasoning_content": reasoning}] if reasoning else []
    chunks: list[dict[str, Any]] = [
        {"choices": [{"delta": one}]} for one in (*deltas, *({"content": c} for c in content))
    ]
    chunks.append({"choices": [{"delta": {}, "finish_reason": finish}], "usage": usage})
    return [*(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks), b"data: [DONE]\n\n"]


class HostileServer:
    """`answer` decides on every request. A context manager."""

    def __init__(self, answer: Callable[[Request], Answer], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        outer, self._tls = self, tls

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(length).decode()
                request = Request(self.command, self.path, headers, body)
                outer.requests.append(request)
                given = answer(request)
                self.send_response_only(given.status, given.reason)
                for name, value in given.headers.items():
                    self.send_header(name, value)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    for piece in given.body:
                        self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                        self.wfile.flush()
                    given.then()
                    self.wfile.write(b"0\r\n\r\n")
                except OSError:  # the client had enough
                    self.close_connection = True

            do_GET = do_POST = handle_one

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
