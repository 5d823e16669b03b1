"""What is kept: assistants, topics, conversations and messages. Values; times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tui.engine.stream import CUT_BY_FILTER, CUT_BY_LENGTH, StreamError, StreamStatus


@dataclass(frozen=True, slots=True)
class Assistant:
    """A persona that answers."""

    id: str
    name: str
    created_at: float
    updated_at: float
    description: str = ""
    prompt: str = ""
    """The system prompt."""
    model: str = "instruct"
    """A role, `provider/model` or a provider's name."""
    params: Mapping[str, float | int | str | bool] = field(default_factory=dict)
    """`temperature`, `max_tokens` …, as the user set them."""
    titles: bool = True
    """Whether its conversations and topics are named by a model."""
    proposal: str = ""
    """A system prompt that was generated while the user wrote another: his to accept."""
    position: int = 0
    deleted_at: float | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """A thread with one assistant."""

    id: str
    assistant_id: str
    created_at: float
    updated_at: float
    """When it was last asked in."""
    name: str | None = None
    named_by: str | None = None
    """`user`, `model`, or None: a name that the user gave always wins."""
    head: str | None = None
    """The last conversation of the branch on show."""
    conversations: int | None = None
    """How many that branch has, so that a list can tell it without reading them; None: nobody has counted yet."""
    draft: str = ""
    queue: tuple[str, ...] = ()
    unread: bool = False
    """A reply ended that nobody has looked at."""
    last_status: StreamStatus | None = None
    """How its newest reply ended."""
    last_cut: bool = False
    """Whether that one was cut by its length limit, or by the provider's filter."""
    pinned: bool = False
    deleted_at: float | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A question, or one reply."""

    id: str
    role: str
    """`user` or `assistant`."""
    content: str
    created_at: float
    reasoning: str = ""
    model: str | None = None
    """`provider/model` of a reply."""
    status: StreamStatus = StreamStatus.COMPLETED
    finish_reason: str | None = None
    usage: Mapping[str, int] | None = None
    error: StreamError | None = None
    stream_id: str | None = None
    first_token_at: float | None = None
    answered_at: float | None = None
    """When the answer itself began, after any reasoning."""
    ended_at: float | None = None
    edited_at: float | None = None
    """When the user changed it."""
    paused_ms: int = 0
    """Of a reply that was gone on with: milliseconds from the ends of its parts to the first text of the next ones.
    All other times are those of the whole."""
    left_out: int = 0
    """How many of the oldest exchanges its model was not told, because the topic is too long for it."""

    @property
    def cut(self) -> bool:
        """Whether its end is its bound's doing, or the provider's filter's, not the model's."""
        return self.finish_reason in CUT_BY_LENGTH or self.finish_reason == CUT_BY_FILTER


@dataclass(frozen=True, slots=True)
class Conversation:
    """One exchange in a topic: a question and its replies (versions)."""

    id: str
    topic_id: str
    question: Message
    created_at: float
    parent_id: str | None = None
    """The conversation before it; a question that was edited and sent again has the same parent."""
    title: str | None = None
    named_by: str | None = None
    replies: tuple[Message, ...] = ()
    chosen: int = 0
    """The version on show; it counts those that still stream, in the order in which they were asked for."""
    deleted_at: float | None = None

    @property
    def reply(self) -> Message | None:
        """The chosen version, else the last, if there is one yet. While some still stream that is so only of a
        conversation that holds those, too."""
        return self.replies[max(0, min(self.chosen, len(self.replies) - 1))] if self.replies else None


Record = Assistant | Topic | Conversation
