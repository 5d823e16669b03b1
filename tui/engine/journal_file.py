"""The journal's files: lines that are only appended, and what a start can still read of them."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tui.engine.files import keep_aside, make_folder, read_file, reason, sync_folder
from tui.engine.journal_lines import Notes, payload, schema
from tui.engine.migrations import current
from tui.engine.stream import Stream

_NAME: Final = re.compile(r"([0-9]{6,})\.journal")
_SYNC: Final = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync
_LOST: Final = frozenset({errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO})
"""A disk that was taken out, or a server that forgot the file: what comes through this handle never works again, and
nobody knows what of the last lines is there."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a start finds in a journal."""

    streams: tuple[Stream, ...] = ()
    """Those whose records are not known to be safe, in the order in which they began. One that had not ended yet has
    the time of its last line as `ended_at`."""
    files: tuple[Path, ...] = ()
    """Where they stand, to be removed once their records are safe."""
    damaged: tuple[Path, ...] = ()
    """Copies, to be kept, of files with lines that can't be read, other than a last one that was cut off, or with text
    of which nobody can tell what it was for; what could be read is used."""
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
    notes: dict[str, Notes] = {}
    read_ones: list[tuple[Path, set[str], bool]] = []
    unread: list[tuple[Path, str]] = []
    for _, path in _files(folder):
        try:
            *lines, _ = read_file(path).split(b"\n")
        except OSError as error:
            unread.append((path, reason(error)))
            continue
        whole = [said for line in lines if (said := payload(line)) is not None]
        if (newest := max(map(schema, whole), default=1)) > current():
            unread.append((path, f"a newer Rivulet wrote it (schema {newest}, this one knows {current()})"))
            continue
        for said in whole:
            notes.setdefault(said["id"], Notes()).add(said)
        read_ones.append((path, {said["id"] for said in whole}, len(whole) == len(lines)))
    streams = {id: note.stream() for id, note in notes.items() if not note.safe}
    lost = {id for id, stream in streams.items() if stream is None}
    files: list[Path] = []
    damaged: list[Path] = []
    for path, ids, sound in read_ones:
        if not sound or ids & lost:
            # The file itself stays where each start looks for it, until what could be read is safe elsewhere.
            try:
                damaged.append(keep_aside(path))
            except OSError:
                damaged.append(path)
                continue
        files.append(path)
    found = tuple(one for one in streams.values() if one is not None)
    return Found(found, tuple(files), tuple(damaged), tuple(unread))


def remove(found: Found) -> None:
    """Lets go of files whose streams are safe; copies of damaged ones stay. Raises OSError."""
    for path in found.files:
        path.unlink(missing_ok=True)


def _files(folder: Path) -> list[tuple[int, Path]]:
    found = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((int(match[1]), path) for match, path in found if match)
