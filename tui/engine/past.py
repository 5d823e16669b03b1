"""The records of streams that have ended, on disk: the last thousand, in the order in which they ended."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from tui.engine.documents import Document, WrongDocument, from_document
from tui.engine.rescue import rescue
from tui.engine.storage import DocumentFile, LibraryDamaged, read_documents
from tui.engine.stream import Stream

KEPT: Final = 1000
"""Each write is one of the whole file. With replies held by their messages, a record takes 0.6 kB."""

NAME: Final = "streams.json"
_TABLE: Final = "streams"


class Past:
    """The file. Blocking; for one thread. Read at the first record, so that no start waits for it or fails by it."""

    def __init__(self, folder: Path | None) -> None:
        """Without a folder it lives in memory."""
        self._path = None if folder is None else folder / NAME
        self._file: DocumentFile | None = None
        self._notice = ""

    def put(self, documents: Sequence[Document]) -> DocumentFile:
        """Not yet flushed. Raises LibraryError, and then nothing is kept of them."""
        if self._file is None:
            self._file = self._opened()
        self._file.put(_TABLE, documents)
        ids = list(self._file.ids(_TABLE))
        if len(ids) > KEPT:
            self._file.remove(_TABLE, ids[:-KEPT])
        return self._file

    def forget(self, ids: Collection[str]) -> None:
        """Take away the records of streams that were for one of these topics, conversations or assistants.

        Not yet flushed. Raises LibraryError.
        """
        if self._file is None and (self._path is None or not self._path.exists()):
            return
        if self._file is None:
            self._file = self._opened()
        self._file.remove(_TABLE, [one["id"] for one in self._file.documents(_TABLE) if _is_for(one, ids)])

    def dirty(self) -> list[DocumentFile]:
        return [self._file] if self._file is not None and self._file.dirty else []

    def take_notice(self) -> str:
        """What the user should know of the file, once."""
        notice, self._notice = self._notice, ""
        return notice

    def _opened(self) -> DocumentFile:
        try:
            file = DocumentFile(self._path)
            file.ids(_TABLE)
            return file
        except LibraryDamaged:
            assert self._path is not None
            self._notice = rescue(self._path, {_TABLE: lambda document: from_document(Stream, document)})
            return DocumentFile(self._path)


def past_streams(folder: Path, number: int) -> Iterator[Stream | str]:
    """The last of those that a data folder holds, the newest last; a line in the place of what can't be read.

    Without a lock and read-only: another Rivulet may be the folder's writer. Raises LibraryDamaged, LibraryTooNew.
    """
    path = folder / NAME
    for document in read_documents(path, _TABLE)[-number:]:
        try:
            yield from_document(Stream, document)
        except WrongDocument as wrong:
            yield f"{path}: {wrong}."


def _is_for(document: Document, ids: Collection[str]) -> bool:
    metadata = document.get("metadata")
    named = document.get("related_id"), metadata.get("topic_id") if isinstance(metadata, dict) else None
    return any(isinstance(id, str) and id in ids for id in named)
