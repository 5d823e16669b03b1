"""What the engine is made of, for its verbs to act on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from tui.engine.asking import Asking
from tui.engine.assumptions import Assumptions
from tui.engine.catalog import Catalog, Configured
from tui.engine.chat import Chats
from tui.engine.checks import check
from tui.engine.clock import Clock
from tui.engine.journal import Journal
from tui.engine.library import Library
from tui.engine.provider import Check, Models, Provider
from tui.engine.registry import Registry
from tui.engine.rewriting import Rewriting
from tui.engine.routes import Routes
from tui.engine.runner import Runner
from tui.engine.saving import Saving
from tui.engine.shelf import Shelf
from tui.engine.tasks import Tasks
from tui.engine.threads import Threads
from tui.engine.titles import Titles


class Parts:
    """The engine's parts, wired. What they have in common is the catalog, the registry and the clock."""

    def __init__(
        self,
        models: Models,
        library: Library,
        *,
        data: Path,
        log: Path,
        clock: Callable[[], float] | None,
        titles: bool,
        patience: float,
    ) -> None:
        self.registry = Registry()
        self.catalog = Catalog()
        self.catalog.apply(Configured(models))
        self._clock = clock = clock or Clock(lambda: self.registry.live > 0)
        self._data = data
        self._log_folder = log
        self._closing: asyncio.Task[None] | None = None
        self._tasks = Tasks()
        self._routes = Routes(self.catalog, data=data, log=log)
        self._assumptions = Assumptions(self.catalog, self._check, self._tasks, patience)
        self._runner = Runner(self.catalog, self._routes, self.registry, self._tasks, clock)
        self._saving = Saving(self.catalog)
        folder = library.folder / "journal" if library.folder is not None else None
        self._journal = Journal(self.registry, folder, self._tasks, self._saving, clock)
        self._shelf = Shelf(self.catalog, library, self._tasks, self._saving)
        self._threads = Threads(self._shelf, self.registry, clock)
        self._asking = Asking(self._shelf, self._runner)
        self._chats = Chats(
            self._shelf, self._threads, self.registry, self._asking, self._assumptions, self._tasks, clock
        )
        self._titles = Titles(self._shelf, self.registry, self._runner, wanted=titles)
        self._rewriting = Rewriting(self._shelf, self.registry, self._runner)

    @property
    def models(self) -> Models:
        """Who can answer now."""
        return self.catalog.models

    def now(self) -> float:
        """Seconds since the epoch by the clock that streams are told: what is asked how long it takes asks this one."""
        return self._clock()

    def _refuse_closed(self) -> None:
        if self._closing is not None:
            raise RuntimeError("The engine is closed.")

    async def _check(self, provider: str | Provider) -> Check:
        return await check(self._routes, self.models, provider)
