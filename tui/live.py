"""The only bridge from the engine to the screen: any number of changes, at most one redraw a frame."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable
from typing import Final

from tui.engine import Arrived, CatalogEvent, Dropped, Engine, Notice, Stream, StreamEvent

_log: Final = logging.getLogger(__name__)

FRAME: Final = 0.05
"""Seconds between redraws while something streams: more cost CPU and bytes, and nobody reads faster."""

TICK: Final = 0.1
"""Seconds between redraws while something streams but says nothing: the spinner and the seconds go on."""

WAY: Final = 0.03
"""Seconds that a typed letter is given to be shown before a frame is drawn."""

LATEST: Final = 0.15
"""Seconds between two frames at most, however fast is typed."""


class Meter:
    """How many tokens each stream has brought, roughly: only a provider's own count is exact."""

    def __init__(self) -> None:
        self._tokens: dict[str, float] = {}
        self._rates: dict[str, tuple[int, float]] = {}

    def count(self, event: StreamEvent) -> None:
        match event:
            case Arrived(id=id, content=content, reasoning=reasoning):
                self._tokens[id] = self._tokens.get(id, 0.0) + _tokens(content) + _tokens(reasoning)
            case Dropped(id=id):
                self._tokens.pop(id, None)
                self._rates.pop(id, None)

    def tokens(self, id: str) -> float:
        return self._tokens.get(id, 0.0)

    def rate(self, stream: Stream, now: float) -> float:
        """Tokens a second since the first, as of this whole second: a number that changes at every frame can't be
        read, and each change is drawn, sent and paid for. 0 before there is anything to measure."""
        if stream.first_token_at is None:
            return 0.0
        until = stream.ended_at or now
        second, known = self._rates.get(stream.id, (-1, 0.0))
        if int(until) == second:
            return known
        seconds = until - stream.first_token_at
        if seconds <= 0.2:
            return 0.0
        found = self.tokens(stream.id) / seconds
        self._rates[stream.id] = int(until), found
        return found


def _tokens(text: str) -> float:
    """About four letters of English make a token, or one and a half characters of Chinese."""
    if text.isascii():
        return len(text) / 4
    wide = sum(1 for character in text if ord(character) > 0x2E7F)
    return wide / 1.5 + (len(text) - wide) / 4


class Live:
    """The one flush clock of the app. Changes set a flag; `draw` runs in the app's context, in its own time."""

    def __init__(self, engine: Engine, draw: Callable[[], None], notice: Callable[[str], None]) -> None:
        self.meter = Meter()
        self._engine = engine
        self._draw = draw
        self._notice = notice
        self._loop = asyncio.get_running_loop()
        # A change comes in the context of some stream's task; drawing needs the app's.
        self._context = contextvars.copy_context()
        self._timer: asyncio.TimerHandle | None = None
        self._last = self._clear_at = 0.0
        self._paused = False
        self._unsubscribe = (
            engine.registry.subscribe(self._stream_changed),
            engine.catalog.subscribe(self._record_changed),
        )

    def close(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        if self._timer is not None:
            self._timer.cancel()
        self._paused = True

    def want(self) -> None:
        """Have the screen drawn anew, soon."""
        self._schedule(FRAME)

    def give_way(self) -> None:
        """A letter was typed: it is shown first, and the frame that may be due a moment later."""
        self._clear_at = self._loop.time() + WAY

    def _stream_changed(self, event: StreamEvent) -> None:
        self._schedule(FRAME)
        self.meter.count(event)

    def _record_changed(self, event: CatalogEvent) -> None:
        if isinstance(event, Notice):
            # A timer that is made for it lives in this context, too, and brings the app down in any other.
            self._context.copy().run(self._notice, event.text)
        self._schedule(FRAME)

    def _schedule(self, interval: float) -> None:
        if self._paused:
            return
        due = max(self._loop.time(), self._last + interval)
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._flush, context=self._context)

    def _flush(self) -> None:
        self._timer = None
        now = self._loop.time()
        if now < (clear_at := min(self._clear_at, self._last + LATEST)):
            self._timer = self._loop.call_at(clear_at, self._flush, context=self._context)
            return
        self._last = now
        try:
            self._draw()
        except Exception:  # a screen that fails must not take the streams with it, nor stop the clock
            _log.exception("The screen could not be drawn")
        if self._engine.registry.live:
            self._schedule(TICK)


def clock(seconds: float) -> str:
    """0:07, 1:02:03: of one width up to ten minutes."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
