"""The asking half of the chat: from the composer's text to the engine's verbs, and back when it can't be sent."""

from __future__ import annotations

import time

from textual import on, work
from textual.screen import Screen
from textual.widgets import TextArea

from tui.engine import LibraryError, Stream, StreamType, UnknownModel
from tui.screens.fetch import FetchDialog
from tui.session import Session
from tui.widgets.composer import Composer
from tui.widgets.transcript import Transcript


class AskingScreen(Screen[None]):
    """A screen with a composer and a transcript. What it starts belongs to the engine from the first moment."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._engine = session.engine
        self._shown_topic = ""
        self._draft = ""
        """The draft as we last saw or saved it: if the catalog's differs, the engine gave something back."""
        self._regenerating = False

    def sync(self) -> None:
        """Show what is so now."""
        raise NotImplementedError

    def sync_lines(self, now: float) -> None:
        """Show what is so now in the lines around the text."""
        raise NotImplementedError

    @property
    def running(self) -> Stream | None:
        """The stream that Esc would stop: the newest reply of the topic on show."""
        live = self._engine.registry.find(StreamType.CHAT, live=True)
        found = [stream for stream in live if stream.metadata.get("topic_id") == self._session.topic_id]
        return found[-1] if found else None

    @on(Composer.Submitted)
    def _submitted(self, message: Composer.Submitted) -> None:
        # The topic is taken here: by the time that a worker runs, another one may be on show.
        if self._session.topic is not None:
            self._send(self._session.topic_id, message.text)

    @work
    async def _send(self, topic_id: str, text: str) -> None:
        if self._missing_model():
            self._hand_back(topic_id, text)
            if not await self._model_is_here():
                return
            self.query_one(Composer).give_back("")
        self.query_one(Transcript).go_to_end()
        self._session.say("")
        try:
            await self._engine.send(topic_id, text)
        except (UnknownModel, LibraryError) as trouble:
            self._session.say(str(trouble))  # the engine has put the text back into the topic's draft
        self.sync()

    def _hand_back(self, topic_id: str, text: str) -> None:
        """A text that was not sent stands in its topic's composer again, before what was written since."""
        if topic_id == self._session.topic_id:
            composer = self.query_one(Composer)
            composer.give_back("\n\n".join(filter(None, (text, composer.text))))
        elif (topic := self._engine.catalog.topic(topic_id)) is not None:
            self.keep_draft(topic_id, "\n\n".join(filter(None, (text, topic.draft))))

    def action_regenerate(self) -> None:
        """Answer the last question again; the earlier answers stay."""
        branch = self._engine.catalog.branch(self._session.topic_id)
        if self.running is not None or self._regenerating:
            self._session.say("This topic is answering already.")
            self.sync()
        elif branch:
            self._regenerating = True  # at once: the key may have been pressed twice
            self._regenerate(branch[-1].id)

    @work
    async def _regenerate(self, conversation_id: str) -> None:
        try:
            if not await self._model_is_here():
                return
            await self._engine.regenerate(conversation_id)
        except (UnknownModel, LibraryError) as trouble:
            self._session.say(str(trouble))
        else:
            self._session.say("")
        finally:
            self._regenerating = False
        self.query_one(Transcript).go_to_end()
        self.sync()

    async def _model_is_here(self) -> bool:
        """Whether there is something to ask: an embedded model that is not here yet is offered."""
        missing = self._missing_model()
        if not missing:
            return True
        fetched: bool | None = await self.app.push_screen_wait(FetchDialog(self._engine, missing, self._session.glyphs))
        return fetched is True

    def _missing_model(self) -> str:
        """The name of the embedded model that this topic asks, if it is not on this machine; else empty."""
        topic = self._session.topic
        assistant = self._engine.catalog.assistant(topic.assistant_id) if topic else None
        try:
            ref = self._engine.models.resolve(assistant.model if assistant else "instruct")
        except UnknownModel:
            return ""
        embedded = self._engine.models.providers[ref.provider].embedded
        return ref.model if embedded and not self._engine.has_embedded(ref.model) else ""

    @on(TextArea.Changed)
    async def _changed(self, event: TextArea.Changed) -> None:
        topic = self._session.topic
        if topic is not None and topic.id == self._shown_topic:
            self._draft = event.text_area.text
            await self._engine.save_draft(topic.id, self._draft)
        self.sync_lines(time.time())

    def sync_draft(self) -> bool:
        """Have the draft of the topic on show in the composer; True if another topic came on show."""
        topic, composer = self._session.topic, self.query_one(Composer)
        if topic is None or (topic.id == self._shown_topic and topic.draft == self._draft):
            return False
        if topic.id == self._shown_topic:
            self._draft = topic.draft
            composer.give_back(topic.draft)
            return False
        # The last key's change may still be on its way here: it belongs to the topic that is left.
        if self._shown_topic and composer.text != self._draft:
            self.keep_draft(self._shown_topic, composer.text)
        self._shown_topic, self._draft = topic.id, topic.draft
        composer.set_draft(topic.draft)
        return True

    @work
    async def keep_draft(self, topic_id: str, text: str) -> None:
        await self._engine.save_draft(topic_id, text)
