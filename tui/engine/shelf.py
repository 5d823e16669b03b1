"""Records in memory and on disk: the catalog changes at once, the library follows behind."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections import Counter
from dataclasses import replace
from typing import Any, Final

from tui.engine.catalog import Catalog, Loaded, Notice, Put
from tui.engine.ids import rise_above
from tui.engine.library import Library, NotSaved
from tui.engine.records import Assistant, Conversation, Record, Topic
from tui.engine.saving import Saving
from tui.engine.tasks import Tasks

_log: Final = logging.getLogger(__name__)

DRAFT_DELAY: Final = 0.5
"""Seconds for which drafts gather before they are written: a write rewrites the whole index."""

RETRY: Final = 2.0
"""Seconds between two tries to write what could not be written."""


class Shelf:
    """The catalog and its library. What can't be saved stays in memory, and is written once that works."""

    def __init__(self, catalog: Catalog, library: Library, tasks: Tasks, saving: Saving) -> None:
        self.catalog = catalog
        self._library = library
        self._tasks = tasks
        self._saving = saving
        self._writing: Counter[str] = Counter()
        """Records that are on their way."""
        self._unsaved: dict[str, Record] = {}
        """What could not be written: it goes along with every further write."""
        self._retry: asyncio.TimerHandle | None = None
        self._drafts: set[str] = set()
        self._drafts_wait: asyncio.TimerHandle | None = None
        self._loading: dict[str, asyncio.Lock] = {}
        self._next_page: dict[str, int | None] = {}
        self._closed = False

    def fill(self) -> None:
        """Take over what the library read when it was opened."""
        ids: list[str] = []
        for assistant in self._library.assistants:
            self.catalog.apply(Put(assistant))
            ids.append(assistant.id)
        for topic in self._library.topics:
            self.catalog.apply(Put(topic))
            ids += (topic.id, topic.head or "")
        rise_above(ids)

    def tell(self) -> None:
        """Have the user know what the library has found."""
        if notice := self._library.take_notice():
            self.catalog.apply(Notice(notice))

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

    def settled(self, *ids: str) -> bool:
        """Whether all that is known of these records is on the disk."""
        return not any(id in self._unsaved or id in self._writing or id in self._drafts for id in ids)

    def flush(self) -> None:
        """Write the drafts that wait, and what could not be written before."""
        if self._drafts_wait is not None:
            self._drafts_wait.cancel()
            self._drafts_wait = None
        topics = [topic for id in sorted(self._drafts) if (topic := self.catalog.topic(id)) is not None]
        self._drafts.clear()
        if topics or self._unsaved:
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
        if self._retry is not None:
            self._retry.cancel()
        await self._library.close()

    async def _load_page(self, topic_id: str, number: int | None) -> None:
        try:
            page = await self._library.page(topic_id, number)
        finally:
            self.tell()
        self._next_page[topic_id] = page.earlier
        self.catalog.apply(Loaded(topic_id, page.conversations, page.earlier is not None))
        self._mend_end(topic_id)
        if page.earlier is None and (topic := self._counted(topic_id, 0)) is not None:
            self._write(topic)

    def _mend_end(self, topic_id: str) -> None:
        """Rivulet was ended between writing a question and writing that its topic ends with it: have it so."""
        topic, newest = self.catalog.topic(topic_id), self.catalog.newest(topic_id)
        if topic is None:
            return
        lost = topic.head is not None and self.catalog.conversation(topic.head) is None
        lost = lost and not self.catalog.earlier(topic_id)
        if lost and self._library.folder is not None:
            where = self._library.folder / "topics" / topic_id
            self.catalog.apply(Notice(f"What was said last in this topic is not in {where} any more."))
        if newest is None or newest in self.catalog.branch(topic_id):
            return
        if newest.created_at > topic.updated_at or lost:
            draft = "" if topic.draft.strip() == newest.question.content.strip() else topic.draft
            at = max(topic.updated_at, newest.created_at)
            self.put(replace(topic, head=newest.id, updated_at=at, draft=draft))

    def _write(self, *records: Record) -> asyncio.Task[None]:
        self._writing.update(record.id for record in records)
        return self._tasks.spawn(self._save(records), "save")

    async def _save(self, records: tuple[Record, ...]) -> None:
        # Always as they are now: whichever write comes last, it can't bring an older state back.
        together = {record.id: self._newest(record) for record in (*self._unsaved.values(), *records)}
        try:
            await self._library.save(*together.values())
        except Exception as failure:
            self._unsaved |= together
            known = isinstance(failure, NotSaved)
            if self._saving.failed("records", str(failure) if known else f"Not saved: {type(failure).__name__}."):
                _log.error("not saved: %s", failure, exc_info=not known)
            if self._retry is None and not self._closed:
                loop = asyncio.get_running_loop()
                self._retry = loop.call_later(RETRY, self._again, context=contextvars.Context())
        else:
            for id in together:
                self._unsaved.pop(id, None)
            if not self._unsaved:
                self._saving.works("records")
        finally:
            self._writing.subtract(record.id for record in records)
            self._writing = +self._writing

    def _again(self) -> None:
        self._retry = None
        if self._unsaved:
            self._write()

    def _newest(self, record: Record) -> Record:
        match record:
            case Assistant():
                return self.catalog.assistant(record.id) or record
            case Topic():
                return self.catalog.topic(record.id) or record
            case Conversation():
                return self.catalog.conversation(record.id) or record
