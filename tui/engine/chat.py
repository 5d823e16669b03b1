"""Chats: a question becomes a stream, its ending becomes a reply, what waits behind it is sent next."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from tui.engine.history import first_words, turns
from tui.engine.ids import new_id
from tui.engine.protocols import Turn
from tui.engine.provider import ModelRef, Models
from tui.engine.records import Assistant, Conversation, Message, Topic
from tui.engine.registry import Registry
from tui.engine.shelf import Shelf
from tui.engine.stream import Stream, StreamStatus, StreamType


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a text that was sent: a stream, or a place in the topic's queue."""

    conversation_id: str | None = None
    stream_id: str | None = None

    @property
    def queued(self) -> bool:
        return self.stream_id is None


class Start(Protocol):
    """Starts a stream; returns its id."""

    def __call__(
        self,
        type: StreamType,
        related_id: str,
        model: ModelRef,
        turns: tuple[Turn, ...],
        *,
        metadata: Mapping[str, str],
        params: Mapping[str, float | int | str | bool],
    ) -> str: ...


class Chats:
    """The verbs of a conversation. Streams find their way back by conversation and message id alone."""

    def __init__(
        self,
        models: Models,
        shelf: Shelf,
        registry: Registry,
        start: Start,
        spawn: Callable[[Coroutine[Any, Any, None], str], object],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._models = models
        self._shelf = shelf
        self._registry = registry
        self._start = start
        self._spawn = spawn
        self._clock = clock
        self._sending: set[str] = set()

    async def send(self, topic_id: str, text: str, model: str | None, system: str | None) -> Sent:
        """Ask in a topic. While that topic answers, the text waits in its queue. Raises ValueError, UnknownModel."""
        if not text.strip():
            raise ValueError("There is nothing to send.")
        topic = self._shelf.topic(topic_id)
        assistant = self._assistant(topic)
        ref = self._models.resolve(model or assistant.model)
        if topic_id in self._sending or self.streams(topic_id):
            self._shelf.change_topic(topic_id, queue=(*topic.queue, text), draft="")
            return Sent()
        self._sending.add(topic_id)
        try:
            return await self._send(topic_id, text, assistant, ref, system)
        finally:
            self._sending.discard(topic_id)

    async def _send(self, topic_id: str, text: str, assistant: Assistant, ref: ModelRef, system: str | None) -> Sent:
        await self._shelf.load(topic_id, whole=True)
        now = self._clock()
        topic = self._shelf.topic(topic_id)
        past = self._shelf.catalog.branch(topic_id)
        question = Message(new_id(), "user", text, now)
        conversation = Conversation(new_id(), topic_id, question, now, parent_id=topic.head)
        changes: dict[str, Any] = {"head": conversation.id, "updated_at": now, "unread": False, "draft": ""}
        if topic.name is None:
            changes["name"] = first_words(text)
        # Saved before it is shown as sent: what the screen has shown is on disk.
        await self._shelf.save(conversation, replace(topic, **changes))
        self._shelf.put(conversation)
        self._shelf.change_topic(topic_id, **changes)
        return Sent(conversation.id, self._ask(conversation, past, assistant, ref, system))

    async def regenerate(self, conversation_id: str, model: str | None) -> str:
        """One more reply to the same question; the earlier ones stay. Raises KeyError, UnknownModel."""
        conversation = self._shelf.catalog.conversation(conversation_id)
        if conversation is None:
            raise KeyError(f"There is no conversation {conversation_id}.")
        topic = self._shelf.topic(conversation.topic_id)
        assistant = self._assistant(topic)
        ref = self._models.resolve(model or assistant.model)
        await self._shelf.load(topic.id, whole=True)
        past: list[Conversation] = []
        for earlier in self._shelf.catalog.branch(topic.id):
            if earlier.id == conversation_id:
                break
            past.append(earlier)
        return self._ask(conversation, past, assistant, ref, None)

    def _ask(
        self,
        conversation: Conversation,
        past: list[Conversation],
        assistant: Assistant,
        ref: ModelRef,
        system: str | None,
    ) -> str:
        told = turns(assistant.prompt if system is None else system, past, conversation.question.content)
        metadata = {"message_id": new_id(), "topic_id": conversation.topic_id}
        return self._start(StreamType.CHAT, conversation.id, ref, told, metadata=metadata, params=assistant.params)

    def _assistant(self, topic: Topic) -> Assistant:
        assistant = self._shelf.catalog.assistant(topic.assistant_id)
        if assistant is None:
            raise KeyError(f"There is no assistant {topic.assistant_id}.")
        return assistant

    def streams(self, topic_id: str) -> list[Stream]:
        """The chat streams of a topic that go on, the oldest first."""
        live = self._registry.find(StreamType.CHAT, live=True)
        return [stream for stream in live if stream.metadata.get("topic_id") == topic_id]

    def ended(self, stream: Stream) -> None:
        """Keep the reply, whatever its ending; then send what waits, or hand it back."""
        conversation = self._shelf.catalog.conversation(stream.related_id)
        if conversation is None:
            return
        replies = (*conversation.replies, reply_of(stream))
        topic = self._shelf.topic(conversation.topic_id)
        at = stream.ended_at or self._clock()
        waiting = topic.queue
        topic = replace(topic, unread=True, last_status=stream.status, updated_at=max(topic.updated_at, at))
        send_next = bool(waiting) and stream.status is StreamStatus.COMPLETED and not self.streams(topic.id)
        if send_next:
            topic = replace(topic, queue=waiting[1:])
        elif waiting and not self.streams(topic.id):
            # Not sent behind an answer that did not come: handed back to the composer.
            topic = replace(topic, queue=(), draft="\n\n".join(filter(None, (*waiting, topic.draft))))
        self._registry.hold(stream.id)
        self._shelf.put(
            replace(conversation, replies=replies, chosen=len(replies) - 1),
            topic,
            after=lambda: self._registry.release(stream.id),
        )
        if send_next:
            self._spawn(self._send_queued(topic.id, waiting[0]), f"send queued {topic.id}")

    async def _send_queued(self, topic_id: str, text: str) -> None:
        await self.send(topic_id, text, None, None)


def reply_of(stream: Stream) -> Message:
    """The record of a reply, made of its ended stream."""
    return Message(
        id=stream.metadata.get("message_id") or stream.id,
        role="assistant",
        content=str(stream.content),
        reasoning=str(stream.reasoning),
        model=stream.model,
        status=stream.status,
        finish_reason=stream.finish_reason,
        usage=stream.usage,
        error=stream.error,
        stream_id=stream.id,
        created_at=stream.created_at,
        first_token_at=stream.first_token_at,
        ended_at=stream.ended_at,
    )
