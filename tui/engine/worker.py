"""One stream's work: wait for a slot, speak to the provider, report every event. A worker never raises."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.engine.protocols import Call, Delta, Ending
from tui.engine.provider import Provider
from tui.engine.stream import Arrived, Connecting, Ended, ErrorKind, StreamError, StreamEvent, StreamStatus

if TYPE_CHECKING:
    import httpx

_log: Final = logging.getLogger(__name__)


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
    key: str | None


async def work(
    id: str,
    call: Call,
    slot: AbstractAsyncContextManager[object],
    connect: Callable[[], Awaitable[Route]],
    apply: Callable[[StreamEvent], None],
    clock: Callable[[], float] = time.time,
) -> None:
    """Run a stream to its one ending. Cancel it once to stop it: the connection closes and it ends as stopped."""
    try:
        async with slot:
            apply(Connecting(id, clock()))
            route = await connect()
            from tui.engine.wire import exchange  # not before: it imports the HTTP library

            async with aclosing(exchange(route.client, route.provider, route.key, call)) as parts:
                async for part in parts:
                    match part:
                        case Delta(content=content, reasoning=reasoning):
                            apply(Arrived(id, clock(), content, reasoning))
                        case Ending():
                            _end(id, part, apply, clock())
    except asyncio.CancelledError:
        apply(Ended(id, clock(), StreamStatus.STOPPED))
    except CannotConnect as failure:
        apply(Ended(id, clock(), StreamStatus.ERROR, error=failure.error))
    except Exception as error:  # whatever it is, it ends this stream and harms no other
        _log.exception("stream %s failed", id)
        message = f"Rivulet made a mistake here ({type(error).__name__}); the log file has the details."
        apply(Ended(id, clock(), StreamStatus.ERROR, error=StreamError(ErrorKind.INTERNAL, message)))


def _end(id: str, ending: Ending, apply: Callable[[StreamEvent], None], at: float) -> None:
    if ending.rest:
        apply(Arrived(id, at, ending.rest.content, ending.rest.reasoning))
    status = StreamStatus.COMPLETED if ending.error is None else StreamStatus.ERROR
    apply(Ended(id, at, status, ending.finish_reason, ending.usage, ending.error))
