"""The event loop of all front ends: after the program stood still, what came meanwhile goes before what is overdue."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")


_LATE: Final = 0.05
"""Seconds that a wait may take longer than it was to."""


class _Selector(selectors.DefaultSelector):
    """Looks once more before it says that nothing came, or that all is there which came before its time was over.

    A wait that a suspended program was in the midst of ends once its time is over with what there was before, or with
    nothing, whatever has come since: streams would count as silent for the whole pause, and end for it, with their text
    in the system's buffers.
    """

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        begun = time.monotonic()
        ready = super().select(timeout)
        if timeout is None:
            return ready
        wait = max(timeout, 0.0)
        late = time.monotonic() - begun > wait + _LATE
        return super().select(0) if late or (wait and not ready) else ready


def _new_loop() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(_Selector())


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, in such a loop."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(main)
