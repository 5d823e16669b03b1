"""The providers' lanes: a stream waits here for its turn, and between two tries. What waits can be woken at once."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final

from tui.engine.lane import Lane, turn_of
from tui.engine.stream import StreamError, StreamEvent, StreamType, Waiting, Waits

_AGAIN: Final = 0.5
"""Seconds by which a hold must grow for those in the queue to be told: a lane's refusals come all at once."""


class Lanes:
    """One lane a provider. They live in one event loop."""

    def __init__(
        self, limit: Callable[[str], int], apply: Callable[[StreamEvent], None], clock: Callable[[], float]
    ) -> None:
        """`limit`: how many streams at once a provider takes, now."""
        self._limit = limit
        self._apply = apply
        self._clock = clock
        self._gates: dict[str, _Gate] = {}
        self._tickets: dict[str, Ticket] = {}
        self._numbers = itertools.count()

    def ticket(self, provider: str, id: str, type: StreamType) -> Ticket:
        """What a stream is let in with. Its turn is its own from now on, also after a failed try."""
        if provider not in self._gates:
            self._gates[provider] = _Gate(lambda: self._limit(provider), self._apply, self._clock)
        ticket = Ticket(self._gates[provider], id, turn_of(type, next(self._numbers)))
        self._tickets[id] = ticket
        return ticket

    def forget(self, id: str) -> None:
        """Its stream has ended."""
        self._tickets.pop(id, None)

    def hurry(self, id: str) -> bool:
        """Have a stream that waits for a time to come asked now; False if it waits for no time."""
        ticket = self._tickets.get(id)
        return ticket is not None and ticket.hurry()

    def changed(self, renewed: Iterable[str]) -> None:
        """The limits may be others now; `renewed`: providers that are others altogether."""
        for name in renewed:
            if name in self._gates:
                self._gates[name].renew()
        for gate in self._gates.values():
            gate.look()


def alone(id: str, apply: Callable[[StreamEvent], None], clock: Callable[[], float]) -> Ticket:
    """For what is in nobody's way."""
    return Lanes(lambda provider: 1, apply, clock).ticket("", id, StreamType.CHAT)


class Ticket:
    """`async with` it to be asked for: it waits for its turn, and holds its place until it is left."""

    def __init__(self, gate: _Gate, id: str, turn: int) -> None:
        self.id = id
        self.turn = turn
        self._gate = gate
        self._failure: StreamError | None = None
        self._pause: asyncio.Event | None = None

    async def __aenter__(self) -> None:
        await self._gate.enter(self, self._failure)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gate.leave(self.id)

    def answered(self) -> None:
        """Its reply began."""
        self._gate.answered()

    def refused(self, error: StreamError, seconds: float) -> None:
        """Its provider had too many requests: nobody is asked for so long. To be told while it holds its place."""
        self._failure = error
        self._gate.refused(self.id, error, seconds)

    async def pause(self, error: StreamError, seconds: float) -> None:
        """Wait for the next try, without a place."""
        self._failure, self._pause = error, asyncio.Event()
        self._gate.tell(self.id, Waiting(None, self._gate.clock() + seconds, error))
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._pause.wait()
        finally:
            self._pause = None

    def hurry(self) -> bool:
        if self._pause is not None:
            self._pause.set()
            return True
        return self._gate.open(self.id)


@dataclass(slots=True)
class _Entrant:
    """One that waits for its turn."""

    turn: int
    failure: StreamError | None
    """Of its own last try."""
    admitted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class _Gate:
    """A lane in time: who waits is woken, and the registry told what for."""

    def __init__(
        self, limit: Callable[[], int], apply: Callable[[StreamEvent], None], clock: Callable[[], float]
    ) -> None:
        self.clock = clock
        self._limit = limit
        self._apply = apply
        self._lane = Lane()
        self._entrants: dict[str, _Entrant] = {}
        self._reason: StreamError | None = None
        """Why nobody is let in."""
        self._told_until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, ticket: Ticket, failure: StreamError | None) -> None:
        entrant = _Entrant(ticket.turn, failure)
        self._entrants[ticket.id] = entrant
        self._lane.join(ticket.id, ticket.turn)
        self.look()
        if entrant.admitted.done():
            return
        self._tell_entrant(ticket.id, entrant)
        try:
            await entrant.admitted
        except asyncio.CancelledError:
            self.leave(ticket.id)  # it may have been let in a moment ago: the place goes to the next
            raise

    def leave(self, id: str) -> None:
        self._entrants.pop(id, None)
        self._lane.leave(id)
        self.look()

    def look(self) -> None:
        """Let in who may be, and look again when time alone lets others in."""
        now = _now()
        for id in self._lane.admit(now, self._limit()):
            entrant = self._entrants.pop(id)
            if not entrant.admitted.done():
                entrant.admitted.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (due := self._lane.wakes_at(now)) is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(due, self.look, context=contextvars.Context())

    def refused(self, id: str, error: StreamError, seconds: float) -> None:
        if self._lane.refused(id, _now(), seconds, self._limit()):
            self._reason = error
        if (until := self._until()) is not None and until > self._told_until + _AGAIN:
            self._told_until = until
            self._tell_all()
        self.look()

    def answered(self) -> None:
        self._lane.answered()
        self.look()

    def open(self, id: str) -> bool:
        if id not in self._entrants or self._until() is None:
            return False
        self._lane.open()
        self._told_until = 0.0
        self.look()
        self._tell_all()
        return True

    def renew(self) -> None:
        self._lane.renew()
        self._told_until = 0.0
        self.look()
        self._tell_all()

    def tell(self, id: str, waiting: Waiting) -> None:
        self._apply(Waits(id, self.clock(), waiting))

    def _until(self) -> float | None:
        """Until when nobody is let in, in the time of day; None if that is not so."""
        left = self._lane.held_until - _now()
        return self.clock() + left if left > 0 else None

    def _tell_all(self) -> None:
        for id, entrant in tuple(self._entrants.items()):
            self._tell_entrant(id, entrant)

    def _tell_entrant(self, id: str, entrant: _Entrant) -> None:
        until = self._until()
        reason = entrant.failure or self._reason if until is not None else entrant.failure
        self.tell(id, Waiting(entrant.turn, until, reason))


def _now() -> float:
    return asyncio.get_running_loop().time()
