"""The verbs that are about providers and the embedded models."""

from __future__ import annotations

import asyncio

from tui.engine.catalog import Configured, Fetching
from tui.engine.checks import try_model
from tui.engine.downloads import download
from tui.engine.embedded.fetch import is_whole
from tui.engine.embedded.models import find
from tui.engine.embedded.server import available
from tui.engine.embedded.trial import why_it_cant_run
from tui.engine.embedded.trouble import why_it_is_not_installed
from tui.engine.parts import Parts
from tui.engine.protocols.dialects import efforts
from tui.engine.provider import Check, Models, Provider


class ProviderVerbs(Parts):
    """Who can answer, and whether he does."""

    _fetch: asyncio.Task[None] | None = None

    async def configure(self, models: Models) -> None:
        """Have other providers and roles from now on. What streams goes on with what it began with."""
        self._refuse_closed()
        before = self.models
        self.catalog.apply(Configured(models))
        self._assumptions.renew(before)

    async def check(self, provider: str | Provider) -> Check:
        """Ask a provider for its models; one that is not set up yet can be given as a value.

        Takes some seconds at most. Never raises: the answer says what is wrong.
        """
        return await self._check(provider)

    async def try_model(self, provider: str | Provider, model: str | None = None) -> Check:
        """Have a model, or the provider's own, say a word: whether the address, the key and its name are right.

        A real request, as every stream makes it; takes up to a minute, and can be cancelled. Never raises.
        """
        return await try_model(self._routes, self.models, provider, model)

    def efforts(self, model: str) -> tuple[str, ...]:
        """The reasoning efforts that a model, by any of its names, can be asked for. Raises UnknownModel."""
        ref = self.models.resolve(model)
        return efforts(self.models.providers[ref.provider], ref.model)

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
