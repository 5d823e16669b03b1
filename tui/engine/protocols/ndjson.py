"""Bodies that are not server-sent events: JSON by lines, and one JSON document. Bytes in, events out. No I/O."""

from __future__ import annotations

from tui.engine.protocols.shapes import UNREADABLE, loads
from tui.engine.protocols.sse import LONGEST, Event


class Lines:
    """One JSON value a line; the last one needs no newline. With `document`, a first line that is no JSON by itself is
    the beginning of one that is written over several."""

    def __init__(self, longest: int = LONGEST, *, document: bool = False) -> None:
        self.stray_error = ""
        self._longest = longest
        self._line = bytearray()
        self._begun = False
        self._may_be_document = document
        self._document: Document | None = None
        self._too_long = False

    @property
    def too_long(self) -> bool:
        return self._too_long or (self._document is not None and self._document.too_long)

    def feed(self, data: bytes) -> list[Event]:
        if self.too_long:
            return []
        if self._document is not None:
            return self._document.feed(data)
        *lines, tail = data.split(b"\n")
        events: list[Event] = []
        for at, line in enumerate(lines):
            self._line += line
            event = self._take()
            if self._may_be_document and event.data.strip():
                self._may_be_document = False
                if loads(event.data) is UNREADABLE:
                    self._document = Document(self._longest)
                    return self._document.feed(b"\n".join([event.data.encode(), *lines[at + 1 :], tail]))
            events.append(event)
        self._line += tail
        if len(self._line) > self._longest:
            self._too_long = True
            self._line.clear()
        return events

    def end(self) -> list[Event]:
        """The last line; one that was cut off in its middle says nothing."""
        if self._document is not None:
            return self._document.end()
        last = self._take()
        return [] if loads(last.data) is UNREADABLE else [last]

    def _take(self) -> Event:
        line = self._line.decode("utf-8", "replace")
        self._line.clear()
        if not self._begun:
            self._begun, line = True, line.removeprefix("\ufeff")
        return Event(line)


class Document:
    """One JSON document, known when the body is over."""

    def __init__(self, longest: int = LONGEST) -> None:
        self.stray_error = ""
        self.too_long = False
        self._longest = longest
        self._body = bytearray()

    def feed(self, data: bytes) -> list[Event]:
        if not self.too_long:
            self._body += data
            self.too_long = len(self._body) > self._longest
        return []

    def end(self) -> list[Event]:
        return [] if self.too_long else [Event(self._body.decode("utf-8-sig", "replace"))]
