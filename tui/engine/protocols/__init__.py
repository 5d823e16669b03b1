"""Wire protocols: a call becomes a request, bytes become deltas. Pure: no socket, no clock, no task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tui.engine.stream import StreamError


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the history that a model is given."""

    role: str
    """`system`, `user` or `assistant`."""
    content: str


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of a model, whatever the protocol."""

    model: str
    turns: tuple[Turn, ...]
    temperature: float | None = None
    max_tokens: int | None = None
    thinking: bool | None = None
    """False switches reasoning off where the protocol can; None leaves it to the model."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A POST that starts a stream."""

    url: str
    headers: Mapping[str, str] = field(repr=False)  # the key is in them
    body: bytes


@dataclass(frozen=True, slots=True)
class Delta:
    """New text; either part may be empty."""

    content: str = ""
    reasoning: str = ""

    def __bool__(self) -> bool:
        return bool(self.content or self.reasoning)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a body ended: complete unless `error` is set."""

    finish_reason: str | None = None
    usage: Mapping[str, int] | None = None
    error: StreamError | None = None
    rest: Delta = field(default_factory=Delta)
    """Text that was held back (half a tag, half a character) and belongs to the reply."""
    refusal: str = ""
    """Why the model declined, where the protocol keeps that apart from the answer."""
    retryable: bool = False
    """After an error: the same request may work if it is made again."""
    after_s: float | None = None
    """Seconds that the server wants to be left alone before that."""


class Reader(Protocol):
    """Reads the body of one successful response."""

    @property
    def finished(self) -> bool:
        """The protocol's own end was seen: nothing after it counts, the connection need not close."""
        ...

    @property
    def answered(self) -> bool:
        """A terminal signal was seen (`finish_reason` …): if nothing follows, the reply is complete all the same."""
        ...

    def feed(self, data: bytes) -> Delta:
        """What these bytes brought. Never raises: what can't be read becomes the ending's error."""
        ...

    def end(self) -> Ending:
        """The body is over (cleanly, or `finished` was seen)."""
        ...
