"""Ways to providers: the one HTTP client, the keys, the embedded models' servers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tui.engine.embedded.models import find
from tui.engine.embedded.server import CannotRun, ModelServer
from tui.engine.provider import Models, Provider, SecretUnavailable
from tui.engine.stream import ErrorKind, StreamError
from tui.engine.worker import CannotConnect, Route

if TYPE_CHECKING:
    import httpx


class Routes:
    """Opens what is needed at its first use, and closes it."""

    def __init__(self, models: Models, *, data: Path, log: Path) -> None:
        self._models = models
        self._data = data
        self._log = log
        self._client: httpx.AsyncClient | None = None
        self._making = asyncio.Lock()
        self._keys: dict[str, str] = {}
        self._servers: dict[str, ModelServer] = {}

    async def to(self, name: str, model: str | None = None) -> Route:
        """The way to a provider as it is now. Raises CannotConnect."""
        provider = self._models.providers.get(name)
        if provider is None:
            raise _cannot(f'There is no provider "{name}" in config.toml.')
        if provider.embedded:
            provider, key = await self._embedded(provider, model or provider.model or "")
            return Route(await self.client(), provider, key)
        return Route(await self.client(), provider, await self._key(provider))

    async def client(self) -> httpx.AsyncClient:
        """The one client. Importing it and reading the certificates takes a tenth of a second, so not before the
        first paint, and in a thread."""
        async with self._making:
            if self._client is None:
                wire = await asyncio.to_thread(__import__, "tui.engine.wire", fromlist=["make_client"])
                self._client = await wire.make_client()
            return self._client

    async def _key(self, provider: Provider) -> str | None:
        if provider.api_key is None:
            return None
        if provider.name not in self._keys:
            try:
                self._keys[provider.name] = await asyncio.to_thread(provider.api_key.reveal)
            except SecretUnavailable as failure:
                raise _cannot(f"No key for {provider.name}. {failure}") from None
        return self._keys[provider.name]

    async def _embedded(self, provider: Provider, name: str) -> tuple[Provider, str]:
        if name not in self._servers:
            try:
                self._servers[name] = ModelServer(find(name), data=self._data, log=self._log)
            except LookupError as unknown:
                raise _cannot(str(unknown)) from None
        try:
            endpoint = await self._servers[name].endpoint()
        except CannotRun as failure:
            raise _cannot(str(failure)) from None
        return replace(provider, base_url=endpoint.base_url), endpoint.key

    async def close(self) -> None:
        """Close the client, end the servers."""
        if self._client is not None:
            await self._client.aclose()
        for server in self._servers.values():
            await server.close()


def _cannot(message: str) -> CannotConnect:
    return CannotConnect(StreamError(ErrorKind.CONFIG, message))
