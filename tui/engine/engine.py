"""The engine: the verbs, and the owner of every task, the HTTP client, the registry and the library.

Verbs take and give plain values and return at once; what happens then is told by the registry's and
the catalog's events. No screen holds a task, a client or a stream.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tui.engine.catalog import Catalog, Fetching
from tui.engine.chat import Chats, Sent
from tui.engine.checks import check
from tui.engine.downloads import download
from tui.engine.embedded.fetch import is_whole
from tui.engine.embedded.models import find
from tui.engine.embedded.server import available
from tui.engine.embedded.trial import why_it_cant_run
from tui.engine.embedded.trouble import why_it_is_not_installed
from tui.engine.ids import new_id
from tui.engine.library import Library
from tui.engine.protocols import Turn
from tui.engine.provider import Check, Models
from tui.engine.records import Assistant, Topic
from tui.engine.registry import Registry
from tui.engine.routes import Routes
from tui.engine.runner import Params, Runner
from tui.engine.shelf import Shelf
from tui.engine.stream import Ended, ErrorKind, StreamEvent, StreamType
from tui.engine.tasks import Tasks

FIRST_ASSISTANT: Final = "General"


class Engine:
    """Runs streams. `open` it in the event loop that it shall live in, `close` it there."""

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
        self._data = data
        self._log_folder = log
        self._fetch: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._tasks = Tasks()
        self._routes = Routes(models, data=data, log=log)
        self._runner = Runner(models, self._routes, self.registry, self._tasks, clock)
        self._shelf = Shelf(self.catalog, library, self._tasks)
        self._chats = Chats(models, self._shelf, self.registry, self._runner, self._tasks, clock)
        # The first subscriber: when others hear of an ending, its reply is in the catalog.
        self.registry.subscribe(self._happened)

    # Life

    async def __aenter__(self) -> Engine:
        self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def open(self) -> None:
        """Show what the library holds; the first start makes one assistant."""
        self._shelf.fill()
        self._chats.take_over()
        if not self.catalog.assistants():
            now = self._clock()
            self._shelf.put(Assistant(new_id(), FIRST_ASSISTANT, now, now))

    async def close(self) -> None:
        """Cancel → wait → save → close. What had arrived is kept. Raises NotSaved if something could not be."""
        if self._closing is None:
            self._closing = self._tasks.spawn(self._close(), "close")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        try:
            await self._runner.close()
            await self.stop_fetching()
            await self._tasks.finish()  # sends under way, and what is being saved
            self._shelf.flush()
            await self._tasks.finish()
        finally:
            try:
                await self._shelf.close()
            finally:
                await self._routes.close()

    def warm(self) -> None:
        """Make ready what the first stream will need. To be called after the first paint."""
        self._tasks.spawn(self._routes.client(), "warm")

    def _happened(self, event: StreamEvent) -> None:
        if not isinstance(event, Ended) or (stream := self.registry.get(event.id)) is None:
            return
        if event.error is not None and event.error.kind is ErrorKind.AUTH:
            self._routes.refused(stream.model.partition("/")[0])
        if stream.type is StreamType.CHAT:
            self._chats.ended(stream)

    # Streams

    async def start(
        self,
        type: StreamType,
        related_id: str,
        model: str,
        turns: tuple[Turn, ...],
        *,
        metadata: Mapping[str, str] | None = None,
        params: Params | None = None,
    ) -> str:
        """Start a stream; returns its id. Raises UnknownModel."""
        self._refuse_closed()
        ref = self.models.resolve(model)
        return self._runner.start(type, related_id, ref, turns, metadata=metadata or {}, params=params or {})

    async def stop(self, id: str) -> bool:
        """Stop a stream; what has arrived stays. False if there is nothing to stop."""
        return self._runner.stop(id)

    async def stop_all(self) -> int:
        """Stop every stream; how many there were."""
        return self._runner.stop_all()

    # Topics

    async def send(self, topic_id: str, text: str, *, model: str | None = None, system: str | None = None) -> Sent:
        """Ask in a topic; while it answers, the text waits in its queue (for the topic's own model then).

        If this fails, the text is in the topic's draft. Raises ValueError, KeyError, UnknownModel, LibraryError.
        """
        self._refuse_closed()
        # In a task of its own: a caller that goes away meanwhile must not take the question with it.
        return await self._tasks.run(self._chats.send(topic_id, text, model, system), "send")

    async def regenerate(self, conversation_id: str, *, model: str | None = None) -> str:
        """One more reply to the same question; returns the stream's id. Raises KeyError, UnknownModel, LibraryError."""
        self._refuse_closed()
        return await self._tasks.run(self._chats.regenerate(conversation_id, model), "regenerate")

    async def new_topic(self, assistant_id: str) -> Topic:
        """An empty topic with an assistant: one that was never used, if there is such. Raises KeyError."""
        if self.catalog.assistant(assistant_id) is None:
            raise KeyError(f"There is no assistant {assistant_id}.")
        for topic in self.catalog.topics(assistant_id):
            if topic.head is None and topic.name is None and not topic.draft and not self._chats.busy(topic.id):
                return topic
        now = self._clock()
        topic = Topic(new_id(), assistant_id, now, now)
        self._shelf.put_new_topic(topic)
        return topic

    async def load(self, topic_id: str) -> None:
        """Have the end of a topic in the catalog. Raises KeyError, LibraryError."""
        await self._shelf.load(topic_id)

    async def load_earlier(self, topic_id: str) -> None:
        """Have one more page of older conversations in the catalog. Raises LibraryError."""
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
        return await check(self._routes, self.models, provider)

    def has_embedded(self, name: str) -> bool:
        """Whether an embedded model's file is on this machine."""
        try:
            return find(name).present(self._data)
        except LookupError:
            return False

    async def embedded_is_whole(self, name: str) -> bool:
        """Whether that file is what was fetched, to the last bit: it is read, so this takes its time."""
        try:
            return await asyncio.to_thread(is_whole, find(name).path(self._data), find(name))
        except (LookupError, OSError):
            return False

    def why_no_embedded(self) -> str:
        """Why no embedded model can run on this machine, as far as that shows without a start; empty if it can."""
        return "" if available() else why_it_is_not_installed()

    async def try_embedded(self) -> str:
        """The same, found out by loading the runtime in a process of its own: a tenth of a second and more."""
        return await why_it_cant_run()

    async def fetch(self, name: str) -> None:
        """Fetch an embedded model if it can run here; `catalog.fetching` tells how far it is. Once at a time."""
        self._refuse_closed()
        if self._fetch is None or self._fetch.done():
            self.catalog.apply(Fetching(name, 0, 0, "waiting"))
            work = download(name, self.catalog, data=self._data, log=self._log_folder)
            self._fetch = self._tasks.spawn(work, f"fetch {name}")

    async def stop_fetching(self) -> None:
        """Give the fetch up; nothing of it is kept."""
        if self._fetch is None or self._fetch.done():
            return
        self._fetch.cancel()
        await asyncio.wait([self._fetch])
        for name in [name for name, fetching in self.catalog.fetching.items() if not fetching.ended]:
            self.catalog.apply(Fetching(name, 0, 0, "stopped"))

    def _refuse_closed(self) -> None:
        if self._closing is not None:
            raise RuntimeError("The engine is closed.")
