"""The log file: the user's alone, bounded in size, without secrets; and the only place where a traceback goes."""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

from tui.engine import Provider
from tui.paths import private_folder

NAME: Final = "rivulet.log"
_LARGEST: Final = 1_000_000
_SHORTEST_SECRET: Final = 6
"""Characters from which on a key is blotted out: a shorter one would take ordinary words with it."""

# Keys that a keyring or a command gave are not known here; most show what they are.
_LIKE_A_KEY: Final = re.compile(r"(?i)(\bbearer\s+|\bx-api-key['\":\s]+|\bsk-)[\w.~+/=-]{6,}")


def scrubbed(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without these secrets, and without what looks like one."""
    for secret in secrets:
        text = text.replace(secret, "[key]")
    return _LIKE_A_KEY.sub(r"\1[key]", text)


def secrets_of(providers: Iterable[Provider], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The keys that can be known without asking a keyring or a command."""
    keys = (provider.api_key for provider in providers)
    known = (environ.get(key.source[1:], "") if key.source.startswith("$") else key.source for key in keys if key)
    return tuple(secret.strip() for secret in known if len(secret.strip()) >= _SHORTEST_SECRET)


class _Formatter(logging.Formatter):
    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record), self._secrets)


class _PrivateFile(RotatingFileHandler):
    """Makes its folder and file at the first record, for the user alone."""

    def _open(self) -> Any:
        private_folder(Path(self.baseFilename).parent)
        return open(self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def start(folder: Path, level: str, secrets: tuple[str, ...] = ()) -> None:
    """From here on all logging, warnings and failures of threads go to the file, and nothing to the terminal."""
    handler = _PrivateFile(
        folder / NAME, maxBytes=_LARGEST, backupCount=2, encoding="utf-8", delay=True, errors="backslashreplace"
    )
    handler.setFormatter(_Formatter(secrets))
    logging.raiseExceptions = False  # a full disk must not write over the screen
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would write a line for each request
    logging.captureWarnings(True)
    log = logging.getLogger("rivulet")
    threading.excepthook = lambda args: log.error("a thread failed", exc_info=args.exc_value)
    sys.unraisablehook = lambda args: log.error("%s", args.err_msg or "ignored", exc_info=args.exc_value)
