"""Wire protocols: a call becomes a request, bytes become deltas. Pure: no socket, no clock, no task."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, Self, TypeGuard

from tui.engine.stream import StreamError

EFFORTS: Final = ("low", "medium", "high")
"""How much a model may be asked to reason."""


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
    effort: str | None = None
    """How much to reason, one of EFFORTS; None leaves it to the provider."""
    thinking: bool | None = None
    """False: as little reasoning as the model can do, whatever the effort; None leaves it to the provider."""
    without: frozenset[str] = frozenset()
    """Parameters that this provider has refused for this model: they are left out."""

    @classmethod
    def of(cls, model: str, turns: tuple[Turn, ...], params: Mapping[str, object]) -> Self:
        """With an assistant's params: `temperature`, `max_tokens`, `reasoning_effort`, `thinking`. What is none of
        them, or no value for it, asks for nothing."""
        temperature, most = params.get("temperature"), params.get("max_tokens")
        effort, thinking = params.get("reasoning_effort"), params.get("thinking")
        return cls(
            model,
            turns,
            temperature=float(temperature) if _is_number(temperature) and temperature >= 0 else None,
            max_tokens=most if _is_number(most) and isinstance(most, int) and most > 0 else None,
            effort=effort if isinstance(effort, str) and effort in EFFORTS else None,
            thinking=thinking if isinstance(thinking, bool) else None,
        )

    @property
    def least(self) -> bool:
        """As little reasoning as the model can do is wanted."""
        return self.thinking is False

    @property
    def wanted_effort(self) -> str | None:
        """How much reasoning is asked for, if any is."""
        return None if self.least else self.effort or ("medium" if self.thinking else None)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A POST that starts a stream."""

    url: str
    headers: Mapping[str, str] = field(repr=False)  # the key is in them
    body: bytes
    optional: frozenset[str] = frozenset()
    """The parameters in it that can be left out, each by its path: `temperature`, `reasoning.effort`."""


@dataclass(frozen=True, slots=True)
class Delta:
    """New text; any part may be empty."""

    content: str = ""
    reasoning: str = ""
    refusal: str = ""
    """Why the model declines, where the protocol keeps that apart from the answer."""

    def __bool__(self) -> bool:
        return bool(self.content or self.reasoning or self.refusal)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a body ended: complete unless `error` is set."""

    finish_reason: str | None = None
    usage: Mapping[str, int] | None = None
    error: StreamError | None = None
    rest: Delta = field(default_factory=Delta)
    """Text that was held back (half a tag, half a character) and belongs to the reply."""
    retryable: bool = False
    """After an error: the same request may work if it is made again."""
    after_s: float | None = None
    """Seconds that the server wants to be left alone before that."""
    refused: frozenset[str] = frozenset()
    """After an error: parameters that the provider does not take; without them the same request may work."""


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


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
