"""Snowflake ids: 13 characters, `0-9a-z`, sortable by time, safe as file names everywhere."""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
LENGTH: Final = 13
EPOCH_MS: Final = 1_704_067_200_000
"""2024-01-01T00:00:00Z."""

# 42 bits of milliseconds last until 2163; 66 bits in all fit in 13 digits of base 36 (67.2 bits).
_WORKER_BITS: Final = 12
_SEQUENCE_BITS: Final = 12
WORKERS: Final = 1 << _WORKER_BITS
_SEQUENCES: Final = 1 << _SEQUENCE_BITS
_LAST_MS: Final = (1 << 42) - 1
_BEYOND_MS: Final = 1 << 20


class Snowflakes:
    """A source of ids, for all threads of a process.

    Ids of one source rise strictly. Two processes never share a worker number while both live (see
    `claim_worker`); when the clock goes back, or more than fit are asked for in a millisecond, the source
    goes on from its own last millisecond, so it never repeats itself.
    """

    def __init__(self, worker: int, clock: Callable[[], float] = time.time) -> None:
        if not 0 <= worker < WORKERS:
            raise ValueError(f"worker {worker} is not in 0..{WORKERS - 1}")
        self._worker = worker
        self._clock = clock
        self._lock = threading.Lock()
        # The first id is of a later millisecond: whoever had this worker number before has ended by now.
        self._ms = self._now()
        self._sequence = _SEQUENCES - 1

    def rise_above(self, ids: Iterable[str]) -> None:
        """Make none from now on that comes before one of these, of earlier runs, whose clock may have been ahead.

        What is no id of ours, or too late to be one, counts for nothing.
        """
        ours = (id for id in ids if len(id) == LENGTH and id < _TOO_LATE and id.isascii() and id.isalnum())
        ms = int(max(ours, default="0"), 36) >> (_WORKER_BITS + _SEQUENCE_BITS)
        with self._lock:
            if self._ms <= ms:
                # That run may have made more behind it, which nobody here knows of: not to meet those either.
                self._ms, self._sequence = ms + secrets.randbelow(_BEYOND_MS), _SEQUENCES - 1

    def next(self) -> str:
        with self._lock:
            now = self._now()
            if now > self._ms:
                self._ms = now
                # A random start, for the case that two have one worker number all the same (a random one, say).
                self._sequence = secrets.randbelow(_SEQUENCES // 4)
            else:
                self._sequence += 1
                if self._sequence == _SEQUENCES:
                    self._ms += 1
                    self._sequence = 0
            number = (((self._ms << _WORKER_BITS) | self._worker) << _SEQUENCE_BITS) | self._sequence
        return encode(number)

    def _now(self) -> int:
        # A machine without a clock of its own may be in the year 1970.
        return min(max(int(self._clock() * 1000) - EPOCH_MS, 0), _LAST_MS)


def encode(number: int) -> str:
    digits = []
    for _ in range(LENGTH):
        number, digit = divmod(number, 36)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))


_TOO_LATE: Final = encode((_LAST_MS - (1 << 38)) << (_WORKER_BITS + _SEQUENCE_BITS))
"""In 2154: behind such an id hardly any are left."""


def timestamp(id: str) -> float:
    """When an id was made, in seconds since the epoch."""
    return ((int(id, 36) >> (_WORKER_BITS + _SEQUENCE_BITS)) + EPOCH_MS) / 1000


_claimed: list[int] = []
"""Descriptors whose locks hold our worker numbers: they stay open as long as the process lives."""


def claim_worker(folder: Path | None = None) -> int:
    """A worker number that no other living process of this user has; a random one if none can be had.

    Each number is one byte of a small file, locked by its holder: the kernel frees it when the holder ends,
    in whatever way.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        return secrets.randbelow(WORKERS)
    descriptor = -1
    try:
        path = (folder or Path(tempfile.gettempdir())) / f"rivulet-workers-{os.getuid()}"
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o600)
        found = os.fstat(descriptor)
        if found.st_uid != os.getuid() or not stat.S_ISREG(found.st_mode):
            raise PermissionError(f"{path} is not ours")
        start = os.getpid()
        for step in range(WORKERS):
            worker = (start + step) % WORKERS
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, worker)
            except BlockingIOError:
                continue
            _claimed.append(descriptor)
            return worker
    except OSError:
        pass
    if descriptor >= 0:
        os.close(descriptor)
    return secrets.randbelow(WORKERS)


_source: Snowflakes | None = None
_source_lock = threading.Lock()


def new_id() -> str:
    """The next id of this process."""
    return _ids().next()


def rise_above(ids: Iterable[str]) -> None:
    """Make all further ids of this process come behind these."""
    _ids().rise_above(ids)


def _ids() -> Snowflakes:
    global _source
    if _source is None:
        with _source_lock:
            if _source is None:
                _source = Snowflakes(claim_worker())
    return _source


def _forget_source() -> None:
    """A forked child has no part in its parent's locks, so it claims a number of its own."""
    global _source, _source_lock
    _source = None
    _source_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_source)
