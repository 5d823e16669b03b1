"""One stream's work: have it asked in its turn, report every event. A worker never raises."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Final

from tui.engine.attempts import Attempts, CannotConnect, Route
from tui.engine.lanes import Ticket
from tui.engine.protocols import Call, Delta, Ending
from tui.engine.stream import Arrived, Ended, ErrorKind, StreamError, StreamEvent, StreamStatus
from tui.engine.trace import STREAM_ID

_log: Final = logging.getLogger(__name__)


async def work(
    id: str,
    call: Call,
    ticket: Ticket,
    connect: Callable[[], Awaitable[Route]],
    apply: Callable[[StreamEvent], None],
    clock: Callable[[], float] = time.time,
) -> None:
    """Run a stream to its one ending. Cancel it once to stop it: the connection closes and it ends as stopped."""
    STREAM_ID.set(id)
    attempts = Attempts(id, call, ticket, connect, apply, clock)
    fresh: list[Delta] = []

    def arrived(delta: Delta) -> None:
        if delta:
            if not fresh:  # one event for all that is taken in by this turn of the loop
                asyncio.get_running_loop().call_soon(tell)
            fresh.append(delta)

    def tell() -> None:
        if fresh:
            # Some protocols keep a refusal apart from the answer. It is the model's answer.
            content = "".join([delta.content + delta.refusal for delta in fresh])
            reasoning = "".join([delta.reasoning for delta in fresh])
            fresh.clear()
            apply(Arrived(id, clock(), content, reasoning))

    def end(ended: Ended) -> None:
        tell()
        apply(ended)

    def break_off(status: StreamStatus, error: StreamError | None = None) -> None:
        if attempts.reader is not None:  # half a tag or half a character that it held back has arrived, too
            arrived(attempts.reader.end().rest)
        end(Ended(id, clock(), status, error=error))

    try:
        async with aclosing(attempts.parts()) as parts:
            async for part in parts:
                match part:
                    case Delta():
                        arrived(part)
                    case Ending(finish_reason=finish_reason, usage=usage, error=error):
                        arrived(part.rest)
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
