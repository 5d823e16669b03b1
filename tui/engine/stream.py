"""What a stream is and what can happen to it. Values and one pure function; no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from tui.engine.log import EMPTY, Log


class StreamType(StrEnum):
    """What a stream is for."""

    CHAT = "chat"
    CONVERSATION_TITLE = "conversation_title_generation"
    TOPIC_TITLE = "topic_title_generation"
    PROMPT_OPTIMIZATION = "prompt_optimization"
    SYSTEM_PROMPT = "system_prompt"


class StreamStatus(StrEnum):
    """Where a stream is in its life: the first three go on, the last three are endings."""

    IDLE = "idle"
    CONNECTING = "connecting"
    STREAMING = "streaming"
    COMPLETED = "completed"
    ERROR = "error"
    STOPPED = "stopped"

    @property
    def ended(self) -> bool:
        return self in _ENDINGS


CUT_BY_LENGTH: Final = frozenset({"length", "max_tokens", "max_output_tokens"})
"""What providers give as the reason of a reply's end where it has reached its bound."""
CUT_BY_FILTER: Final = "content_filter"

_ENDINGS = frozenset({StreamStatus.COMPLETED, StreamStatus.ERROR, StreamStatus.STOPPED})


class ErrorKind(StrEnum):
    """Why a stream ended in error, as the command line and the records name it."""

    CONFIG = "config"
    AUTH = "auth"
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    BAD_REQUEST = "bad_request"
    SERVER = "server"
    NETWORK = "network"
    TIMEOUT = "timeout"
    TRUNCATED = "truncated"
    PROTOCOL = "protocol"
    PROVIDER = "provider"
    INTERRUPTED = "interrupted"
    INTERNAL = "internal"


PASSING = "passing"
"""In a field's metadata: it is about this moment only, and no record of a stream has it."""
_PASSING = {PASSING: True}


@dataclass(frozen=True, slots=True)
class StreamError:
    """What went wrong, in a reader's words: what happened and what to do next."""

    kind: ErrorKind
    message: str
    http_status: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a stream waits for before its next request."""

    turn: int | None = None
    """Its turn in its provider's queue: the lowest is the next. None in the pause between two tries."""
    until: float | None = None
    """Nothing is asked before that: its own pause, or its provider wants to be left alone."""
    error: StreamError | None = None
    """Why there is a pause."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One model response being produced. Times are seconds since the epoch."""

    id: str
    type: StreamType
    related_id: str
    """The entity that it is for: a conversation, topic or assistant, as its type says."""
    model: str
    """`provider/model`."""
    created_at: float
    metadata: Mapping[str, str] = field(default_factory=dict)
    """More that it is tied to: `message_id`, `topic_id`, `original_prompt`."""
    status: StreamStatus = StreamStatus.IDLE
    content: Log = EMPTY
    reasoning: Log = EMPTY
    finish_reason: str | None = None
    """As the provider wrote it."""
    usage: Mapping[str, int] | None = None
    """`input_tokens`, `output_tokens` and what else the provider counted."""
    error: StreamError | None = None
    tries: int = 0
    """How many requests were made."""
    started_at: float | None = None
    """When its first request was made."""
    first_token_at: float | None = None
    answered_at: float | None = None
    """When the answer itself began, after any reasoning."""
    ended_at: float | None = None
    waiting: Waiting | None = field(default=None, metadata=_PASSING)
    """While it waits; None while it is asked, or before it may be."""
    quiet_since: float | None = field(default=None, metadata=_PASSING)
    """When its last text came, or its last request was made."""
    heard_at: float | None = field(default=None, metadata=_PASSING)
    """When bytes without text came to that request, to about a second."""

    @property
    def ended(self) -> bool:
        return self.status.ended

    @property
    def provider(self) -> str:
        """The name of the one that is asked."""
        return self.model.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Created:
    """A stream exists and waits for its turn."""

    stream: Stream


@dataclass(frozen=True, slots=True)
class Waits:
    """It waits for its turn, or for its next try."""

    id: str
    at: float
    waiting: Waiting


@dataclass(frozen=True, slots=True)
class Connecting:
    """Its request is on the way (again, after a retry)."""

    id: str
    at: float


@dataclass(frozen=True, slots=True)
class Arrived:
    """The model sent text."""

    id: str
    at: float
    content: str = ""
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """Bytes came that hold no text, a keep-alive for instance."""

    id: str
    at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """Its one ending; what had arrived stays."""

    id: str
    at: float
    status: StreamStatus
    finish_reason: str | None = None
    usage: Mapping[str, int] | None = None
    error: StreamError | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """An ended stream left the registry."""

    id: str


Change = Waits | Connecting | Heard | Arrived | Ended
StreamEvent = Created | Change | Dropped


def change(stream: Stream, event: Change) -> Stream:
    """The stream after the event. A stream ends once: what comes after its end changes nothing.

    Its times never go back, also when the clock does: nothing lasts less than no time.
    """
    if stream.ended:
        return stream
    match event:
        case Waits(waiting=waiting):
            return replace(stream, waiting=waiting)
        case Connecting(at=at):
            return replace(
                stream,
                status=StreamStatus.CONNECTING,
                tries=stream.tries + 1,
                started_at=stream.started_at or max(at, stream.created_at),
                waiting=None,
                quiet_since=at,
                heard_at=None,
            )
        case Heard(at=at):
            return replace(stream, heard_at=at)
        case Arrived(at=at, content=content, reasoning=reasoning):
            if not content and not reasoning:
                return stream
            first = stream.first_token_at or max(at, stream.started_at or stream.created_at)
            return replace(
                stream,
                status=StreamStatus.STREAMING,
                content=stream.content.append(content),
                reasoning=stream.reasoning.append(reasoning),
                quiet_since=at,
                first_token_at=first,
                answered_at=stream.answered_at or (max(at, first) if content.strip() else None),
            )
        case Ended(at=at, status=status, finish_reason=finish_reason, usage=usage, error=error):
            if not status.ended:
                raise ValueError(f"{status} is not an ending")
            return replace(
                stream,
                status=status,
                content=stream.content.packed(),
                reasoning=stream.reasoning.packed(),
                finish_reason=finish_reason,
                usage=usage,
                error=error,
                waiting=None,
                ended_at=max(at, stream.answered_at or stream.first_token_at or stream.started_at or stream.created_at),
            )
