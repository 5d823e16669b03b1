"""One stream's work: wait for a slot, speak to the provider, report every event. A worker never raises."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tui.engine.pace import Pace
from tui.engine.protocols import Call, Delta, Ending, Reader
from tui.engine.provider import Provider
from tui.engine.stream import Arrived, Connecting, Ended, ErrorKind, StreamError, StreamEvent, StreamStatus
from tui.engine.trace import STREAM_ID, prompt
from tui.engine.wire import exchange

if TYPE_CHECKING:
    import httpx

_log: Final = logging.getLogger(__name__)


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


async def work(
    id: str,
    call: Call,
    slot: AbstractAsyncContextManager[object],
    connect: Callable[[], Awaitable[Route]],
    apply: Callable[[StreamEvent], None],
    clock: Callable[[], float] = time.time,
) -> None:
    """Run a stream to its one ending. Cancel it once to stop it: the connection closes and it ends as stopped."""
    STREAM_ID.set(id)
    readers: list[Reader] = []
    fresh: list[Delta] = []

    def arrived(delta: Delta) -> None:
        if delta:
            if not fresh:  # one event for all that is taken in by this turn of the loop
                asyncio.get_running_loop().call_soon(tell)
            fresh.append(delta)

    def tell() -> None:
        if fresh:
            content = "".join([delta.content for delta in fresh])
            reasoning = "".join([delta.reasoning for delta in fresh])
            fresh.clear()
            apply(Arrived(id, clock(), content, reasoning))

    def end(ended: Ended) -> None:
        tell()
        apply(ended)

    def break_off(status: StreamStatus, error: StreamError | None = None) -> None:
        for reader in readers:  # half a tag or half a character that it held back has arrived, too
            arrived(reader.end().rest)
        end(Ended(id, clock(), status, error=error))

    try:
        async with slot:
            apply(Connecting(id, clock()))
            route = await connect()
            prompt(call.turns)
            async with aclosing(_answer(route, call, readers.append)) as parts:
                async for part in parts:
                    match part:
                        case Delta():
                            arrived(part)
                        case Ending(finish_reason=finish_reason, usage=usage, error=error, refusal=refusal):
                            # Some protocols keep a refusal apart from the answer. It is the model's answer.
                            arrived(Delta(part.rest.content + refusal, part.rest.reasoning))
                            status = StreamStatus.COMPLETED if error is None else StreamStatus.ERROR
                            end(Ended(id, clock(), status, finish_reason, usage, error))
    except asyncio.CancelledError:
        break_off(StreamStatus.STOPPED)
    except CannotConnect as failure:
        break_off(StreamStatus.ERROR, failure.error)
    except Exception as failure:  # whatever it is, it ends this stream and harms no other
        _log.exception("stream %s failed", id)
        message = f"Rivulet made a mistake here ({type(failure).__name__}); the log file has the details."
        break_off(StreamStatus.ERROR, StreamError(ErrorKind.INTERNAL, message))


async def _answer(route: Route, call: Call, begun: Callable[[Reader], object]) -> AsyncGenerator[Delta | Ending, None]:
    """What `exchange` gives; where a provider does not take a parameter that we sent, asked once more without it.

    Nothing can have been shown before: a refusal is the answer to the request itself. What was refused is remembered,
    unless the second answer is the same: then it was about something else.
    """
    place = route.provider.base_url, call.model
    known = route.refused.get(place, frozenset())
    first: Ending | None = None
    for _ in range(2):
        again = replace(call, without=known)
        asked = exchange(route.client, route.provider, route.key, again, begun=begun, pace=route.pace)
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
