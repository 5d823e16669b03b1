"""What a provider's refusal means: its status and body become a kind, a reader's words, and whether to try again."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from html import unescape
from typing import Final

from tui.engine.protocols import too_long
from tui.engine.provider import Provider
from tui.engine.redacting import redacted, without_passwords
from tui.engine.stream import ErrorKind, StreamError

LONGEST: Final = 500
"""Characters of a provider's own words: enough to say what is wrong, and no page of HTML or echoed prompt."""

_RETRYABLE: Final = frozenset({408, 409, 429})
_ABOUT_THE_REQUEST: Final = frozenset({ErrorKind.BAD_REQUEST, ErrorKind.SERVER})
"""Some answer a request that is too long with 500. A limit of tokens a minute is another thing, and passes."""

_LONGEST_WISH: Final = 1e10
"""Seconds, three centuries: a number of any length is a long time, not none."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is no reply."""

    error: StreamError
    retryable: bool
    after_s: float | None
    """Seconds that the server wants to be left alone."""


def http_failure(
    provider: Provider, key: str | None, status: int, headers: Mapping[str, str], body: bytes, now: float
) -> Failure:
    """What a response with this status means. `now` is the clock that HTTP dates are held against."""
    fields = {name.lower(): value for name, value in headers.items()}
    after_s = _after_s(fields, now)
    kind = _kind(status)
    said = in_words(_said_by(body), key).removesuffix(f" ({status})")  # some give the status as their error's code
    shorter = too_long.advice(_text(body)) if kind in _ABOUT_THE_REQUEST else ""
    retryable = not shorter and _may_retry(status, fields)
    then = shorter or _next(provider, kind, status, fields, after_s, key, retryable)
    message = _sentence(_what(provider, kind, status), said, then)
    return Failure(StreamError(kind, message, status), retryable, after_s)


def provider_error(provider: Provider, key: str | None, said: object) -> StreamError:
    """An error that the provider reports within a successful answer."""
    message = in_words(_message(said), key)
    then = too_long.advice(str(said)) or "Try again."
    return StreamError(ErrorKind.PROVIDER, _sentence(f"{provider.name} broke off with an error", message, then))


def in_words(said: str, key: str | None) -> str:
    """Somebody else's words, fit for one line: no key, no control characters, no endless text."""
    said = said[: 64 * LONGEST]  # an event may hold 16 MiB, and what is left out of it takes room
    said = without_passwords(redacted(said, key), "[password]")[: 8 * LONGEST]
    said = "".join(char if char.isprintable() else " " for char in said)
    said = " ".join(said.split())
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def _kind(status: int) -> ErrorKind:
    match status:
        case 401 | 403:
            return ErrorKind.AUTH
        case 429:
            return ErrorKind.RATE_LIMIT
        case 503 | 529:
            return ErrorKind.OVERLOADED
        case _ if status >= 500:
            return ErrorKind.SERVER
    return ErrorKind.BAD_REQUEST


def _what(provider: Provider, kind: ErrorKind, status: int) -> str:
    what = {
        ErrorKind.AUTH: "did not accept the API key" if provider.api_key else "wants an API key",
        ErrorKind.RATE_LIMIT: "had too many requests",
        ErrorKind.OVERLOADED: "is overloaded",
        ErrorKind.SERVER: "failed",
    }.get(kind, "does not answer here" if 300 <= status < 400 else "refused the request")
    return f"{provider.name} {what} ({status})"


def _next(
    provider: Provider,
    kind: ErrorKind,
    status: int,
    fields: Mapping[str, str],
    after_s: float | None,
    key: str | None,
    retryable: bool,
) -> str:
    """What the reader can do."""
    settings = f"[providers.{provider.name}]"
    match kind:
        case ErrorKind.AUTH:
            origin = provider.api_key.origin if provider.api_key else ""
            where = origin if origin.startswith("$") else f"api_key under {settings} in config.toml"
            return f"Check {where}." if provider.api_key else f"Set {where}."
        case ErrorKind.RATE_LIMIT | ErrorKind.OVERLOADED | ErrorKind.SERVER:
            return _later(after_s)
        case _ if retryable:  # nothing was wrong with what was asked
            return _later(after_s)
    if 300 <= status < 400:
        to = in_words(fields.get("location", ""), key)
        return f"{f'It sends on to {to}: correct' if to else 'Check'} base_url under {settings}."
    if status == 404:
        return f"Check the model's name, and base_url under {settings}."
    return "Change it and try again."


def _later(after_s: float | None) -> str:
    return f"Try again in {_in_words(after_s) if after_s else 'a while'}."


def _in_words(seconds: float) -> str:
    """A time to wait, no shorter than it is."""
    for most, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds <= most:
            return f"{math.ceil(seconds / unit)} {name}"
    return f"{math.ceil(seconds / 86_400)} days"


def _sentence(what: str, said: str, then: str) -> str:
    if not said:
        return f"{what}. {then}"
    return f"{what}: {said}{'' if said[-1] in '.!?…' else '.'} {then}"


def _said_by(body: bytes) -> str:
    text = _text(body)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        if not text.startswith("<"):
            return text
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        return unescape(title[1]) if title else ""
    if isinstance(document, list) and document:  # Google wraps its error in a list
        document = document[0]
    if isinstance(document, dict):
        return _message(document.get("error") or document)
    return ""


def _text(body: bytes) -> str:
    return body.decode("utf-8-sig", "replace").strip()


def _message(said: object) -> str:
    """The words in an error, with the provider's own name for it, which is what one can search for."""
    if isinstance(said, str):
        return said
    if not isinstance(said, dict):
        return ""
    words = next((found for name in ("message", "detail") if isinstance(found := said.get(name), str)), "")
    names = [str(name) for name in (said.get("code"), said.get("type")) if isinstance(name, str | int) and name]
    name = next((name for name in names if name.lower() not in words.lower()), "")
    return f"{words} ({name})" if words and name else words or name


def _may_retry(status: int, fields: Mapping[str, str]) -> bool:
    wish = fields.get("x-should-retry", "").strip().lower()
    if wish in ("true", "false"):
        return wish == "true"
    return status in _RETRYABLE or status >= 500


def _after_s(fields: Mapping[str, str], now: float) -> float | None:
    if (milliseconds := _seconds(fields.get("retry-after-ms", ""))) is not None:
        return milliseconds / 1000
    wish = fields.get("retry-after", "")
    seconds = _seconds(wish)
    if seconds is not None:
        return seconds
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(wish)  # knows all three forms of a date, whatever the locale is
    except (ValueError, OverflowError):
        return None
    return max(0.0, date.replace(tzinfo=date.tzinfo or UTC).timestamp() - now)


def _seconds(wish: str) -> float | None:
    """The number; of a header that two servers on the way have set, the first one's."""
    found = re.match(r"\s*([0-9]+(?:\.[0-9]*)?)\s*(?:,|$)", wish)
    return min(float(found[1]), _LONGEST_WISH) if found else None
