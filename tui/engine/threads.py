"""The shape of a topic: which version of a reply and which branch are on show, what was edited, deleted, split off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from tui.engine.history import numbered, reply_of
from tui.engine.ids import new_id
from tui.engine.records import Conversation, Message, Topic
from tui.engine.registry import Registry
from tui.engine.shelf import Shelf
from tui.engine.stream import Stream, StreamStatus, StreamType


class Threads:
    """Changes records only; no model is asked here."""

    def __init__(self, shelf: Shelf, registry: Registry, clock: Callable[[], float]) -> None:
        self._shelf = shelf
        self._catalog = shelf.catalog
        self._registry = registry
        self._clock = clock

    def conversation(self, id: str) -> Conversation:
        """Raises KeyError for one that does not exist, or is not loaded."""
        conversation = self._catalog.conversation(id)
        if conversation is None:
            raise KeyError(f"There is no conversation {id}.")
        return conversation

    # Versions

    def live(self, conversation_id: str) -> list[Stream]:
        """The replies to it that still stream, in the order in which they were asked for."""
        return list(self._registry.find(StreamType.CHAT, conversation_id, live=True))

    def versions(self, conversation: Conversation) -> list[str]:
        """The message ids of all versions, those that still stream among them, as they were asked for."""
        ids = [reply.id for reply in conversation.replies]
        for stream in self.live(conversation.id):
            id = stream.metadata.get("message_id", stream.id)
            if id not in ids:
                ids.insert(self._place(conversation, ids, id), id)
        return ids

    def as_shown(self, conversation: Conversation) -> Conversation:
        """With the versions that still stream, as far as they have come: `chosen` counts them, too."""
        for stream in self.live(conversation.id):
            id = stream.metadata.get("message_id", stream.id)
            before = next((reply for reply in conversation.replies if reply.id == id), None)
            conversation = self.with_reply(conversation, reply_of(stream, before))
        return conversation

    def told(self, conversations: Iterable[Conversation]) -> list[Conversation]:
        """What a model is told of: each with its version on show, also where that still streams."""
        answering = {stream.related_id for stream in self._registry.find(StreamType.CHAT, live=True)}
        return [self.as_shown(one) if one.id in answering else one for one in conversations]

    def with_reply(self, conversation: Conversation, reply: Message) -> Conversation:
        """With a reply that ended: in the place of the version that it continues, else where it was asked for."""
        ids = [known.id for known in conversation.replies]
        if reply.id in ids:
            replies = tuple(reply if known.id == reply.id else known for known in conversation.replies)
        else:
            place = self._place(conversation, ids, reply.id)
            replies = (*conversation.replies[:place], reply, *conversation.replies[place:])
        return replace(conversation, replies=replies)

    def _place(self, conversation: Conversation, ids: list[str], id: str) -> int:
        """Where among the versions `ids` one comes. Only versions of this run can have been asked for later, and only
        among them ids tell: clocks are set back."""
        streams = {reply.id: reply.stream_id for reply in conversation.replies}
        place = len(ids)
        while place and ids[place - 1] > id:
            earlier = ids[place - 1]
            of = streams.get(earlier)
            if of is not None and self._registry.get(of) is None:  # one that the user wrote has none, and its id tells
                break
            place -= 1
        return place

    def choose_version(self, conversation_id: str, message_id: str) -> None:
        """Have this version on show. Raises KeyError."""
        conversation = self.conversation(conversation_id)
        ids = self.versions(conversation)
        if message_id not in ids:
            raise KeyError(f"There is no such version: {message_id}.")
        self._shelf.put(replace(conversation, chosen=ids.index(message_id)))

    def edit_reply(self, conversation_id: str, text: str) -> None:
        """The reply in the user's own words, as one more version: the model's stays. Raises KeyError, ValueError."""
        conversation = self.conversation(conversation_id)
        if not text.strip():
            raise ValueError("A reply can't be empty.")
        reply = self.as_shown(conversation).reply
        if reply is None:
            raise KeyError("There is no reply to edit yet.")
        if text == reply.content:
            return
        now = self._clock()
        edited = Message(new_id(), "assistant", text, now, model=reply.model, ended_at=now, edited_at=now)
        conversation = replace(conversation, replies=(*conversation.replies, edited))
        chosen = self.versions(conversation).index(edited.id)
        self._shelf.put(replace(conversation, chosen=chosen))

    # What waits

    def edit_queued(self, topic_id: str, place: int, text: str) -> None:
        """Change what waits at a place of a topic's queue; an empty text takes it away. Raises KeyError."""
        queue = list(self._shelf.topic(topic_id).queue)
        if not 0 <= place < len(queue):
            raise KeyError("That message does not wait any more.")
        queue[place : place + 1] = [text] if text.strip() else []
        self._shelf.change_topic(topic_id, queue=tuple(queue))

    # Branches

    def siblings(self, conversation: Conversation) -> list[Conversation]:
        """The versions of its question: what was asked at the same place, itself among them."""
        return self._catalog.siblings(conversation)

    async def choose_branch(self, conversation_id: str) -> None:
        """Have the newest branch that holds this conversation on show. Raises KeyError, LibraryError."""
        conversation = self.conversation(conversation_id)
        await self._shelf.load(conversation.topic_id, whole=True)
        self._shelf.change_topic(conversation.topic_id, head=self._catalog.leaf(conversation).id)

    def delete(self, conversation_id: str) -> None:
        """Take a conversation away; what follows it stays. `restore` brings it back. Raises KeyError."""
        self._shelf.put(replace(self.conversation(conversation_id), deleted_at=self._clock()))

    def restore(self, conversation_id: str) -> None:
        """Raises KeyError."""
        self._shelf.put(replace(self.conversation(conversation_id), deleted_at=None))

    async def branch(self, conversation_id: str) -> Topic:
        """A new topic that begins with everything up to this conversation. Raises KeyError, LibraryError."""
        until = self.conversation(conversation_id)
        await self._shelf.load(until.topic_id, whole=True)
        old = self._shelf.topic(until.topic_id)
        now = self._clock()
        taken = {topic.name for topic in self._catalog.topics()}
        at, name = self._catalog.moment(now), numbered(old.name, taken)
        topic = Topic(new_id(), old.assistant_id, now, at, name=name, named_by=old.named_by)
        copies: list[Conversation] = []
        for conversation in [*self._catalog.before(until), self.conversation(conversation_id)]:
            parent = copies[-1].id if copies else None
            replies, chosen = self._copied(conversation, now)
            question = replace(conversation.question, id=new_id())
            copies.append(
                replace(
                    conversation,
                    id=new_id(),
                    topic_id=topic.id,
                    parent_id=parent,
                    question=question,
                    replies=replies,
                    chosen=chosen,
                    deleted_at=None,
                )
            )
        topic = replace(topic, head=copies[-1].id)
        self._shelf.put_new_topic(topic)
        self._shelf.put(*copies)
        return topic

    def _copied(self, conversation: Conversation, now: float) -> tuple[tuple[Message, ...], int]:
        """Its replies for another topic, and which of them is chosen. What still streams ends there where it is now."""
        conversation = self.as_shown(conversation)
        kept = [reply for reply in conversation.replies if reply.status.ended or reply.content or reply.reasoning]
        chosen = kept.index(conversation.reply) if conversation.reply in kept else max(0, len(kept) - 1)
        # Messages get ids of their own: a screen tells one from another by them.
        replies = (
            replace(reply, id=new_id())
            if reply.status.ended
            else replace(reply, id=new_id(), status=StreamStatus.STOPPED, ended_at=now)
            for reply in kept
        )
        return tuple(replies), chosen
