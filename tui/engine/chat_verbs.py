"""The verbs that are about what is said in a topic."""

from __future__ import annotations

from tui.engine.chat import Sent
from tui.engine.parts import Parts
from tui.engine.records import Conversation, Topic


class ChatVerbs(Parts):
    """Asking, answering again, going on; versions and branches; titles; better drafts.

    What works longer than a moment is done in a task of its own: a caller that goes away must not take it along.
    """

    async def send(self, topic_id: str, text: str, *, model: str | None = None, system: str | None = None) -> Sent:
        """Ask in a topic; while it answers, the text waits in its queue (for the topic's own model then).

        If this fails, the text is in the topic's draft. Raises ValueError, KeyError, UnknownModel, LibraryError.
        """
        self._refuse_closed()
        return await self._tasks.run(self._chats.send(topic_id, text, model, system), "send")

    async def edit_queued(self, topic_id: str, place: int, text: str) -> None:
        """Change what waits at a place of a topic's queue; an empty text takes it away. Raises KeyError."""
        self._threads.edit_queued(topic_id, place, text)

    # Versions of a reply

    async def regenerate(self, conversation_id: str, *, model: str | None = None) -> str:
        """One more reply to the same question, also while others still stream; returns the stream's id.

        Raises KeyError, UnknownModel, LibraryError.
        """
        self._refuse_closed()
        return await self._tasks.run(self._chats.regenerate(conversation_id, model), "regenerate")

    async def continue_reply(self, conversation_id: str) -> str:
        """Go on from where the reply on show ends, in its place; returns the stream's id.

        Raises KeyError, ValueError, UnknownModel, LibraryError.
        """
        self._refuse_closed()
        return await self._tasks.run(self._chats.go_on(conversation_id), "continue")

    async def choose_version(self, conversation_id: str, message_id: str) -> None:
        """Have a version on show: what the model is told from now on. Raises KeyError."""
        self._threads.choose_version(conversation_id, message_id)

    def versions(self, conversation: Conversation) -> list[str]:
        """The message ids of all versions, those that still stream among them, as they were asked for."""
        return self._threads.versions(conversation)

    def as_shown(self, conversation: Conversation) -> Conversation:
        """The same with the versions that still stream, as far as they have come: its `reply` is the one on show."""
        return self._threads.as_shown(conversation)

    async def edit_reply(self, conversation_id: str, text: str) -> None:
        """The reply in the user's own words, as one more version. Raises KeyError, ValueError."""
        self._threads.edit_reply(conversation_id, text)

    # Branches of a topic

    async def resend(self, conversation_id: str, text: str, *, model: str | None = None) -> Sent:
        """Ask an edited question in the place of the old one, whose branch stays. Raises as `send`."""
        self._refuse_closed()
        return await self._tasks.run(self._chats.resend(conversation_id, text, model), "resend")

    async def choose_branch(self, conversation_id: str) -> None:
        """Have the newest branch that holds this conversation on show. Raises KeyError, LibraryError."""
        await self._tasks.run(self._threads.choose_branch(conversation_id), "branch")

    async def branch_topic(self, conversation_id: str) -> Topic:
        """A new topic that begins with everything up to this conversation. Raises KeyError, LibraryError."""
        return await self._tasks.run(self._threads.branch(conversation_id), "branch")

    async def delete_conversation(self, conversation_id: str) -> None:
        """Take a conversation away, until `restore_conversation`; what streams in it is stopped. Raises KeyError."""
        for stream in self._threads.live(conversation_id):
            self._runner.stop(stream.id)
        self._threads.delete(conversation_id)

    async def restore_conversation(self, conversation_id: str) -> None:
        """Raises KeyError."""
        self._threads.restore(conversation_id)

    # Names

    async def title_conversation(self, conversation_id: str) -> str:
        """Have a model name a conversation; returns the stream's id. Raises KeyError, ValueError, UnknownModel."""
        self._refuse_closed()
        conversation = self._threads.conversation(conversation_id)
        return self._titles.title_conversation(conversation, self._threads.as_shown(conversation))

    async def title_topic(self, topic_id: str) -> str:
        """Have a model name a topic; returns the stream's id.

        Raises KeyError, ValueError, UnknownModel, LibraryError.
        """
        self._refuse_closed()
        await self._tasks.run(self._shelf.load(topic_id, whole=True), "load")
        topic = self._shelf.topic(topic_id)
        return self._titles.title_topic(topic, self._threads.told(self.catalog.branch(topic_id)))

    # Drafts

    async def save_draft(self, topic_id: str, text: str) -> None:
        """Keep what is being written in a topic."""
        self._shelf.draft(topic_id, text)

    async def optimize(self, topic_id: str, text: str) -> str:
        """Rewrite a topic's draft; returns the stream's id. The draft changes when that has ended well.

        Raises KeyError, ValueError, UnknownModel.
        """
        self._refuse_closed()
        await self._assumptions.settled("instruct")
        return self._rewriting.optimize(topic_id, text)

    def original_draft(self, topic_id: str) -> str | None:
        """What a draft was before its last optimization, if it is still what that brought."""
        return self._rewriting.original(topic_id)

    async def undo_optimization(self, topic_id: str) -> bool:
        """Have the draft as it was before that. False if there is nothing to give back."""
        return self._rewriting.give_back(topic_id)
