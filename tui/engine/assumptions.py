"""Models that were taken for granted: a provider's own list decides, asked for once and before the first use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from tui.engine.catalog import Catalog, Configured
from tui.engine.provider import Check, Models, UnknownModel
from tui.engine.tasks import Tasks

WAIT: Final = 1.5
"""Seconds that a first question waits for such a list, where somebody looks on. A slow one then counts for the next."""


class Assumptions:
    """Asks each provider whose models nobody named which it has, and corrects what was assumed."""

    def __init__(self, catalog: Catalog, ask: Callable[[str], Awaitable[Check]], tasks: Tasks, wait: float) -> None:
        self._wait = wait
        self._catalog = catalog
        self._ask = ask
        self._tasks = tasks
        self._asked: dict[str, asyncio.Task[None]] = {}

    def look(self) -> None:
        """Begin to ask wherever something is assumed."""
        for name in self._catalog.models.providers:
            self._begin(name)

    def renew(self, before: Models) -> None:
        """Providers may be others than before: whoever is has to be asked, and anew."""
        now = self._catalog.models.providers
        for name in [name for name in self._asked if now.get(name) != before.providers.get(name)]:
            self._asked.pop(name).cancel()
        self.look()

    async def settled(self, name: str) -> None:
        """Wait until it is known whether the model of this name is there, if that is only assumed; not for long."""
        models = self._catalog.models
        try:
            ref = models.resolve(name)
        except UnknownModel:
            return
        if ref.model in models.providers[ref.provider].assumed:
            await asyncio.wait([self._begin(ref.provider)], timeout=self._wait)

    async def close(self) -> None:
        """Ask no more."""
        asking = [task for task in self._asked.values() if not task.done()]
        for task in asking:
            task.cancel()
        if asking:
            await asyncio.wait(asking)

    def _begin(self, name: str) -> asyncio.Task[None]:
        if name not in self._asked:
            self._asked[name] = self._tasks.spawn(self._settle(name), f"models of {name}")
        return self._asked[name]

    async def _settle(self, name: str) -> None:
        provider = self._catalog.models.providers.get(name)
        if provider is None or not provider.assumed:
            return
        check = await self._ask(name)
        models = self._catalog.models  # as they are now: the user may have changed them meanwhile
        if check.ok and models.providers.get(name) == provider:
            self._catalog.apply(Configured(models.with_list(name, check.models)))
