"""The file of assistants and topics. Each start reads it, so a damaged one is mended."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tui.engine.documents import from_document, to_document
from tui.engine.ids import new_id
from tui.engine.pages import Pages, checked
from tui.engine.records import Assistant, Topic
from tui.engine.rescue import Kinds, readable, rescue
from tui.engine.storage import DocumentFile, LibraryDamaged, LibraryError

NAME: Final = "index.json"
COPY: Final = "index.backup.json"
"""As it was at the last start."""


@dataclass(frozen=True, slots=True)
class Index:
    """What is in it."""

    file: DocumentFile
    assistants: tuple[Assistant, ...] = ()
    topics: tuple[Topic, ...] = ()
    told: str = ""
    """What the user should know of it."""


def open_index(folder: Path, pages: Pages) -> Index:
    """Blocks. A damaged one is mended by what can be read of it, the copy of the last start, and the topics' files.

    Raises LibraryTooNew, LibraryTooOld, and LibraryDamaged for one that can't even be set aside.
    """
    path, copy = folder / NAME, folder / COPY
    try:
        return _read(path)
    except LibraryDamaged:
        before = readable(copy.read_bytes(), _KINDS) if copy.is_file() else None
        told = rescue(path, _KINDS, more=before)
        file = DocumentFile(path)
        _complete(file, pages, folder / "topics")
        with contextlib.suppress(OSError):  # then it goes with the next write
            file.flush()
        return _read(path, file, told)


def _read(path: Path, file: DocumentFile | None = None, told: str = "") -> Index:
    file = file or DocumentFile(path)
    try:
        assistants = tuple(from_document(Assistant, one) for one in file.documents("assistants"))
        topics = tuple(from_document(Topic, one) for one in file.documents("topics"))
        for one in topics:
            checked(one.id)
    except ValueError as error:
        raise LibraryDamaged(f"{path}: {error}.") from None
    return Index(file, assistants, topics, told)


def _complete(index: DocumentFile, pages: Pages, folder: Path) -> None:
    """Puts in every topic that has files, and an assistant for each topic."""
    assistants = [one["id"] for one in index.documents("assistants")]
    now = time.time()
    if not assistants:
        assistants = [new_id()]
        index.put("assistants", [to_document(Assistant(assistants[0], "General", now, now))])
    topics = {one["id"]: one for one in index.documents("topics")}
    homeless = [one for one in topics.values() if one["assistant_id"] not in assistants]
    index.put("topics", [{"id": one["id"], "assistant_id": assistants[0]} for one in homeless])
    for id in sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ():
        if id not in topics:
            with contextlib.suppress(ValueError, LibraryError):  # no topic's folder, or nothing in it can be read
                index.put("topics", [to_document(_topic(pages, checked(id), assistants[0]))])


def _topic(pages: Pages, id: str, assistant_id: str) -> Topic:
    """As its conversations tell of it. Raises ValueError if there are none, LibraryError."""
    said = [one for one in pages.all(id) if one.deleted_at is None]
    newest = max(said, key=lambda one: (one.created_at, one.id))
    name = " ".join((said[0].title or said[0].question.content).split())[:40]
    return Topic(id, assistant_id, said[0].created_at, newest.created_at, name=name, head=newest.id)


def _assistant(document: Mapping[str, Any]) -> Assistant:
    if "assistant_id" in document:
        raise ValueError("a topic has all that an assistant needs")
    return from_document(Assistant, document)


_KINDS: Final[Kinds] = {
    "assistants": _assistant,
    "topics": lambda document: checked(from_document(Topic, document).id),
}
