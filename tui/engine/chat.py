"""Chats: a question becomes a stream, its ending becomes a reply, what waits behind it is sent next."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from tui.engine.asking import Asking, Question
from tui.engine.assumptions import Assumptions
from tui.engine.catalog import Notice
from tui.engine.history import first_words, reply_of
from tui.engine.ids import new_id
from tui.engine.protocols.too_long import is_too_long
from tui.engine.provider import ModelRef
from tui.engine.records import Conversation, Message, Topic
from tui.engine.registry import Registry
from tui.engine.shelf import Shelf
from tui.engine.stream import Stream, StreamStatus, StreamType
from tui.engine.tasks import Tasks
from tui.engine.threads import Threads

_log: Final = logging.getLogger(__name__)


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
        shelf: Shelf,
        threads: Threads,
        registry: Registry,
        asking: Asking,
        assumptions: Assumptions,
        tasks: Tasks,
        clock: Callable[[], float],
    ) -> None:
        self._shelf = shelf
        self._threads = threads
        self._registry = registry
        self._asking = asking
        self._assumptions = assumptions
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
        self._asking.model(topic, model)
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
        await self._load(self._shelf.topic(topic_id), model)
        now = self._clock()
        topic = self._shelf.topic(topic_id)
        assistant, ref = self._asking.model(topic, model)
        past = self._threads.told(self._shelf.catalog.branch(topic_id))
        at = self._shelf.catalog.moment(now)
        conversation = Conversation(new_id(), topic_id, Message(new_id(), "user", text, now), at, parent_id=topic.head)
        if queued:
            topic = replace(topic, queue=topic.queue[1:])
        if topic.name is None:
            topic = replace(topic, name=first_words(text))
        return self._put_and_ask(Question(conversation, past, assistant, ref, system), topic)

    async def resend(self, conversation_id: str, text: str, model: str | None) -> Sent:
        """Ask an edited question in the place of the old one, whose branch stays. Raises as `send`."""
        if not text.strip():
            raise ValueError("There is nothing to send.")
        old = self._threads.conversation(conversation_id)
        await self._load(self._shelf.topic(old.topic_id), model)
        now = self._clock()
        topic = self._shelf.topic(old.topic_id)
        assistant, ref = self._asking.model(topic, model)
        past = self._threads.told(self._shelf.catalog.before(old))
        question = Message(new_id(), "user", text, now)
        at = self._shelf.catalog.moment(now)
        conversation = Conversation(new_id(), topic.id, question, at, parent_id=old.parent_id)
        return self._put_and_ask(Question(conversation, past, assistant, ref), topic)

    async def regenerate(self, conversation_id: str, model: str | None) -> str:
        """One more reply to the same question, also while others still stream; the earlier ones stay."""
        conversation = self._threads.conversation(conversation_id)
        topic = self._shelf.topic(conversation.topic_id)
        self._asking.model(topic, model)
        await self._load(topic, model)
        assistant, ref = self._asking.model(topic, model)
        conversation = self._threads.conversation(conversation_id)
        chosen = len(self._threads.versions(conversation))
        if chosen:
            conversation = replace(conversation, chosen=chosen)
            self._shelf.put(conversation)
        past = self._threads.told(self._shelf.catalog.before(conversation))
        return self._asking.ask(Question(conversation, past, assistant, ref))

    async def go_on(self, conversation_id: str) -> str:
        """Continue the reply on show from where it ends. Raises KeyError, ValueError, UnknownModel, LibraryError."""
        topic = self._shelf.topic(self._threads.conversation(conversation_id).topic_id)
        self._asking.model(topic, self._to_go_on(conversation_id).model)
        await self._load(topic, None)
        reply = self._to_go_on(conversation_id)
        conversation = self._threads.conversation(conversation_id)
        assistant, ref = self._asking.model(topic, reply.model)
        past = self._threads.told(self._shelf.catalog.before(conversation))
        return self._asking.ask(Question(conversation, past, assistant, ref), go_on=reply)

    def _to_go_on(self, conversation_id: str) -> Message:
        """The version on show. Raises ValueError if it streams, or has no text."""
        reply = self._threads.as_shown(self._threads.conversation(conversation_id)).reply
        if reply is not None and not reply.status.ended:
            raise ValueError("This is being answered already.")
        if reply is None or not reply.content.strip():
            raise ValueError("There is no text yet that could be gone on with: ask again instead.")
        return reply

    async def _load(self, topic: Topic, model: str | None) -> None:
        """Have all of the topic at hand, and know whether its model is there."""
        assistant = self._shelf.catalog.assistant(topic.assistant_id)
        await self._assumptions.settled(model or (assistant.model if assistant else ""))
        await self._shelf.load(topic.id, whole=True)

    def _put_and_ask(self, question: Question, topic: Topic) -> Sent:
        """Shown at once, and with its stream; the model is asked once it is on disk."""
        conversation = question.conversation
        at = max(topic.updated_at, conversation.created_at)
        topic = replace(topic, head=conversation.id, updated_at=at, unread=False)
        saved = self._shelf.put(conversation, topic)
        return Sent(conversation.id, self._asking.ask(question, saved=saved))

    def ended(self, stream: Stream) -> None:
        """Keep the reply, whatever its ending; then send what waits, or hand it back."""
        conversation = self._shelf.catalog.conversation(stream.related_id)
        topic = self._shelf.catalog.topic(conversation.topic_id) if conversation else None
        if conversation is None or topic is None:
            return
        if self._asked_shorter(stream, conversation, topic):
            return
        conversation, topic = self._with_reply(conversation, topic, stream)
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

    def recovered(self, stream: Stream) -> None:
        """Keep a reply that an earlier run was ended in the midst of, or just behind: unless it is kept already, or one
        that went on with it."""
        conversation = self._shelf.catalog.conversation(stream.related_id)
        topic = self._shelf.catalog.topic(conversation.topic_id) if conversation else None
        if conversation is None or topic is None:
            return
        before = _continued(conversation, stream)
        if before is None or (before.stream_id != stream.id and str(stream.content).startswith(before.content)):
            self._shelf.put(*self._with_reply(conversation, topic, stream))

    def _with_reply(self, conversation: Conversation, topic: Topic, stream: Stream) -> tuple[Conversation, Topic]:
        """Both with the reply that a stream has brought."""
        conversation = self._threads.with_reply(conversation, reply_of(stream, _continued(conversation, stream)))
        shown = self._threads.as_shown(conversation).reply
        # Not `updated_at`: lists are sorted by it, and nothing moves under the user's fingers because a reply ended.
        if conversation.deleted_at is None:
            topic = replace(topic, unread=True)
            if shown is not None and shown.status.ended:
                topic = replace(topic, last_status=shown.status, last_cut=shown.cut)
        return conversation, topic

    def _asked_shorter(self, stream: Stream, conversation: Conversation, topic: Topic) -> bool:
        """Ask again without the older half of the topic, if it was too long for the model and nothing was shown."""
        if stream.error is None or not is_too_long(stream.error.message) or "continues" in stream.metadata:
            return False
        past = self._threads.told(self._shelf.catalog.before(conversation))
        left_out = int(stream.metadata.get("left_out", "0"))
        assistant = self._shelf.catalog.assistant(topic.assistant_id)
        provider, _, model = stream.model.partition("/")
        known = provider in self._shelf.catalog.models.providers
        kept = sum(1 for one in past if one.reply is not None and one.reply.content.strip()) - left_out
        if kept < 1 or stream.content or assistant is None or not known:
            return False
        question = Question(conversation, past, assistant, ModelRef(provider, model), stream.metadata.get("system"))
        self._asking.ask(question, keep=kept // 2, message_id=stream.metadata.get("message_id"))
        return True

    def _hand_back(self, topic_id: str, *texts: str) -> None:
        """What is not sent goes where it can be read and sent again: before the draft."""
        changed = _handed_back(self._shelf.topic(topic_id), *texts)
        self._shelf.change_topic(topic_id, queue=changed.queue, draft=changed.draft)


def _continued(conversation: Conversation, stream: Stream) -> Message | None:
    """The reply that it goes on with, or has become."""
    return next((one for one in conversation.replies if one.id == stream.metadata.get("message_id")), None)


def _handed_back(topic: Topic, *texts: str) -> Topic:
    return replace(topic, queue=(), draft="\n\n".join(filter(None, (*texts, *topic.queue, topic.draft))))
