"""The log file: the user's alone, bounded in size, without secrets; and the only place where a traceback goes."""

from __future__ import annotations

import logging
import os
import re
import stat
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

from tui.engine import PROMPTS, STREAM_ID, Provider, redacted, revealed_keys, without_passwords
from tui.paths import private_folder
from tui.plain import line, plain

NAME: Final = "rivulet.log"
_LARGEST: Final = 1_000_000
_OLDER: Final = 2
_LONGEST: Final = 50_000
"""Characters of a failure with its traceback."""
_AGAIN: Final = 10.0
"""Seconds after which the same failure is logged once more."""
_REMEMBERED: Final = 200
"""Failures that are known again as the same."""
_OURS: Final = ("tui", "rivulet")
"""The loggers that the user's level is for. At `debug`, libraries tell too much, and nobody knows whose words it is."""

# Keys that nobody has read yet are not known here; most show what they are.
_LIKE_A_KEY: Final = re.compile(
    r"(?i)(\bbearer\s+|\bx-api-key[^\w\n]+(?:b['\"])?|[?&](?:key|token|api[-_]?key|access_token)="
    r"|\bsk-|\bgsk_|\bxai-|\bhf_|\baiza)[\w.~+/=-]{6,}"
)


def scrubbed(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without these secrets, those that were read since the start, and what looks like one."""
    # The longest first: a shorter one may be how it begins.
    for secret in sorted({*secrets, *revealed_keys()}, key=len, reverse=True):
        text = redacted(text, secret, "[key]")
    return without_passwords(_LIKE_A_KEY.sub(r"\1[key]", text), "[key]")


def secrets_of(providers: Iterable[Provider], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The keys that can be known without asking a keyring or a command."""
    keys = (provider.api_key for provider in providers)
    known = (environ.get(key.source[1:], "") if key.source.startswith("$") else key.source for key in keys if key)
    return tuple(filter(None, map(str.strip, known)))


class _OnceAWhile(logging.Filter):
    """Lets a failure of one kind and place, with one stream, through once in a while: what is tried at every frame, or
    told of every token, fails as often, and would leave nothing else in the file."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.exc_info or record.exc_info[0] is None:
            return True
        kind, _, trace = record.exc_info
        frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace)]
        place = (record.name, record.levelno, STREAM_ID.get(), kind, *frames)
        last, missed = self._seen.get(place, (-_AGAIN, 0))
        if record.created - last < _AGAIN and record.created >= last:  # unless the clock was set back
            self._seen[place] = last, missed + 1
            return False
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[place] = record.created, 0
        if missed:
            record.msg, record.args = f"{record.getMessage()} (and {missed} times in between)", ()
        return True


class _Formatter(logging.Formatter):
    """Every line names its stream, `-` where there is none: also those of a traceback, and of a text with many."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(process)d %(stream_id)s %(name)s: %(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        id = record.__dict__.setdefault("stream_id", STREAM_ID.get() or "-")
        text = super().format(record)
        if record.exc_info and len(text) > _LONGEST:  # a word is left out whole: half a key would not be known as one
            text = re.sub(r"\S*\Z", "…", text[:_LONGEST])
        text = scrubbed(text, self._secrets)
        return f"\n    {line(id)} | ".join(plain(text).split("\n"))


class _PrivateFile(RotatingFileHandler):
    """Makes its folder and file at the first record, for the user alone."""

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        if self.stream is not None and not self._is_in_place(self.stream.fileno()):
            self.stream.close()
            self.stream = None  # so the file is opened anew
        return bool(super().shouldRollover(record))

    def _is_in_place(self, ours: int) -> bool:
        """Whether the file is still the one that we write: another Rivulet may have begun a new one."""
        try:
            return os.path.samestat(os.stat(self.baseFilename), os.fstat(ours))
        except FileNotFoundError:
            return False

    def _open(self) -> Any:
        private_folder(Path(self.baseFilename).parent)
        return open(self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=_private)


def _private(path: str, flags: int) -> int:
    file = os.open(path, flags, 0o600)
    if os.name == "posix" and stat.S_ISREG(os.fstat(file).st_mode):
        with suppress(OSError):  # one that was there before may be open to others
            os.fchmod(file, 0o600)
    return file


def start(folder: Path, level: str, secrets: tuple[str, ...] = (), *, prompts: bool = False) -> None:
    """From here on all logging, warnings and failures of threads go to the file, and nothing to the terminal.

    `prompts`: what is sent to models goes there too, at the level debug.
    """
    with suppress(OSError):  # there is none yet, or not ours
        folder.chmod(folder.stat().st_mode & 0o700)  # not more than before: it may be closed on purpose
    handler = _PrivateFile(
        folder / NAME, maxBytes=_LARGEST, backupCount=_OLDER, encoding="utf-8", delay=True, errors="backslashreplace"
    )
    handler.setFormatter(_Formatter(secrets))
    handler.addFilter(_OnceAWhile())
    logging.raiseExceptions = False  # a full disk must not write over the screen
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, _number(level)), force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(_number(level))
    if prompts:
        logging.getLogger(PROMPTS).setLevel(logging.NOTSET)
    logging.captureWarnings(True)
    log = logging.getLogger("rivulet")
    threading.excepthook = lambda args: log.error("a thread failed", exc_info=args.exc_value)
    sys.unraisablehook = lambda args: log.error("%s", args.err_msg or "ignored", exc_info=args.exc_value)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
