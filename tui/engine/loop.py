"""The event loop of all front ends: after the program stood still, what came meanwhile goes before what is overdue."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Looks once more before it says that nothing came.

    A wait that a suspended program was in the midst of ends with nothing once its time is over, whatever has come
    since: all streams would count as silent for the whole pause, and end for it, with their text in the system's
    buffers.
    """

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(timeout)
        return ready if ready or (timeout is not None and timeout <= 0) else super().select(0)


def _new_loop() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(_Selector())


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, in such a loop."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(main)
