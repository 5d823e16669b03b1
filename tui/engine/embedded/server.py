"""Keeps the embedded model's server: a child process, started when it is first needed and ended with us."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tui.engine.embedded.child import KEY_VARIABLE
from tui.engine.embedded.models import EmbeddedModel
from tui.engine.embedded.trouble import OTHERWISE, Death, why_it_died, why_it_is_not_installed
from tui.engine.files import make_folder
from tui.engine.secret import known, without_keys

SLOTS: Final = 4
"""Replies at once; a further request would wait in the server without a word."""
LOG_NAME: Final = "embedded.log"
LOG_LIMIT: Final = 1 << 20

_CHILD: Final = Path(__file__).with_name("child.py")
_STEADY: Final = 30.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the server answers, as an OpenAI-compatible provider does."""

    base_url: str
    key: str = field(repr=False)


class CannotRun(Exception):
    """The embedded model can't run here; the message is one line for a reader."""


def available() -> bool:
    """Whether the runtime is installed. Cheap: it is not imported."""
    return importlib.util.find_spec("xllamacpp") is not None


def pause(starts: int) -> float:
    """Seconds from one start to the next, after so many in a row: a single death costs none, a series ever more."""
    return 0.0 if starts < 2 else min(8.0, 0.25 * 2.0 ** (starts - 1))


class ModelServer:
    """The server of one model. `endpoint()` starts it, also again after it died; `close()` ends it for good."""

    def __init__(self, model: EmbeddedModel, *, data: Path, log: Path, start_timeout: float = 60.0) -> None:
        self._model = model
        self._data = data
        self._log = log / LOG_NAME
        self._start_timeout = start_timeout
        self._starting = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._endpoint: Endpoint | None = None
        self._closed = False
        self._started_at = -_STEADY
        self._starts = 0

    @property
    def pid(self) -> int | None:
        """The process, while it lives."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    async def endpoint(self) -> Endpoint:
        """Where it answers; starts it unless it runs. Callers at one time share one start. Raises CannotRun."""
        async with self._starting:
            if self._process is not None and self._process.poll() is not None:
                _end(self._process)
                self._endpoint = None
            if self._endpoint is None:
                self._refuse_early()
                await self._take_breath()
                self._endpoint = await self._start()
            elif _size(self._log) > LOG_LIMIT:
                os.truncate(self._log, 0)  # the server appends, so it writes on from the start
            return self._endpoint

    async def close(self) -> None:
        """End it for good: it goes when its input closes, else it is told to, else killed."""
        self._closed = True
        process = self._process
        if process is None:
            return
        try:
            _close_input(process)
            if not await _gone(process, 2.0):
                process.terminate()
                await _gone(process, 1.0)
        finally:
            _end(process)

    def _refuse_early(self) -> None:
        if not self._model.present(self._data):
            raise CannotRun(f"{self._model.title} is not here: rivulet model fetch {self._model.name}, {OTHERWISE}.")
        if not available():
            raise CannotRun(why_it_is_not_installed())

    async def _take_breath(self) -> None:
        now = time.monotonic()
        if now - self._started_at >= _STEADY:
            self._starts = 0
        await asyncio.sleep(max(0.0, self._started_at + pause(self._starts) - now))
        self._started_at = time.monotonic()
        self._starts += 1

    async def _start(self) -> Endpoint:
        if self._closed:
            raise CannotRun("Rivulet is closing.")
        key = known(secrets.token_urlsafe(24))
        try:
            make_folder(self._log.parent)
            process, logged = self._spawn(key)
        except OSError as error:
            raise CannotRun(f"The embedded model can't be started ({error}), {OTHERWISE}.") from error
        self._process = process
        ready = False
        try:
            url = await asyncio.wait_for(asyncio.to_thread(_wait_until_ready, process), self._start_timeout)
            ready = not self._closed
        except TimeoutError:
            raise CannotRun(
                f"The embedded model did not get ready in {self._start_timeout:.0f} s: try again, {OTHERWISE} "
                f"(its log: {self._log})."
            ) from None
        except Death as death:
            if not self._closed:
                raise CannotRun(why_it_died(death, self._model, _since(self._log, logged), self._log)) from None
        finally:
            if not ready:
                _end(process)
        if not ready:
            raise CannotRun("Rivulet is closing.")
        return Endpoint(f"{url}/v1", key)

    def _spawn(self, key: str) -> tuple[subprocess.Popen[bytes], int]:
        """The process, and how long the log was before it."""
        logged = _size(self._log)
        if logged > LOG_LIMIT:
            os.truncate(self._log, 0)
            logged = 0
        model = self._model
        tokens = (model.context, model.longest_reply)
        told = (model.path(self._data), SLOTS, *tokens, model.name)
        command = [sys.executable, "-P", str(_CHILD), *map(str, told)]
        with open(self._log, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as log:
            process = subprocess.Popen(
                command,
                # Its lifeline: no other process may hold our end. Python's pipes are closed on exec, in every child.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=without_keys(os.environ) | {KEY_VARIABLE: key},
                # A session of its own, so that the terminal's Ctrl+C does not reach it.
                start_new_session=True,
            )
        return process, logged


def _wait_until_ready(process: subprocess.Popen[bytes]) -> str:
    """Its URL, once it answers there. Blocks; raises Death."""
    import http.client  # 5 ms that the program's start need not pay

    assert process.stdout is not None
    line = process.stdout.readline()
    words = json.loads(line) if line.endswith(b"\n") else {}
    if "url" not in words:
        raise Death(process.wait(), words.get("error", ""), words.get("message", ""))
    url: str = words["url"]
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/health")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise Death(process.poll(), "health", str(error)) from error
    if status != 200:
        raise Death(process.poll(), "health", f"status {status}")
    return url


async def _gone(process: subprocess.Popen[bytes], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.005)
    return True


def _close_input(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill it unless it is gone (it has nothing to save), and take leave of it."""
    process.kill()
    process.wait()
    _close_input(process)
    assert process.stdout is not None
    process.stdout.close()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _since(path: Path, offset: int) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            return file.read(LOG_LIMIT).decode("utf-8", "replace")
    except OSError:
        return ""
