"""Server-sent events: bytes in, events out, as WHATWG HTML 9.2.5 and 9.2.6 say. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LONGEST: Final = 16 * 2**20
"""Bytes that one event may have: far above any reply, and also a hundred at once exhaust no machine's memory."""

_BOM: Final = b"\xef\xbb\xbf"
_MOST_DIGITS: Final = 18
"""Of a reconnection time. Longer ones mean nothing, and int() refuses to read 4,301 digits."""


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatched event."""

    data: str
    event: str = "message"
    id: str = ""
    """The last id seen up to here: it sticks."""


class Decoder:
    """Decodes one stream, however it is cut. An event comes with the first byte that ends its blank line."""

    def __init__(self, longest: int = LONGEST) -> None:
        self.last_event_id = ""
        self.retry: int | None = None
        """Reconnection time in milliseconds."""
        self.stray_error = ""
        """A field `error`, which the standard ignores: llama.cpp's way to say it up to September 2025."""
        self.too_long = False
        """An event outgrew the bound; nothing more is decoded."""
        self._longest = longest
        self._line = bytearray()  # extending one costs the same at any length; `bytes += bytes` copies all
        self._at_start = True
        self._after_cr = False
        self._data = bytearray()  # as it came: text in many small pieces takes ten times as much
        self._event = ""
        self._id = ""

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if not data or self.too_long:
            return []
        lines = data.splitlines()  # of bytes: at CR, LF and CRLF, nowhere else
        if data[-1] in b"\r\n":
            tail = b""
            self._after_cr = data[-1] == 0x0D
        else:
            tail = lines.pop()
        events: list[Event] = []
        for line in lines:
            if self._line:
                self._line += line
                line = bytes(self._line)
                self._line.clear()
            self._read(line, events)
            if self._outgrown(0):
                return events
        self._line += tail
        self._outgrown(len(self._line))
        return events

    def end(self) -> list[Event]:
        """The stream is over: what no blank line ended is discarded."""
        return []

    def _outgrown(self, pending: int) -> bool:
        self.too_long = len(self._data) + pending > self._longest
        if self.too_long:
            self._data, self._line = bytearray(), bytearray()
        return self.too_long

    def _read(self, line: bytes, events: list[Event]) -> None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            self._dispatch(events)
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name:
            case b"data":
                self._data += value
                self._data += b"\n"
            case b"event":
                self._event = value.decode("utf-8", "replace")
            case b"id":
                if b"\0" not in value:
                    self._id = value.decode("utf-8", "replace")
            case b"retry":
                if value.isdigit() and len(value) <= _MOST_DIGITS:
                    self.retry = int(value)
            case b"error":
                self.stray_error = self.stray_error or value.decode("utf-8", "replace")

    def _dispatch(self, events: list[Event]) -> None:
        self.last_event_id = self._id
        if self._data:
            data = self._data[:-1].decode("utf-8", "replace")
            events.append(Event(data, self._event or "message", self._id))
            self._data = bytearray()
        self._event = ""
