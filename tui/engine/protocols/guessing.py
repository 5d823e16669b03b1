"""What a body is when its content type can't be relied on: server-sent events, or one JSON document. No I/O."""

from __future__ import annotations

from typing import Final

from tui.engine.protocols.ndjson import Document
from tui.engine.protocols.shapes import UNREADABLE, loads
from tui.engine.protocols.sse import Decoder, Event

_BEFORE: Final = b" \t\r\n\xef\xbb\xbf"
"""Bytes that may stand before either: blank ones, and those of a byte order mark."""

_FIELDS: Final = b":deir"
"""What lines of events begin with: comments, `data`, `event` and `error`, `id`, `retry`. No JSON text does."""


class Guessed:
    """Cuts a body into events; what is `said` to be JSON and does not begin like events is a document.

    Some servers send a document, an error most often, though they say that events come: it is one if it begins so and
    no event came at all.
    """

    def __init__(self, *, said: bool) -> None:
        self.whole = False
        """The one event that came is a document."""
        self._said = said
        self._decoder = Decoder()
        self._document: Document | None = None
        self._begun = False

    @property
    def stray_error(self) -> str:
        return self._decoder.stray_error

    @property
    def too_long(self) -> bool:
        return self._decoder.too_long or (self.whole and self._document is not None and self._document.too_long)

    def feed(self, data: bytes) -> list[Event]:
        if not self._begun and (start := data.lstrip(_BEFORE)):
            self._begun = True
            self.whole = self._said and start[0] not in _FIELDS
            if self.whole or start[0] in b"{[":
                self._document = Document()
                self._document.feed(start)
        elif self._document is not None:
            self._document.feed(data)
        if self.whole:
            return []
        events = self._decoder.feed(data)
        if events:
            self._document = None
        return events

    def end(self) -> list[Event]:
        if self._document is None or self._document.too_long:
            return []
        events = self._document.end()
        self.whole = self.whole or loads(events[0].data) is not UNREADABLE
        return events if self.whole else []
