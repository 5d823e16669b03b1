"""Asks a provider for its models: whether it can be reached, whether it takes our key."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from tui.engine import wire_errors
from tui.engine.protocols.failures import http_failure
from tui.engine.provider import Check, Models, Provider, WireProtocol
from tui.engine.routes import Routes
from tui.engine.worker import CannotConnect

if TYPE_CHECKING:
    import httpx

TIMEOUT: Final = 5.0
"""Seconds for the whole answer."""

_PATHS: Final = {
    WireProtocol.OPENAI: "/models",
    WireProtocol.RESPONSES: "/models",
    WireProtocol.ANTHROPIC: "/v1/models",
    WireProtocol.OLLAMA: "/api/tags",
}


async def check(routes: Routes, models: Models, name: str) -> Check:
    """Never raises: what is wrong is the answer."""
    key: str | None = None
    provider = models.providers.get(name)
    if provider is None:
        return Check(False, f'There is no provider "{name}".')
    try:
        route = await routes.to(name)
        provider, key = route.provider, route.key
        async with asyncio.timeout(TIMEOUT):
            response = await route.client.get(
                provider.base_url + _PATHS[provider.protocol], headers=_headers(provider, key), timeout=TIMEOUT
            )
    except CannotConnect as failure:
        return Check(False, failure.error.message)
    except TimeoutError:
        return Check(False, f"{name} did not give the list of its models within {TIMEOUT:g} s. Try again.")
    except Exception as error:
        ending = wire_errors.ending(provider, key, error)
        return Check(False, ending.error.message if ending.error else type(error).__name__)
    if not response.is_success:
        return _refused(provider, key, response)
    found = _names(response)
    if found is None:
        return Check(False, f"What answers at {provider.base_url} gives no list of models. Is base_url right?")
    return Check(True, f"reachable, {len(found)} model{'' if len(found) == 1 else 's'}", found)


def _refused(provider: Provider, key: str | None, response: httpx.Response) -> Check:
    if response.status_code == 404:
        return Check(True, "reachable; it gives no list of its models")
    error = http_failure(provider, key, response.status_code, response.headers, response.content, time.time()).error
    return Check(False, error.message)


def _headers(provider: Provider, key: str | None) -> dict[str, str]:
    if not key:
        return {}
    if provider.protocol is WireProtocol.ANTHROPIC:
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}
    return {"authorization": f"Bearer {key}"}


def _names(response: httpx.Response) -> tuple[str, ...] | None:
    """The ids in any of the forms that model lists come in; None if it is no such list."""
    try:
        document: Any = response.json()
    except (ValueError, RecursionError):
        return None
    rows = document.get("data", document.get("models")) if isinstance(document, dict) else None
    if not isinstance(rows, list):
        return None
    names = [row.get("id") or row.get("name") for row in rows if isinstance(row, dict)]
    return tuple(str(name) for name in names if name)
