"""The journal's own thread: it follows streams by a cursor each, and writes what is new of all of them in one commit.

It keeps its own time: a loop that is busy drawing does not make it late. It takes what it needs from the registry,
whose streams are values, and never waits for anybody but the disk.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tui.engine.journal_file import JournalFile
from tui.engine.journal_lines import Entry, lines
from tui.engine.registry import Registry
from tui.engine.stream import Stream

INTERVAL: Final = 0.07
"""Seconds for which text gathers, from the first that is not written: how long the commit before took does not count.
With a stream's rest before (40 ms, 70 under fast keys) and a commit (1 to 50 ms on a busy disk) it stays below 250."""

RETRY: Final = 1.0
"""Seconds between two tries while the disk takes nothing."""

COMPACT_FROM: Final = 1 << 20
"""Bytes from which a file is begun anew with only what is still needed: a start reads all of it."""


@dataclass(slots=True)
class _Cursor:
    """How far a stream is on disk."""

    content: int = 0
    reasoning: int = 0
    fields: tuple[object, ...] = ()
    """What of its fields changes besides the text, as it was written."""


class JournalWriter:
    """Begins with `start`. `told`: called in its thread when writing fails, and with None when it works again."""

    def __init__(
        self,
        registry: Registry,
        file: JournalFile,
        clock: Callable[[], float],
        told: Callable[[OSError | None], None],
    ) -> None:
        self.commits = 0
        """How many there were."""
        # Shared. A stream is marked after it has changed, and taken from the marks before it is read: none is missed.
        self.marked: set[str] = set()
        """Streams that have changed since they were written; only read by others."""
        self._registry = registry
        self._file = file
        self._clock = clock
        self._told = told
        self._failing = False
        self._changed: deque[str] = deque()
        self._forgotten: deque[str] = deque()
        self._wake = threading.Event()
        self._woken_at = 0.0
        """When the first of what is not written came, by the monotonic clock."""
        self._closing = threading.Event()
        # The thread's alone:
        self._cursors: dict[str, _Cursor] = {}
        self._dirty: dict[str, None] = {}
        self._safe: list[str] = []
        self._compact_from = COMPACT_FROM
        self._thread = threading.Thread(target=self._run, name="rivulet-journal", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def mark(self, id: str) -> None:
        """This stream has changed."""
        if id not in self.marked:
            self.marked.add(id)
            self._changed.append(id)
            self._rouse()

    def forget(self, id: str) -> None:
        """Nothing of this stream is needed any more."""
        self._forgotten.append(id)
        self._rouse()

    def close(self) -> None:
        """Writes what is not written yet. Blocks until that was tried."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _rouse(self) -> None:
        if not self._wake.is_set():
            self._woken_at = time.monotonic()
            self._wake.set()

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # so that the first commit takes no longer than another
            self._file.begin()
        while True:
            self._wake.wait()
            due = self._woken_at + INTERVAL - time.monotonic()
            self._closing.wait(RETRY if self._failing else max(0.0, due))
            closing = self._closing.is_set()
            self._wake.clear()
            try:
                self._commit()
            except OSError as error:
                self._failing = True
                self._told(error)
                self._wake.set()
            else:
                if self._failing:
                    self._failing = False
                    self._told(None)
            if closing:
                with contextlib.suppress(OSError):
                    self._file.close()
                return

    def _commit(self) -> None:
        """Raises OSError, and then all of it is there for the next time."""
        while self._changed:
            id = self._changed.popleft()
            self.marked.discard(id)
            self._dirty[id] = None
        while self._forgotten:
            id = self._forgotten.popleft()
            self._dirty.pop(id, None)
            if self._cursors.pop(id, None) is not None:
                self._safe.append(id)
        anew = self._file.size > self._compact_from or self._file.gone
        entries = [entry for id in self._ids(anew) if (entry := self._entry(id, anew)) is not None]
        if not self._cursors and not entries:
            self._file.empty()
        elif anew:
            self._file.replace(lines(entries, (), self._clock()))
            self._compact_from = max(COMPACT_FROM, 2 * self._file.size)
        elif data := lines(entries, self._safe, self._clock()):
            self._file.append(data)
        for entry in entries:
            stream = entry.stream
            self._cursors[stream.id] = _Cursor(len(stream.content), len(stream.reasoning), _fields(stream))
        self._dirty.clear()
        self._safe.clear()
        self.commits += 1

    def _ids(self, anew: bool) -> list[str]:
        return list({**self._cursors, **self._dirty} if anew else self._dirty)

    def _entry(self, id: str, anew: bool) -> Entry | None:
        """What is not written of a stream yet."""
        if (stream := self._registry.get(id)) is None:
            return None
        cursor = (None if anew else self._cursors.get(id)) or _Cursor()
        return Entry(stream, cursor.content, cursor.reasoning, _fields(stream) != cursor.fields)


def _fields(stream: Stream) -> tuple[object, ...]:
    return stream.status, stream.tries, stream.started_at, stream.first_token_at, stream.answered_at
