"""The chat: assistants and topics at the left, the topic on show at the right. It owns no stream and no task of one."""

from __future__ import annotations

import time
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import TextArea

from tui.engine import LibraryDamaged, Stream, StreamType, UnknownModel
from tui.screens.chat_items import ChatItems
from tui.screens.chat_status import status
from tui.screens.fetch import FetchDialog
from tui.screens.topic_rows import order, side_rows
from tui.session import Session
from tui.widgets.composer import Composer
from tui.widgets.edge_line import EdgeLine
from tui.widgets.keying import bindings, shown_key
from tui.widgets.row_list import RowList
from tui.widgets.status_line import StatusLine
from tui.widgets.transcript import Transcript
from tui.widgets.welcome import Welcome

_WIDE = 100
"""Columns from which on the list stands beside the text."""


class ChatScreen(Screen[None]):
    """Shows what the registry and the catalog say now; `sync` is all it does, on mount, on resume and on change."""

    CSS_PATH = "chat.tcss"
    AUTO_FOCUS = "#composer"
    BINDINGS: ClassVar[list[BindingType]] = bindings("chat")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._engine = session.engine
        self._items = ChatItems(session.glyphs, shown_key("reply.regenerate", session.config.keys))
        self._shown_topic = ""
        self._draft = ""
        """The draft as we last saw or saved it: if the catalog's differs, the engine gave something back."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="body"):
            yield RowList(id="side")
            with Vertical(id="main"):
                yield Transcript(id="transcript")
                yield Welcome(id="welcome")
                yield EdgeLine(id="edge")
                yield Composer(id="composer")
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        self._fold(self.app.size.width)
        self.sync()

    def on_screen_resume(self) -> None:
        self.sync()

    def on_resize(self, event: events.Resize) -> None:
        self._fold(event.size.width)

    def _fold(self, width: int) -> None:
        """The list has its place beside the text only where both have room."""
        self.set_class(width >= _WIDE, "-wide")

    # Showing

    def sync(self) -> None:
        """Show what is so now."""
        if not self.is_mounted:
            return
        session, catalog, registry = self._session, self._engine.catalog, self._engine.registry
        now = time.time()
        topic = session.topic
        if topic is None:
            return
        if topic.id != self._shown_topic:
            # The last key's change may still be on its way here: it belongs to the topic that is left.
            if self._shown_topic and (written := self.query_one(Composer).text) != self._draft:
                self._keep_draft(self._shown_topic, written)
            self._shown_topic = topic.id
            self._draft = topic.draft
            self.query_one(Composer).set_draft(topic.draft)
            if not catalog.loaded(topic.id):
                self._load(topic.id)
        elif topic.draft != self._draft:
            self._draft = topic.draft
            self.query_one(Composer).give_back(topic.draft)
        if topic.unread and self.is_current and self.app.app_focus:
            self._mark_read(topic.id)
        rows = side_rows(catalog, registry, session.glyphs, session.meter, now)
        self.query_one(RowList).show(rows, topic.id)
        items = self._items.of(topic.id, catalog, registry, now)
        transcript, welcome = self.query_one(Transcript), self.query_one(Welcome)
        empty = not items and (catalog.loaded(topic.id) or topic.head is None)
        transcript.display, welcome.display = not empty, empty
        if empty:
            welcome.show(session)
        transcript.show(topic.id, items, earlier=catalog.earlier(topic.id))
        self._sync_lines(now)

    def _sync_lines(self, now: float) -> None:
        transcript = self.query_one(Transcript)
        self.query_one(EdgeLine).show(self._session.notice, transcript.lines_below if transcript.display else 0)
        writing = bool(self.query_one(Composer).text.strip())
        self.query_one(StatusLine).show(status(self._session, self.running, writing=writing, now=now))

    @property
    def running(self) -> Stream | None:
        """The stream that Esc would stop: the newest reply of the topic on show."""
        live = self._engine.registry.find(StreamType.CHAT, live=True)
        found = [stream for stream in live if stream.metadata.get("topic_id") == self._session.topic_id]
        return found[-1] if found else None

    @work
    async def _load(self, topic_id: str) -> None:
        try:
            await self._engine.load(topic_id)
        except LibraryDamaged as damage:
            self._session.say(str(damage))
        self.sync()

    @work
    async def _mark_read(self, topic_id: str) -> None:
        await self._engine.mark_read(topic_id)

    # Writing

    @on(Composer.Submitted)
    @work
    async def _send(self, message: Composer.Submitted) -> None:
        topic, text = self._session.topic, message.text
        if topic is None:
            return
        if self._embedded_model_missing():
            await self._hand_back(topic.id, text)
            if not await self._model_is_here():
                return
            self.query_one(Composer).give_back("")
        self.query_one(Transcript).go_to_end()
        self._session.say("")
        try:
            await self._engine.send(topic.id, text)
        except (UnknownModel, LibraryDamaged) as trouble:
            self._session.say(str(trouble))
            await self._hand_back(topic.id, text)
        self.sync()

    async def _hand_back(self, topic_id: str, text: str) -> None:
        """A text that was not sent stands in its topic's composer again, before what was written since."""
        composer, topic = self.query_one(Composer), self._engine.catalog.topic(topic_id)
        if topic_id == self._session.topic_id:
            composer.give_back("\n\n".join(filter(None, (text, composer.text))))
        elif topic is not None and not topic.draft.startswith(text):
            await self._engine.save_draft(topic_id, "\n\n".join(filter(None, (text, topic.draft))))

    async def _model_is_here(self) -> bool:
        """Whether there is something to ask: an embedded model that is not here yet is offered."""
        missing = self._embedded_model_missing()
        if not missing:
            return True
        fetched: bool | None = await self.app.push_screen_wait(FetchDialog(self._engine, missing))
        return fetched is True

    def _embedded_model_missing(self) -> str:
        """The name of the embedded model that this topic asks, if it is not on this machine; else empty."""
        provider_name, _, name = self._model().partition("/")
        provider = self._engine.models.providers.get(provider_name)
        missing = provider is not None and provider.embedded and not self._engine.has_embedded(name)
        return name if missing else ""

    def _model(self) -> str:
        topic = self._session.topic
        assistant = self._engine.catalog.assistant(topic.assistant_id) if topic else None
        try:
            return str(self._engine.models.resolve(assistant.model if assistant else "instruct"))
        except UnknownModel:
            return ""

    @on(TextArea.Changed)
    async def _changed(self, event: TextArea.Changed) -> None:
        topic = self._session.topic
        if topic is not None and topic.id == self._shown_topic:
            self._draft = event.text_area.text
            await self._engine.save_draft(topic.id, self._draft)
        self._sync_lines(time.time())

    @work
    async def _keep_draft(self, topic_id: str, text: str) -> None:
        await self._engine.save_draft(topic_id, text)

    # Moving

    @on(RowList.Chosen)
    def _chosen(self, message: RowList.Chosen) -> None:
        self.open(message.key)

    def open(self, topic_id: str) -> None:
        """Show a topic and be ready to write in it."""
        self._session.topic_id = topic_id
        self._session.say("")
        self.remove_class("-side")
        self.set_focus(self.query_one(Composer))
        self.sync()

    def action_topic(self, step: int) -> None:
        topics = order(self._engine.catalog)
        if topics:
            at = topics.index(self._session.topic_id) if self._session.topic_id in topics else 0
            self.open(topics[(at + step) % len(topics)])

    def action_toggle_sidebar(self) -> None:
        """Wide: fold the list away or not. Narrow: a panel over the text."""
        narrow = not self.has_class("-wide")
        opened = "-side" if narrow else "-folded"
        self.toggle_class(opened)
        if narrow and self.has_class("-side"):
            self.set_focus(self.query_one(RowList))
        elif self.query_one(RowList).has_focus:
            self.set_focus(self.query_one(Composer))

    def close_open(self) -> bool:
        """Close what lies over the text; False if nothing does."""
        if self.has_class("-side"):
            self.remove_class("-side")
            self.set_focus(self.query_one(Composer))
            return True
        return False

    def action_move_focus(self, direction: str) -> None:
        places = [self.query_one(Composer), self.query_one(Transcript), self.query_one(RowList)]
        shown = [place for place in places if place.focusable]
        at = next((i for i, place in enumerate(shown) if place.has_focus), 0)
        # Not `focus()`, which comes later: the next key may be here already.
        self.set_focus(shown[(at + (1 if direction == "next" else -1)) % len(shown)])

    # Reading

    def action_transcript(self, where: str) -> None:
        transcript = self.query_one(Transcript)
        match where:
            case "end":
                transcript.go_to_end()
            case "start":
                transcript.go_to_start()
            case "page_up":
                transcript.page(-1)
            case "page_down":
                transcript.page(1)

    def action_toggle_reasoning(self) -> None:
        self.query_one(Transcript).toggle_reasoning()

    @on(Transcript.Moved)
    def _moved(self) -> None:
        self._sync_lines(time.time())

    @on(EdgeLine.EndWanted)
    def _end_wanted(self) -> None:
        self.query_one(Transcript).go_to_end()

    @on(Transcript.EarlierWanted)
    @work
    async def _earlier(self) -> None:
        await self._engine.load_earlier(self._session.topic_id)
        self.sync()

    @work
    async def action_regenerate(self) -> None:
        """Answer the last question again; the earlier answers stay."""
        branch = self._engine.catalog.branch(self._session.topic_id)
        if self.running is not None:
            self._session.say("This topic is answering already.")
            return self.sync()
        if not branch or not await self._model_is_here():
            return
        try:
            await self._engine.regenerate(branch[-1].id)
        except (UnknownModel, LibraryDamaged) as trouble:
            self._session.say(str(trouble))
        else:
            self._session.say("")
        self.query_one(Transcript).go_to_end()
        self.sync()

    def action_copy_reply(self) -> None:
        for conversation in reversed(self._engine.catalog.branch(self._session.topic_id)):
            if conversation.reply is not None and conversation.reply.content:
                self.app.copy_to_clipboard(conversation.reply.content)
                return
        self._session.say("There is no reply to copy yet.")
        self.sync()

    def on_app_focus(self, event: events.AppFocus) -> None:
        self.sync()
