"""The time of day for what streams: it makes no jump while anything does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final


def _of_this_boot(clock: int) -> Callable[[], float]:
    return lambda: time.clock_gettime(clock)


_BOOT: Final = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
"""Goes on while the machine sleeps, as the time of day does: Linux's own, and macOS's monotonic one."""
steady: Final = time.monotonic if _BOOT is None else _of_this_boot(_BOOT)
"""Seconds since some moment, whatever becomes of the machine's clock."""


class Clock:
    """Seconds since the epoch. Where somebody sets the machine's clock, what streams is told so only once it is over:
    else it would have taken an hour, or its next try would come in one."""

    def __init__(
        self,
        streaming: Callable[[], bool],
        machine: Callable[[], float] = time.time,
        since: Callable[[], float] = steady,
    ) -> None:
        """`streaming`: whether anything does now. To be asked from any thread."""
        self._streaming = streaming
        self._machine = machine
        self._since = since
        self._epoch = machine() - since()

    def __call__(self) -> float:
        if not self._streaming():
            self._epoch = self._machine() - self._since()
        return self._epoch + self._since()
