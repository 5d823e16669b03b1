"""Ways to providers: the one HTTP client, the keys, the embedded models' servers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui.engine.attempts import CannotConnect, Refused, Route
from tui.engine.catalog import Catalog
from tui.engine.embedded.models import find
from tui.engine.embedded.server import CannotRun, Endpoint, ModelServer
from tui.engine.keys import Keys
from tui.engine.pace import Pace
from tui.engine.provider import Provider
from tui.engine.secret import SecretUnavailable
from tui.engine.stream import ErrorKind, StreamError
from tui.engine.wire import make_client

if TYPE_CHECKING:
    import httpx


class Routes:
    """Opens what is needed at its first use, and closes it."""

    def __init__(self, catalog: Catalog, *, data: Path, log: Path) -> None:
        self.pace = Pace()
        self._catalog = catalog
        self._data = data
        self._log = log
        self._client: httpx.AsyncClient | None = None
        self._making = asyncio.Lock()
        self._keys = Keys()
        self._servers: dict[str, ModelServer] = {}
        self._refused: Refused = {}
        self._closed = False

    async def to(self, name: str, model: str | None = None) -> Route:
        """The way to a provider as it is now. Raises CannotConnect."""
        provider = self._catalog.models.providers.get(name)
        if provider is None:
            raise _cannot(f'There is no provider "{name}" in config.toml.')
        return await self.through(provider, model)

    async def through(self, provider: Provider, model: str | None = None) -> Route:
        """The same for one that need not be set up. Raises CannotConnect."""
        if provider.embedded:
            endpoint = await self._embedded(model or provider.model or "")
            here = replace(provider, base_url=endpoint.base_url)
            return Route(await self.client(), here, endpoint.key, self._refused, self.pace)
        key = await self._key(provider)
        return Route(await self.client(), provider, key, self._refused, self.pace)

    async def client(self) -> httpx.AsyncClient:
        """The one client. Importing it and reading the certificates takes a tenth of a second, so not before the
        first paint, and in a thread. Raises CannotConnect once closed."""
        async with self._making:
            if self._closed:
                raise _cannot("Rivulet is closing.")
            if self._client is None:
                self._client = await make_client()
            return self._client

    def refused(self, provider: Provider) -> None:
        """It did not take its key."""
        if provider.api_key is not None:
            self._keys.forget(provider.api_key)

    async def close(self) -> None:
        """Close the client, end the servers."""
        async with self._making:
            self._closed = True
        closing = [server.close() for server in self._servers.values()]
        if self._client is not None:
            closing.append(self._client.aclose())
        for outcome in await asyncio.gather(*closing, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _key(self, provider: Provider) -> str | None:
        if provider.api_key is None:
            return None
        try:
            return await self._keys.reveal(provider.api_key)
        except SecretUnavailable as failure:
            raise _cannot(f"No key for {provider.name}. {failure}") from None

    async def _embedded(self, name: str) -> Endpoint:
        try:
            if name not in self._servers:
                self._servers[name] = ModelServer(find(name), data=self._data, log=self._log)
            return await self._servers[name].endpoint()
        except (LookupError, CannotRun) as failure:
            raise _cannot(str(failure)) from None


def _cannot(message: str) -> CannotConnect:
    return CannotConnect(StreamError(ErrorKind.CONFIG, message))
