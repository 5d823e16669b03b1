"""The engine: the verbs, and the owner of every task, the HTTP client, the registry and the library.

Verbs take and give plain values and return at once; what happens then is told by the registry's and
the catalog's events. No screen holds a task, a client or a stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tui.engine.assumptions import WAIT
from tui.engine.chat_verbs import ChatVerbs
from tui.engine.ids import new_id
from tui.engine.ledger import Ledger
from tui.engine.library import Library
from tui.engine.protocols import Turn
from tui.engine.provider import Models
from tui.engine.provider_verbs import ProviderVerbs
from tui.engine.record_verbs import RecordVerbs
from tui.engine.records import Assistant
from tui.engine.recovery import Recovery
from tui.engine.runner import Params
from tui.engine.stream import Ended, ErrorKind, StreamEvent, StreamType
from tui.engine.trace import watch

FIRST_ASSISTANT: Final = "General"


class Engine(ChatVerbs, RecordVerbs, ProviderVerbs):
    """Runs streams. `open` it in the event loop that it shall live in, `close` it there."""

    def __init__(
        self,
        models: Models,
        library: Library,
        *,
        data: Path,
        log: Path,
        clock: Callable[[], float] | None = None,
        titles: bool = True,
        patience: float = WAIT,
    ) -> None:
        """`titles`: whether models name what was said, wherever the assistant wants that. `patience`: seconds that a
        question waits for its provider's list of models, where its own was only taken for granted. `clock`: seconds
        since the epoch, if not the machine's."""
        super().__init__(models, library, data=data, log=log, clock=clock, titles=titles, patience=patience)
        # The first subscriber: when others hear of an ending, its reply is in the catalog.
        self.registry.subscribe(self._happened)
        watch(self.registry)
        self._ledger = Ledger(self.registry, self._shelf, library, self._journal, self._tasks, self._saving)
        self._recovery = Recovery(self._journal, self.registry, self._shelf, self._chats, self._titles, self._rewriting)

    # Life

    async def __aenter__(self) -> Engine:
        self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def open(self) -> None:
        """Show what the library holds; the first start makes one assistant. What an earlier run was ended in the midst
        of comes a moment later."""
        self._shelf.fill()
        self._chats.take_over()
        if not self.catalog.assistants():
            now = self._clock()
            self._shelf.put(Assistant(new_id(), FIRST_ASSISTANT, now, now))
        self._shelf.tell()
        self._tasks.spawn(self._recovery.run(), "recover")

    async def close(self) -> None:
        """Cancel → wait → save → close. What had arrived is kept. Raises NotSaved if something could not be."""
        if self._closing is None:
            self._closing = self._tasks.spawn(self._close(), "close")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        try:
            self._titles.close()
            self._rewriting.close()
            await self._runner.close()
            await self._assumptions.close()
            await self.stop_fetching()
            await self._tasks.finish()  # sends under way, and what is being saved
            self._shelf.flush()
            self._ledger.flush()
            await self._tasks.finish()
            self._ledger.flush()  # now that their messages are written, too
            await self._tasks.finish()
            self._ledger.close()
            await self._journal.close()
        finally:
            try:
                await self._shelf.close()
            finally:
                await self._routes.close()

    def warm(self) -> None:
        """Make ready what the first stream will need. To be called after the first paint."""
        self._tasks.spawn(self._routes.client(), "warm")
        self._assumptions.look()

    def _happened(self, event: StreamEvent) -> None:
        if not isinstance(event, Ended) or (stream := self.registry.get(event.id)) is None:
            return
        if event.error is not None and event.error.kind is ErrorKind.AUTH:
            provider = self.models.providers.get(stream.model.partition("/")[0])
            if provider is not None:
                self._routes.refused(provider)
        if self._recovery.takes(stream):
            return
        if stream.type is StreamType.CHAT:
            self._chats.ended(stream)
        self._titles.ended(stream)
        self._rewriting.ended(stream)

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
        await self._assumptions.settled(model)
        ref = self.models.resolve(model)
        return self._runner.start(type, related_id, ref, turns, metadata=metadata or {}, params=params or {})

    async def stop(self, id: str) -> bool:
        """Stop a stream; what has arrived stays. False if there is nothing to stop."""
        return self._runner.stop(id)

    def give_way(self) -> None:
        """A key was pressed: what streams bring is taken in a moment later, so that the key acts first."""
        self._routes.pace.give_way()

    async def hurry(self, id: str) -> bool:
        """Have a stream that waits for its next try, or with its provider's queue for a time, asked now.

        False if it waits for no time.
        """
        return self._runner.hurry(id)

    async def stop_all(self) -> int:
        """Stop every stream; how many there were."""
        return self._runner.stop_all()
