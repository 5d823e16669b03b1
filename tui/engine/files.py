"""Files and folders that are the user's alone: made so, replaced as a whole, kept under another name."""

from __future__ import annotations

import contextlib
import errno
import filecmp
import os
import shutil
import stat
from pathlib import Path


def reason(error: OSError) -> str:
    """What the system says, without the path (the sentence around it names that)."""
    return error.strerror or type(error).__name__


def read_file(path: Path) -> bytes:
    """All of it. Raises OSError, also for what is no file: reading a pipe may never end."""
    if not stat.S_ISREG(mode := path.stat().st_mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    return path.read_bytes()


def holds_no_file(path: Path) -> bool:
    """Whether something is in a file's place that never was one: a folder, a pipe, a link that leads nowhere."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        return path.is_symlink() and error.errno in (errno.ENOENT, errno.ELOOP)


def make_folder(folder: Path) -> None:
    """The folder, and those above it that are missing, for the user alone, whatever the umask."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(0o700, exist_ok=True)
    folder.chmod(0o700)  # an umask of 177 leaves one that nobody can look into
    sync_folder(folder.parent)


def write_atomically(path: Path, data: bytes) -> None:
    """Puts `data` in the file's place at once and for good. Raises OSError, and then the old file stands."""
    make_folder(path.parent)
    new = temporary(path)
    try:
        with open(new, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def temporary(path: Path) -> Path:
    """Where what is about to take a file's place is written first."""
    return path.with_name(path.name + ".tmp")


def keep_aside(path: Path, mark: str = "damaged") -> Path:
    """Has a file stay as it is under another name beside it, which is returned. To do so twice changes nothing. What is
    no file, but in the place of one, has only the other name from then on.

    Raises OSError.
    """
    wrong = holds_no_file(path)
    for number in range(1, 10_000):
        which = f"-{number}" if number > 1 or mark == "damaged" else ""
        name = path.with_name(f"{path.stem}.{mark}{which}{path.suffix}")
        if not os.path.lexists(name):
            break
        if not wrong and name.is_file() and filecmp.cmp(path, name, shallow=False):
            return name
    if wrong:
        os.rename(path, name)
    else:
        try:
            os.link(path, name)
        except OSError:  # a file system without links
            shutil.copy2(path, name)
    sync_folder(path.parent)
    return name


def sync_folder(folder: Path) -> None:
    """A new name survives a power cut only once its folder is on the disk, too."""
    if os.name == "nt":  # has no such call
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
