"""A file of the user's is replaced as a whole: whoever reads it finds the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from tui.paths import private_folder


def replace_file(file: Path, data: bytes, still: Callable[[], bool]) -> bool:
    """Put `data` in the file's place, unless it is not `still` as it was; whether that was done. Raises OSError.

    A link stays one: what it leads to is replaced. The mode stays as it is; what is new is the user's alone.
    """
    target = file.resolve()
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        mode = 0o600
    else:
        if not mode & 0o222 or not os.access(target, os.W_OK):  # to replace it asks the folder only
            raise PermissionError(errno.EACCES, "it is read-only")
    private_folder(target.parent)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with open(handle, "wb") as written:
            written.write(data)
            written.flush()
            if os.name == "posix":
                os.fchmod(handle, mode)
            os.fsync(handle)
        if not still():
            return False
        os.replace(temporary, target)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    _sync_folder(target.parent)
    return True


def _sync_folder(folder: Path) -> None:
    """A new name survives a power cut only once its folder is on the disk, too."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
