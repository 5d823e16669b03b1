"""Records in memory and on disk: the catalog changes at once, the library follows behind."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from dataclasses import replace
from typing import Any, Final

from tui.engine.catalog import Catalog, Loaded, Notice, Put
from tui.engine.library import Library, NotSaved
from tui.engine.records import Assistant, Conversation, Record, Topic
from tui.engine.tasks import Tasks

_log: Final = logging.getLogger(__name__)

DRAFT_DELAY: Final = 0.5
"""Seconds for which drafts gather before they are written: a write rewrites the whole index."""


class Shelf:
    """The catalog and its library. What can't be saved stays in memory, and the user is told once."""

    def __init__(self, catalog: Catalog, library: Library, tasks: Tasks) -> None:
        self.catalog = catalog
        self._library = library
        self._tasks = tasks
        self._unsaved: dict[str, Record] = {}
        """What could not be written: it goes along with every further write."""
        self._drafts: set[str] = set()
        self._drafts_wait: asyncio.TimerHandle | None = None
        self._loading: dict[str, asyncio.Lock] = {}
        self._next_page: dict[str, int | None] = {}
        self._closed = False

    def fill(self) -> None:
        """Take over what the library read when it was opened."""
        for assistant in self._library.assistants:
            self.catalog.apply(Put(assistant))
        for topic in self._library.topics:
            self.catalog.apply(Put(topic))

    def put(self, *records: Record) -> asyncio.Task[None]:
        """Show records as they are now and write them behind; the task is done once that was tried."""
        before = {id: len(self.catalog.branch(id)) for id in sorted(set(filter(None, map(self._reshaped, records))))}
        for record in records:
            self.catalog.apply(Put(record))
        return self._write(*records, *filter(None, (self._counted(id, known) for id, known in before.items())))

    def _reshaped(self, record: Record) -> str:
        """The topic whose number of conversations this may change; empty if it can't."""
        match record:
            case Topic(id=id, head=head):
                known = self.catalog.topic(id)
                return id if known is None or known.head != head else ""
            case Conversation(id=id, topic_id=topic_id, deleted_at=deleted_at):
                there = self.catalog.conversation(id)
                return topic_id if there is None or there.deleted_at != deleted_at else ""
        return ""

    def _counted(self, topic_id: str, before: int) -> Topic | None:
        """The topic with its number of conversations, if that has changed. `before`: how many were at hand. Of a topic
        that is not here as a whole, only the difference is known."""
        topic = self.catalog.topic(topic_id)
        if topic is None or not self.catalog.loaded(topic_id):
            return None
        count: int | None = len(self.catalog.branch(topic_id))
        if self.catalog.earlier(topic_id):
            count = None if topic.conversations is None else topic.conversations + (count or 0) - before
        if count == topic.conversations:
            return None
        topic = replace(topic, conversations=count)
        self.catalog.apply(Put(topic))
        return topic

    def put_new_topic(self, topic: Topic) -> None:
        """As `put`; there is nothing on disk to be loaded for it."""
        self.put(topic)
        self.catalog.apply(Loaded(topic.id, (), earlier=False))

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
        if self._drafts_wait is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._drafts_wait = loop.call_later(DRAFT_DELAY, self.flush, context=contextvars.Context())

    def flush(self) -> None:
        """Write the drafts that wait."""
        if self._drafts_wait is not None:
            self._drafts_wait.cancel()
            self._drafts_wait = None
        topics = [topic for id in sorted(self._drafts) if (topic := self.catalog.topic(id)) is not None]
        self._drafts.clear()
        if topics:
            self._write(*topics)

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

    async def close(self) -> None:
        """Raises NotSaved if something is lost now."""
        self._closed = True
        await self._library.close()

    async def _load_page(self, topic_id: str, number: int | None) -> None:
        page = await self._library.page(topic_id, number)
        self._next_page[topic_id] = page.earlier
        self.catalog.apply(Loaded(topic_id, page.conversations, page.earlier is not None))
        if page.earlier is None and (topic := self._counted(topic_id, 0)) is not None:
            self._write(topic)

    def _write(self, *records: Record) -> asyncio.Task[None]:
        return self._tasks.spawn(self._save(records), "save")

    async def _save(self, records: tuple[Record, ...]) -> None:
        # Always as they are now: whichever write comes last, it can't bring an older state back.
        together = {record.id: self._newest(record) for record in (*self._unsaved.values(), *records)}
        failing = bool(self._unsaved)
        try:
            await self._library.save(*together.values())
        except Exception as failure:
            _log.error("not saved: %s", failure, exc_info=not isinstance(failure, NotSaved))
            told = bool(self._unsaved)
            self._unsaved |= together
            if not told:
                words = str(failure) if isinstance(failure, NotSaved) else f"Not saved: {type(failure).__name__}."
                self.catalog.apply(Notice(words))
        else:
            for id in together:
                self._unsaved.pop(id, None)
            if failing and not self._unsaved:
                self.catalog.apply(Notice("Saving works again."))

    def _newest(self, record: Record) -> Record:
        match record:
            case Assistant():
                return self.catalog.assistant(record.id) or record
            case Topic():
                return self.catalog.topic(record.id) or record
            case Conversation():
                return self.catalog.conversation(record.id) or record
