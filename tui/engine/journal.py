"""What streams bring, on disk a moment later: one more reader of the registry, with a cursor for each stream.

No stream waits for a disk. What cannot be written stays in memory, where the registry holds it, and is written when the
disk takes it again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Set
from pathlib import Path
from typing import Final

from tui.engine.files import reason
from tui.engine.journal_file import Found, JournalFile, read, remove
from tui.engine.journal_writer import JournalWriter
from tui.engine.registry import Registry
from tui.engine.saving import Saving
from tui.engine.stream import Arrived, Created, Dropped, Heard, StreamEvent
from tui.engine.tasks import Tasks

_log: Final = logging.getLogger(__name__)


class Journal:
    """Subscribes when it is made, writes once `recover` has read what was there. Without a folder it does nothing."""

    def __init__(
        self,
        registry: Registry,
        folder: Path | None,
        tasks: Tasks,
        saving: Saving,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._tasks = tasks
        self._saving = saving
        self._found = Found()
        self._unsafe: set[str] = set()
        """Streams of an earlier run whose files have to stay."""
        self._writer: JournalWriter | None = None
        self._marked: Set[str] = frozenset()
        if folder is not None:
            self._writer = JournalWriter(registry, JournalFile(folder), clock, self._tell)
            self._marked = self._writer.marked
            registry.subscribe(self._happened)

    async def recover(self) -> Found:
        """What an earlier run left, to be asked for once. It stays on disk until all of it is forgotten.

        Raises OSError if it can't be read.
        """
        if self._folder is None or self._writer is None:
            return Found()
        self._loop = asyncio.get_running_loop()
        try:
            self._found = await asyncio.to_thread(read, self._folder)
        finally:
            self._writer.start()
        self._unsafe = {stream.id for stream in self._found.streams}
        if not self._unsafe:
            await self._remove_found()
        return self._found

    def forget(self, ids: Iterable[str]) -> None:
        """The records of these streams are safe."""
        for id in ids:
            if id in self._unsafe:
                self._unsafe.discard(id)
                if not self._unsafe:
                    self._tasks.spawn(self._remove_found(), "empty the journal")
            elif self._writer is not None:
                self._writer.forget(id)

    async def close(self) -> None:
        """Writes what is not written yet. What is not safe by now stays for the next start."""
        if self._writer is not None:
            await asyncio.to_thread(self._writer.close)

    def _happened(self, event: StreamEvent) -> None:
        # 10,000 times a second when a hundred streams are quick, and nearly always known already.
        if (type(event) is Arrived and event.id in self._marked) or isinstance(event, Dropped | Heard):
            return
        id = event.stream.id if isinstance(event, Created) else event.id
        if self._writer is not None and id not in self._unsafe:
            self._writer.mark(id)

    def _tell(self, error: OSError | None) -> None:
        """Called in the writer's thread."""
        self._loop.call_soon_threadsafe(self._told, error)

    def _told(self, error: OSError | None) -> None:
        if error is None:
            self._saving.works("journal")
        elif self._saving.failed("journal", f"Not saved: {self._folder} can't be written: {reason(error)}."):
            _log.error("journal not written: %s", error)

    async def _remove_found(self) -> None:
        try:
            await asyncio.to_thread(remove, self._found)
        except OSError as error:  # it will be read once more, and change nothing
            _log.warning("journal not emptied: %s", error)
