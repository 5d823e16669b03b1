"""Bodies that are not server-sent events: JSON by lines, and one JSON document. Bytes in, events out. No I/O."""

from __future__ import annotations

from tui.engine.protocols.sse import LONGEST, Event


class Lines:
    """One JSON value a line; the last one needs no newline."""

    def __init__(self, longest: int = LONGEST) -> None:
        self.stray_error = ""
        self.too_long = False
        self._longest = longest
        self._line = bytearray()

    def feed(self, data: bytes) -> list[Event]:
        if self.too_long:
            return []
        *lines, tail = data.split(b"\n")
        events: list[Event] = []
        for line in lines:
            self._line += line
            events.append(self._take())
        self._line += tail
        if len(self._line) > self._longest:
            self.too_long = True
            self._line.clear()
        return events

    def end(self) -> list[Event]:
        """The last line; one that was cut off in its middle says nothing."""
        last = self._take()
        return [last] if last.data.rstrip().endswith("}") else []

    def _take(self) -> Event:
        line = self._line.decode("utf-8", "replace")
        self._line.clear()
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
