"""What a stream waits for, in words: its turn, its next try, a text that does not come. Pure."""

from __future__ import annotations

import math
from typing import Final

from tui.engine import ErrorKind, Models, Stream, StreamStatus, StreamType
from tui.plain import line

SILENT: Final = 20.0
"""Seconds without text from which on the screen says so."""

_REASONS: Final = {
    ErrorKind.RATE_LIMIT: "had too many requests",
    ErrorKind.OVERLOADED: "is overloaded",
    ErrorKind.NETWORK: "can't be reached",
    ErrorKind.TRUNCATED: "sent nothing",
    ErrorKind.SERVER: "failed",
}


def left(stream: Stream, now: float) -> int:
    """Whole seconds until a stream that waits for a time may be asked; 0 if it waits for none."""
    until = stream.waiting.until if stream.waiting is not None else None
    return max(0, math.ceil(until - now)) if until is not None else 0


def quiet(stream: Stream, now: float) -> int:
    """Whole seconds since the last text of a stream that is asked, once they are worth a word; else 0."""
    if stream.ended or stream.waiting is not None or stream.quiet_since is None:
        return 0
    seconds = int(now - stream.quiet_since)
    return seconds if seconds >= SILENT else 0


def kept_alive(stream: Stream, now: float) -> int | None:
    """Seconds since bytes without text came to a stream that is quiet; None if none did, or for too long."""
    if stream.heard_at is None or stream.heard_at <= (stream.quiet_since or 0.0):
        return None
    seconds = max(0, int(now - stream.heard_at))
    return seconds if seconds < SILENT else None


def waits_for(stream: Stream, place: int, models: Models, now: float) -> str:
    """All of it: what a stream that has no text yet waits for. `place`: in its provider's queue, from 1, else 0."""
    name = line(stream.provider)
    if seconds := left(stream, now):
        return f"{_again(stream, place, models, seconds)}{_because(stream, name)}"
    if place:
        return f"{ordinal(place)} in the queue of {name}{_for(now - stream.created_at)}"
    if seconds := quiet(stream, now):
        return f"waiting for {name}, {silence(stream, models, now)}"
    if stream.status is StreamStatus.IDLE and stream.type is StreamType.CHAT:  # it is not sent before that
        return f"saving the question{_for(now - stream.created_at)}"
    return f"waiting for {name}{_for(now - stream.created_at)}"


def silence(stream: Stream, models: Models, now: float) -> str:
    """Since when a quiet stream brought nothing, whether its connection lives, and when it will be given up."""
    seconds = quiet(stream, now)
    alive = kept_alive(stream, now)
    if alive is not None:
        last = f", the last {alive} s ago" if alive >= 2 else ""
        return f"no text for {seconds} s, but keep-alives still come{last}"
    silent = seconds if stream.heard_at is None else int(now - max(stream.heard_at, stream.quiet_since or 0.0))
    provider = models.providers.get(stream.provider)
    until = f"; given up after {provider.idle_timeout:g} s" if provider is not None else ""
    both = f" and no text for {seconds} s" if seconds > silent + 1 else ""
    return f"no byte for {silent} s{both}{until}"


def in_short(stream: Stream, place: int, now: float) -> str:
    """The same in two or three words, for a line that has to say more than that; empty if there is nothing to say."""
    if seconds := left(stream, now):
        return f"retry in {seconds} s" if stream.tries else f"held {seconds} s"
    if place:
        return f"{ordinal(place)} in queue"
    if seconds := quiet(stream, now):
        return f"no {'byte' if kept_alive(stream, now) is None else 'text'} {seconds} s"
    return ""


def at_a_glance(stream: Stream, place: int, now: float) -> str:
    """The same in a few cells, for a list."""
    if seconds := left(stream, now) or quiet(stream, now):
        return f"{seconds} s"
    return ordinal(place) if place else ""


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _again(stream: Stream, place: int, models: Models, seconds: int) -> str:
    provider = models.providers.get(stream.provider)
    if not stream.tries:
        return f"{ordinal(place)} in the queue of {line(stream.provider)}, held for {seconds} s"
    of = f" of {provider.max_retries}" if provider is not None and provider.max_retries >= stream.tries else ""
    return f"retry {stream.tries}{of} in {seconds} s"


def _because(stream: Stream, name: str) -> str:
    error = stream.waiting.error if stream.waiting is not None else None
    if error is None:
        return ""
    status = f" ({error.http_status})" if error.http_status else ""
    return f": {name} {_REASONS.get(error.kind, 'refused')}{status}"


def _for(seconds: float) -> str:
    return f", {int(seconds)} s" if seconds >= 2 else ""
