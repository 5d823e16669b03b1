"""Runs streams: a task for each, a limit for each provider, exactly one ending whatever happens."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from tui.engine.catalog import Catalog, CatalogEvent, Configured
from tui.engine.ids import new_id
from tui.engine.lanes import Lanes, Ticket
from tui.engine.log import Log
from tui.engine.protocols import Call, Turn
from tui.engine.provider import ModelRef, Models
from tui.engine.registry import Registry
from tui.engine.routes import Routes
from tui.engine.stream import Created, Ended, ErrorKind, Stream, StreamError, StreamStatus, StreamType
from tui.engine.tasks import Tasks
from tui.engine.trace import STREAM_ID
from tui.engine.worker import work

Params = Mapping[str, float | int | str | bool]

_ANY: Final = 1_000_000


class Runner:
    """Starts and stops streams. What becomes of one is told by the registry."""

    def __init__(
        self, catalog: Catalog, routes: Routes, registry: Registry, tasks: Tasks, clock: Callable[[], float]
    ) -> None:
        self._catalog = catalog
        self._routes = routes
        self._registry = registry
        self._tasks = tasks
        self._clock = clock
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._stopping: set[str] = set()
        self._lanes = Lanes(self._limit, registry.apply, clock)
        self._models = catalog.models
        self._closed = False
        catalog.subscribe(self._record_changed)

    def start(
        self,
        type: StreamType,
        related_id: str,
        model: ModelRef,
        turns: tuple[Turn, ...],
        *,
        metadata: Mapping[str, str],
        params: Params,
        after: asyncio.Task[None] | None = None,
        so_far: tuple[str, str] = ("", ""),
    ) -> str:
        """Start a stream; returns its id. Nothing is asked before `after` is done: the question is saved first.

        `so_far`: the content and the reasoning of a reply that it goes on with; they are its own from the start.
        """
        content, reasoning = map(Log, so_far)
        stream = Stream(
            new_id(), type, related_id, str(model), self._clock(), metadata, content=content, reasoning=reasoning
        )
        self._registry.apply(Created(stream))
        if self._closed:  # a send was under way: its question is kept, with a reply that can be asked for again
            self._registry.apply(Ended(stream.id, self._clock(), StreamStatus.STOPPED))
            return stream.id
        call = Call.of(model.model, turns, params)
        ticket = self._lanes.ticket(model.provider, stream.id, type)
        task = self._tasks.spawn(self._work(ticket, model.provider, call, after), f"stream {stream.id}")
        self._workers[stream.id] = task
        task.add_done_callback(lambda task: self._left(stream.id, task), context=contextvars.Context())
        return stream.id

    def stop(self, id: str) -> bool:
        """Stop a stream; what has arrived stays. False if there is nothing to stop."""
        stream, task = self._registry.get(id), self._workers.get(id)
        if stream is None or task is None or stream.ended or id in self._stopping:
            return False
        self._stopping.add(id)
        task.cancel()  # once only: a second cancel on its heels would leak the connection
        return True

    def hurry(self, id: str) -> bool:
        """Have a stream that waits for a time to come asked now; False if it waits for no time."""
        return id not in self._stopping and self._lanes.hurry(id)

    def stop_all(self) -> int:
        """Stop every stream; how many there were."""
        return sum(self.stop(stream.id) for stream in self._registry.find(live=True))

    async def close(self) -> None:
        """Stop all, and wait until each has ended. What is started from now on ends at once."""
        self._closed = True
        self.stop_all()
        while self._workers:
            await asyncio.wait(tuple(self._workers.values()))

    async def _work(self, ticket: Ticket, provider: str, call: Call, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await asyncio.wait([after])  # awaited itself, it would be cancelled with us
        await work(
            ticket.id,
            call,
            ticket,
            lambda: self._routes.to(provider, call.model),
            self._registry.apply,
            self._clock,
        )

    def _left(self, id: str, task: asyncio.Task[None]) -> None:
        """Its task is over. One that was cancelled before its first step never ran, and so ended nothing."""
        STREAM_ID.set(id)
        self._workers.pop(id, None)
        self._lanes.forget(id)
        self._stopping.discard(id)
        if task.cancelled():
            self._registry.apply(Ended(id, self._clock(), StreamStatus.STOPPED))
        elif (stream := self._registry.get(id)) is not None and not stream.ended:
            error = StreamError(ErrorKind.INTERNAL, "Rivulet lost this stream; the log file has the details.")
            self._registry.apply(Ended(id, self._clock(), StreamStatus.ERROR, error=error))

    def _limit(self, provider: str) -> int:
        known = self._catalog.models.providers.get(provider)
        return known.max_streams if known is not None else _ANY  # removed meanwhile: the route says so

    def _record_changed(self, event: CatalogEvent) -> None:
        if isinstance(event, Configured):
            # Later, and in a context of its own: whoever waits is told in it.
            before, self._models = self._models, event.models
            loop = asyncio.get_running_loop()
            loop.call_soon(self._lanes.changed, _others(before, event.models), context=contextvars.Context())


def _others(before: Models, after: Models) -> list[str]:
    """The providers that are others now, or gone; a limit alone makes no other."""
    return [
        name
        for name, provider in before.providers.items()
        if (now := after.providers.get(name)) is None or replace(provider, max_streams=now.max_streams) != now
    ]
