"""What can keep a program from saving, done to it from outside by the system itself: no call of it is replaced.

The program has to be started through `through`; the faults come and go while it runs.
"""

from __future__ import annotations

import contextlib
import os
import resource
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("confined.py")
_SIZE = 4 << 20
"""Bytes of the disk that the program has for itself."""


def through(folder: Path) -> list[str]:
    """What starts the program whose data are in this folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [sys.executable, "-I", "-S", str(_LAUNCHER), str(folder), str(_SIZE)]


class Disk:
    """The disk on which a running program has its data."""

    def __init__(self, pid: int, folder: Path) -> None:
        self._pid = pid
        place = Path(f"/proc/{pid}/root{folder}")
        # Held open, the disk outlives the program and can be read to the end.
        self._handle = os.open(place if place.exists() else folder, os.O_RDONLY | os.O_DIRECTORY)
        self.own = os.fstat(self._handle).st_dev != folder.stat().st_dev
        """Whether it is the program's alone; else it can't be filled up without harm to others."""
        self.folder = Path(f"/proc/self/fd/{self._handle}") if self.own else folder
        """Where the test finds the data."""

    def close(self) -> None:
        os.close(self._handle)

    @contextlib.contextmanager
    def full(self) -> Iterator[str]:
        """Not a byte is left. The reason that is told for it."""
        ballast = self.folder / "ballast"
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        yield "No space left on device"
        ballast.unlink()

    @contextlib.contextmanager
    def closed(self) -> Iterator[str]:
        """The folders may be read, and nothing in them made, replaced or deleted."""
        folders = [self.folder, *(path for path in self.folder.rglob("*") if path.is_dir())]
        for folder in folders:
            folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        yield "Permission denied"
        for folder in folders:
            folder.chmod(stat.S_IRWXU)

    @contextlib.contextmanager
    def limited(self) -> Iterator[str]:
        """The program may have no file larger than some bytes, as by a quota or `ulimit -f`: writes stop half-way."""
        before = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (100, before[1]))
        yield "File too large"
        resource.prlimit(self._pid, resource.RLIMIT_FSIZE, before)

    @property
    def faults(self) -> Sequence[Callable[[], contextlib.AbstractContextManager[str]]]:
        """All that this system can do to it."""
        found = [self.closed]
        if self.own:
            found.append(self.full)
        if hasattr(resource, "prlimit"):
            found.append(self.limited)
        return found
