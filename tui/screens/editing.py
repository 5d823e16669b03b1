"""The chat screen's part that writes anew what was said: a question, a reply, a message that still waits."""

from __future__ import annotations

from functools import partial

from textual import work
from textual.widgets import Static

from tui.engine import LibraryError, StreamType, UnknownModel
from tui.plain import line
from tui.screens.asking import AskingScreen, Edit
from tui.screens.palette import Entry, Palette
from tui.widgets.composer import Composer
from tui.widgets.transcript import Transcript

_SHOWN = 70
"""Characters of a message by which it is chosen."""


class EditsWhatWasSaid(AskingScreen):
    """The composer holds what is edited; the topic's own draft is kept, and returns."""

    _said = ""

    @property
    def edit_line(self) -> str:
        """What is going on, to stand above the composer; empty if nothing is edited."""
        edit = self.edit
        if edit is None:
            return ""
        send, give_up = self._key("stream.start"), self._key("stream.stop")
        if edit.reply:
            return f"Editing a reply: {send} keeps it as one more version, {give_up} gives up"
        return f"Editing a question: {send} sends it in its place, {give_up} gives up"

    def sync_edit(self) -> None:
        """Show what is edited now."""
        if (said := self.edit_line) != self._said:
            self._said = said
            above = self.query_one("#editing", Static)
            above.display = bool(said)
            above.update(said)

    def action_edit_question(self) -> None:
        """Take the question here into the composer, to be asked in its own place again."""
        conversation = self.here
        if self.queued_here is not None:
            self.action_edit_queued()
        elif conversation is None:
            self.tell("There is no question yet.")
        else:
            self._begin(Edit(conversation.id, conversation.question.content))

    def action_edit_reply(self) -> None:
        """Take the reply here into the composer, to be kept as one more version."""
        conversation = self.here
        reply = self.version_on_show(conversation) if conversation is not None else None
        if conversation is None or reply is None or not reply.content.strip():
            self.tell("There is no reply to edit yet.")
        else:
            self._begin(Edit(conversation.id, reply.content, reply=True))

    def _begin(self, edit: Edit) -> None:
        composer, topic_id = self.query_one(Composer), self._session.topic_id
        if any(self._engine.registry.find(StreamType.PROMPT_OPTIMIZATION, topic_id, live=True)):
            self.tell(f"Your draft is being optimized; {self._key('stream.stop')} stops that first.")
            return
        self.keep_last_keys()
        self._edits[topic_id] = edit
        self._shown_topic, self._draft = topic_id, edit.text
        composer.set_draft(edit.text)
        self.set_focus(composer)
        self.tell("")

    def end_edit(self) -> bool:
        """Give up what is edited, and have the draft again; False if nothing is edited."""
        if self._edits.pop(self._session.topic_id, None) is None:
            return False
        self.sync()
        return True

    def send_edit(self, topic_id: str, edit: Edit, text: str) -> None:
        self._draft = ""  # the composer was emptied
        self._finish(topic_id, edit, text)
        self.sync()

    @work
    async def _finish(self, topic_id: str, edit: Edit, text: str) -> None:
        try:
            if edit.reply:
                await self._engine.edit_reply(edit.conversation_id, text)
            elif await self.model_is_here():
                self.query_one(Transcript).go_to_end()
                await self._engine.resend(edit.conversation_id, text)
            else:
                self._edits[topic_id] = Edit(edit.conversation_id, text)
        except (UnknownModel, LibraryError) as trouble:
            self._edits[topic_id] = Edit(edit.conversation_id, text, edit.reply)
            self._session.say(str(trouble))
        self.sync()

    def action_edit_queued(self) -> None:
        """Take the message that waits here, or one of all that wait, back into the composer."""
        topic, place = self._session.topic, self.queued_here
        if topic is None or not topic.queue:
            self.tell("No message waits here.")
        elif self.edit is not None:
            self.tell("Finish what you are editing first.")
        elif self.optimizing is not None:
            self.tell(f"Your draft is being optimized; {self._key('stream.stop')} stops that first.")
        elif place is not None or len(topic.queue) == 1:
            self._take_from_queue(topic.id, topic.queue[place or 0])
        else:
            texts = reversed(topic.queue)
            entries = [Entry(line(text[:_SHOWN]), partial(self._take_from_queue, topic.id, text)) for text in texts]
            self.app.push_screen(Palette(entries, "Take back a message that waits"), self.run_entry)

    @work
    async def _take_from_queue(self, topic_id: str, text: str) -> None:
        topic = self._engine.catalog.topic(topic_id)
        if topic is None or text not in topic.queue:
            self.tell("It was sent meanwhile.")
            return
        await self._engine.edit_queued(topic_id, topic.queue.index(text), "")
        self.hand_back(topic_id, text)
        self.set_focus(self.query_one(Composer))
        self.tell("")
