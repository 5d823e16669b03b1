"""The chat screen's part that changes a topic's shape: its branches, what is deleted, what is split off, names."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from textual import work

from tui.engine import LibraryError, Topic, UnknownModel
from tui.plain import line
from tui.screens.answering import AnswersAgain
from tui.screens.name_dialog import NameDialog
from tui.screens.palette import Entry, Palette
from tui.widgets.transcript import Transcript

_NAME = 70
"""Characters of a question that has no title yet."""


@dataclass(frozen=True, slots=True)
class Waited:
    """A message that was taken out of the queue."""

    text: str


class ReshapesTopic(AnswersAgain):
    """Nothing here asks first: all of it can be taken back."""

    _deleted: dict[str, list[str | Waited]]
    """What can be brought back, by topic, the last at the end: conversations by their ids, and what waited."""

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
        conversation, topic, place = self.here, self._session.topic, self.queued_here
        if topic is not None and place is not None:
            await self._delete_queued(topic, place)
            return
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

    async def _delete_queued(self, topic: Topic, place: int) -> None:
        """A message that waits here is not sent; brought back, it stands in the composer."""
        await self._engine.edit_queued(topic.id, place, "")
        self._deleted.setdefault(topic.id, []).append(Waited(topic.queue[place]))
        self.tell(f"It is not sent. {self._key('conversation.undo')} brings it back into the composer.")

    async def action_undo_delete(self) -> None:
        """Bring back what was deleted last."""
        deleted = self._deleted.get(self._session.topic_id)
        if not deleted:
            self.tell("Nothing was deleted here.")
            return
        id = deleted.pop()
        if isinstance(id, Waited):
            self.hand_back(self._session.topic_id, id.text)
            self.tell("")
            return
        await self._engine.restore_conversation(id)
        if all(one.id != id for one in self._engine.catalog.branch(self._session.topic_id)):
            await self._show_branch(id)
        self.tell("")

    async def _show_branch(self, conversation_id: str) -> None:
        with suppress(LibraryError):  # what can't be read was told when the topic came on show
            await self._engine.choose_branch(conversation_id)

    # Names

    def action_rename_conversation(self) -> None:
        """Give the conversation here a name of one's own."""
        conversation = self.here
        if conversation is None:
            self.tell("There is nothing to name yet.")
            return
        title = line(conversation.title or "")
        self.app.push_screen(_dialog("this conversation", title), partial(self._rename_conversation, conversation.id))

    async def _rename_conversation(self, id: str, title: str | None) -> None:
        if title is None:
            return
        await self._engine.rename_conversation(id, title)
        if not title.strip():
            with suppress(ValueError, UnknownModel):  # without a reply it is told by its question
                await self._engine.title_conversation(id)
        self.tell("")

    def action_rename_topic(self) -> None:
        """Give this topic a name of one's own."""
        topic = self._session.topic
        if topic is not None:
            self.app.push_screen(_dialog("this topic", line(topic.name or "")), partial(self._rename_topic, topic.id))

    async def _rename_topic(self, id: str, name: str | None) -> None:
        if name is None:
            return
        if name.strip():
            await self._engine.rename_topic(id, name)
        else:
            with suppress(ValueError, UnknownModel, LibraryError):  # then the first words of its first question stay
                await self._engine.load_whole(id)  # where that stands
                await self._engine.rename_topic(id, "")
                await self._engine.title_topic(id)
        self.tell("")

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


def _dialog(what: str, name: str) -> NameDialog:
    return NameDialog(f"Name {what}", name, "enter name it so   esc leave it", "empty: a model finds a name")
