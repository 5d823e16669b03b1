"""The journal's files: checksummed lines that are only appended, and what a start can still read of them.

A line is a checksum (CRC 32, 8 digits), a blank and a JSON object: of the stream `id`, its fields (`stream`), or what
was added to its text (`content`, `reasoning`: an offset in characters and the text), or that nothing of it is needed
any more (`safe`). The offsets make reading a line twice, or the same line in two files, the same as reading it once.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from tui.engine.documents import Document, WrongDocument, from_document, to_document
from tui.engine.files import keep_aside, make_folder, read_file, reason, sync_folder
from tui.engine.log import EMPTY, Log
from tui.engine.stream import Stream

_NAME: Final = re.compile(r"([0-9]{6,})\.journal")
_SYNC: Final = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync
_LOST: Final = frozenset({errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO})
"""A disk that was taken out, or a server that forgot the file: what comes through this handle never works again, and
nobody knows what of the last lines is there."""
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written of a stream: what its text has behind the offsets, and its fields if they have changed."""

    stream: Stream
    content: int
    reasoning: int
    fields: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a start finds in a journal."""

    streams: tuple[Stream, ...] = ()
    """Those whose records are not known to be safe, in the order in which they began. One that had not ended yet has
    the time of its last line as `ended_at`."""
    files: tuple[Path, ...] = ()
    """Where they stand, to be removed once their records are safe."""
    damaged: tuple[Path, ...] = ()
    """Copies, to be kept, of files with lines that can't be read, other than a last one that was cut off; what could
    be read is used."""
    unread: tuple[tuple[Path, str], ...] = ()
    """Files that can't be read at all, and why. They stay, for a start at which that is mended."""


class JournalFile:
    """The file that is written now. Blocking; for one thread."""

    def __init__(self, folder: Path) -> None:
        self.size = 0
        """Bytes in it."""
        self._folder = folder
        self._path: Path | None = None
        self._handle = -1
        self._torn = False
        """Whether it may end with half of what could not be written."""
        self._lost = False
        """Whether its handle leads nowhere any more."""

    @property
    def gone(self) -> bool:
        """Whether what is added would be lost with it: somebody has deleted it, or its disk."""
        try:
            return self._lost or (self._handle >= 0 and os.fstat(self._handle).st_nlink == 0)
        except OSError:
            return True

    def begin(self) -> None:
        """Have a file to write to. Raises OSError."""
        if self._handle < 0:
            self._path, self._handle = self._begin()

    def append(self, data: bytes) -> None:
        """Adds lines, for good once it returns. Raises OSError, and then the file is as it was before."""
        self.begin()
        self._add(self._handle, data)

    def replace(self, data: bytes) -> None:
        """Goes on with a new file that holds only these lines. Raises OSError, and then the old one stands."""
        before, handle, size = self._path, self._handle, self.size
        self.size = 0
        try:
            path, new = self._begin()
            try:
                self._add(new, data)
            except OSError:
                os.close(new)
                with contextlib.suppress(OSError):
                    path.unlink()
                raise
        except OSError:
            self.size = size
            raise
        self._path, self._handle = path, new
        self._torn = self._lost = False
        if handle >= 0 and before is not None:
            with contextlib.suppress(OSError):
                os.close(handle)
            if before != path:  # the old one was deleted, and its name was free
                before.unlink(missing_ok=True)

    def empty(self) -> None:
        """Nothing in it is needed any more. Raises OSError."""
        if self._handle >= 0 and self.size:
            os.ftruncate(self._handle, 0)
            self.size = 0

    def close(self) -> None:
        """An empty file goes. Raises OSError."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
            if self._path is not None and not self.size:
                self._path.unlink(missing_ok=True)

    def _begin(self) -> tuple[Path, int]:
        make_folder(self._folder)
        last = max((number for number, _ in _files(self._folder)), default=0)
        path = self._folder / f"{last + 1:06}.journal"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        handle = os.open(path, flags, 0o600)
        try:
            sync_folder(self._folder)
        except OSError:
            os.close(handle)
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        return path, handle

    def _add(self, handle: int, data: bytes) -> None:
        left = memoryview(data)
        if self._torn:
            os.ftruncate(handle, self.size)
            self._torn = False
        try:
            while left:
                left = left[os.write(handle, left) :]
            _SYNC(handle)
        except OSError as error:
            self._lost = self._lost or error.errno in _LOST
            try:  # else the next line would go on in the midst of this one
                os.ftruncate(handle, self.size)
            except OSError:
                self._torn = True
            raise
        self.size += len(data)


def read(folder: Path) -> Found:
    """What the files of a journal hold. Raises OSError. Of a damaged file a copy is kept under another name."""
    if not folder.is_dir():
        return Found()
    notes: dict[str, _Notes] = {}
    files: list[Path] = []
    damaged: list[Path] = []
    unread: list[tuple[Path, str]] = []
    for _, path in _files(folder):
        try:
            *lines, _ = read_file(path).split(b"\n")
        except OSError as error:
            unread.append((path, reason(error)))
            continue
        whole = [payload for line in lines if (payload := _payload(line)) is not None]
        for payload in whole:
            notes.setdefault(payload["id"], _Notes()).add(payload)
        if len(whole) < len(lines):
            # The file itself stays where each start looks for it, until what could be read is safe elsewhere.
            try:
                damaged.append(keep_aside(path))
            except OSError:
                damaged.append(path)
                continue
        files.append(path)
    streams = (note.stream() for note in notes.values() if not note.safe)
    return Found(tuple(one for one in streams if one is not None), tuple(files), tuple(damaged), tuple(unread))


def remove(found: Found) -> None:
    """Lets go of files whose streams are safe; copies of damaged ones stay. Raises OSError."""
    for path in found.files:
        path.unlink(missing_ok=True)


def lines(entries: Iterable[Entry], safe: Sequence[str], at: float) -> bytes:
    """What a commit writes. `at`: seconds since the epoch."""
    written: list[bytes] = []
    for entry in entries:
        stream = entry.stream
        if entry.fields:
            document = to_document(replace(stream, content=EMPTY, reasoning=EMPTY))
            written.append(_line(_encode({"id": stream.id, "stream": document})))
        added = ""
        if content := stream.content.since(entry.content):
            added = f',"content":[{entry.content},{_encode(content)}]'
        if reasoning := stream.reasoning.since(entry.reasoning):
            added += f',"reasoning":[{entry.reasoning},{_encode(reasoning)}]'
        if added:
            written.append(_line(f'{{"id":"{stream.id}","at":{at:.3f}{added}}}'))
    written += [_line(f'{{"id":"{id}","safe":true}}') for id in safe]
    return b"".join(written)


def _line(payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    return b"%08x %s\n" % (crc32(data), data)


def _payload(line: bytes) -> dict[str, Any] | None:
    """What a line says; None if it is not whole."""
    try:
        if len(line) > 9 and line[8:9] == b" " and int(line[:8], 16) == crc32(line[9:]):
            payload = json.loads(line[9:])
            return payload if isinstance(payload, dict) and isinstance(payload.get("id"), str) else None
    except (ValueError, RecursionError):
        pass
    return None


def _files(folder: Path) -> list[tuple[int, Path]]:
    found = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((int(match[1]), path) for match, path in found if match)


@dataclass(slots=True)
class _Notes:
    """What the lines say of one stream, so far."""

    fields: Document | None = None
    texts: dict[str, list[str]] = field(default_factory=lambda: {"content": [], "reasoning": []})
    lengths: dict[str, int] = field(default_factory=lambda: {"content": 0, "reasoning": 0})
    at: float | None = None
    safe: bool = False

    def add(self, payload: dict[str, Any]) -> None:
        if payload.get("safe") is True:
            self.safe = True
        if isinstance(payload.get("stream"), dict):
            self.fields = payload["stream"]
        for name, pieces in self.texts.items():
            match payload.get(name):
                case [int(offset), str(text)]:
                    known = self.lengths[name]
                    # What lies behind a gap would not be what was said: the line before it is lost.
                    if offset <= known < offset + len(text):
                        pieces.append(text[known - offset :])
                        self.lengths[name] = offset + len(text)
        if isinstance(payload.get("at"), float):
            self.at = payload["at"]

    def stream(self) -> Stream | None:
        """None if its fields are lost: then nobody can tell what its text was for."""
        if self.fields is None:
            return None
        try:
            stream = from_document(Stream, self.fields)
        except WrongDocument:
            return None
        content, reasoning = ("".join(self.texts[name]) for name in ("content", "reasoning"))
        known = stream.answered_at or stream.first_token_at or stream.started_at or stream.created_at
        ended_at = stream.ended_at or max(self.at or known, known)  # the clock may have been set back meanwhile
        return replace(stream, content=Log(content), reasoning=Log(reasoning), ended_at=ended_at)
