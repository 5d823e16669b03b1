"""When streams read. Reading seldom costs least; one at a time, and never before a key, keeps the screen quick.

What a server sends waits in the socket's buffer meanwhile, so nothing is lost or held up for longer than an eye sees.
Measured with 20 streams of 100 deltas a second that nobody looks at: read one by one as they come, they make a key
wait two to three times as long.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

BEAT: Final = 0.04
"""Seconds that a stream rests after what it waited for: the screen is drawn no more often, and a read that brings
several deltas costs little more than one that brings one."""

SLICE: Final = 0.002
"""Seconds of work after which a stream lets others have their turn. Without it the loop takes all that has come in,
64 kB and hundreds of pieces, stream by stream."""

WAY: Final = 0.03
"""Seconds that a key is given to act and be shown."""

LONGEST: Final = 0.07
"""Seconds from one read of a stream to the next at most, however fast keys come: with the journal's own 70 ms and its
commit, what has come is on disk within 250."""

_WAITED: Final = 0.001
"""A piece that took longer than this to come was not there yet."""

_FLOOD: Final = 8 * 1024
"""Bytes between two rests from which on a stream is a flood: it must not rest, or it would fall behind."""


class Pace:
    """Lets streams have their turns, one in each round of the event loop. Belongs to one event loop."""

    def __init__(self) -> None:
        self._queue: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._serving: asyncio.Handle | None = None
        self._clear_at = 0.0

    def give_way(self) -> None:
        """A key was pressed: streams wait for a moment, so that it acts and is shown first."""
        self._clear_at = asyncio.get_running_loop().time() + WAY

    async def turn(self, since: float | None = None) -> None:
        """Wait for a turn. `since`: when the wait began, by the loop's clock, if that was not now."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._queue.append((loop.time() if since is None else since, future))
        if self._serving is None:
            self._serving = loop.call_soon(self._serve)
        await future

    def _serve(self) -> None:
        self._serving = None
        while self._queue and self._queue[0][1].done():  # who was cancelled waits no more
            self._queue.popleft()
        if not self._queue:
            return
        loop = asyncio.get_running_loop()
        since, future = self._queue[0]
        wait = min(self._clear_at, since + LONGEST) - loop.time()
        if wait > 0:
            self._serving = loop.call_later(wait, self._serve)
            return
        self._queue.popleft()
        future.set_result(None)
        if self._queue:
            self._serving = loop.call_soon(self._serve)


class Turns:
    """One stream's turns. Tell it of each piece that `came`; when its turn is `over`, `rest`."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._time = asyncio.get_running_loop().time
        self._began = self._asked = self._time()
        self._waited = False
        self._bytes = 0

    def came(self, size: int) -> None:
        self._waited = self._time() - self._asked > _WAITED
        self._bytes += size

    def over(self) -> bool:
        self._asked = self._time()
        return self._asked - self._began > SLICE

    async def rest(self, *, brought: bool) -> None:
        """Until the next turn. `brought`: there was text in the last piece; what only prepares for it is no reason
        to let the first words wait."""
        since = self._time()
        if self._waited and brought and self._bytes < _FLOOD:
            await asyncio.sleep(BEAT)
            self._bytes = 0
        await self._pace.turn(since)
        self._began = self._asked = self._time()
