"""The engine: the verbs, and the owner of every task, the HTTP client, the registry and the library.

Verbs take and give plain values and return at once; what happens then is told by the registry's and
the catalog's events. No screen holds a task, a client or a stream.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from tui.engine.catalog import Catalog, Fetching
from tui.engine.chat import Chats, Sent
from tui.engine.downloads import download
from tui.engine.embedded.models import find
from tui.engine.ids import new_id
from tui.engine.library import Library
from tui.engine.protocols import Call, Turn
from tui.engine.provider import Check, ModelRef, Models
from tui.engine.records import Assistant, Topic
from tui.engine.registry import Registry
from tui.engine.routes import Routes
from tui.engine.shelf import Shelf
from tui.engine.stream import Created, Ended, Stream, StreamEvent, StreamStatus, StreamType
from tui.engine.worker import work

_log: Final = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_ASSISTANT: Final = "General"


class Engine:
    """Runs streams. Make it inside the event loop that it shall live in, `open` it, `close` it."""

    def __init__(
        self,
        models: Models,
        library: Library,
        *,
        data: Path,
        log: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.models = models
        self.registry = Registry()
        self.catalog = Catalog()
        self._clock = clock
        # Tasks run in a context of their own: one that began in a key handler would inherit that screen's.
        self._context = contextvars.copy_context()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._begun: set[str] = set()
        self._stopping: set[str] = set()
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._closed = False
        self._data = data
        self._log_folder = log
        self._fetch: asyncio.Task[None] | None = None
        self._routes = Routes(models, data=data, log=log)
        self._shelf = Shelf(self.catalog, library, self._spawn)
        self._chats = Chats(models, self._shelf, self.registry, self._start, self._spawn, clock)

    # Life

    async def __aenter__(self) -> Engine:
        self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def open(self) -> None:
        """Show what the library holds; the first start makes one assistant."""
        self._shelf.fill()
        if not self.catalog.assistants():
            now = self._clock()
            self._shelf.put(Assistant(new_id(), FIRST_ASSISTANT, now, now))

    async def close(self) -> None:
        """Cancel → wait → save → close. What had arrived is kept."""
        if self._closed:
            return
        self._closed = True
        await self.stop_fetching()
        await self.stop_all()
        while self._workers:
            await asyncio.wait(list(self._workers.values()))
        self._shelf.flush()
        while self._tasks:
            await asyncio.wait(list(self._tasks))
        await self._shelf.close()
        await self._routes.close()

    def warm(self) -> None:
        """Make ready what the first stream will need. To be called after the first paint."""
        self._spawn(self._routes.client(), "warm")

    # Streams

    async def start(
        self,
        type: StreamType,
        related_id: str,
        model: str,
        turns: tuple[Turn, ...],
        *,
        metadata: Mapping[str, str] | None = None,
        params: Mapping[str, float | int | str | bool] | None = None,
    ) -> str:
        """Start a stream; returns its id. Raises UnknownModel."""
        ref = self.models.resolve(model)
        return self._start(type, related_id, ref, turns, metadata=metadata or {}, params=params or {})

    def _start(
        self,
        type: StreamType,
        related_id: str,
        model: ModelRef,
        turns: tuple[Turn, ...],
        *,
        metadata: Mapping[str, str],
        params: Mapping[str, float | int | str | bool],
    ) -> str:
        if self._closed:
            raise RuntimeError("The engine is closed.")
        stream = Stream(new_id(), type, related_id, str(model), self._clock(), metadata)
        self.registry.apply(Created(stream))
        call = Call(model.model, turns, _number(params, "temperature"), _whole(params, "max_tokens"))
        task = self._spawn(self._work(stream.id, model.provider, call), f"stream {stream.id}")
        self._workers[stream.id] = task
        task.add_done_callback(lambda _: self._left(stream.id))
        return stream.id

    async def _work(self, id: str, provider: str, call: Call) -> None:
        self._begun.add(id)
        if id in self._stopping:
            self._apply(Ended(id, self._clock(), StreamStatus.STOPPED))
            return
        await work(
            id, call, self._slot(provider), lambda: self._routes.to(provider, call.model), self._apply, self._clock
        )

    def _left(self, id: str) -> None:
        self._workers.pop(id, None)
        self._begun.discard(id)
        self._stopping.discard(id)

    def _slot(self, provider: str) -> asyncio.Semaphore:
        if provider not in self._slots:
            self._slots[provider] = asyncio.Semaphore(self.models.providers[provider].max_streams)
        return self._slots[provider]

    async def stop(self, id: str) -> bool:
        """Stop a stream; what has arrived stays. False if there is nothing to stop."""
        stream, task = self.registry.get(id), self._workers.get(id)
        if stream is None or task is None or stream.ended or id in self._stopping:
            return False
        self._stopping.add(id)
        if id in self._begun:
            # Once only: a second cancel would leak the connection. A task that has not begun sees the mark instead,
            # for a task cancelled before its first step never runs at all.
            task.cancel()
        return True

    async def stop_all(self) -> int:
        """Stop every stream; how many there were."""
        return sum([await self.stop(stream.id) for stream in self.registry.find(live=True)])

    def _apply(self, event: StreamEvent) -> None:
        self.registry.apply(event)
        if isinstance(event, Ended):
            stream = self.registry.get(event.id)
            if stream is not None and stream.type is StreamType.CHAT:
                self._chats.ended(stream)

    # Topics

    async def send(self, topic_id: str, text: str, *, model: str | None = None, system: str | None = None) -> Sent:
        """Ask in a topic; while it answers, the text waits in its queue. Raises ValueError, KeyError, UnknownModel."""
        # In a task of its own: a caller that goes away meanwhile must not take the question with it.
        return await asyncio.shield(self._spawn(self._chats.send(topic_id, text, model, system), "send"))

    async def regenerate(self, conversation_id: str, *, model: str | None = None) -> str:
        """One more reply to the same question; returns the stream's id. Raises KeyError, UnknownModel."""
        return await self._chats.regenerate(conversation_id, model)

    async def new_topic(self, assistant_id: str) -> Topic:
        """An empty topic with an assistant: one that was never used, if there is such. Raises KeyError."""
        if self.catalog.assistant(assistant_id) is None:
            raise KeyError(f"There is no assistant {assistant_id}.")
        for topic in self.catalog.topics(assistant_id):
            if topic.head is None and topic.name is None and not topic.draft:
                return topic
        now = self._clock()
        topic = Topic(new_id(), assistant_id, now, now)
        self._shelf.put(topic)
        return topic

    async def load(self, topic_id: str) -> None:
        """Have the end of a topic in the catalog. Raises KeyError, LibraryDamaged."""
        await self._shelf.load(topic_id)

    async def load_earlier(self, topic_id: str) -> None:
        """Have one more page of older conversations in the catalog."""
        await self._shelf.load_earlier(topic_id)

    async def save_draft(self, topic_id: str, text: str) -> None:
        """Keep what is being written in a topic."""
        self._shelf.draft(topic_id, text)

    async def mark_read(self, topic_id: str) -> None:
        """The user has the topic before his eyes."""
        self._shelf.change_topic(topic_id, unread=False)

    # Providers

    async def check(self, provider: str) -> Check:
        """Ask a provider for its models. Never raises: the answer says what is wrong."""
        from tui.engine.checks import check  # not before: it imports the HTTP library

        return await check(self._routes, self.models, provider)

    def has_embedded(self, name: str) -> bool:
        """Whether an embedded model's file is on this machine."""
        try:
            return find(name).present(self._data)
        except LookupError:
            return False

    async def fetch(self, name: str) -> None:
        """Fetch an embedded model; `catalog.fetching` tells how far it is. Once at a time."""
        if self._fetch is None or self._fetch.done():
            self.catalog.apply(Fetching(name, 0, 0, "waiting"))
            work = download(name, self.catalog, data=self._data, log=self._log_folder)
            self._fetch = self._spawn(work, f"fetch {name}")

    async def stop_fetching(self) -> None:
        """Give the fetch up; nothing of it is kept."""
        if self._fetch is not None and not self._fetch.done():
            self._fetch.cancel()
            await asyncio.wait([self._fetch])
            self.catalog.fetching.clear()

    # Tasks

    def _spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        loop = asyncio.get_running_loop()
        task = loop.create_task(work, name=name, context=self._context.copy())
        self._tasks.add(task)  # the loop itself keeps only weak references
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed", task.get_name(), exc_info=error)


def _number(params: Mapping[str, Any], name: str) -> float | None:
    value = params.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _whole(params: Mapping[str, Any], name: str) -> int | None:
    value = params.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
