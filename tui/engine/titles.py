"""Names for conversations and topics: streams that follow a reply. A name that the user gave always wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tui.engine.history import first_words
from tui.engine.prompts import title_of, title_request
from tui.engine.provider import ModelRef, Models, Role, UnknownModel
from tui.engine.records import Conversation, Topic
from tui.engine.registry import Registry
from tui.engine.runner import Params, Runner
from tui.engine.shelf import Shelf
from tui.engine.stream import Stream, StreamStatus, StreamType

_PARAMS: Final[Params] = {"thinking": False, "max_tokens": 256}
_SMALL_PARAMS: Final[Params] = {"thinking": False, "max_tokens": 24, "temperature": 0.2}
"""The demo model does not find an end by itself."""

_NAMED_BY: Final = "named_by"
"""The metadata that holds whose the name was which a user wants to be made anew."""

_FROM: Final = 3
"""Conversations that a topic's name is made of, at most."""


def title_model(models: Models, chat: str) -> ModelRef:
    """Who names what `chat` (`provider/model`) answered: the fast model if it is of the same provider, else the chat's
    own. Never a provider that the user did not choose for that topic. Raises UnknownModel."""
    own = models.resolve(chat)
    try:
        fast = models.resolve(Role.FAST)
    except UnknownModel:
        return own
    return fast if fast.provider == own.provider else own


class Titles:
    """Starts title streams and takes what they bring. Nothing here waits: it goes by endings."""

    def __init__(self, shelf: Shelf, registry: Registry, runner: Runner, *, wanted: bool = True) -> None:
        self._shelf = shelf
        self._catalog = shelf.catalog
        self._registry = registry
        self._runner = runner
        self._closed = not wanted

    def close(self) -> None:
        """Begin no more."""
        self._closed = True

    def ended(self, stream: Stream) -> None:
        """A stream ended; its reply is in the catalog."""
        match stream.type:
            case StreamType.CHAT:
                self._after_reply(stream)
            case StreamType.CONVERSATION_TITLE:
                self._name_conversation(stream)
            case StreamType.TOPIC_TITLE:
                self._name_topic(stream)

    def recovered(self, stream: Stream) -> None:
        """As `ended`, for one that an earlier run was ended in the midst of: nothing follows."""
        if stream.type is StreamType.TOPIC_TITLE:
            self._name_topic(stream)
        elif (conversation := self._catalog.conversation(stream.related_id)) is not None:
            self._take_title(conversation, stream)

    def title_conversation(self, conversation: Conversation, shown: Conversation) -> str:
        """Name a conversation anew, as the user wants; returns the stream's id. Raises ValueError, UnknownModel.

        `shown`: the same with the version that it is named after."""
        id = self._start_conversation(shown, _model_of(shown), conversation.named_by)
        if conversation.named_by == "user":
            self._shelf.put(replace(conversation, named_by=None))
        return id

    def title_topic(self, topic: Topic, branch: Sequence[Conversation]) -> str:
        """Name a topic anew, as the user wants; returns the stream's id. Raises ValueError, UnknownModel.

        `branch`: its conversations, each with the version that it is named after."""
        answered = [one for one in branch if one.reply and one.reply.content.strip()]
        if not answered:
            raise ValueError("There is nothing yet that a name could be made of.")
        told = [*answered[:1], *answered[1:][-_FROM + 1 :]]
        id = self._start_topic(topic.id, told, _model_of(answered[-1]), topic.named_by)
        self._shelf.change_topic(topic.id, named_by=None)
        return id

    def _after_reply(self, stream: Stream) -> None:
        conversation = self._catalog.conversation(stream.related_id)
        if conversation is None or conversation.deleted_at is not None or not self._wanted(conversation.topic_id):
            return
        if not _has_text(stream) or self._runs(StreamType.CONVERSATION_TITLE, conversation.id):
            return
        ids = [reply.id for reply in conversation.replies]
        named_after = replace(conversation, chosen=ids.index(stream.metadata["message_id"]))
        if conversation.named_by == "user" and len(ids) == 1:
            self._begin_topic(named_after, stream.model)
        elif not conversation.title and conversation.named_by is None:
            try:
                self._start_conversation(named_after, stream.model)
            except (UnknownModel, ValueError):
                self._fall_back(conversation)

    def _start_conversation(self, conversation: Conversation, model: str, named_by: str | None = None) -> str:
        if conversation.reply is None or not conversation.reply.content.strip():
            raise ValueError("There is no reply yet that a title could be made of.")
        metadata = {"topic_id": conversation.topic_id}
        return self._start(
            StreamType.CONVERSATION_TITLE, conversation.id, [conversation], model, metadata, named_by=named_by
        )

    def _start_topic(
        self, topic_id: str, conversations: list[Conversation], model: str, named_by: str | None = None
    ) -> str:
        return self._start(
            StreamType.TOPIC_TITLE, topic_id, conversations, model, {"topic_id": topic_id}, named_by=named_by
        )

    def _start(
        self,
        type: StreamType,
        id: str,
        conversations: list[Conversation],
        chat: str,
        metadata: dict[str, str],
        *,
        named_by: str | None,
    ) -> str:
        models = self._catalog.models
        ref = title_model(models, chat)
        params = _SMALL_PARAMS if models.providers[ref.provider].embedded else _PARAMS
        metadata |= {"chat_model": chat, "message_id": _named_after(conversations[-1])}
        if named_by is not None:
            metadata[_NAMED_BY] = named_by
        return self._runner.start(type, id, ref, title_request(conversations), metadata=metadata, params=params)

    def _name_conversation(self, stream: Stream) -> None:
        conversation = self._catalog.conversation(stream.related_id)
        if conversation is None or conversation.named_by == "user":
            return
        self._take_title(conversation, stream)
        ids = [reply.id for reply in conversation.replies]
        if (id := stream.metadata["message_id"]) in ids:
            self._begin_topic(
                replace(conversation, chosen=ids.index(id)), stream.metadata.get("chat_model", stream.model)
            )

    def _begin_topic(self, conversation: Conversation, chat: str) -> None:
        """Name a topic after its first conversation, if it is that and nobody has named the topic."""
        topic = self._catalog.topic(conversation.topic_id)
        if topic is None or topic.deleted_at is not None or topic.named_by is not None or not self._wanted(topic.id):
            return
        first = [one.id for one in self._catalog.branch(topic.id)][:1] == [conversation.id]
        if first and not self._catalog.earlier(topic.id) and not self._runs(StreamType.TOPIC_TITLE, topic.id):
            try:
                self._start_topic(topic.id, [conversation], chat)
            except UnknownModel:
                pass  # it keeps the first words of its question

    def _take_title(self, conversation: Conversation, stream: Stream) -> None:
        if conversation.named_by == "user":
            return
        if title := self._title(stream):
            self._shelf.put(replace(conversation, title=title, named_by="model"))
        elif conversation.title:  # what was to be named anew keeps its name, and whose it was
            self._shelf.put(replace(conversation, named_by=stream.metadata.get(_NAMED_BY)))
        else:
            self._fall_back(conversation)

    def _name_topic(self, stream: Stream) -> None:
        topic = self._catalog.topic(stream.related_id)
        if topic is None or topic.named_by == "user":
            return
        if title := self._title(stream):
            self._shelf.change_topic(topic.id, name=title, named_by="model")
        else:  # what was to be named anew keeps its name, and whose it was
            self._shelf.change_topic(topic.id, named_by=stream.metadata.get(_NAMED_BY))

    def _fall_back(self, conversation: Conversation) -> None:
        """How the question begins is a name, too. `named_by` stays open for a better one."""
        if not conversation.title:
            self._shelf.put(replace(conversation, title=first_words(conversation.question.content)))

    def _title(self, stream: Stream) -> str:
        """What it brought; nothing if that is none."""
        title = title_of(str(stream.content)) if _has_text(stream) else ""
        known = self._catalog.models.providers.get(stream.model.partition("/")[0])
        # The demo model answers with a sentence now and then: how the question begins tells more than half of that.
        talks = known is not None and known.embedded and title.endswith("…")
        return "" if talks else title

    def _wanted(self, topic_id: str) -> bool:
        topic = self._catalog.topic(topic_id)
        assistant = self._catalog.assistant(topic.assistant_id) if topic is not None else None
        return not self._closed and assistant is not None and assistant.titles

    def _runs(self, type: StreamType, id: str) -> bool:
        return any(True for _ in self._registry.find(type, id, live=True))


def _has_text(stream: Stream) -> bool:
    return stream.status in (StreamStatus.COMPLETED, StreamStatus.STOPPED) and bool(str(stream.content).strip())


def _named_after(conversation: Conversation) -> str:
    return conversation.reply.id if conversation.reply is not None else ""


def _model_of(conversation: Conversation) -> str:
    return (conversation.reply.model if conversation.reply is not None else None) or str(Role.INSTRUCT)
