"""The chat screen's part that changes a topic's shape: its branches, what is deleted, what is split off, names."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from textual import work

from tui.engine import LibraryError, UnknownModel
from tui.plain import line
from tui.screens.answering import AnswersAgain
from tui.screens.palette import Entry, Palette
from tui.widgets.transcript import Transcript

_NAME = 70
"""Characters of a question that has no title yet."""


class ReshapesTopic(AnswersAgain):
    """Nothing here asks first: all of it can be taken back."""

    _deleted: dict[str, list[str]]
    """What can be brought back, by topic, the last at the end."""

    @property
    def can_bring_back(self) -> bool:
        """Whether the reader has just deleted something here."""
        return bool(self._deleted.get(self._session.topic_id)) and self.focused is self.query_one(Transcript)

    # Branches

    @work
    async def action_branch(self, step: int) -> None:
        """Have the branch of the next version of the question here on show, or with -1 of the one before."""
        conversation = self.here
        if conversation is None:
            self.tell("There is no question yet.")
            return
        try:
            await self._engine.load_whole(conversation.topic_id)
            asked = [one.id for one in self._engine.catalog.siblings(conversation)]
            at = asked.index(conversation.id) + step if conversation.id in asked else -1
            if len(asked) < 2:
                self.tell(f"This question was asked in one way only. {self._key('question.edit')} edits it.")
            elif not 0 <= at < len(asked):
                self.tell("This is the last version." if step > 0 else "This is the first version.")
            else:
                await self._engine.choose_branch(asked[at])
                self.tell("")
        except LibraryError as damage:
            self.tell(str(damage))

    @work
    async def action_branch_topic(self) -> None:
        """Begin a new topic with everything up to here."""
        conversation = self.here
        if conversation is None:
            self.tell("There is nothing to begin a topic with yet.")
            return
        try:
            topic = await self._engine.branch_topic(conversation.id)
        except LibraryError as damage:
            self.tell(str(damage))
            return
        self.open(topic.id)
        self.tell("A new topic, with everything up to there.")

    # Deleting

    async def action_delete_conversation(self) -> None:
        """Take the conversation here away; it can be brought back."""
        conversation = self.here
        if conversation is None:
            self.tell("There is nothing to delete.")
            return
        transcript = self.query_one(Transcript)
        self.set_focus(transcript)  # where the key is that brings it back
        await self._engine.delete_conversation(conversation.id)
        self._deleted.setdefault(conversation.topic_id, []).append(conversation.id)
        topic, others = self._session.topic, self._engine.catalog.siblings(conversation)
        if others and topic is not None and topic.head == conversation.id:  # else they would be out of reach
            await self._show_branch(others[-1].id)
        self.tell(f"Deleted. {self._key('conversation.undo')} brings it back.")

    async def action_undo_delete(self) -> None:
        """Bring back what was deleted last."""
        deleted = self._deleted.get(self._session.topic_id)
        if not deleted:
            self.tell("Nothing was deleted here.")
            return
        id = deleted.pop()
        await self._engine.restore_conversation(id)
        if all(one.id != id for one in self._engine.catalog.branch(self._session.topic_id)):
            await self._show_branch(id)
        self.tell("")

    async def _show_branch(self, conversation_id: str) -> None:
        with suppress(LibraryError):  # what can't be read was told when the topic came on show
            await self._engine.choose_branch(conversation_id)

    # Names

    async def action_title_conversation(self) -> None:
        """Have a model name the conversation here anew."""
        conversation = self.here
        if conversation is None:
            self.tell("There is nothing to name yet.")
            return
        try:
            await self._engine.title_conversation(conversation.id)
        except (ValueError, UnknownModel) as trouble:
            self.tell(str(trouble))
        else:
            self.tell(f"This conversation gets a new name: {self._key('topic.outline')} shows it.")

    @work
    async def action_title_topic(self) -> None:
        """Have a model name this topic anew."""
        try:
            await self._engine.title_topic(self._session.topic_id)
        except (ValueError, UnknownModel, LibraryError) as trouble:
            self.tell(str(trouble))
        else:
            self.tell("This topic gets a new name.")

    # The outline

    @work
    async def action_outline(self) -> None:
        """All conversations of this topic by their names, to go to one."""
        topic_id = self._session.topic_id
        try:
            await self._engine.load_whole(topic_id)
        except LibraryError as damage:
            self.tell(str(damage))
            return
        self.sync()
        entries = [
            Entry(line(one.title or one.question.content[:_NAME]), partial(self._go_to, one.question.id))
            for one in self._engine.catalog.branch(topic_id)
        ]
        if entries and topic_id == self._session.topic_id:
            self.app.push_screen(Palette(entries, "Go to a conversation of this topic"), self.run_entry)
        else:
            self.tell("There is nothing in this topic yet.")

    def _go_to(self, message_id: str) -> None:
        transcript = self.query_one(Transcript)
        self.set_focus(transcript)
        transcript.go_to(message_id)
