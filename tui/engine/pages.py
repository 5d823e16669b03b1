"""A topic's conversations on disk, up to 200 a file, so that a long topic costs no more than a short one."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.engine.documents import Document, WrongDocument, from_document, time_seconds
from tui.engine.files import reason
from tui.engine.records import Conversation
from tui.engine.rescue import rescue
from tui.engine.storage import DocumentFile, LibraryDamaged

PER_FILE: Final = 200

_KEPT_OPEN: Final = 16
"""Files whose documents stay in memory: about 1 MB each."""

_TABLE: Final = "conversations"
_TOPIC_ID: Final = re.compile(r"[0-9a-z]{1,32}")
_FILE_NAME: Final = re.compile(r"([0-9]{4,})\.json")


@dataclass(frozen=True, slots=True)
class Page:
    """One file's conversations, oldest first."""

    number: int
    conversations: tuple[Conversation, ...]
    earlier: int | None
    """The number of the file before, if there is one."""


def checked(topic_id: str) -> str:
    """The id, if it can be part of a path. Raises ValueError."""
    if not _TOPIC_ID.fullmatch(topic_id):
        raise ValueError(f"{topic_id!r} is no topic's id")
    return topic_id


class Pages:
    """The files of all topics. Blocking; for one thread. Without a folder they live in memory."""

    def __init__(self, folder: Path | None, purge_before: float = 0.0) -> None:
        """Of what was deleted before `purge_before` all that was said goes when its file is opened. Its place stays:
        a branch leads through it."""
        self._folder = folder
        self._purge_before = purge_before
        self._files: OrderedDict[tuple[str, int], DocumentFile] = OrderedDict()
        self._numbers: dict[str, list[int]] = {}
        self._emptied: set[str] = set()
        self._notices: list[str] = []
        self._home: dict[tuple[str, str], int] = {}
        """(topic, conversation) → the number of its file."""

    def page(self, topic_id: str, number: int | None = None) -> Page:
        """The last one if no number is given. Raises LibraryDamaged, LibraryTooNew."""
        numbers = self._numbers_of(topic_id)
        if number is None:
            number = numbers[-1] if numbers else 1
        earlier = max((other for other in numbers if other < number), default=None)
        return Page(number, self._conversations(topic_id, number) if number in numbers else (), earlier)

    def all(self, topic_id: str) -> tuple[Conversation, ...]:
        numbers = self._numbers_of(topic_id)
        return tuple(one for number in numbers for one in self._conversations(topic_id, number))

    def put(self, document: Document) -> DocumentFile:
        """The file that it is in now, not yet flushed."""
        topic_id, id = document["topic_id"], document["id"]
        number = self._number_for(topic_id, id)
        file = self._file(topic_id, number)
        file.put(_TABLE, [document])
        self._home[topic_id, id] = number
        if number not in self._numbers_of(topic_id):
            self._numbers[topic_id].append(number)
        return file

    def dirty(self) -> Iterable[DocumentFile]:
        return [file for file in self._files.values() if file.dirty]

    def take_notice(self) -> str:
        """What the user should know of the files, once."""
        notice, self._notices = " ".join(self._notices), []
        return notice

    def take_emptied(self) -> set[str]:
        """The conversations of which only the place was left since the last call."""
        emptied, self._emptied = self._emptied, set()
        return emptied

    def remove(self, topic_id: str) -> None:
        """The whole topic, with its folder. Raises OSError."""
        if self._folder is not None:
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(self._folder / checked(topic_id))

    def _conversations(self, topic_id: str, number: int) -> tuple[Conversation, ...]:
        file = self._file(topic_id, number)
        try:
            # Its folder tells whose it is: a file that says otherwise could never be saved again.
            documents = ({**document, "topic_id": topic_id} for document in file.documents(_TABLE))
            return tuple(from_document(Conversation, document) for document in documents)
        except WrongDocument as error:
            raise LibraryDamaged(f"{file.path}: {error}.") from None

    def _number_for(self, topic_id: str, id: str) -> int:
        if (topic_id, id) in self._home:
            return self._home[topic_id, id]
        numbers = self._numbers_of(topic_id)
        # Not met in this run, so almost surely new. Ids grow with time: if it is older than what a file begins with,
        # it may be in one before.
        for number in reversed(numbers):
            ids = self._file(topic_id, number).ids(_TABLE)
            if id in ids:
                return number
            if ids and id > next(iter(ids)):
                break
        last = numbers[-1] if numbers else 1
        return last if len(self._file(topic_id, last).ids(_TABLE)) < PER_FILE else last + 1

    def _numbers_of(self, topic_id: str) -> list[int]:
        if topic_id not in self._numbers:
            names: list[str] = []
            if self._folder is not None:
                folder = self._folder / checked(topic_id)
                try:
                    names = [entry.name for entry in folder.iterdir()]
                except FileNotFoundError:
                    pass
                except OSError as error:
                    raise LibraryDamaged(f"{folder} can't be read: {reason(error)}.") from None
            matches = filter(None, map(_FILE_NAME.fullmatch, names))
            self._numbers[topic_id] = sorted(int(match[1]) for match in matches)
        return self._numbers[topic_id]

    def _file(self, topic_id: str, number: int) -> DocumentFile:
        key = topic_id, number
        if key not in self._files:
            path = None if self._folder is None else self._folder / checked(topic_id) / f"{number:04}.json"
            self._files[key] = self._opened(path)
            self._home |= {(topic_id, id): number for id in self._files[key].ids(_TABLE)}
        self._files.move_to_end(key)
        self._close_some()
        return self._files[key]

    def _opened(self, path: Path | None) -> DocumentFile:
        try:
            return self._read(path)
        except LibraryDamaged:
            if path is None:
                raise
            self._notices.append(rescue(path, {_TABLE: lambda document: from_document(Conversation, document)}))
            return self._read(path)

    def _read(self, path: Path | None) -> DocumentFile:
        file = DocumentFile(path)
        try:
            file.ids(_TABLE)
            for document in file.documents(_TABLE):
                from_document(Conversation, document)
        except WrongDocument as error:
            raise LibraryDamaged(f"{path}: {error}.") from None
        try:
            old = [_emptied(one) for one in file.documents(_TABLE) if self._is_past(one.get("deleted_at"))]
        except (KeyError, TypeError, ValueError):
            raise LibraryDamaged(f"{path}: a deleted conversation has no id, or no time (ISO 8601) of that.") from None
        if any(old):
            file.put(_TABLE, [document for document in old if document])
            self._emptied |= {document["id"] for document in old if document}
            with contextlib.suppress(OSError):  # then it goes with the file's next write
                file.flush()
        return file

    def _is_past(self, deleted_at: str | None) -> bool:
        return deleted_at is not None and time_seconds(deleted_at) < self._purge_before

    def _close_some(self) -> None:
        """The longest unused ones, but never one that holds what the disk does not."""
        if self._folder is None:
            return
        for key, file in list(self._files.items())[:-1]:
            if len(self._files) <= _KEPT_OPEN:
                return
            if not file.dirty:
                del self._files[key]


def _emptied(document: Document) -> Document:
    """What changes in a conversation of which nothing that was said is to stay; nothing if that is so already."""
    question = document["question"]
    if not question["content"] and not document.get("replies") and not document.get("title"):
        return {}
    return {"id": document["id"], "title": None, "question": question | {"content": ""}, "replies": []}
