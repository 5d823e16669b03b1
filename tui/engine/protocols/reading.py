"""How a body is read, whatever the protocol: something cuts it into events, something understands each. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from tui.engine.protocols import Delta, Ending
from tui.engine.protocols.guessing import Guessed
from tui.engine.protocols.reply import Reply
from tui.engine.protocols.shapes import UNREADABLE, Json, error_in, loads
from tui.engine.protocols.sse import Event
from tui.engine.stream import ErrorKind, StreamError

JSON: Final = "application/json"

BARREN: Final = 64 * 2**20
"""Bytes that may come between two words of a reply. What is no text (keep-alives, other choices, empty events) fills no
memory, but costs a core for as long as it floods."""

_PIECE: Final = 64
"""Bytes for which the shortest piece counts: a million of one byte each cost as much as 64 MB in large ones."""

Read = Callable[[Reply, Event], None]
"""What a protocol makes of one event."""


class Frames(Protocol):
    """Cuts a body into events."""

    @property
    def too_long(self) -> bool:
        """Something outgrew memory's bound; no more is read."""
        ...

    @property
    def stray_error(self) -> str:
        """What came of an error where no reader of the protocol would look."""
        ...

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete."""
        ...

    def end(self) -> list[Event]:
        """The body is over: what it completes."""
        ...


class BodyReader:
    """Reads one body: its frames cut it, `read` understands each event."""

    def __init__(self, frames: Frames, read: Read, reply: Reply) -> None:
        self._frames = frames
        self._read = read
        self._reply = reply
        self._empty = True
        self._barren = 0

    @property
    def finished(self) -> bool:
        return self._reply.finished

    @property
    def answered(self) -> bool:
        return self._reply.answered

    def feed(self, data: bytes) -> Delta:
        if not self.finished:
            self._take_in(self._frames.feed(data))
            if self._frames.too_long and not self.finished:
                self._reply.overflow("one event without an end")
        delta = self._reply.take()
        self._barren = 0 if delta else self._barren + max(len(data), _PIECE)
        if self._barren > BARREN and not self.finished:
            self._reply.overflow("a flood without a word")
        return delta

    def end(self) -> Ending:
        reply = self._reply
        if not self.finished:
            self._take_in(self._frames.end())
        ending = reply.ending()
        if ending.error or reply.answered:
            return ending
        if self._frames.stray_error and self._empty:
            reply.provider_failed(error_in(self._frames.stray_error))
            return replace(ending, error=reply.error)
        what = "sent no reply at all" if self._empty else "ended its reply too early: it may be incomplete"
        error = StreamError(ErrorKind.TRUNCATED, f"{reply.provider.name} {what}. Try again.")
        return replace(ending, error=error, retryable=True)

    def _take_in(self, events: list[Event]) -> None:
        for event in events:
            if self.finished:
                return
            if event.data and not event.data.isspace():
                self._empty = False
                self._read(self._reply, event)


def event_reader(reply: Reply, content_type: str, read_event: Read, read_document: Read) -> BodyReader:
    """For a body that should be server-sent events: some servers answer with the whole at once."""
    frames = Guessed(said=media_type(content_type) == JSON)

    def read(reply: Reply, event: Event) -> None:
        (read_document if frames.whole else read_event)(reply, event)

    return body_reader(reply, content_type, frames, read)


def body_reader(reply: Reply, content_type: str, frames: Frames, read: Read) -> BodyReader:
    """For any other body. If it is HTML it is no answer of a model, whatever it says."""
    if media_type(content_type) == "text/html":
        name = reply.provider.name
        then = f"Check base_url under [providers.{name}]."
        reply.fail(ErrorKind.PROTOCOL, f"{name} answered with a web page instead of a model's reply. {then}")
    return BodyReader(frames, read, reply)


def media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def payload(reply: Reply, event: Event) -> Json | None:
    """An event's JSON object; None if it is none. What can't be read at all ends the reply."""
    value = loads(event.data)
    if value is UNREADABLE:
        reply.unexpected(event.data)
    return value if isinstance(value, dict) else None
