"""Keeps a record of each stream when it ends. A subscriber of the registry, as a view is: no verb knows of it."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from dataclasses import replace
from typing import Final

from tui.engine.journal import Journal
from tui.engine.library import Library, NotSaved
from tui.engine.log import EMPTY
from tui.engine.registry import Registry
from tui.engine.saving import Saving
from tui.engine.shelf import Shelf
from tui.engine.stream import Ended, Stream, StreamEvent, StreamType
from tui.engine.tasks import Tasks

_log: Final = logging.getLogger(__name__)

GATHER: Final = 2.0
"""Seconds for which endings gather: a write is one of the whole file, so a hundred at once cost what one costs."""


class Ledger:
    """Subscribes when it is made: after those who turn an ending into a message.

    A stream stays in the registry, and in the journal, until its record and what was made of it are on the disk.
    """

    def __init__(
        self, registry: Registry, shelf: Shelf, library: Library, journal: Journal, tasks: Tasks, saving: Saving
    ) -> None:
        self._registry = registry
        self._shelf = shelf
        self._library = library
        self._journal = journal
        self._tasks = tasks
        self._saving = saving
        self._gathered: dict[str, Stream] = {}
        self._kept: dict[str, Stream] = {}
        """Whose records are written, while what was made of them may not be."""
        self._wait: asyncio.TimerHandle | None = None
        self._closed = False
        registry.subscribe(self._happened)

    def flush(self) -> None:
        """Write what has gathered, in a task."""
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None
        if self._gathered or self._kept:
            streams, self._gathered = tuple(self._gathered.values()), {}
            self._tasks.spawn(self._keep(streams), "keep records of streams")

    def close(self) -> None:
        """Try no more."""
        self._closed = True
        if self._wait is not None:
            self._wait.cancel()

    def _happened(self, event: StreamEvent) -> None:
        if not isinstance(event, Ended) or (stream := self._registry.get(event.id)) is None:
            return
        self._registry.hold(stream.id)
        self._gathered[stream.id] = stream
        self._flush_later()

    def _flush_later(self) -> None:
        if self._wait is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._wait = loop.call_later(GATHER, self.flush, context=contextvars.Context())

    async def _keep(self, streams: tuple[Stream, ...]) -> None:
        try:
            await self._library.save(*(self._record(stream) for stream in streams))
        except Exception as failure:
            self._gathered = {stream.id: stream for stream in streams} | self._gathered
            known = isinstance(failure, NotSaved)
            if self._saving.failed("streams", str(failure) if known else f"Not kept: {type(failure).__name__}."):
                _log.error("records not kept: %s", failure, exc_info=not known)
        else:
            self._kept |= {stream.id: stream for stream in streams}
            self._saving.works("streams")
        safe = [stream for stream in self._kept.values() if self._shelf.settled(*_touched(stream))]
        for stream in safe:
            del self._kept[stream.id]
            self._registry.release(stream.id)
        self._journal.forget(stream.id for stream in safe)
        if self._gathered or self._kept:
            self._flush_later()
        self._shelf.tell()

    def _record(self, stream: Stream) -> Stream:
        """Without the text that a message holds."""
        if stream.type is StreamType.CHAT and self._shelf.catalog.conversation(stream.related_id) is not None:
            return replace(stream, content=EMPTY, reasoning=EMPTY)
        return stream


def _touched(stream: Stream) -> tuple[str, ...]:
    """The records that its ending may have changed."""
    return stream.related_id, stream.metadata.get("topic_id", "")
