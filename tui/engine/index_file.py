"""The file of assistants and topics. Each start reads it, so a damaged one is mended."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tui.engine.documents import from_document, to_document
from tui.engine.files import read_file
from tui.engine.ids import new_id
from tui.engine.pages import Pages, checked
from tui.engine.records import Assistant, Topic
from tui.engine.rescue import Kinds, readable, rescue, restored
from tui.engine.storage import DocumentFile, LibraryDamaged, LibraryError, Tables

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
    """Blocks. One that is damaged or missing is mended by what can be read of it and the copy of the last start. Each
    topic that has files is in it: a kill, or who put a folder back, may have left one that it did not know.

    Raises LibraryTooNew, LibraryTooOld, and LibraryDamaged for one that can't be read now, or not be set aside.
    """
    path, topics = folder / NAME, folder / "topics"
    told = ""
    try:
        if not os.path.lexists(path) and (before := _before(folder)):
            told = restored(path, before)
        index = _read(path)
        if not index.assistants and _before(folder):
            raise LibraryDamaged(f"{path} is empty.")
    except LibraryDamaged:
        told = rescue(path, _KINDS, more=_before(folder))
        index = _read(path)
    unknown = _names(topics) - {one.id for one in index.topics}
    if not unknown and not told:
        return index
    found = _complete(index.file, pages, unknown)
    with contextlib.suppress(OSError):  # then it goes with the next write
        index.file.flush()
    if found:
        which = "A topic was" if found == 1 else f"{found} topics were"
        told = f"{told} {which} not in {path}, but in {topics}: named by what was said there.".strip()
    return replace(_read(path, index.file), told=told)


def _before(folder: Path) -> Tables:
    """What is readable of the copy."""
    try:
        return readable(read_file(folder / COPY), _KINDS)
    except OSError:
        return {}


def _names(folder: Path) -> set[str]:
    """Which topics have a folder, as far as that can be known."""
    try:
        return {entry.name for entry in os.scandir(folder) if entry.is_dir()}
    except OSError:
        return set()


def _read(path: Path, file: DocumentFile | None = None) -> Index:
    file = file or DocumentFile(path)
    try:
        for table in _KINDS:
            file.ids(table)
        assistants = tuple(from_document(Assistant, one) for one in file.documents("assistants"))
        topics = tuple(from_document(Topic, one) for one in file.documents("topics"))
        for one in topics:
            checked(one.id)
    except ValueError as error:
        raise LibraryDamaged(f"{path}: {error}.") from None
    return Index(file, assistants, topics)


def _complete(index: DocumentFile, pages: Pages, unknown: Iterable[str]) -> int:
    """Puts in topics of which only files are known, and an assistant for each topic; how many topics were found."""
    found: list[Topic] = []
    for id in sorted(unknown):
        with contextlib.suppress(ValueError, LibraryError):  # no topic's folder, or nothing in it can be read
            found.append(_topic(pages, checked(id)))
    assistants = [one["id"] for one in index.documents("assistants")]
    homeless = [one["id"] for one in index.documents("topics") if one["assistant_id"] not in assistants]
    if not assistants and (found or homeless):
        now = time.time()
        assistants = [new_id()]
        index.put("assistants", [to_document(Assistant(assistants[0], "General", now, now))])
    index.put("topics", [{"id": id, "assistant_id": assistants[0]} for id in homeless])
    index.put("topics", [to_document(replace(one, assistant_id=assistants[0])) for one in found])
    return len(found)


def _topic(pages: Pages, id: str) -> Topic:
    """As its conversations tell of it. Raises ValueError if there are none, LibraryError."""
    said = [one for one in pages.all(id) if one.deleted_at is None]
    newest = max(said, key=lambda one: (one.created_at, one.id))
    name = " ".join((said[0].title or said[0].question.content).split())[:40]
    return Topic(id, "", said[0].created_at, newest.created_at, name=name, head=newest.id)


def _assistant(document: Mapping[str, Any]) -> Assistant:
    if "assistant_id" in document:
        raise ValueError("a topic has all that an assistant needs")
    return from_document(Assistant, document)


_KINDS: Final[Kinds] = {
    "assistants": _assistant,
    "topics": lambda document: checked(from_document(Topic, document).id),
}
