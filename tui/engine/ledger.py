"""Keeps a record of each stream when it ends. A subscriber of the registry, as a view is: no verb knows of it."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from dataclasses import replace
from typing import Final

from tui.engine.catalog import Catalog, Notice
from tui.engine.library import Library, NotSaved
from tui.engine.log import EMPTY
from tui.engine.registry import Registry
from tui.engine.stream import Ended, Stream, StreamEvent, StreamType
from tui.engine.tasks import Tasks

_log: Final = logging.getLogger(__name__)

GATHER: Final = 2.0
"""Seconds for which endings gather: a write is one of the whole file, so a hundred at once cost what one costs."""


class Ledger:
    """Subscribes when it is made: after those who turn an ending into a message."""

    def __init__(self, registry: Registry, catalog: Catalog, library: Library, tasks: Tasks) -> None:
        self._registry = registry
        self._catalog = catalog
        self._library = library
        self._tasks = tasks
        self._gathered: dict[str, Stream] = {}
        self._wait: asyncio.TimerHandle | None = None
        self._failing = False
        registry.subscribe(self._happened)

    def flush(self) -> None:
        """Write what has gathered, in a task."""
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None
        if self._gathered:
            streams, self._gathered = tuple(self._gathered.values()), {}
            self._tasks.spawn(self._keep(streams), "keep records of streams")

    def _happened(self, event: StreamEvent) -> None:
        if not isinstance(event, Ended) or (stream := self._registry.get(event.id)) is None:
            return
        self._registry.hold(stream.id)
        self._gathered[stream.id] = stream
        if self._wait is None:
            loop = asyncio.get_running_loop()
            self._wait = loop.call_later(GATHER, self.flush, context=contextvars.Context())

    async def _keep(self, streams: tuple[Stream, ...]) -> None:
        try:
            await self._library.save(*(self._record(stream) for stream in streams))
        except Exception as failure:
            _log.error("records not kept: %s", failure, exc_info=not isinstance(failure, NotSaved))
            words = str(failure) if isinstance(failure, NotSaved) else f"Not kept: {type(failure).__name__}."
            if not self._failing:
                self._catalog.apply(Notice(words))
            self._failing = True
        else:
            self._failing = False
        finally:
            for stream in streams:
                self._registry.release(stream.id)
        if notice := self._library.take_notice():
            self._catalog.apply(Notice(notice))

    def _record(self, stream: Stream) -> Stream:
        """Without the text that a message holds."""
        if stream.type is StreamType.CHAT and self._catalog.conversation(stream.related_id) is not None:
            return replace(stream, content=EMPTY, reasoning=EMPTY)
        return stream
