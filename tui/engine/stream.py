"""What a stream is and what can happen to it. Values and one pure function; no I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class StreamError:
    """What went wrong, in a reader's words: what happened and what to do next."""

    kind: ErrorKind
    message: str
    http_status: int | None = None


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
    started_at: float | None = None
    """When its request was made."""
    first_token_at: float | None = None
    answered_at: float | None = None
    """When the answer itself began, after any reasoning."""
    ended_at: float | None = None

    @property
    def ended(self) -> bool:
        return self.status.ended


@dataclass(frozen=True, slots=True)
class Created:
    """A stream exists and waits for its turn."""

    stream: Stream


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


StreamEvent = Created | Connecting | Arrived | Ended | Dropped


def change(stream: Stream, event: Connecting | Arrived | Ended) -> Stream:
    """The stream after the event. A stream ends once: what comes after its end changes nothing.

    Its times never go back, also when the clock does: nothing lasts less than no time.
    """
    if stream.ended:
        return stream
    match event:
        case Connecting(at=at):
            started_at = stream.started_at or max(at, stream.created_at)
            return replace(stream, status=StreamStatus.CONNECTING, started_at=started_at)
        case Arrived(at=at, content=content, reasoning=reasoning):
            if not content and not reasoning:
                return stream
            first = stream.first_token_at or max(at, stream.started_at or stream.created_at)
            return replace(
                stream,
                status=StreamStatus.STREAMING,
                content=stream.content.append(content),
                reasoning=stream.reasoning.append(reasoning),
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
                ended_at=max(at, stream.answered_at or stream.first_token_at or stream.started_at or stream.created_at),
            )
