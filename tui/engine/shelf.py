"""Records in memory and on disk: the catalog changes at once, the library follows behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final

from tui.engine.catalog import Catalog, Loaded, Notice, Put
from tui.engine.library import Library, NotSaved
from tui.engine.records import Record, Topic

_log: Final = logging.getLogger(__name__)

DRAFT_DELAY: Final = 0.5
"""Seconds for which drafts gather before they are written: a write rewrites the whole index."""

Spawn = Callable[[Coroutine[Any, Any, None], str], object]


class Shelf:
    """The catalog and its library. What can't be saved stays in memory, and the user is told once."""

    def __init__(self, catalog: Catalog, library: Library, spawn: Spawn) -> None:
        self.catalog = catalog
        self._library = library
        self._spawn = spawn
        self._failing = False
        self._drafts: set[str] = set()
        self._drafts_wait: asyncio.TimerHandle | None = None
        self._loading: dict[str, asyncio.Lock] = {}
        self._next_page: dict[str, int | None] = {}

    def fill(self) -> None:
        """Take over what the library read when it was opened."""
        for record in (*self._library.assistants, *self._library.topics):
            self.catalog.apply(Put(record))

    async def save(self, *records: Record) -> bool:
        """Write records; False if they could not be written (they stay in memory and go with the next write)."""
        try:
            await self._library.save(*records)
        except NotSaved as failure:
            _log.error("not saved: %s", failure)
            if not self._failing:
                self._failing = True
                self.catalog.apply(Notice(f"Nothing can be saved right now: {failure}"))
            return False
        if self._failing:
            self._failing = False
            self.catalog.apply(Notice("Saving works again."))
        return True

    def put(self, *records: Record, after: Callable[[], None] | None = None) -> None:
        """Show records as they are now and write them behind; `after` is called once they are written."""
        for record in records:
            self.catalog.apply(Put(record))

        async def write() -> None:
            await self.save(*records)
            if after is not None:
                after()

        self._spawn(write(), "save")

    def topic(self, id: str) -> Topic:
        """Raises KeyError for a topic that does not exist."""
        topic = self.catalog.topic(id)
        if topic is None:
            raise KeyError(f"There is no topic {id}.")
        return topic

    def change_topic(self, id: str, **changes: Any) -> None:
        """Set fields of a topic as it is now."""
        topic = self.topic(id)
        changed = replace(topic, **changes)
        if changed != topic:
            self.put(changed)

    def draft(self, topic_id: str, text: str) -> None:
        """Keep what is being written; it reaches the disk a moment later."""
        topic = self.topic(topic_id)
        if topic.draft == text:
            return
        self.catalog.apply(Put(replace(topic, draft=text)))
        self._drafts.add(topic_id)
        if self._drafts_wait is None:
            self._drafts_wait = asyncio.get_running_loop().call_later(DRAFT_DELAY, self.flush)

    def flush(self) -> None:
        """Write the drafts that wait."""
        if self._drafts_wait is not None:
            self._drafts_wait.cancel()
            self._drafts_wait = None
        topics = [topic for id in sorted(self._drafts) if (topic := self.catalog.topic(id)) is not None]
        self._drafts.clear()
        if topics:
            self.put(*topics)

    async def load(self, topic_id: str, *, whole: bool = False) -> None:
        """Read the end of a topic, if that was not done yet; all of it if `whole`."""
        self.topic(topic_id)
        async with self._loading.setdefault(topic_id, asyncio.Lock()):
            if not self.catalog.loaded(topic_id):
                await self._load_page(topic_id, None)
            while whole and self.catalog.earlier(topic_id):
                await self._load_page(topic_id, self._next_page[topic_id])

    async def load_earlier(self, topic_id: str) -> None:
        """Read one more page of what lies before that which is loaded."""
        async with self._loading.setdefault(topic_id, asyncio.Lock()):
            if self.catalog.earlier(topic_id):
                await self._load_page(topic_id, self._next_page[topic_id])

    async def _load_page(self, topic_id: str, number: int | None) -> None:
        page = await self._library.page(topic_id, number)
        self._next_page[topic_id] = page.earlier
        self.catalog.apply(Loaded(topic_id, page.conversations, page.earlier is not None))

    async def close(self) -> None:
        await self._library.close()
