"""One Rivulet at a time writes to a data folder; a second one learns who does."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shlex
import sys
import time
import warnings
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tui.engine.documents import time_seconds, time_text
from tui.engine.files import reason, write_atomically
from tui.engine.storage import LibraryDamaged, LibraryError

if TYPE_CHECKING:
    from filelock import BaseFileLock


_MOMENT: Final = 0.2
"""Seconds for one that is ending, was killed just now, or only looks who holds it (`rivulet doctor`)."""


class LibraryBusy(LibraryError):
    """Another process holds the folder; the message says who."""


class FolderLock:
    """Held from its making until `release`, or until the process ends, however it ends: the kernel lets go then."""

    def __init__(self, folder: Path) -> None:
        """Waits a moment at most. Raises LibraryBusy, or LibraryDamaged if the folder can't be locked at all."""
        # The lock file itself says nothing: some releases of filelock empty it whenever anyone tries to take it.
        self._holder = folder / ".holder.json"
        self._lock = _locked(folder, self._holder)
        with contextlib.suppress(OSError):  # on a full disk one can still read
            write_atomically(self._holder, json.dumps(_self_description(), ensure_ascii=False).encode())

    def release(self) -> None:
        # While the lock is still ours: a moment later the note may be the next one's.
        with contextlib.suppress(OSError):
            self._holder.unlink(missing_ok=True)
        self._lock.release()


def _locked(folder: Path, holder: Path) -> BaseFileLock:
    from filelock import FileLock, Timeout  # 30 ms, which --version and --help need not wait for

    logging.getLogger("filelock").setLevel(logging.WARNING)
    # Opened in one thread and released in another, so the lock must not belong to a thread.
    lock = FileLock(folder / ".lock", mode=0o600, thread_local=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a network file system without flock: it falls back by itself
            lock.acquire(timeout=_MOMENT, poll_interval=0.02)
    except Timeout:
        raise LibraryBusy(
            f"Another Rivulet{_who(holder)} holds the data in {folder}. "
            "End that one first, or let RIVULET_HOME name another folder for this one."
        ) from None
    except OSError as error:
        raise LibraryDamaged(f"The data folder {folder} can't be locked: {reason(error)}.") from None
    except NotImplementedError:
        raise LibraryDamaged(f"The data folder {folder} can't be locked: its file system has no locks.") from None
    return lock


def _self_description() -> dict[str, object]:
    # The sub-command at most: what comes after it may be a prompt.
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:2]])
    return {"pid": os.getpid(), "command": command, "since": time_text(time.time())}


def _who(holder: Path) -> str:
    """` (process 4242, since 10:31)`, or nothing if that can't be known for sure."""
    try:
        found = json.loads(holder.read_bytes())
        pid, since = int(found["pid"]), datetime.fromtimestamp(time_seconds(found["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    if not _lives(pid):  # an old note, whose writer was killed; the new holder is about to write its own
        return ""
    today = since.date() == datetime.now().date()
    return f" (process {pid}, since {since:%H:%M})" if today else f" (process {pid}, since {since:%Y-%m-%d %H:%M})"


def _lives(pid: int) -> bool:
    if os.name == "nt":  # signal 0 is not a question there
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
