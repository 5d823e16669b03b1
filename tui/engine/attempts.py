"""The requests of one stream: each in its turn, and made again by itself while nothing of a reply was shown."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tui.engine import backoff
from tui.engine.lanes import Ticket
from tui.engine.pace import Pace
from tui.engine.protocols import Call, Delta, Ending, Reader
from tui.engine.provider import Provider
from tui.engine.stream import Connecting, Heard, StreamError, StreamEvent
from tui.engine.trace import prompt
from tui.engine.wire import exchange

if TYPE_CHECKING:
    import httpx

_log: Final = logging.getLogger(__name__)

HEARD: Final = 1.0
"""Seconds for which one word that bytes came stands for all: some servers keep alive a hundred times a second."""

Refused = dict[tuple[str, str], frozenset[str]]
"""Parameters that a server (its URL) has refused for a model; they are not sent to it again."""


class CannotConnect(Exception):
    """There is nothing to speak to; the error says why, in a reader's words."""

    def __init__(self, error: StreamError) -> None:
        super().__init__(error.message)
        self.error = error


@dataclass(frozen=True, slots=True)
class Route:
    """A way to a provider: its client, where it is now, and its key."""

    client: httpx.AsyncClient
    provider: Provider
    key: str | None = field(repr=False)
    refused: Refused = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)


class Attempts:
    """One stream's requests."""

    def __init__(
        self,
        id: str,
        call: Call,
        ticket: Ticket,
        connect: Callable[[], Awaitable[Route]],
        apply: Callable[[StreamEvent], None],
        clock: Callable[[], float],
    ) -> None:
        self.reader: Reader | None = None
        """Of the reply that has begun."""
        self._id = id
        self._call = call
        self._ticket = ticket
        self._connect = connect
        self._apply = apply
        self._clock = clock
        self._heard_at = 0.0

    async def parts(self) -> AsyncGenerator[Delta | Ending, None]:
        """Any number of deltas, then exactly one ending, all of one reply: as `exchange` gives them, and to be iterated
        as that. Raises CannotConnect."""
        tries, failed = 0, None
        while tries == 0 or failed is not None:
            if failed is not None:
                await self._wait(failed, tries)
                failed = None
            async with self._ticket:
                self.reader = None
                self._heard_at = self._clock()
                self._apply(Connecting(self._id, self._heard_at))
                route = await self._connect()
                if tries == 0:
                    prompt(self._call.turns)
                tries += 1
                shown = False
                async with aclosing(_answer(route, self._call, self._begun, self._heard)) as parts:
                    async for part in parts:
                        if isinstance(part, Delta):
                            shown = True
                        elif part.error is not None:
                            if backoff.holds(part):
                                self._ticket.refused(part.error, backoff.delay(part, tries, random.random()))
                            if not shown and backoff.again(part, tries, route.provider.max_retries):
                                failed = part
                                continue
                            if tries > 1:
                                part = replace(part, error=_after(part.error, tries))
                        yield part

    async def _wait(self, failed: Ending, tries: int) -> None:
        error = failed.error
        assert error is not None  # or it had not failed
        _log.info("try %d failed: %s %s", tries, error.kind.value, error.http_status or "")
        if not backoff.holds(failed):  # else its lane waits, and it with the lane
            await self._ticket.pause(error, backoff.delay(failed, tries, random.random()))

    def _begun(self, reader: Reader) -> None:
        self.reader = reader
        self._ticket.answered()

    def _heard(self) -> None:
        now = self._clock()
        if abs(now - self._heard_at) >= HEARD:
            self._heard_at = now
            self._apply(Heard(self._id, now))


def _after(error: StreamError, tries: int) -> StreamError:
    return replace(error, message=f"{error.message} It was asked {tries} times.")


async def _answer(
    route: Route, call: Call, begun: Callable[[Reader], object], heard: Callable[[], object]
) -> AsyncGenerator[Delta | Ending, None]:
    """What `exchange` gives; where a provider does not take a parameter that we sent, asked once more without it.

    Nothing can have been shown before: a refusal is the answer to the request itself. What was refused is remembered,
    unless the second answer is the same: then it was about something else.
    """
    place = route.provider.base_url, call.model
    known = route.refused.get(place, frozenset())
    first: Ending | None = None
    for _ in range(2):
        told = replace(call, without=known)
        asked = exchange(route.client, route.provider, route.key, told, begun=begun, heard=heard, pace=route.pace)
        async with aclosing(asked) as parts:
            async for part in parts:
                ending = part if isinstance(part, Ending) else None
                if first is None and ending and ending.refused:
                    first = ending
                    continue
                if first and not (ending and ending.error == first.error):
                    route.refused[place] = route.refused.get(place, frozenset()) | known
                yield part
        if first is None or known >= first.refused:
            return
        known |= first.refused
        _log.info("%s does not take %s: asked again without", route.provider.name, ", ".join(sorted(first.refused)))
