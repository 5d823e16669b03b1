"""Chats: a question becomes a stream, its ending becomes a reply, what waits behind it is sent next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from tui.engine.catalog import Notice
from tui.engine.history import first_words, newest, turns
from tui.engine.ids import new_id
from tui.engine.provider import ModelRef, Models
from tui.engine.records import Assistant, Conversation, Message, Topic
from tui.engine.registry import Registry
from tui.engine.runner import Runner
from tui.engine.shelf import Shelf
from tui.engine.stream import Stream, StreamStatus, StreamType
from tui.engine.tasks import Tasks

_log: Final = logging.getLogger(__name__)

EMBEDDED_LIMIT: Final = 2500
"""Tokens that the embedded model is told: its context is 4,096, and a reply takes up to 1,024 of them."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a text that was sent: a stream, or a place in the topic's queue."""

    conversation_id: str | None = None
    stream_id: str | None = None

    @property
    def queued(self) -> bool:
        return self.stream_id is None


class Chats:
    """The verbs of a conversation. Streams find their way back by conversation and message id alone."""

    def __init__(
        self,
        models: Models,
        shelf: Shelf,
        registry: Registry,
        runner: Runner,
        tasks: Tasks,
        clock: Callable[[], float],
    ) -> None:
        self._models = models
        self._shelf = shelf
        self._registry = registry
        self._runner = runner
        self._tasks = tasks
        self._clock = clock
        self._sending: set[str] = set()

    def take_over(self) -> None:
        """After a start: nothing streams, so what waited in a queue is handed back to be sent by its writer."""
        for topic in self._shelf.catalog.topics():
            if topic.queue:
                self._hand_back(topic.id)

    def busy(self, topic_id: str) -> bool:
        """Whether the topic answers, or is about to."""
        return topic_id in self._sending or bool(self.streams(topic_id))

    def streams(self, topic_id: str) -> list[Stream]:
        """The chat streams of a topic that go on, the oldest first."""
        live = self._registry.find(StreamType.CHAT, live=True)
        return [stream for stream in live if stream.metadata.get("topic_id") == topic_id]

    async def send(self, topic_id: str, text: str, model: str | None, system: str | None) -> Sent:
        """Ask in a topic. While that topic answers, the text waits in its queue."""
        if not text.strip():
            raise ValueError("There is nothing to send.")
        topic = self._shelf.topic(topic_id)
        self._model(topic, model)
        # The draft is what was sent, or how that began. What is written from now on is the next one.
        draft = "" if text.strip().startswith(topic.draft.strip()) else topic.draft
        if self.busy(topic_id):
            self._shelf.change_topic(topic_id, queue=(*topic.queue, text), draft=draft)
            return Sent()
        self._shelf.draft(topic_id, draft)
        self._sending.add(topic_id)
        try:
            return await self._send(topic_id, text, model, system)
        except Exception:
            self._hand_back(topic_id, text)
            raise
        finally:
            self._sending.discard(topic_id)

    async def _send_next(self, topic_id: str) -> None:
        """Send what waits longest. It leaves the queue only with its question being kept."""
        try:
            await self._send(topic_id, self._shelf.topic(topic_id).queue[0], queued=True)
        except Exception as failure:
            _log.error("what waited in topic %s was not sent: %s", topic_id, failure)
            self._hand_back(topic_id)
            self._shelf.catalog.apply(Notice(f"What waited was not sent, it is in the composer again: {failure}"))
        finally:
            self._sending.discard(topic_id)

    async def _send(
        self, topic_id: str, text: str, model: str | None = None, system: str | None = None, *, queued: bool = False
    ) -> Sent:
        await self._shelf.load(topic_id, whole=True)
        now = self._clock()
        topic = self._shelf.topic(topic_id)
        assistant, ref = self._model(topic, model)
        past = self._shelf.catalog.branch(topic_id)
        question = Message(new_id(), "user", text, now)
        conversation = Conversation(new_id(), topic_id, question, now, parent_id=topic.head)
        topic = replace(
            topic,
            head=conversation.id,
            updated_at=max(topic.updated_at, now),
            unread=False,
            name=first_words(text) if topic.name is None else topic.name,
            queue=topic.queue[1:] if queued else topic.queue,
        )
        # Shown at once, and with its stream; the model is asked once it is on disk.
        saved = self._shelf.put(conversation, topic)
        return Sent(conversation.id, self._ask(conversation, past, assistant, ref, system, saved))

    async def regenerate(self, conversation_id: str, model: str | None) -> str:
        """One more reply to the same question; the earlier ones stay."""
        conversation = self._shelf.catalog.conversation(conversation_id)
        if conversation is None:
            raise KeyError(f"There is no conversation {conversation_id}.")
        topic = self._shelf.topic(conversation.topic_id)
        assistant, ref = self._model(topic, model)
        await self._shelf.load(topic.id, whole=True)
        return self._ask(conversation, self._shelf.catalog.before(conversation), assistant, ref)

    def _ask(
        self,
        conversation: Conversation,
        past: list[Conversation],
        assistant: Assistant,
        ref: ModelRef,
        system: str | None = None,
        saved: asyncio.Task[None] | None = None,
    ) -> str:
        told = turns(assistant.prompt if system is None else system, past, conversation.question.content)
        if self._models.providers[ref.provider].embedded:
            told = newest(told, EMBEDDED_LIMIT)
        metadata = {"message_id": new_id(), "topic_id": conversation.topic_id}
        return self._runner.start(
            StreamType.CHAT, conversation.id, ref, told, metadata=metadata, params=assistant.params, after=saved
        )

    def _model(self, topic: Topic, name: str | None) -> tuple[Assistant, ModelRef]:
        """Who answers in a topic. Raises KeyError, UnknownModel."""
        assistant = self._shelf.catalog.assistant(topic.assistant_id)
        if assistant is None:
            raise KeyError(f"There is no assistant {topic.assistant_id}.")
        return assistant, self._models.resolve(name or assistant.model)

    def ended(self, stream: Stream) -> None:
        """Keep the reply, whatever its ending; then send what waits, or hand it back."""
        conversation = self._shelf.catalog.conversation(stream.related_id)
        topic = self._shelf.catalog.topic(conversation.topic_id) if conversation else None
        if conversation is None or topic is None:
            return
        conversation = self._with_reply(conversation, reply_of(stream))
        newest = conversation.reply
        # Not `updated_at`: lists are sorted by it, and nothing moves under the user's fingers because a reply ended.
        topic = replace(topic, unread=True, last_status=newest.status if newest else stream.status)
        free = bool(topic.queue) and not self.busy(topic.id)
        go_on = free and stream.status is StreamStatus.COMPLETED
        if free and not go_on:  # not sent behind an answer that did not come
            topic = _handed_back(topic)
        self._registry.hold(stream.id)
        saved = self._shelf.put(conversation, topic)
        saved.add_done_callback(lambda _: self._registry.release(stream.id))
        if go_on:
            self._sending.add(topic.id)  # at once: what is sent meanwhile comes behind it
            self._tasks.spawn(self._send_next(topic.id), f"send queued {topic.id}")

    def _with_reply(self, conversation: Conversation, reply: Message) -> Conversation:
        """With one more version, in the order in which they were asked for; the newest is the one on show."""
        replies = conversation.replies
        place = len(replies)
        # Only versions of this run can have been asked for later, and only among them ids tell: clocks are set back.
        while place and replies[place - 1].id > reply.id and self._registry.get(replies[place - 1].stream_id or ""):
            place -= 1
        chosen = place if place == len(replies) else conversation.chosen + (conversation.chosen >= place)
        return replace(conversation, replies=(*replies[:place], reply, *replies[place:]), chosen=chosen)

    def _hand_back(self, topic_id: str, *texts: str) -> None:
        """What is not sent goes where it can be read and sent again: before the draft."""
        changed = _handed_back(self._shelf.topic(topic_id), *texts)
        self._shelf.change_topic(topic_id, queue=changed.queue, draft=changed.draft)


def _handed_back(topic: Topic, *texts: str) -> Topic:
    return replace(topic, queue=(), draft="\n\n".join(filter(None, (*texts, *topic.queue, topic.draft))))


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
        answered_at=stream.answered_at,
        ended_at=stream.ended_at,
    )
