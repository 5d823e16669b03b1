"""Standard output and error, written from a thread: a reader that is slow or gone keeps no stream waiting."""

from __future__ import annotations

import os
import queue
import select
import threading
from collections.abc import Callable
from typing import Final

OUT: Final = 1
ERR: Final = 2


class Outlet:
    """Takes text at once and writes it in its order. `on_failure` is called, in the thread, when stdout is gone.

    It writes to the file descriptors: a thread that waits inside Python's own stdout would hold its lock, and
    Python could not end.
    """

    def __init__(self, on_failure: Callable[[], object]) -> None:
        self._on_failure = on_failure
        self._queue: queue.SimpleQueue[tuple[int, str] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="outlet", daemon=True)
        self._thread.start()
        self.failure: OSError | None = None
        """Why nothing more can be written to stdout."""

    def write(self, text: str, to: int = OUT) -> None:
        if text:
            self._queue.put((to, text))

    def finish(self) -> None:
        """Wait until everything is written, or can't be."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            to, text = item
            if to == OUT and self.failure:
                continue
            try:
                _write(to, text.encode("utf-8", "replace"))
            except OSError as error:
                if to == OUT:
                    self.failure = error
                    self._on_failure()


def _write(to: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(to, view) :]
        except BlockingIOError:  # whoever shares the pipe has set it so
            select.select([], [to], [])
