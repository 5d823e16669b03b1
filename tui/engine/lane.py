"""Who is asked next at one provider, how many at once, and when. Pure: told what happens and what time it is."""

from __future__ import annotations

import heapq
import math
from typing import Final

from tui.engine.stream import StreamType

RECOVER: Final = 60.0
"""Seconds without a refusal after which a lane is as wide as its provider's settings allow, whatever it was before."""

_YIELDS: Final = 1000
"""A stream of a later kind gives way to so many that come after it, and then to none: it can't wait forever."""

_RANKS: Final = {
    StreamType.CHAT: 0,
    StreamType.PROMPT_OPTIMIZATION: 1,
    StreamType.SYSTEM_PROMPT: 1,
    StreamType.CONVERSATION_TITLE: 2,
    StreamType.TOPIC_TITLE: 2,
}


def turn_of(type: StreamType, number: int) -> int:
    """The turn of a stream that is the `number`th of all: the lowest goes first. No two have the same.

    Chats go before optimizations and those before titles; within a kind, who came first.
    """
    rank = _RANKS[type]
    return (number + rank * _YIELDS) * 3 + rank


class Lane:
    """Streams that wait and streams that run, by their ids.

    Too many requests, says the provider: nobody is asked for as long as it wants, and then half as many at once. Each
    reply that begins widens the lane again, and a minute without a refusal does so at once. All times are of one clock.
    """

    def __init__(self) -> None:
        self.held_until = -math.inf
        """Nobody is let in before."""
        self._width = math.inf
        """How many a refusal has left."""
        self._recovers = -math.inf
        self._waiting: dict[str, int] = {}
        self._running: dict[str, int] = {}
        """With the number of cuts that there were when it was let in."""
        self._cuts = 0

    def join(self, id: str, turn: int) -> None:
        """It wants to be asked."""
        self._waiting[id] = turn

    def leave(self, id: str) -> None:
        """It wants no more, whether it waits or runs."""
        self._waiting.pop(id, None)
        self._running.pop(id, None)

    def admit(self, now: float, limit: int) -> list[str]:
        """Let in who may be asked now, the next one first; `limit`: how many at once its provider takes by itself."""
        if now < self.held_until:
            return []
        if now >= self._recovers:
            self._width = math.inf
        free = int(min(limit, max(1.0, self._width))) - len(self._running)
        if free <= 0 or not self._waiting:
            return []
        admitted = heapq.nsmallest(free, self._waiting, self._waiting.__getitem__)
        for id in admitted:
            del self._waiting[id]
            self._running[id] = self._cuts
        return admitted

    def wakes_at(self, now: float) -> float | None:
        """When `admit` may let somebody in though nobody leaves; None if it would not, or may do so now."""
        if not self._waiting:
            return None
        if now < self.held_until:
            return self.held_until
        return self._recovers if now < self._recovers and math.isfinite(self._width) else None

    def refused(self, id: str, now: float, seconds: float, limit: int) -> bool:
        """Its provider had too many requests and is to be left alone so long; whether nobody is let in for longer now
        than before. Those that were asked before the last such word came are no further reason to ask fewer."""
        if self._running.get(id) == self._cuts:
            self._cuts += 1
            self._width = max(1.0, min(self._width, limit, len(self._running)) / 2)
        longer = now + seconds > self.held_until
        self.held_until = max(self.held_until, now + seconds)
        self._recovers = self.held_until + RECOVER
        return longer

    def answered(self) -> None:
        """A reply began: a little more may be asked for at once."""
        if math.isfinite(self._width):
            self._width += 1 / self._width

    def open(self) -> None:
        """Let in whom there is room for, before the provider wanted that."""
        self.held_until = -math.inf

    def renew(self) -> None:
        """The provider is another one now: what it said does not count any more."""
        self.held_until = self._recovers = -math.inf
        self._width = math.inf
