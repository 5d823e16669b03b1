"""A quick look at a server before the engine exists: does it answer, and which models has it?

Only for a start without settings. Nothing here waits longer than it says, not even for a name to be resolved,
follows a redirect or raises.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

LARGEST: Final = 4_000_000
"""Bytes of a model list that are read; the longest seen (OpenRouter's) has 0.5 MB."""


def answers(url: str, seconds: float = 0.2) -> bool:
    """Whether something accepts connections there."""
    parts = urlsplit(url)
    place = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))

    def connect() -> bool:
        with socket.create_connection(place, timeout=seconds):
            return True

    return _within(seconds, connect) or False


def model_names(url: str, seconds: float = 1.0) -> list[str]:
    """The models of a list as Ollama (`/api/tags`) gives it; empty if there is none."""
    return _within(seconds, lambda: _names(_get(url, seconds))) or []


def _get(url: str, seconds: float) -> Any:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        return json.loads(response.read(LARGEST)) if response.status == 200 else None
    finally:
        connection.close()


def _names(answer: Any) -> list[str]:
    if not isinstance(answer, dict):
        return []
    entries = answer.get("models")
    if not isinstance(entries, list):
        return []
    named = [entry.get("name") for entry in entries if isinstance(entry, dict)]
    return [name for name in named if isinstance(name, str) and name]


def _within(seconds: float, work: Callable[[], T]) -> T | None:
    """What `work` returns, or None if it fails or takes longer. It then goes on unheard: a daemon thread."""
    result: list[T] = []

    def run() -> None:
        try:
            result.append(work())
        except (OSError, ValueError, http.client.HTTPException):
            pass  # no server, or not the one that is meant

    thread = threading.Thread(target=run, daemon=True, name="peek")
    thread.start()
    thread.join(seconds)
    return result[0] if result else None
