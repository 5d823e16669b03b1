"""Everything said is kept here: the one door to the data folder, whose disk work runs in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from tui.engine.documents import Document, to_document
from tui.engine.files import make_folder, reason
from tui.engine.index_file import COPY, NAME, Index, open_index
from tui.engine.lock import FolderLock, LibraryBusy
from tui.engine.pages import Page, Pages, checked
from tui.engine.past import Past
from tui.engine.records import Assistant, Conversation, Record, Topic
from tui.engine.rescue import keep_copy
from tui.engine.storage import DocumentFile, LibraryDamaged, LibraryError, LibraryTooNew
from tui.engine.stream import Stream

__all__ = ["Library", "LibraryBusy", "LibraryDamaged", "LibraryError", "LibraryTooNew", "NotSaved", "Page"]

T = TypeVar("T")
Key = tuple[str, str]
"""A table and an id; a conversation's id stands behind its topic's."""

DAY: Final = 24 * 60 * 60
"""How long what was deleted is kept, in seconds."""


class NotSaved(LibraryError):
    """It is not on the disk. It stays in memory and is written with the next save that succeeds."""


class Library:
    """Assistants, topics, conversations, streams' records. Made by `open` or `in_memory`; used from one event loop."""

    assistants: tuple[Assistant, ...]
    """As they were when it was opened, also those deleted within the last day."""
    topics: tuple[Topic, ...]
    """Likewise."""
    folder: Path | None
    """Where it is kept; None if it lives in memory."""

    def __init__(
        self, index: DocumentFile, pages: Pages, past: Past, folder: Path | None = None, lock: FolderLock | None = None
    ) -> None:
        self.folder = folder
        self.assistants = ()
        self.topics = ()
        self._lock = lock
        self._told = ""
        self._closed = False
        # Touched by the disk's thread alone, once open:
        self._index = index
        self._pages = pages
        self._past = past
        self._unplaced: dict[Key, Document] = {}
        """Conversations whose file could not be read."""
        # Touched by the event loop alone:
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rivulet-disk")
        self._waiting: dict[Key, Document] = {}
        self._round: asyncio.Future[dict[Key, str]] | None = None
        """Ends when what waits now is written; holds what failed, and why."""
        self._writing = False

    @classmethod
    def open(cls, folder: Path) -> Library:
        """Blocks. Raises LibraryBusy, LibraryTooNew, LibraryTooOld or LibraryDamaged; then the folder stays free."""
        try:
            make_folder(folder)
            with contextlib.suppress(OSError):  # made by someone else, who let us in
                folder.chmod(folder.stat().st_mode & 0o700)  # not more than before: it may be closed on purpose
        except OSError as error:
            raise LibraryDamaged(f"The data folder {folder} can't be used: {reason(error)}.") from None
        lock = FolderLock(folder)
        try:
            day_ago = time.time() - DAY
            pages = Pages(folder / "topics", day_ago)
            index = open_index(folder, pages)
            library = cls(index.file, pages, Past(folder), folder, lock)
            library._load(index, day_ago)
            library._disk.submit(library._keep_copy, folder)
        except BaseException:
            lock.release()
            raise
        return library

    @classmethod
    def in_memory(cls) -> Library:
        """The same without files and without a lock."""
        return cls(DocumentFile(None), Pages(None), Past(None))

    async def page(self, topic_id: str, number: int | None = None) -> Page:
        """Some of a topic's conversations: the last ones, or those of the file with this number.

        It may be empty and still have earlier ones. Raises LibraryDamaged, LibraryTooNew.
        """
        return await self._read(lambda: self._page(checked(topic_id), number))

    async def all(self, topic_id: str) -> tuple[Conversation, ...]:
        """All of a topic's conversations, oldest first. Raises LibraryDamaged, LibraryTooNew."""
        return await self._read(lambda: self._pages.all(checked(topic_id)))

    async def save(self, *records: Record | Stream) -> None:
        """Returns when they are on the disk for good. Raises NotSaved.

        What is saved in the same moment, or while the disk is busy, is written together: each file once,
        of each record the newest. A save goes on if the one who waits for it is cancelled.
        """
        if self._closed:
            raise NotSaved("Not saved: the data is closed already.")
        documents = {_key(record): to_document(record) for record in records}
        if not documents:
            return
        self._waiting |= documents
        failed = await asyncio.shield(self._next_round())
        for key in documents:
            if key in failed:
                raise NotSaved(failed[key])

    def take_notice(self) -> str:
        """What the user should know of the files, once; empty if there is nothing."""
        told, self._told = self._told, ""
        return " ".join(filter(None, (told, self._pages.take_notice(), self._past.take_notice())))

    async def close(self) -> None:
        """Writes what waits and lets go of the folder. Raises NotSaved if something is lost now."""
        if self._closed:
            return
        self._closed = True
        self._begin_round()
        last = self._disk.submit(self._shut)
        self._disk.shutdown(wait=False)
        lost = await asyncio.wrap_future(last)
        if lost:
            raise NotSaved(lost)

    # The event loop's half: rounds of writing.

    def _next_round(self) -> asyncio.Future[dict[Key, str]]:
        if self._round is None:
            loop = asyncio.get_running_loop()
            self._round = loop.create_future()
            if not self._writing:
                loop.call_soon(self._begin_round)  # not now: what ends in the same moment goes along
        return self._round

    def _begin_round(self) -> None:
        if self._round is None:
            return
        done, self._round = self._round, None
        documents, self._waiting = self._waiting, {}
        self._writing = True

        def end(written: asyncio.Future[dict[Key, str]]) -> None:
            self._writing = False
            if error := written.exception():
                done.set_exception(error)
            else:
                done.set_result(written.result())
            self._begin_round()

        asyncio.wrap_future(self._disk.submit(self._write, documents)).add_done_callback(end)

    async def _read(self, job: Callable[[], T]) -> T:
        """On the disk's thread, behind everything that was to be saved before."""
        self._begin_round()
        return await asyncio.wrap_future(self._disk.submit(job))

    # The disk thread's half.

    def _load(self, index: Index, purge_before: float) -> None:
        assistants, topics = index.assistants, index.topics
        old = {one.id for one in assistants if one.deleted_at is not None and one.deleted_at < purge_before}
        old_topics = {
            one.id
            for one in topics
            if one.assistant_id in old or (one.deleted_at is not None and one.deleted_at < purge_before)
        }
        self._told = index.told
        self.assistants = tuple(one for one in assistants if one.id not in old)
        self.topics = tuple(one for one in topics if one.id not in old_topics)
        if not old and not old_topics:
            return
        with contextlib.suppress(OSError, LibraryError):  # what can't be purged now is purged at another start
            # The index last: if we are killed in between, it still knows what is to go.
            for topic_id in old_topics:
                self._pages.remove(topic_id)
            self._past.forget(old | old_topics)
            for file in self._past.dirty():
                file.flush()
            self._index.remove("assistants", old)
            self._index.remove("topics", old_topics)
            self._index.flush()

    def _keep_copy(self, folder: Path) -> None:
        with contextlib.suppress(OSError):
            keep_copy(folder / NAME, folder / COPY)

    def _page(self, topic_id: str, number: int | None) -> Page:
        """The records of streams go with what was emptied when its file was opened."""
        page = self._pages.page(topic_id, number)
        if emptied := self._pages.take_emptied():
            with contextlib.suppress(OSError, LibraryError):  # of which the next record will tell
                self._past.forget(emptied)
                for file in self._past.dirty():
                    file.flush()
        return page

    def _write(self, documents: dict[Key, Document]) -> dict[Key, str]:
        """What failed, and why."""
        documents = self._unplaced | documents
        self._unplaced = {}
        files: dict[Key, DocumentFile] = {}
        failed: dict[Key, str] = {}
        for table in ("assistants", "topics"):
            entries = {key: document for key, document in documents.items() if key[0] == table}
            self._index.put(table, list(entries.values()))
            files |= dict.fromkeys(entries, self._index)
        for key, document in documents.items():
            if key[0] == "conversations":
                try:
                    files[key] = self._pages.put(document)
                except LibraryError as error:
                    failed[key] = f"Not saved: {error}"
                    self._unplaced[key] = document
        streams = {key: document for key, document in documents.items() if key[0] == "streams"}
        if streams:
            try:
                files |= dict.fromkeys(streams, self._past.put(list(streams.values())))
            except LibraryError as error:
                failed |= dict.fromkeys(streams, f"Not kept: {error}")
        faults = self._flush()
        return failed | {key: faults[file] for key, file in files.items() if file in faults}

    def _flush(self) -> dict[DocumentFile, str]:
        """Every file that has something to write, also from before. What failed, and why.

        What is said in a topic goes before the index, which lets go of the draft and names the topic's new end: if we
        are killed in between, a start finds that end, also of a topic that the index does not know yet.
        """
        faults = {}
        for file in (*self._pages.dirty(), self._index, *self._past.dirty()):
            try:
                file.flush()
            except OSError as error:
                faults[file] = f"Not saved: {file.path} can't be written: {reason(error)}."
        return faults

    def _shut(self) -> str | None:
        """What is lost now, if anything is."""
        try:
            faults = self._write({}) or self._flush()
            return next(iter(faults.values()), None)
        finally:
            if self._lock is not None:
                self._lock.release()


def _key(record: Record | Stream) -> Key:
    if isinstance(record, Stream):
        return "streams", record.id
    if isinstance(record, Conversation):
        return "conversations", f"{checked(record.topic_id)}/{record.id}"
    if isinstance(record, Topic):
        return "topics", checked(record.id)
    return "assistants", record.id
