"""Keeps the embedded model's server: a child process, started when it is first needed and ended with us."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import importlib.util
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tui.engine.embedded.models import EmbeddedModel

LOG_NAME: Final = "embedded-model.log"
LOG_LIMIT: Final = 1 << 20
SLOTS: Final = 4
"""Replies at once; a further request would wait in the server without a word."""

_CHILD: Final = Path(__file__).with_name("child.py")
_KEY_VARIABLE: Final = "RIVULET_EMBEDDED_KEY"
_STEADY: Final = 30.0
_OTHERWISE: Final = "or configure a provider in config.toml"


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
        self._started_at = 0.0
        self._quick_starts = 0

    @property
    def pid(self) -> int | None:
        """Of the process, while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    async def endpoint(self) -> Endpoint:
        """Where it answers; starts it unless it runs. Callers at the same time share one start. Raises CannotRun."""
        async with self._starting:
            if self.pid is not None and self._endpoint is not None:
                _trim(self._log)
                return self._endpoint
            await self._take_breath()
            self._endpoint = await self._start()
            return self._endpoint

    async def close(self) -> None:
        """End it: it goes by itself when its input closes, else it is told, else it is killed."""
        self._closed = True
        if self._process is not None:
            await _end(self._process)
