"""Colours for code that come later: what is long is lexed in a thread, in slices, and plain until then."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import Final, TypeVar

from tui.widgets.transcript.code import LARGEST, highlighted, is_known
from tui.widgets.transcript.ink import Line

T = TypeVar("T")
Job = tuple[str, str]
"""Code and its language."""

AT_ONCE: Final = 1_000
"""Characters: to lex so many takes 1 to 3 ms, and code that changes its colours under the eyes is not calm."""
_SLICE: Final = 0.002
"""Seconds of lexing, after which the thread rests as long: so the event loop is never kept from running for more."""
_KEPT: Final = 8 * LARGEST
"""Characters of lexed code that are kept, for the next time that they are laid out."""


class Colours:
    """Lexed code, and what is still to be lexed. `start` is called, in the loop, when a thread shall call `work`."""

    def __init__(self, start: Callable[[], None]) -> None:
        self._start = start
        self._lock = Lock()
        self._done: OrderedDict[Job, list[Line]] = OrderedDict()
        self._size = 0
        self._waiting: dict[Job, None] = {}
        self._runs = False

    def tint(self, code: str, language: str) -> list[Line] | None:
        """The lines in colours; None if they come later."""
        job = code, language
        with self._lock:
            if job in self._done:
                self._done.move_to_end(job)
                return self._done[job]
        if len(code) <= AT_ONCE and is_known(language):
            lines = highlighted(code, language)
            self._keep(job, lines)
            return lines
        with self._lock:
            self._waiting[job] = None
            start, self._runs = not self._runs, True
        if start:
            self._start()
        return None

    def work(self, stopped: Callable[[], bool] = lambda: False) -> bool:
        """In a thread: lex one; False if there is nothing to do any more. The newest first: it is on screen."""
        with self._lock:
            if not self._waiting or stopped():
                self._runs = False
                return False
            job = next(reversed(self._waiting))
        lines = highlighted(*job, pace=gently)
        self._keep(job, lines)
        with self._lock:
            self._waiting.pop(job, None)
        return True

    def is_done(self, job: Job) -> bool:
        return job in self._done

    def _keep(self, job: Job, lines: list[Line]) -> None:
        with self._lock:
            self._done[job] = lines
            self._size += len(job[0])
            while self._size > _KEPT and len(self._done) > 1:
                (code, _), _ = self._done.popitem(last=False)
                self._size -= len(code)


def gently(tokens: Iterable[T]) -> Iterator[T]:
    """The tokens, with a rest after each slice of time."""
    until = time.perf_counter() + _SLICE
    for token in tokens:
        yield token
        if time.perf_counter() >= until:
            time.sleep(_SLICE)
            until = time.perf_counter() + _SLICE
