"""What all protocols share in reading a body: gathering a reply, and ending it rightly. No I/O."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from tui.engine.protocols import Delta, Ending
from tui.engine.protocols.failures import in_words, provider_error
from tui.engine.protocols.ndjson import Document
from tui.engine.protocols.sse import Decoder, Event
from tui.engine.protocols.text import Halves
from tui.engine.protocols.think import Think
from tui.engine.provider import Provider
from tui.engine.stream import ErrorKind, StreamError

Json = Mapping[str, Any]

UNREADABLE: Final = object()


class Frames(Protocol):
    """Cuts a body into events."""

    too_long: bool
    """Something outgrew memory's bound; no more is read."""
    stray_error: str
    """What came of an error where no reader of the protocol would look."""

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete."""
        ...

    def end(self) -> list[Event]:
        """The body is over: what it completes."""
        ...


class Reply:
    """One reply as it comes in. A protocol's `read` function fills it, event by event."""

    def __init__(self, provider: Provider, key: str | None = None) -> None:
        self.provider = provider
        self.finish_reason: str | None = None
        self.usage: dict[str, int] = {}
        self.error: StreamError | None = None
        self.answered = False
        self.finished = False
        self._key = key
        self._content, self._reasoning, self._refusal = Halves(), Halves(), Halves()
        self._refused = ""
        self._think = Think() if provider.think_tags else None
        self._new: list[Delta] = []

    def add(self, content: str = "", reasoning: str = "", refusal: str = "") -> None:
        """New text, as the protocol parts it."""
        if content:
            self._add_content(self._content.feed(content))
        if reasoning:
            self._add(Delta(reasoning=self._reasoning.feed(reasoning)))
        if refusal:
            self._refused += self._refusal.feed(refusal)

    def take(self) -> Delta:
        """What was added since the last time."""
        new, self._new = self._new, []
        return Delta("".join(delta.content for delta in new), "".join(delta.reasoning for delta in new))

    def count(self, **numbers: object) -> None:
        """Numbers of a protocol that reports them bit by bit: a later one counts, null says nothing."""
        self.usage |= counts(**numbers)

    def finish(self, reason: object) -> None:
        """A reason to end; null, nothing and an empty string are none."""
        if isinstance(reason, str) and reason:
            self.finish_reason = reason
            self.answered = True

    def done(self) -> None:
        """The protocol's own end: nothing after it counts."""
        self.answered = self.finished = True

    def provider_failed(self, said: object) -> None:
        """The provider reports an error within its answer."""
        self.error = provider_error(self.provider, self._key, said)
        self.finished = True

    def unexpected(self, data: str) -> None:
        """Something came that is no part of the protocol."""
        came = in_words(data, self._key)[:80]
        then = "Try again; if it stays so, check base_url."
        self.fail(ErrorKind.PROTOCOL, f"{self.provider.name} sent what is no part of a reply: {came!r}. {then}")

    def fail(self, kind: ErrorKind, message: str) -> None:
        self.error = StreamError(kind, message)
        self.finished = True

    def ending(self) -> Ending:
        """Everything is read: gives back what was held."""
        self._add_content(self._content.end())
        if self._think:
            self._add(self._think.end())
        self._add(Delta(reasoning=self._reasoning.end()))
        return Ending(
            finish_reason=self.finish_reason,
            usage=self.usage or None,
            error=self.error,
            rest=self.take(),
            refusal=self._refused + self._refusal.end(),
        )

    def _add_content(self, text: str) -> None:
        self._add(self._think.feed(text) if self._think and text else Delta(content=text))

    def _add(self, delta: Delta) -> None:
        if delta:
            self._new.append(delta)


Read = Callable[[Reply, Event], None]


class BodyReader:
    """Reads one body: its frames cut it, `read` understands each event."""

    def __init__(self, frames: Frames, read: Read, reply: Reply) -> None:
        self._frames = frames
        self._read = read
        self._reply = reply
        self._empty = True

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
                name = self._reply.provider.name
                self._reply.fail(ErrorKind.PROTOCOL, f"{name} sent one event without an end, too long to be a reply.")
        return self._reply.take()

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
    if _media_type(content_type) == "application/json":
        return BodyReader(Document(), read_document, reply)
    return body_reader(reply, content_type, Decoder(), read_event)


def body_reader(reply: Reply, content_type: str, frames: Frames, read: Read) -> BodyReader:
    """For any other body. If it is HTML it is no answer of a model, whatever it says."""
    if _media_type(content_type) == "text/html":
        name = reply.provider.name
        then = f"Check base_url under [providers.{name}]."
        reply.fail(ErrorKind.PROTOCOL, f"{name} answered with a web page instead of a model's reply. {then}")
    return BodyReader(frames, read, reply)


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def error_in(data: str) -> object:
    """What an event that is an error by its name says, be it an object with `error`, one without, or bare words."""
    said = loads(data)
    if said is UNREADABLE:
        return data
    return table(said).get("error") or said


def payload(reply: Reply, event: Event) -> Json | None:
    """An event's JSON object; None if it is none. What can't be read at all ends the reply."""
    value = loads(event.data)
    if value is UNREADABLE:
        reply.unexpected(event.data)
    return value if isinstance(value, dict) else None


def loads(text: str) -> Any:
    """The JSON value, or UNREADABLE."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # also for a number of 4,301 digits, and for 100,000 brackets
        return UNREADABLE


def table(value: object) -> Json:
    """An object's fields; of anything else, none."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Json]:
    """The objects in a list; of anything else, none."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def counts(**found: object) -> dict[str, int]:
    """The numbers among what a provider reported; null says nothing."""
    return {name: n for name, n in found.items() if isinstance(n, int) and not isinstance(n, bool)}
