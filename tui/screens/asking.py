"""The asking half of the chat: from the composer's text to the engine's verbs, and back when it can't be sent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from textual import on, work
from textual.screen import Screen
from textual.widgets import TextArea

from tui.engine import Conversation, LibraryError, Message, Stream, StreamType, Topic, UnknownModel
from tui.screens.chat_items import ChatItems
from tui.screens.fetch import FetchDialog
from tui.screens.palette import Entry, run_chosen
from tui.session import Session
from tui.widgets.composer import Composer
from tui.widgets.keying import shown_key
from tui.widgets.transcript import Transcript


@dataclass(slots=True)
class Edit:
    """What was said before and is being written anew; it stands in the composer in the place of its topic's draft."""

    conversation_id: str
    text: str
    reply: bool = False
    """It is the reply, not the question."""


class AskingScreen(Screen[None]):
    """A screen with a composer and a transcript. What it starts belongs to the engine from the first moment."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._engine = session.engine
        self._key = partial(shown_key, remapped=session.config.keys)
        self._items = ChatItems(session.engine, session.glyphs, self._key)
        self._shown_topic = ""
        self._draft = ""
        """The draft as we last saw or saved it: if the catalog's differs, the engine gave something back."""
        self._edits: dict[str, Edit] = {}
        self._live: str | None = None
        """What an optimization that runs has put into the composer: never saved as the draft."""
        self._taken_back: set[str] = set()
        """Optimizations that were stopped for the original to come back."""

    def sync(self) -> None:
        """Show what is so now."""
        raise NotImplementedError

    def sync_lines(self, now: float) -> None:
        """Show what is so now in the lines around the text."""
        raise NotImplementedError

    def open(self, topic_id: str) -> None:
        """Show a topic and be ready to write in it."""
        raise NotImplementedError

    def run_entry(self, entry: Entry | None) -> None:
        """Do what was chosen in a list, if anything was."""
        run_chosen(self, entry)

    def tell(self, words: str) -> None:
        """Let the user see a line, and what is so now."""
        self._session.say(words)
        self.sync()

    @property
    def running(self) -> Stream | None:
        """The stream that Esc would stop: the newest that is on show."""
        return self._items.running(self._session.topic_id)

    @property
    def optimizing(self) -> Stream | None:
        """The stream that optimizes the draft of the topic on show."""
        found = self._engine.registry.find(StreamType.PROMPT_OPTIMIZATION, self._session.topic_id, live=True)
        return next(found, None)

    @property
    def here(self) -> Conversation | None:
        """What keys are about: the conversation where the reader has his place if he reads, else the last one; none
        where he has it on a message that waits."""
        key = self._item_here
        if key is not None and (found := self._items.conversation(self._session.topic_id, key)) is not None:
            return found
        branch = self._engine.catalog.branch(self._session.topic_id)
        return branch[-1] if branch and self.queued_here is None else None

    @property
    def queued_here(self) -> int | None:
        """The place in the queue of the message where the reader has his place, if that one waits."""
        key = self._item_here
        return None if key is None else self._items.queued(self._session.topic_id, key)

    @property
    def _item_here(self) -> str | None:
        transcript = self.query_one(Transcript)
        return transcript.message_here if self.focused is transcript else None

    def version_on_show(self, conversation: Conversation) -> Message | None:
        """The version of its reply that stands there; None if that one still streams, or there is none."""
        ids = self._engine.versions(conversation)
        shown = ids[max(0, min(conversation.chosen, len(ids) - 1))] if ids else None
        return next((reply for reply in conversation.replies if reply.id == shown), None)

    def show_end_of(self, conversation_id: str) -> None:
        """Have the end before the reader, if that is where this conversation stands."""
        branch = self._engine.catalog.branch(self._session.topic_id)
        if branch and branch[-1].id == conversation_id:
            self.query_one(Transcript).go_to_end()

    @property
    def edit(self) -> Edit | None:
        """What is being written anew in the topic on show."""
        return self._edits.get(self._session.topic_id)

    def send_edit(self, topic_id: str, edit: Edit, text: str) -> None:
        """What was being written anew is now so."""
        raise NotImplementedError

    @on(Composer.Submitted)
    def _submitted(self, message: Composer.Submitted) -> None:
        # The topic is taken here: by the time that a worker runs, another one may be on show.
        topic_id = self._session.topic_id
        if (edit := self._edits.pop(topic_id, None)) is not None:
            self.send_edit(topic_id, edit, message.text)
        elif self._session.topic is not None:
            self._send(topic_id, message.text)

    @work
    async def _send(self, topic_id: str, text: str) -> None:
        if self._missing_model():
            self.hand_back(topic_id, text)
            if not await self.model_is_here():
                return
            self.query_one(Composer).give_back("")
        self.query_one(Transcript).go_to_end()
        self._session.say("")
        try:
            await self._engine.send(topic_id, text)
        except (UnknownModel, LibraryError) as trouble:
            self._session.say(str(trouble))  # the engine has put the text back into the topic's draft
        self.sync()

    def hand_back(self, topic_id: str, text: str) -> None:
        """A text that was not sent stands in its topic's composer again, before what was written since."""
        if topic_id == self._session.topic_id:
            composer = self.query_one(Composer)
            composer.give_back("\n\n".join(filter(None, (text, composer.text))))
        elif (topic := self._engine.catalog.topic(topic_id)) is not None:
            self.keep_draft(topic_id, "\n\n".join(filter(None, (text, topic.draft))))

    async def model_is_here(self, model: str | None = None) -> bool:
        """Whether there is something to ask: an embedded model that is not here yet is offered."""
        missing = self._missing_model(model)
        if not missing:
            return True
        fetched: bool | None = await self.app.push_screen_wait(FetchDialog(self._engine, missing, self._session.glyphs))
        return fetched is True

    def _missing_model(self, model: str | None = None) -> str:
        """The name of the embedded model that this topic asks, if it is not on this machine; else empty."""
        topic = self._session.topic
        assistant = self._engine.catalog.assistant(topic.assistant_id) if topic else None
        try:
            ref = self._engine.models.resolve(model or (assistant.model if assistant else "instruct"))
        except UnknownModel:
            return ""
        embedded = self._engine.models.providers[ref.provider].embedded
        return ref.model if embedded and not self._engine.has_embedded(ref.model) else ""

    # Drafts

    @on(TextArea.Changed)
    async def _changed(self, event: TextArea.Changed) -> None:
        topic = self._session.topic
        if topic is not None and topic.id == self._shown_topic:
            self._draft = event.text_area.text
            if (edit := self._edits.get(topic.id)) is not None:
                edit.text = self._draft
            elif self._draft != self._live:
                self._leave_optimization(topic)
                await self._engine.save_draft(topic.id, self._draft)
        self.sync_lines(self._engine.now())

    def sync_draft(self) -> bool:
        """Have the draft of the topic on show in the composer; True if another topic came on show."""
        topic, composer = self._session.topic, self.query_one(Composer)
        if topic is None:
            return False
        came = topic.id != self._shown_topic
        if came:
            self.keep_last_keys()
        elif self._live is not None and composer.text != self._live:
            return False  # typed over: the change is on its way here
        self._shown_topic = topic.id
        if (text := self._optimized(topic)) is not None:
            if came or self._live is not None or composer.text == topic.draft:  # else something was typed just now
                composer.set_draft(text)
                self._live = self._draft = text
            return came
        draft, anew = self._text_of(topic), came or self._live is not None
        self._live = None
        if not anew and draft == self._draft:
            return False
        self._draft = draft
        if not anew:
            composer.give_back(draft)
        elif topic.id not in self._edits and (before := self._engine.original_draft(topic.id)) is not None:
            composer.set_draft(before)
            composer.give_back(draft)  # for undo to bring the original back
        else:
            composer.set_draft(draft)
        return came

    def _optimized(self, topic: Topic) -> str | None:
        """What stands in the place of a draft that is being optimized; None if it is not, or was typed over."""
        stream = self.optimizing
        if stream is None or topic.id in self._edits or topic.draft != stream.metadata["original_prompt"]:
            return None
        return topic.draft if stream.id in self._taken_back else str(stream.content).strip() or topic.draft

    def _leave_optimization(self, topic: Topic) -> None:
        """The user has written something else: what was to come is not wanted any more."""
        stream, self._live = self.optimizing, None
        if stream is not None and self._draft != stream.metadata["original_prompt"]:
            self._stop(stream.id)

    @work
    async def _stop(self, stream_id: str) -> None:
        await self._engine.stop(stream_id)

    def keep_last_keys(self) -> None:
        """The last key's change may still be on its way here: it belongs to what is left now."""
        composer = self.query_one(Composer)
        if self._shown_topic and composer.text != self._draft:
            self.keep_draft(self._shown_topic, composer.text)
        self._live = None

    def _text_of(self, topic: Topic) -> str:
        edit = self._edits.get(topic.id)
        return topic.draft if edit is None else edit.text

    def keep_draft(self, topic_id: str, text: str) -> None:
        if (edit := self._edits.get(topic_id)) is not None:
            edit.text = text
        else:
            self._save_draft(topic_id, text)

    @work
    async def _save_draft(self, topic_id: str, text: str) -> None:
        await self._engine.save_draft(topic_id, text)
