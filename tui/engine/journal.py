"""What streams bring, on disk a moment later: one more reader of the registry, with a cursor for each stream.

It writes in a thread of its own, so no stream waits for a disk. What cannot be written stays in memory, where the
registry holds it, and is written when the disk takes it again.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.engine.journal_file import Entry, Found, JournalFile, lines, read, remove
from tui.engine.registry import Registry
from tui.engine.saving import Saving
from tui.engine.storage import reason
from tui.engine.stream import Arrived, Dropped, Stream, StreamEvent
from tui.engine.tasks import Tasks

_log: Final = logging.getLogger(__name__)

INTERVAL: Final = 0.15
"""Seconds for which text gathers. With a commit (1 to 12 ms on a busy disk) and a loop that draws: below 250 ms."""

RETRY: Final = 1.0
"""Seconds between two tries while the disk takes nothing."""

COMPACT_FROM: Final = 4 << 20
"""Bytes from which a file is begun anew with only what is still needed: a start reads all of it."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one commit writes."""

    entries: list[Entry]
    safe: list[str]
    anew: bool
    """The file is to be begun anew with just that."""
    empty: bool
    """Nothing that the file holds is needed any more."""


@dataclass(slots=True)
class _Cursor:
    """How far a stream is on disk."""

    content: int = 0
    reasoning: int = 0
    fields: tuple[object, ...] = ()
    """What of its fields changes besides the text, as it was written."""


class Journal:
    """Subscribes when it is made. Without a folder nothing is written."""

    def __init__(
        self,
        registry: Registry,
        folder: Path | None,
        tasks: Tasks,
        saving: Saving,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._registry = registry
        self._folder = folder
        self._tasks = tasks
        self._saving = saving
        self._clock = clock
        self._cursors: dict[str, _Cursor] = {}
        self._dirty: dict[str, None] = {}
        self._forgotten: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writing = False
        self._closed = False
        self._compact_from = COMPACT_FROM
        self._found = Found()
        self._unsafe: set[str] = set()
        """Streams of an earlier run whose files have to stay."""
        self.commits = 0
        """How many there were."""
        if folder is None:
            return
        self._file = JournalFile(folder)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rivulet-journal")
        registry.subscribe(self._happened)

    async def recover(self) -> Found:
        """What an earlier run left, to be asked for once. It stays on disk until all of it is forgotten."""
        if self._folder is None:
            return Found()
        self._found = await asyncio.wrap_future(self._thread.submit(read, self._folder))
        self._unsafe = {stream.id for stream in self._found.streams}
        if not self._unsafe:
            await self._remove_found()
        return self._found

    def forget(self, ids: Iterable[str]) -> None:
        """The records of these streams are safe."""
        for id in ids:
            if self._cursors.pop(id, None) is not None:
                self._forgotten.append(id)
            self._dirty.pop(id, None)
            if id in self._unsafe:
                self._unsafe.discard(id)
                if not self._unsafe:
                    self._tasks.spawn(self._remove_found(), "empty the journal")
        if self._forgotten:
            self._schedule()

    async def close(self) -> None:
        """Writes what is not written yet. What is not safe by now stays for the next start."""
        if self._folder is None or self._closed:
            return
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        try:
            await asyncio.wrap_future(self._thread.submit(self._write, self._take()))
        except OSError as error:
            _log.error("journal not written: %s", error)
        try:
            await asyncio.wrap_future(self._thread.submit(self._file.close))
        finally:
            self._thread.shutdown(wait=False)

    # The event loop's half

    def _happened(self, event: StreamEvent) -> None:
        # Called 10,000 times a second when a hundred streams are quick.
        if type(event) is Arrived:
            id = event.id
        elif isinstance(event, Dropped):
            self._dirty.pop(event.id, None)
            self._cursors.pop(event.id, None)
            return
        else:
            id = event.stream.id if hasattr(event, "stream") else event.id
        if id not in self._dirty and id not in self._unsafe:
            self._dirty[id] = None
            if self._timer is None:
                self._schedule()

    def _schedule(self, delay: float = INTERVAL) -> None:
        if self._timer is None and not self._writing and not self._closed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(delay, self._begin, context=contextvars.Context())

    def _begin(self) -> None:
        self._timer = None
        self._writing = True
        self._tasks.spawn(self._commit(), "journal")

    async def _commit(self) -> None:
        batch = self._take()
        began = asyncio.get_running_loop().time()
        delay = RETRY
        try:
            await asyncio.wrap_future(self._thread.submit(self._write, batch))
        except OSError as error:
            self._dirty = {e.stream.id: None for e in batch.entries if e.stream.id in self._cursors} | self._dirty
            self._forgotten = batch.safe + self._forgotten
            words = f"Nothing can be saved: {self._folder} can't be written: {reason(error)}."
            if self._saving.failed("journal", words):
                _log.error("journal not written: %s", error)
        else:
            self.commits += 1
            self._advance(batch.entries)
            if batch.anew:
                self._compact_from = max(COMPACT_FROM, 2 * self._file.size)
            self._saving.works("journal")
            delay = max(0.0, began + INTERVAL - asyncio.get_running_loop().time())
        finally:
            self._writing = False
            if self._dirty or self._forgotten:
                self._schedule(delay)

    def _take(self) -> _Batch:
        dirty, self._dirty = self._dirty, {}
        safe, self._forgotten = self._forgotten, []
        anew = self._file.size > self._compact_from
        entries = []
        for id in {**self._cursors, **dirty} if anew else dirty:
            if (stream := self._registry.get(id)) is not None:
                known = self._cursors.setdefault(id, _Cursor())
                cursor = _Cursor() if anew else known
                entries.append(Entry(stream, cursor.content, cursor.reasoning, _fields(stream) != cursor.fields))
        return _Batch(entries, safe, anew, empty=not self._cursors)

    def _advance(self, entries: list[Entry]) -> None:
        for entry in entries:
            stream = entry.stream
            if (cursor := self._cursors.get(stream.id)) is not None:
                cursor.content, cursor.reasoning = len(stream.content), len(stream.reasoning)
                cursor.fields = _fields(stream)

    async def _remove_found(self) -> None:
        try:
            await asyncio.wrap_future(self._thread.submit(remove, self._found))
        except OSError as error:  # it will be read once more, and change nothing
            _log.warning("journal not emptied: %s", error)

    # The thread's half

    def _write(self, batch: _Batch) -> None:
        if batch.empty:
            self._file.empty()
            return
        data = lines(batch.entries, () if batch.anew else batch.safe, self._clock())
        if batch.anew:
            self._file.replace(data)
        elif data:
            self._file.append(data)


def _fields(stream: Stream) -> tuple[object, ...]:
    return stream.status, stream.started_at, stream.first_token_at, stream.answered_at
