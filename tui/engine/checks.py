"""Asks a provider for its models, or one of them for a word: whether it can be used, and what is wrong if not."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Final

from tui.engine import wire_errors
from tui.engine.attempts import CannotConnect, Route
from tui.engine.ids import new_id
from tui.engine.lanes import alone
from tui.engine.protocols import Call, Turn
from tui.engine.protocols.failures import http_failure
from tui.engine.protocols.text import whole
from tui.engine.provider import Check, Models, Provider, WireProtocol
from tui.engine.redacting import redacted
from tui.engine.routes import Routes
from tui.engine.stream import Ended, ErrorKind, StreamError, StreamEvent, StreamStatus
from tui.engine.trace import STREAM_ID
from tui.engine.wire import unpacked
from tui.engine.worker import work

TIMEOUT: Final = 5.0
"""Seconds for a whole list."""

TRY_TIMEOUT: Final = 60.0
"""Seconds for one word: a server may have to load the model first."""

LARGEST: Final = 8_000_000
"""Bytes of a list that are read; the longest seen (OpenRouter's) has 0.5 MB."""

_MOST: Final = 10_000
"""Models; OpenRouter lists 400."""

_LONGEST_NAME: Final = 200
"""Characters; the longest that people have given to models have about 100."""

_FEW: Final = 16
"""Tokens: OpenAI's responses take no smaller bound."""

_NO_ROOM: Final = "output limit was reached"
"""OpenAI's models say so when they reason for longer than that: they answer all the same."""

_PATHS: Final = {
    WireProtocol.OPENAI: "/models",
    WireProtocol.RESPONSES: "/models",
    WireProtocol.ANTHROPIC: "/v1/models",
    WireProtocol.OLLAMA: "/api/tags",
}


async def check(routes: Routes, models: Models, provider: str | Provider) -> Check:
    """Ask for the list of its models. A provider that is only being written down can be asked as a value.

    Never raises: what is wrong is the answer.
    """
    key: str | None = None
    if isinstance(provider, str):
        known = models.providers.get(provider)
        if known is None:
            return Check(False, f'There is no provider "{provider}".')
        provider = known
    name = provider.name
    try:
        route = await routes.through(provider)
        provider, key = route.provider, route.key
        response = await _ask(route, provider.base_url)
    except CannotConnect as failure:
        return Check(False, failure.error.message)
    except TimeoutError:
        return Check(False, f"{name} did not give the list of its models within {TIMEOUT:g} s. Try again.")
    except Exception as error:
        ending = wire_errors.ending(provider, key, error)
        return Check(False, ending.error.message if ending.error else type(error).__name__)
    if not response.ok:
        return _refused(provider, key, response)
    found = _names(response, key)
    if found is None:
        return Check(False, f"What answers at {provider.base_url} gives no list of models. Is base_url right?")
    return Check(True, f"reachable, {len(found)} model{'' if len(found) == 1 else 's'}", found)


async def try_model(routes: Routes, models: Models, provider: str | Provider, model: str | None = None) -> Check:
    """Have a model say a word, the way every stream is asked for. Never raises: what is wrong is the answer.

    A provider that is only being written down can be tried as a value. Takes up to a minute; to be cancelled at an end.
    """
    if isinstance(provider, str):
        known = models.providers.get(provider)
        if known is None:
            return Check(False, f'There is no provider "{provider}".')
        provider = known
    name, model = provider.name, model or provider.model
    if not model:
        return Check(False, f"{name} has no default model: name the one to try.")
    routed: list[Route] = []
    told: list[StreamEvent] = []

    async def connect() -> Route:
        route = await routes.through(provider, model)
        routed.append(replace(route, provider=replace(route.provider, max_retries=0)))  # what is wrong is to be seen
        return routed[-1]

    call = Call(model, (Turn("user", "Hi"),), max_tokens=_FEW, thinking=False)
    id = new_id()
    begun, outside = time.monotonic(), STREAM_ID.get()
    try:
        async with asyncio.timeout(TRY_TIMEOUT) as limit:
            await work(id, call, alone(id, told.append, time.time), connect, told.append)
    finally:
        STREAM_ID.set(outside)
    ended = next(event for event in told if isinstance(event, Ended))
    if limit.expired():
        return Check(False, f"{name}/{model} did not answer within {TRY_TIMEOUT:g} s. Try again: it may be loading.")
    if ended.status is StreamStatus.STOPPED:
        raise asyncio.CancelledError  # which the worker has taken for the end of its stream
    if ended.error is None or _NO_ROOM in ended.error.message:
        return Check(True, f"{name}/{model} answers, after {time.monotonic() - begun:.1f} s")
    if ended.error.kind is ErrorKind.AUTH:
        routes.refused(provider)
    return Check(False, ended.error.message + (await _hint(routed[0], model, ended.error) if routed else ""))


async def _hint(route: Route, model: str, error: StreamError) -> str:
    """What the provider's lists tell about a request that it did not understand."""
    if error.kind not in (ErrorKind.BAD_REQUEST, ErrorKind.PROTOCOL, ErrorKind.TRUNCATED):
        return ""
    here = await _look(route, route.provider.base_url)
    if isinstance(here, tuple):
        listed = {name.removesuffix(":latest"): name for name in here}
        if not here or model.removesuffix(":latest") in listed:
            return ""
        return f" The list of its models has no {model}" + _close(model, here)
    if error.http_status in _UNDERSTOOD:
        return ""
    found = {url: await _look(route, url) for url in _other_urls(route.provider)}
    best = next((url for url, names in found.items() if isinstance(names, tuple)), None)
    if best:
        return f" But {best} gives a list of models: set base_url to that."
    maybe = next((url for url, names in found.items() if names in (401, 403)), None)
    return f" Should base_url be {maybe}?" if maybe else ""


def _close(model: str, listed: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    like = get_close_matches(model, listed, 3, 0.5) or listed[:3]
    return f"; it has {', '.join(like)}{' and others' if len(listed) > len(like) else ''}."


def _other_urls(provider: Provider) -> Iterator[str]:
    """Addresses that may have been meant: people write too little of the path, or all of it."""
    url = _ENDPOINT.sub("", provider.base_url)
    bare = re.sub(r"/v\d+\w*$", "", url)
    match provider.protocol:
        case WireProtocol.ANTHROPIC:
            meant = [url, bare, f"{bare}/anthropic"]
        case WireProtocol.OLLAMA:
            meant = [url, bare, bare.removesuffix("/api")]
        case _:
            meant = [url, f"{bare}/v1", f"{bare}/api/v1"]
    yield from (one for one in dict.fromkeys(meant) if one != provider.base_url)


_UNDERSTOOD: Final = frozenset({400, 413, 422})
"""What answers so knows the path."""

_ENDPOINT: Final = re.compile(r"(/(chat/)?completions|/responses|(/v1)?/messages|/api/(chat|generate|tags)|/models)$")


async def _look(route: Route, base_url: str) -> tuple[str, ...] | int | None:
    """The models that are listed there, the status of what is no list, or None if nothing answers."""
    try:
        response = await _ask(route, base_url)
    except Exception:  # it was a guess
        return None
    names = _names(response, route.key) if response.ok else None
    return response.status if names is None else names


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a server said, as far as it is no endless list."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


async def _ask(route: Route, base_url: str) -> _Answer:
    """Raises TimeoutError and what httpx raises."""
    provider, body = route.provider, bytearray()
    url, headers = base_url + _PATHS[provider.protocol], _headers(provider, route.key)
    async with (
        asyncio.timeout(TIMEOUT),
        route.client.stream("GET", url, headers=headers, timeout=TIMEOUT) as response,
        aclosing(unpacked(response)) as pieces,
    ):
        async for piece in pieces:
            body += piece
            if len(body) > LARGEST:
                break
        return _Answer(response.status_code, response.headers, bytes(body[:LARGEST]))


def _refused(provider: Provider, key: str | None, answer: _Answer) -> Check:
    if answer.status == 404:
        return Check(True, "reachable; it gives no list of its models")
    return Check(
        False, http_failure(provider, key, answer.status, answer.headers, answer.body, time.time()).error.message
    )


def _headers(provider: Provider, key: str | None) -> dict[str, str]:
    if not key:
        return {}
    if provider.protocol is WireProtocol.ANTHROPIC:
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}
    return {"authorization": f"Bearer {key}"}


def _names(answer: _Answer, key: str | None) -> tuple[str, ...] | None:
    """The ids in any of the forms that model lists come in; None if it is no such list."""
    try:
        document: Any = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    rows = document.get("data", document.get("models")) if isinstance(document, dict) else None
    if not isinstance(rows, list):
        return None
    names = [row.get("id") or row.get("name") for row in rows if isinstance(row, dict)]
    fit = [name for name in names if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME]
    return tuple(redacted(whole(name), key) for name in fit[:_MOST])
