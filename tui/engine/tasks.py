"""The engine's tasks: named, kept, and run in a context of their own. No other task is made in Rivulet."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

_log: Final = logging.getLogger(__name__)

T = TypeVar("T")


class Tasks:
    """Tasks that outlive whoever asked for them.

    Each runs in an empty context: one that began in a key handler would inherit that screen's, and whatever it calls
    later would look for an app that is not there any more.
    """

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()  # the loop itself keeps only weak references

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Begin what nobody waits for: what it raises is logged."""
        context = contextvars.Context()
        task = self._begin(work, name, context)
        task.add_done_callback(_log_failure, context=context)  # its own: the line is told whose it is
        return task

    async def run(self, work: Coroutine[Any, Any, T], name: str) -> T:
        """Do it for a caller; it is done also if that one goes away meanwhile."""
        context = contextvars.Context()
        task = self._begin(work, name, context)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_log_failure, context=context)
            raise

    async def finish(self) -> None:
        """Wait until none is left but the one that waits, also of those that begin meanwhile."""
        while others := self._running - {asyncio.current_task()}:
            await asyncio.wait(others)

    def _begin(self, work: Coroutine[Any, Any, T], name: str, context: contextvars.Context) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work, name=name, context=context)
        self._running.add(task)
        task.add_done_callback(self._running.discard, context=contextvars.Context())
        return task


def _log_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("%s failed", task.get_name(), exc_info=error)
